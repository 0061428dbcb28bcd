"""An asynchronous iterator that can also hand over, without waiting, what has come already."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TypeVar

T = TypeVar("T")


class Stream(AsyncIterator[T]):
    """Iterates over a generator.

    Attributes:
        ready: Returns the items that have come already; they are not yielded again.
    """

    def __init__(self, source: AsyncGenerator[T, None], ready: Callable[[], list[T]]) -> None:
        self.ready = ready
        self._source = source

    async def __anext__(self) -> T:
        """Return the next item."""
        return await anext(self._source)

    async def aclose(self) -> None:
        """End the generator."""
        await self._source.aclose()
