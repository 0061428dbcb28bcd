"""The search for the result of a create whose response was lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from warehouse_sync.errors import (
    APIError,
    DecodeError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    TransportError,
    WarehouseSyncError,
)
from warehouse_sync.resources.workspace import RECONCILE_GRACE, Workspace

T = TypeVar("T")

FIRST_DELAY = 0.5  # seconds before the second attempt, doubling
MAX_DELAY = 10.0


def is_ambiguous(error: WarehouseSyncError) -> bool:
    """Return whether a non-idempotent request may have succeeded despite the error."""
    match error:
        case TransportError():
            return error.sent == "maybe"
        case RateLimitedError():
            return False
        case APIError():
            return error.is_transient
        case _:
            return isinstance(error, DecodeError)


async def find_lost(workspace: Workspace, find: Callable[[], Awaitable[T | None]]) -> tuple[T | None, str]:
    """Return what a lost create has created, or why it is not found.

    Args:
        workspace: The workspace of the create.
        find: Returns what was created, or `None`. It is called several times, because a resource appears with a delay.
    """
    try:
        async with asyncio.timeout(workspace.sender.reconcile_timeout + RECONCILE_GRACE):
            return await _poll(workspace, find), "was not found"
    except TimeoutError:
        return None, "was not found in time"
    except WarehouseSyncError as error:
        return None, f"cannot be read ({type(error).__name__})"


async def _poll(workspace: Workspace, find: Callable[[], Awaitable[T | None]]) -> T | None:
    for delay in workspace.reconcile_delays(FIRST_DELAY, MAX_DELAY):
        await workspace.clock.sleep(delay)
        try:
            found = await find()
        except (NotFoundError, RateLimitedError, TransportError, ServerError):
            continue  # not visible yet, or a transient error: retry
        if found is not None:
            return found
    return None
