"""The event loop thread: iteration."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from tests.sync.conftest import Forever, nothing
from warehouse_sync.polling.stream import Stream
from warehouse_sync.sync.event_loop_thread import EventLoopThread


def test_ctrl_c_closes_the_generator(
    loop_thread: EventLoopThread, interrupt: Callable[[threading.Event], None]
) -> None:
    """Ctrl-C between two items closes the asynchronous generator."""
    forever = Forever()

    async def source() -> AsyncGenerator[int, None]:
        yield 1
        await forever.run()

    interrupt(forever.started)
    items = loop_thread.iterate(source())
    assert next(items) == 1
    with pytest.raises(KeyboardInterrupt):
        next(items)
    assert forever.ended.is_set()


class Counting:
    """An asynchronous generator that records its end."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    async def items(self) -> AsyncGenerator[int, None]:
        """Yield numbers."""
        try:
            for number in range(10):
                yield number
        finally:
            await asyncio.sleep(0)
            self.closed.set()


def test_iterate_yields_every_item(loop_thread: EventLoopThread) -> None:
    """A complete iteration ends the generator."""
    counting = Counting()
    assert list(loop_thread.iterate(counting.items())) == list(range(10))
    assert counting.closed.is_set()


def test_iterate_left_early_closes_the_generator(loop_thread: EventLoopThread) -> None:
    """Leaving the loop, closing the iterator and dropping it close the generator before they return."""
    for leave in ("close", "drop"):
        counting = Counting()
        items = loop_thread.iterate(counting.items())
        assert next(items) == 0
        if leave == "close":
            items.close()
        del items
        assert counting.closed.is_set()


def test_iterate_collected_on_its_thread_closes_the_generator(loop_thread: EventLoopThread) -> None:
    """The garbage collector may run on the background thread, which cannot wait for itself."""
    counting = Counting()
    held: list[Any] = [loop_thread.iterate(counting.items())]
    next(held[0])

    async def drop() -> None:
        held.clear()

    loop_thread.run(drop())
    assert counting.closed.wait(30)


def test_iterate_collected_after_close_does_nothing() -> None:
    """An iterator that outlives its client does nothing."""
    loop_thread, counting = EventLoopThread(), Counting()
    items = loop_thread.iterate(counting.items())
    next(items)
    loop_thread.close(nothing)
    assert counting.closed.is_set()  # closed with its loop
    del items


def test_iterate_raises_an_error_of_the_generator(loop_thread: EventLoopThread) -> None:
    """Items before an error are yielded before it is raised."""

    async def source() -> AsyncGenerator[int, None]:
        yield 1
        raise LookupError("gone")

    items = loop_thread.iterate(source())
    assert next(items) == 1
    with pytest.raises(LookupError, match="gone"):
        next(items)


def test_iterate_passes_available_items_at_once(loop_thread: EventLoopThread) -> None:
    """The available items of a stream are passed between the threads together, in order."""
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
