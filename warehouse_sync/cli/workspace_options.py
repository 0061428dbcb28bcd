"""The options of a command that choose its workspace and credential."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from warehouse_sync.cli.profiles import complete_profiles


def workspace_options(api_url: str, token_url: str) -> tuple[Callable[[Any], Any], ...]:
    """Return the options, given the default URLs."""
    return (
        click.option("--env", metavar="NAME", help="Environment of the project."),
        click.option(
            "--profile",
            metavar="NAME",
            show_default="WAREHOUSE_SYNC_PROFILE, or the default of the profile file",
            help="Use the settings of this profile.",
            shell_complete=complete_profiles,
        ),
        click.option(
            "--postman-env",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Use the settings of an exported Postman environment.",
        ),
        click.option(
            "--workspace",
            metavar="ID",
            show_default="WAREHOUSE_SYNC_WORKSPACE_ID, or that of a profile",
            help="Workspace id, a number.",
        ),
        click.option("--api-url", metavar="URL", help=f"URL of the API.  [default: {api_url}]"),
        click.option(
            "--token-url", metavar="URL", help=f"URL of the token endpoint.  [default: {token_url}]"
        ),
        click.option(
            "--ca-file",
            type=click.Path(),
            metavar="FILE",
            help="Trust the certificate authorities of this file in addition to those of the system.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0, min_open=True),
            metavar="SECONDS",
            help="Time limit of each API call.  [default: 60]",
        ),
    )
