"""`warehouse-sync auth`: the cached access token."""

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.errors import CliError, one_line
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, output_options


@click.group()
def auth() -> None:
    """Log in, log out and show the cached token.

    Commands share one token per credential, in a file of the user's cache folder that only you can read. Set
    WAREHOUSE_SYNC_TOKEN_CACHE=off to disable the cache.

    Example: warehouse-sync auth status
    """


@auth.command()
@output_options
@context_options
def login(*, context: Context, output: Output) -> None:
    """Fetch a token, test it on the workspace and cache it.

    Exits with 1 if the credential works but the token cannot be cached.

    Example: warehouse-sync auth login --profile staging
    """
    messages: list[str] = []
    context.call(lambda client: client.connections.list(), on_warning=messages.append)
    state = _token_state(context)
    if not state["logged_in"]:
        raise _not_cached(context.token_folder, messages)
    for message in messages:
        output.note(message)
    output.record(state)


@auth.command()
@output_options
@context_options
def status(*, context: Context, output: Output) -> None:
    """Show the cached token without sending a request.

    Exits with 5 if no valid token is cached.

    Example: warehouse-sync auth status --json
    """
    state = _token_state(context)
    output.record(state)
    sys.exit(ExitCode.OK if state["logged_in"] else ExitCode.LOGIN_REFUSED)


@auth.command()
@output_options
@context_options
def logout(*, context: Context, output: Output) -> None:
    """Delete the cached token.

    The token itself stays valid until it expires, because tokens cannot be revoked.

    Example: warehouse-sync auth logout
    """
    for file in _token_files(context.token_folder):
        file.unlink(missing_ok=True)
    output.record(_token_state(context))


def _not_cached(folder: Path | None, messages: list[str]) -> CliError:
    """Return the error of a login whose token is not on disk."""
    problem = "the credential works, but its token is not cached:"
    if folder is not None:
        reason = one_line("; ".join(messages) or f"{folder} cannot be written")
        hint = f"Check {folder}: you must own it, only you may access it, and its disk needs space."
    elif os.environ.get("WAREHOUSE_SYNC_TOKEN_CACHE", "").lower() == "off":
        reason, hint = "WAREHOUSE_SYNC_TOKEN_CACHE is `off`.", "Unset it to cache the token."
    else:
        reason, hint = "your home folder is unknown.", "Set HOME or XDG_CACHE_HOME."
    return CliError(f"{problem} {reason}", ExitCode.ERROR, hint)


def _token_state(context: Context) -> dict[str, Any]:
    expiries = [_expiry(file) for file in _token_files(context.token_folder)]
    latest = max(expiries, default=0.0)
    valid = latest > time.time()
    return {
        "logged_in": valid,
        "client_id": context.value("client_id"),
        "expires_on": datetime.fromtimestamp(latest, UTC).isoformat(timespec="seconds") if valid else None,
        "kept_in": str(context.token_folder) if context.token_folder else None,
    }


def _token_files(folder: Path | None) -> Iterator[Path]:
    return iter(()) if folder is None else folder.glob("*.json")


def _expiry(file: Path) -> float:
    """Return when a cached token expires; 0 for a file that cannot be read."""
    try:
        return float(json.loads(file.read_bytes())["expires_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
