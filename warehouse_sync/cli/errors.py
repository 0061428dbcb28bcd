"""Errors as the command line tells them: one paragraph on stderr, what to do next, and an exit code."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli.exit_codes import ExitCode

T = TypeVar("T")
CREDENTIAL_WORDS = "warehouse_sync.credential_words"
"""Where the context of a command keeps what the user has to correct when the credential is refused."""
_SOME_CREDENTIAL = "the client id and secret"
_REFUSED = (400, 401, 403)  # statuses by which a token endpoint says that it does not know the credential
_BUSY = (408, 429, 500, 502, 503, 504)

# The first class that fits decides: narrow ones come before their bases.
_CODES: tuple[tuple[str, ExitCode, str], ...] = (
    ("ValidationError", ExitCode.USAGE, ""),
    ("RunFailedError", ExitCode.RUN_FAILED, ""),
    ("WaitTimeoutError", ExitCode.TIMEOUT, ""),
    ("UnauthorizedError", ExitCode.LOGIN_REFUSED, ""),
    ("ForbiddenError", ExitCode.LOGIN_REFUSED, "Ask for a credential that may use this workspace."),
    ("NotFoundError", ExitCode.NOT_FOUND, "Check the id, and the workspace."),
    ("ConflictError", ExitCode.CONFLICT, ""),
    ("PipelineBusyError", ExitCode.BUSY, "Wait for its run to end, then try again."),
    ("RateLimitedError", ExitCode.THROTTLED, ""),
    ("WarehouseLoginError", ExitCode.WAREHOUSE_REFUSED, ""),
    ("OutcomeUnknownError", ExitCode.OUTCOME_UNKNOWN, ""),
    ("TimeoutError", ExitCode.TIMEOUT, "Try again; `warehouse-sync doctor` tells which step is slow."),
    (
        "TransportError",
        ExitCode.NETWORK,
        "`warehouse-sync doctor` checks name, certificate and login in turn.",
    ),
    (
        "ConfigurationError",
        ExitCode.CONFIGURATION,
        "`warehouse-sync doctor` shows where each setting comes from.",
    ),
)


class CliError(click.ClickException):
    """An end with a message and a code of its own.

    Attributes:
        exit_code: One of `ExitCode`.
        what: What went wrong.
        hint: What to do about it.
    """

    def __init__(self, what: str, code: ExitCode = ExitCode.ERROR, hint: str = "") -> None:
        super().__init__(f"{what} {hint}".rstrip())
        self.what = what
        self.hint = hint
        self.exit_code = code  # type: ignore[misc]  # click declares it on the class and reads it from the instance


def explain(error: Exception, *, credential: str = _SOME_CREDENTIAL) -> CliError | None:
    """Return how the command line tells one of the SDK's errors; `None` for a fault of the program.

    Args:
        error: The error.
        credential: What the user has to correct when the credential is refused.
    """
    if not isinstance(error, warehouse_sync.WarehouseSyncError):
        return None
    if isinstance(error, declarative.InvalidFilesError | declarative.PlanError):
        return _of_files(error)
    if isinstance(error, warehouse_sync.TokenError):
        return _without_token(error, credential)
    if isinstance(error, warehouse_sync.WaitTimeoutError):
        return CliError(one_line(error), ExitCode.TIMEOUT, f"Go on waiting: {resume_command(error.handle)}")
    fitting = (each for each in _CODES if isinstance(error, getattr(warehouse_sync, each[0])))
    _, code, hint = next(fitting, ("", ExitCode.ERROR, ""))
    return CliError(one_line(error), code, hint)


def _of_files(error: "declarative.InvalidFilesError | declarative.PlanError") -> CliError:
    if isinstance(error, declarative.InvalidFilesError):
        lines = "\n".join(f"  {printable(str(problem))}" for problem in error.problems)
        return CliError(f"the files cannot be used:\n{lines}", ExitCode.FILES_WRONG)
    stale = isinstance(error, declarative.StalePlanError)
    return CliError(one_line(error), ExitCode.PLAN_STALE if stale else ExitCode.REFUSED)


def _without_token(error: "warehouse_sync.TokenError", credential: str) -> CliError:
    """Return the failure for an error of the token endpoint, whose message names arguments that nobody typed here."""
    message, _, said = str(error).partition(" It said: ")
    hint = "Check the token endpoint's address: --token-url, or WAREHOUSE_SYNC_TOKEN_URL."
    if error.status in _REFUSED:
        message, hint = (
            f"the token endpoint refused the credential ({error.status}).",
            f"Correct {credential}.",
        )
    elif error.status in _BUSY:
        hint = "Try again later."
    return CliError(one_line(f"{message} It said: {said}" if said else message), ExitCode.LOGIN_REFUSED, hint)


def resume_command(handle: str) -> str:
    """Return the command that goes on waiting for a run."""
    return f"warehouse-sync runs watch {handle}"


def one_line(text: object) -> str:
    """Return a message as one sentence in one paragraph, without control characters."""
    words = " ".join(printable(str(text)).split())
    return words if words.endswith((".", "!", "?")) else f"{words}."


def printable(text: str) -> str:
    """Replace what could move the cursor or colour the terminal: names and messages come from a server."""
    return "".join(char if char.isprintable() else " " for char in text)


def run(work: Callable[[], Coroutine[Any, Any, T]], *, on_interrupt: Callable[[], str] = lambda: "") -> T:
    """Run a command's coroutine on an event loop, and turn what goes wrong into an exit.

    Args:
        work: Makes the coroutine.
        on_interrupt: Returns what to say after Ctrl-C, such as how to go on waiting.
    """
    try:
        return asyncio.run(work())
    except KeyboardInterrupt:
        said = on_interrupt()
        click.echo(f"Interrupted. {said}".rstrip(), err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except ExceptionGroup as group:
        raise _to_exit(_first(group)) from None
    except warehouse_sync.WarehouseSyncError as error:
        raise _to_exit(error) from None


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turn what goes wrong in a block that needs no event loop into an exit."""
    try:
        yield
    except warehouse_sync.WarehouseSyncError as error:
        raise _to_exit(error) from None


def _to_exit(error: Exception) -> Exception:
    context = click.get_current_context(silent=True)
    words = context.meta.get(CREDENTIAL_WORDS) if context else None
    return explain(error, credential=words or _SOME_CREDENTIAL) or error


def _first(group: ExceptionGroup[Exception]) -> Exception:
    error: Exception = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def read_moment(text: str) -> datetime:
    """Read a date or a moment in ISO format; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a date such as 2026-01-31 or 2026-01-31T12:00:00Z"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
