"""Streams: their items one by one, or all available items at once."""

from collections import deque
from collections.abc import AsyncGenerator

import pytest

from warehouse_sync.polling.stream import Stream


class Source:
    """Yields from a queue until it is empty, and records that it was closed."""

    def __init__(self) -> None:
        self.items = deque([1, 2, 3, 4])
        self.closed = False

    async def generate(self) -> AsyncGenerator[int, None]:
        """Yield the remaining items."""
        try:
            while self.items:
                yield self.items.popleft()
        finally:
            self.closed = True

    def ready(self) -> list[int]:
        """Return the next two items."""
        return [self.items.popleft() for _ in range(2)]


async def test_stream_does_not_yield_items_of_ready() -> None:
    """Items that `ready` returned are not yielded again, and none is lost."""
    source = Source()
    stream = Stream(source.generate(), source.ready)
    assert await anext(stream) == 1
    assert stream.ready() == [2, 3]
    assert [item async for item in stream] == [4]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_stream_closes_its_generator() -> None:
    """Closing a stream closes its generator."""
    source = Source()
    stream = Stream(source.generate(), source.ready)
    await anext(stream)
    await stream.aclose()
    assert source.closed
    assert [item async for item in stream] == []


async def test_stream_supports_asend_and_athrow() -> None:
    """A stream has all methods of an asynchronous generator."""

    async def numbers() -> AsyncGenerator[int, None]:
        yield 1
        try:
            yield 2
        except KeyError:
            yield 3

    stream = Stream(numbers(), list)
    assert await stream.asend(None) == 1
    assert await stream.asend(None) == 2
    assert await stream.athrow(KeyError) == 3
    await stream.aclose()
