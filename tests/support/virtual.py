"""An event loop whose time advances only while it is idle, so that hours of waiting take no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from warehouse_sync.settings import Clock

T = TypeVar("T")

EPOCH = 1_700_000_000.0


class _NoWaiting(selectors.DefaultSelector):
    """A selector that advances the time instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits, and nothing is due"
        self.now += max(0.0, timeout)
        return super().select(0)


def virtual_loop() -> asyncio.AbstractEventLoop:
    """Return such an event loop."""
    selector = _NoWaiting()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]  # that is the point
    return loop


def in_no_time(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, and check that no task remains and that asyncio reports nothing."""
    complaints: list[dict[str, Any]] = []

    async def checked() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        result = await work
        for _ in range(5):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    with asyncio.Runner(loop_factory=virtual_loop) as runner:
        result = runner.run(checked())
    assert not complaints
    return result


def virtual_clock(chance: float = 0.5) -> Clock:
    """Return a clock that uses the running event loop's time."""
    return Clock(
        monotonic=lambda: asyncio.get_running_loop().time(),
        wall=lambda: EPOCH + asyncio.get_running_loop().time(),
        random=lambda: chance,
    )


def now() -> float:
    """Return the running event loop's time."""
    return asyncio.get_running_loop().time()
