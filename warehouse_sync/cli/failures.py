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
from warehouse_sync.cli.exits import Exit

T = TypeVar("T")

# The first class that fits decides: narrow ones come before their bases.
_CODES: tuple[tuple[str, Exit, str], ...] = (
    ("ValidationError", Exit.USAGE, ""),
    ("RunFailedError", Exit.RUN_FAILED, ""),
    ("WaitTimeoutError", Exit.TIMEOUT, ""),
    ("TokenError", Exit.LOGIN_REFUSED, "Check the credential with `warehouse-sync doctor`."),
    ("UnauthorizedError", Exit.LOGIN_REFUSED, ""),
    ("ForbiddenError", Exit.LOGIN_REFUSED, "Ask for a credential that may use this workspace."),
    ("NotFoundError", Exit.NOT_FOUND, "Check the id, and the workspace."),
    ("ConflictError", Exit.CONFLICT, ""),
    ("PipelineBusyError", Exit.BUSY, "Wait for its run to end, then try again."),
    ("RateLimitedError", Exit.THROTTLED, ""),
    ("WarehouseLoginError", Exit.WAREHOUSE_REFUSED, ""),
    ("OutcomeUnknownError", Exit.OUTCOME_UNKNOWN, ""),
    ("TimeoutError", Exit.TIMEOUT, "Try again; `warehouse-sync doctor` tells which step is slow."),
    ("TransportError", Exit.NETWORK, "`warehouse-sync doctor` checks name, certificate and login in turn."),
    (
        "ConfigurationError",
        Exit.CONFIGURATION,
        "`warehouse-sync doctor` shows where each setting comes from.",
    ),
)


class Failure(click.ClickException):
    """An end with a message and a code of its own.

    Attributes:
        exit_code: One of `Exit`.
    """

    def __init__(self, message: str, code: Exit = Exit.ERROR) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click declares it on the class and reads it from the instance


def explain(error: Exception) -> Failure | None:
    """Return how the command line tells one of the SDK's errors; `None` for a fault of the program."""
    if not isinstance(error, warehouse_sync.WarehouseSyncError):
        return None
    if isinstance(error, declarative.InvalidFilesError):
        lines = "\n".join(f"  {printable(str(problem))}" for problem in error.problems)
        return Failure(f"the files cannot be used:\n{lines}", Exit.FILES_WRONG)
    if isinstance(error, declarative.PlanError):
        stale = isinstance(error, declarative.StalePlanError)
        return Failure(one_line(error), Exit.PLAN_STALE if stale else Exit.REFUSED)
    if isinstance(error, warehouse_sync.WaitTimeoutError):
        return Failure(f"{one_line(error)} Go on waiting: {resume_command(error.handle)}", Exit.TIMEOUT)
    for name, code, mend in _CODES:
        if isinstance(error, getattr(warehouse_sync, name)):
            return Failure(f"{one_line(error)} {mend}".rstrip(), code)
    return Failure(one_line(error))


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
        sys.exit(Exit.INTERRUPTED)
    except ExceptionGroup as group:
        raise _told(_first(group)) from None
    except warehouse_sync.WarehouseSyncError as error:
        raise _told(error) from None


@contextmanager
def told() -> Iterator[None]:
    """Turn what goes wrong in a block that needs no event loop into an exit."""
    try:
        yield
    except warehouse_sync.WarehouseSyncError as error:
        raise _told(error) from None


def _told(error: Exception) -> Exception:
    return explain(error) or error


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
