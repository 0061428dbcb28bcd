"""``warehouse-sync setup``: what to do in the warehouse."""

from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli.profiles import read_postman_values

_SECRET = "unique_secure_password"  # noqa: S105 - a placeholder's name
_POSTMAN = {"POD": "pod", "ORG_ID": "org_id", "ACCOUNT_ID": "acct_id"}


@click.command()
@click.argument("warehouse", type=click.Choice(["snowflake", "bigquery", "redshift", "databricks"]))
@click.option(
    "--set",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="Fill in a placeholder, such as pod=US1; repeatable.",
)
@click.option(
    "--postman-env",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take pod, organization and account from an exported Postman environment.",
)
def setup(*, warehouse: str, given: tuple[str, ...], postman_env: Path | None) -> None:
    """Print the statements and steps that let mParticle read a warehouse. Nothing is run.

    What is not filled in stays in {{double braces}}; statements that replace something are marked DESTRUCTIVE. Passwords
    are not taken: fill them in where you run the statements.

    Example: warehouse-sync setup snowflake --set pod=US1 --set org_id=1 --set acct_id=2
    """
    values = {**_from_postman(postman_env), **_given(warehouse, given)}
    steps = declarative.SETUPS[warehouse]
    statements, still_open = declarative.fill_in(warehouse, values)
    for line in steps.before:
        click.echo(f"-- {line}")
    click.echo(f"\n{statements}")
    for line in steps.after:
        click.echo(f"-- {line}")
    if still_open:
        click.echo(f"still to fill in: {', '.join(still_open)}", err=True)


def _from_postman(file: Path | None) -> dict[str, str]:
    values = read_postman_values(file) if file else {}
    return {name: values[key] for key, name in _POSTMAN.items() if key in values}


def _given(warehouse: str, given: tuple[str, ...]) -> dict[str, str]:
    known = declarative.placeholders(warehouse)
    values = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or name not in known:
            raise click.UsageError(f"--set takes NAME=VALUE, with NAME one of {', '.join(known)}")
        if name == _SECRET:
            raise click.UsageError(
                f"{name} is a secret, and a command line is no place for one: fill it in later"
            )
        if not declarative.is_identifier(value):
            raise click.UsageError(f"{name} may hold letters, digits and _ $ . - only")
        values[name] = value
    pod = values.get("pod", "us1").lower()
    if pod not in declarative.POD_ACCOUNTS:
        raise click.UsageError(f"pod must be one of {', '.join(declarative.POD_ACCOUNTS)}")
    return values
