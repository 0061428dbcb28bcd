"""Cancellation of a call at each point where it waits, and checks of what remains."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from typing import Any

import attrs

from tests.support.internals import loop_session, token_source
from warehouse_sync import AsyncClient

STEPS = 400  # far more than any call waits


@attrs.define
class Countdown:
    """Cancels a task when it, or a task that it started, waits for the k-th time.

    Attributes:
        left: The number of waits left.
        hit: Whether the task was still running then.
        victim: The task.
    """

    left: int
    hit: bool = False
    victim: "asyncio.Task[Any] | None" = None

    def waits(self) -> None:
        """Count one wait."""
        self.left -= 1
        if self.left == 0:
            asyncio.get_running_loop().call_soon(self._cancel)

    def _cancel(self) -> None:
        assert self.victim is not None
        self.hit = self.victim.cancel()


class Stepper(Coroutine[Any, Any, Any]):
    """A coroutine that counts its waits."""

    def __init__(self, work: Coroutine[Any, Any, Any], countdown: Countdown) -> None:
        self._work = work
        self._countdown = countdown

    def send(self, value: Any) -> Any:
        """Continue until the next wait."""
        awaited = self._work.send(value)
        self._countdown.waits()
        return awaited

    def throw(self, *error: Any) -> Any:
        """Raise an exception in it, and continue until the next wait."""
        awaited = self._work.throw(*error)
        self._countdown.waits()
        return awaited

    def close(self) -> None:
        """Close the coroutine."""
        self._work.close()

    def __await__(self) -> Any:
        """Raise an error: only tasks run it."""
        raise NotImplementedError


async def cancelled_at(step: int, call: Coroutine[Any, Any, Any]) -> bool:
    """Run a call that is cancelled at a step. Return whether it got that far; if so, it must end as cancelled."""
    countdown = Countdown(step)
    await _run(Stepper(call, countdown), countdown)
    return countdown.hit


async def cancelled_at_any(step: int, call: Coroutine[Any, Any, Any]) -> bool:
    """Do the same, counting the waits of every task that the call starts. Return whether there were that many."""
    countdown, loop = Countdown(step), asyncio.get_running_loop()

    def counted(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> "asyncio.Task[Any]":
        return asyncio.Task(Stepper(work, countdown), loop=loop, **more)

    loop.set_task_factory(counted)
    try:
        await _run(call, countdown)
    finally:
        loop.set_task_factory(None)
    return countdown.left <= 0


async def _run(work: Coroutine[Any, Any, Any], countdown: Countdown) -> None:
    task = countdown.victim = asyncio.create_task(work)
    await asyncio.wait([task])
    assert task.cancelled() == countdown.hit
    if not task.cancelled():
        task.result()


async def attempt(work: Awaitable[Any]) -> None:
    """Make a call, ignoring its error."""
    with suppress(Exception):
        await work


def check_whole(client: AsyncClient, places: int = 1) -> None:
    """Check that a client on this event loop holds nothing: all slots are free, no deadline runs, no lock is held."""
    local = loop_session(client)
    assert local.limiter.free == places
    assert not local.limiter.waiting
    assert not local.reading
    assert not any(local.deadlines._queues.values())
    assert not token_source(client)._lock.locked()


async def quiet(client: AsyncClient) -> None:
    """Wait for a token fetch that continues without its caller."""
    while token_source(client)._tasks:
        await asyncio.wait(token_source(client)._tasks)
    await asyncio.sleep(0)
