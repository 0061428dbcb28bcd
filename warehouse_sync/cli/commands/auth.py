"""``warehouse-sync auth``: the token that commands share."""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, output_options


@click.group()
def auth() -> None:
    """Log in, see and forget the token that commands share.

    The token lies in the user's cache folder, where only you can read it; WAREHOUSE_SYNC_TOKEN_CACHE=off keeps none.

    Example: warehouse-sync auth status
    """


@auth.command()
@output_options
@context_options
def login(*, context: Context, output: Output) -> None:
    """Get a token, try it on the workspace, and keep it for the commands to come.

    Example: warehouse-sync auth login --profile staging
    """
    context.call(lambda client: client.connections.list())
    output.record(_state(context))


@auth.command()
@output_options
@context_options
def status(*, context: Context, output: Output) -> None:
    """Tell whether a token is kept, and until when. ExitCode code 5 when there is none. Nothing is sent.

    Example: warehouse-sync auth status --json
    """
    state = _state(context)
    output.record(state)
    sys.exit(ExitCode.OK if state["logged_in"] else ExitCode.LOGIN_REFUSED)


@auth.command()
@output_options
@context_options
def logout(*, context: Context, output: Output) -> None:
    """Forget the token. It stays valid until it expires: tokens cannot be revoked.

    Example: warehouse-sync auth logout
    """
    for file in _token_files(context.token_folder):
        file.unlink(missing_ok=True)
    output.record(_state(context))


def _state(context: Context) -> dict[str, Any]:
    ends = [end for file in _token_files(context.token_folder) if (end := _end_of(file)) > time.time()]
    return {
        "logged_in": bool(ends),
        "client_id": context.value("client_id"),
        "expires_on": datetime.fromtimestamp(max(ends), UTC).isoformat(timespec="seconds") if ends else None,
        "kept_in": str(context.token_folder) if context.token_folder else None,
    }


def _token_files(folder: Path | None) -> Iterator[Path]:
    return iter(()) if folder is None else folder.glob("*.json")


def _end_of(file: Path) -> float:
    """Read when a token expires; a file that cannot be read holds none, as for the cache itself."""
    try:
        return float(json.loads(file.read_bytes())["expires_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
