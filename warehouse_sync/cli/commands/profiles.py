"""`warehouse-sync profiles`: named settings in the profile file."""

import os
import sys
from pathlib import Path
from typing import Any

import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli.errors import CliError
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, is_terminal, output_options
from warehouse_sync.cli.profiles import (
    SECRET,
    SETTINGS,
    ProfileSecret,
    add_profile,
    complete_profiles,
    config_file,
    read_default_name,
    read_profile,
    read_profile_names,
)


@click.group()
def profiles() -> None:
    """List, show and create profiles.

    A profile is a set of settings with a name, for --profile. The file is config.toml in the warehouse-sync folder of your
    config folder, or WAREHOUSE_SYNC_CONFIG.

    Example: warehouse-sync profiles list
    """


@profiles.command(name="list")
@output_options
def list_profiles(*, output: Output) -> None:
    """List the profiles.

    Example: warehouse-sync profiles list
    """
    file = config_file(os.environ)
    default = read_default_name(file, os.environ)
    rows = [{**_document(file, name), "default": name == default} for name in read_profile_names(file)]
    output.rows(rows, ("profile", "default", "workspace_id", "client_id", "api_url"))
    if not rows:
        output.note(
            f"There are no profiles in {_path(file)}. Create one with: warehouse-sync profiles create NAME"
        )


@profiles.command(name="show")
@click.argument("name", required=False, metavar="[NAME]", shell_complete=complete_profiles)
@output_options
def show_profile(*, output: Output, name: str | None) -> None:
    """Show a profile, by default the one that is used without --profile.

    A secret that is in the file is masked.

    Example: warehouse-sync profiles show staging
    """
    file = config_file(os.environ)
    chosen = name or read_default_name(file, os.environ)
    if chosen is None:
        raise click.UsageError("pass the name of a profile: there is no default profile.")
    output.record({**_document(file, chosen), "file": _path(file)})


@profiles.command(name="create")
@click.argument("name")
@click.option(
    "--workspace", "workspace_id", type=click.IntRange(1), metavar="ID", help="Workspace id, a number."
)
@click.option(
    "--account",
    "account_id",
    type=click.IntRange(1),
    metavar="ID",
    help="Account id, a number, which feeds need.",
)
@click.option("--client-id", metavar="ID", help="Client id of the credential.")
@click.option(
    "--client-secret",
    metavar="REFERENCE",
    show_default="prompt",
    help="Where the secret is: env:NAME or file:PATH.",
)
@click.option("--api-url", metavar="URL", help="URL of the API.")
@click.option("--token-url", metavar="URL", help="URL of the token endpoint.")
@click.option("--ca-file", metavar="FILE", help="File of certificate authorities to trust as well.")
@click.option("--default", "is_default", is_flag=True, help="Use this profile without --profile.")
@output_options
def create_profile(*, output: Output, name: str, is_default: bool, **given: Any) -> None:  # noqa: ANN401 - the settings
    """Create a profile.

    The secret is never an argument, which other users of the machine could see. On a terminal, it is prompted for and
    written to the file, which only you can read.

    Example: warehouse-sync profiles create staging --workspace 5328 --client-id ID --client-secret env:STAGING_SECRET
    """
    file = config_file(os.environ)
    if file is None:
        raise CliError(
            "your home folder is unknown.", ExitCode.CONFIGURATION, "Set HOME or WAREHOUSE_SYNC_CONFIG."
        )
    settings = {key: given[key] for key in SETTINGS if given[key] is not None}
    _check_secret(settings)
    text = add_profile(file, name, settings, is_default=is_default)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    declarative.write_atomically({file: text}, private=True)
    output.record({**_document(file, name), "file": _path(file)})


def _check_secret(settings: dict[str, Any]) -> None:
    """Check that the secret is a reference, or prompt for it."""
    reference = settings.get(SECRET)
    if reference is not None and not reference.startswith(("env:", "file:")):
        raise click.UsageError("--client-secret takes env:NAME or file:PATH, not the secret.")
    if reference is None and "client_id" in settings:
        if not is_terminal(sys.stdin):
            raise click.UsageError("pass --client-secret: there is no terminal to prompt on.")
        settings[SECRET] = click.prompt("Client secret", hide_input=True, err=True)
    if reference is not None and "client_id" not in settings:
        raise click.UsageError("pass --client-id as well: a credential consists of both.")


def _document(file: Path | None, name: str) -> dict[str, Any]:
    """Return the settings of a profile, with a reference or mask for the secret."""
    found = read_profile(file, name, os.environ).settings
    values = {key: found.get(key) for key in SETTINGS}
    secret = values[SECRET]
    if isinstance(secret, ProfileSecret):
        values[SECRET] = secret.text if secret.is_reference else str(warehouse_sync.Secret(secret.text))
    return {"profile": name, **values}


def _path(file: Path | None) -> str:
    return "your config folder, which is unknown" if file is None else str(file)
