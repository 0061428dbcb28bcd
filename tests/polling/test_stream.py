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
