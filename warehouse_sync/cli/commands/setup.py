"""`warehouse-sync setup`: the SQL that gives mParticle access to a warehouse."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync import declarative
from warehouse_sync.cli.output import Output, text_options
from warehouse_sync.cli.postman import placeholder_values, secret_keys
from warehouse_sync.cli.profiles import read_postman_values
from warehouse_sync.cli.warehouses import SERVICE_PROVIDERS

if TYPE_CHECKING:
    from warehouse_sync.declarative import Setup

_SECRET = "unique_secure_password"  # noqa: S105 - a placeholder's name


@click.command()
@click.argument("warehouse", type=click.Choice(list(SERVICE_PROVIDERS)))
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
    help="Fill in placeholders from an exported Postman environment; its secrets are not used.",
)
@text_options
def setup(*, warehouse: str, given: tuple[str, ...], postman_env: Path | None, output: Output) -> None:
    """Print the SQL that gives mParticle access to a warehouse.

    Prints statements and manual steps with their source, and runs nothing. Placeholders without a value stay in
    {{double braces}}. Statements that replace an object are marked DESTRUCTIVE, and steps that no document confirms are
    marked NOT CONFIRMED. Fill in passwords where you run the statements; this command does not accept them.

    Example: warehouse-sync setup snowflake --set pod=US1 --set org_id=1 --set acct_id=2
    """
    exported = read_postman_values(postman_env) if postman_env else {}
    values = {**placeholder_values(warehouse, exported), **_given(warehouse, given)}
    _check(values)
    steps, still_open = declarative.fill_in(warehouse, values)
    document = {
        "warehouse": warehouse,
        "source": steps.source,
        "unconfirmed": list(steps.unconfirmed),
        "before": list(steps.before),
        "statements": steps.statements,
        "after": list(steps.after),
        "warnings": list(steps.warnings),
        "open": still_open,
    }
    output.text(document, "\n".join(_script(steps)))
    if still_open:
        output.note(f"placeholders without a value: {', '.join(still_open)}")
    if hidden := secret_keys(exported):
        output.note(f"secrets of the Postman environment, which are not shown: {', '.join(hidden)}")
    for line in steps.warnings:
        output.note(f"warning: {line}")


def _script(steps: "Setup") -> Iterator[str]:
    yield f"-- Source: {steps.source}"
    yield from (f"-- NOT CONFIRMED: {line}" for line in steps.unconfirmed)
    yield ""
    yield from (f"-- {line}" for line in steps.before)
    yield f"\n{steps.statements}"
    yield from (f"-- {line}" for line in steps.after)


def _given(warehouse: str, given: tuple[str, ...]) -> dict[str, str]:
    known = declarative.placeholders(warehouse)
    values = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or name not in known:
            raise click.UsageError(f"--set takes NAME=VALUE, where NAME is one of {', '.join(known)}")
        if name == _SECRET:
            raise click.UsageError(
                f"{name} is a secret, and other users can see command lines: fill it in where you run the statements"
            )
        values[name] = value
    return values


def _check(values: dict[str, str]) -> None:
    """Check that the values are safe inside a statement."""
    for name, value in values.items():
        if not declarative.is_identifier(value):
            raise click.UsageError(f"{name} may contain only letters, digits and _ $ . : -")
    pod = values.get("pod", "us1").lower()
    if pod not in declarative.POD_ACCOUNTS:
        raise click.UsageError(f"pod must be one of {', '.join(declarative.POD_ACCOUNTS)}")
