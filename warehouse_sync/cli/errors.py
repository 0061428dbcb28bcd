"""Errors of the command line: one paragraph on stderr and an exit code."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli.exit_codes import ExitCode, code_of
from warehouse_sync.cli.streams import printable, printable_lines

T = TypeVar("T")
CREDENTIAL_SOURCE = "warehouse_sync.credential_source"
"""The key of click's context under which a command stores where its credential comes from."""
_SOME_CREDENTIAL = "the client id and secret"
_REFUSED = (400, 401, 403)  # statuses of a token endpoint that refuses the credential

# What to do about an error, by the name of its class. Subclasses have the hint of their base.
_HINTS = {
    "ForbiddenError": "Use a credential with access to this workspace.",
    "NotFoundError": "Check the id and the workspace.",
    "PipelineBusyError": "Wait for its run to end, then try again.",
    "TimeoutError": "Try again; `warehouse-sync doctor` shows which step is slow.",
    "TransportError": "`warehouse-sync doctor` checks DNS, TLS and login in turn.",
    "ConfigurationError": "`warehouse-sync doctor` shows where each setting comes from.",
}


class CliError(click.ClickException):
    """An error that ends a command with a message and an exit code.

    Attributes:
        code: The exit code.
        problem: What went wrong.
        hint: What to do about it.
    """

    def __init__(self, problem: str, code: ExitCode = ExitCode.ERROR, hint: str = "") -> None:
        super().__init__(printable_lines(f"{problem} {hint}".rstrip()))
        self.problem = problem
        self.hint = hint
        self.code = code
        self.exit_code: int = code  # type: ignore[misc]  # click declares it on the class and reads it from the instance


def to_cli_error(
    error: "warehouse_sync.WarehouseSyncError", *, credential: str = _SOME_CREDENTIAL
) -> CliError:
    """Convert an error of the SDK.

    Args:
        error: The error.
        credential: The names of the credential's settings, for the hint when it is refused.
    """
    if isinstance(error, declarative.InvalidFilesError | declarative.PlanError):
        return _from_files_error(error)
    if isinstance(error, warehouse_sync.TokenError):
        return _from_token_error(error, credential)
    if isinstance(error, warehouse_sync.WaitTimeoutError):
        hint = f"Continue waiting with: {resume_command(error.handle)}"
    else:
        hint = next((_HINTS[cls.__name__] for cls in type(error).__mro__ if cls.__name__ in _HINTS), "")
    return CliError(one_line(error), code_of(error), hint)


def _from_files_error(error: "declarative.InvalidFilesError | declarative.PlanError") -> CliError:
    if isinstance(error, declarative.InvalidFilesError):
        lines = "\n".join(f"  {printable(str(problem))}" for problem in error.problems)
        return CliError(f"the files cannot be used:\n{lines}", code_of(error))
    return CliError(one_line(error), code_of(error))


def _from_token_error(error: "warehouse_sync.TokenError", credential: str) -> CliError:
    """Convert an error of the token endpoint; name settings, not SDK arguments."""
    message = str(error)
    hint = "Check the token endpoint's address: --token-url, or WAREHOUSE_SYNC_TOKEN_URL."
    if error.status in _REFUSED:
        message, hint = (
            f"the token endpoint refused the credential ({error.status}). Response: {error.reason or 'no reason given'}",
            f"Correct {credential}.",
        )
    elif error.is_transient:
        hint = "Try again later."
    return CliError(one_line(message), code_of(error), hint)


def resume_command(handle: str) -> str:
    """Return the command that continues to wait for a run."""
    return f"warehouse-sync runs watch {handle}"


def one_line(text: object) -> str:
    """Return a message as one sentence on one line, without control characters."""
    words = " ".join(printable(str(text)).split())
    return words if words.endswith((".", "!", "?")) else f"{words}."


def run(work: Callable[[], Coroutine[Any, Any, T]], *, on_interrupt: Callable[[], str] = lambda: "") -> T:
    """Run a coroutine function on an event loop; an error or Ctrl-C ends the command.

    Args:
        work: The coroutine function.
        on_interrupt: Returns the message to print after Ctrl-C, such as how to continue.
    """
    try:
        return asyncio.run(work())
    except KeyboardInterrupt:
        click.echo(f"Interrupted. {on_interrupt()}".rstrip(), err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except ExceptionGroup as group:
        first = _first_error(group)
        raise (convert(first) if isinstance(first, warehouse_sync.WarehouseSyncError) else first) from None
    except warehouse_sync.WarehouseSyncError as error:
        raise convert(error) from None


@contextmanager
def exit_on_error() -> Iterator[None]:
    """End the command on an error of the SDK raised in this block."""
    try:
        yield
    except warehouse_sync.WarehouseSyncError as error:
        raise convert(error) from None


def convert(error: "warehouse_sync.WarehouseSyncError") -> CliError:
    """Convert an error of the SDK; its hint names the settings of the command."""
    context = click.get_current_context(silent=True)
    credential = context.meta.get(CREDENTIAL_SOURCE) if context else None
    return to_cli_error(error, credential=credential or _SOME_CREDENTIAL)


def _first_error(group: ExceptionGroup[Exception]) -> Exception:
    error: Exception = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def parse_datetime(text: str) -> datetime:
    """Parse a date or datetime in ISO format; without an offset it is UTC."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a date such as 2026-01-31 or 2026-01-31T12:00:00Z"
        ) from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
