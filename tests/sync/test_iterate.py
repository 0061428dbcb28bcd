"""The loop_thread: iterating, to the end or not."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from tests.sync.conftest import Forever, nothing
from warehouse_sync.polling.stream import Stream
from warehouse_sync.sync.event_loop_thread import EventLoopThread


def test_ctrl_c_ends_an_iteration(
    loop_thread: EventLoopThread, interrupt: Callable[[threading.Event], None]
) -> None:
    """Ctrl-C between two items ends the asynchronous iterator, too."""
    forever = Forever()

    async def source() -> AsyncGenerator[int, None]:
        yield 1
        await forever.run()

    interrupt(forever.began)
    items = loop_thread.iterate(source())
    assert next(items) == 1
    with pytest.raises(KeyboardInterrupt):
        next(items)
    assert forever.ended.is_set()


class Counting:
    """An asynchronous iterator that notes its end."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    async def items(self) -> AsyncGenerator[int, None]:
        """Count."""
        try:
            for number in range(10):
                yield number
        finally:
            await asyncio.sleep(0)
            self.closed.set()


def test_iterate_yields_every_item(loop_thread: EventLoopThread) -> None:
    """A whole iteration ends its source."""
    counting = Counting()
    assert list(loop_thread.iterate(counting.items())) == list(range(10))
    assert counting.closed.is_set()


def test_iterate_dropped_half_way_ends_its_source(loop_thread: EventLoopThread) -> None:
    """Leaving a loop early, closing, and dropping the iterator all end the source before they return."""
    for leave in ("close", "drop"):
        counting = Counting()
        items = loop_thread.iterate(counting.items())
        assert next(items) == 0
        if leave == "close":
            items.close()
        del items
        assert counting.closed.is_set()


def test_iterate_collected_on_the_background_thread_ends_its_source(loop_thread: EventLoopThread) -> None:
    """The garbage collector may come by on the background thread, which cannot wait for itself."""
    counting = Counting()
    held: list[Any] = [loop_thread.iterate(counting.items())]
    next(held[0])

    async def drop() -> None:
        held.clear()

    loop_thread.run(drop())
    assert counting.closed.wait(30)


def test_iterate_dropped_after_the_end_does_nothing() -> None:
    """An iterator that outlives its client is silent."""
    loop_thread, counting = EventLoopThread(), Counting()
    items = loop_thread.iterate(counting.items())
    next(items)
    loop_thread.close(nothing)
    assert counting.closed.is_set()  # with its loop
    del items


def test_iterate_raises_what_the_source_raises(loop_thread: EventLoopThread) -> None:
    """Items that came before an error are yielded before it."""

    async def source() -> AsyncGenerator[int, None]:
        yield 1
        raise LookupError("gone")

    items = loop_thread.iterate(source())
    assert next(items) == 1
    with pytest.raises(LookupError, match="gone"):
        next(items)


def test_iterate_takes_all_that_has_come_at_once(loop_thread: EventLoopThread) -> None:
    """What a stream has ready crosses the threads together, in order."""
    left = list(range(100))
    crossings: list[int] = []

    async def source() -> AsyncGenerator[int, None]:
        while left:
            crossings.append(left[0])
            yield left.pop(0)

    def ready() -> list[int]:
        taken, left[:9] = left[:9], []
        return taken

    assert list(loop_thread.iterate(Stream(source(), ready))) == list(range(100))
    assert crossings == list(range(0, 100, 10))
