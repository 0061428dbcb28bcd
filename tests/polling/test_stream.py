"""A stream: its items one by one, or all that have come."""

from collections import deque
from collections.abc import AsyncGenerator

import pytest

from warehouse_sync.polling.stream import Stream


class Source:
    """Yields from a queue until it is empty, and notes that it was closed."""

    def __init__(self) -> None:
        self.items = deque([1, 2, 3, 4])
        self.closed = False

    async def generate(self) -> AsyncGenerator[int, None]:
        """Yield what is left."""
        try:
            while self.items:
                yield self.items.popleft()
        finally:
            self.closed = True

    def ready(self) -> list[int]:
        """Take the next two."""
        return [self.items.popleft() for _ in range(2)]


async def test_stream_yields_what_was_not_taken() -> None:
    """What is taken at once is not yielded again, and nothing is lost."""
    source = Source()
    stream = Stream(source.generate(), source.ready)
    assert await anext(stream) == 1
    assert stream.ready() == [2, 3]
    assert [item async for item in stream] == [4]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_stream_closes_its_generator() -> None:
    """Ending a stream early ends what it comes from."""
    source = Source()
    stream = Stream(source.generate(), source.ready)
    await anext(stream)
    await stream.aclose()
    assert source.closed
    assert [item async for item in stream] == []


async def test_stream_passes_on_what_a_generator_is_sent_and_what_is_raised_in_it() -> None:
    """It is a generator in full, so that whoever takes one takes it."""

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
