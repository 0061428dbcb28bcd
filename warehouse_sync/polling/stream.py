"""An asynchronous iterator that can also hand over, without waiting, what has come already."""

from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


class Stream(AsyncGenerator[T, None]):
    """A generator, and what has come for it.

    Attributes:
        ready: Returns the items that have come already; they are not yielded again.
    """

    def __init__(self, source: AsyncGenerator[T, None], ready: Callable[[], list[T]]) -> None:
        self.ready = ready
        self._source = source

    async def __anext__(self) -> T:
        """Return the next item."""
        return await anext(self._source)

    async def asend(self, value: None) -> T:
        """Return the next item."""
        return await self._source.asend(value)

    async def athrow(
        self,
        typ: type[BaseException] | BaseException,
        val: object = None,
        tb: TracebackType | None = None,
    ) -> T:
        """Raise within the generator."""
        return await self._source.athrow(typ, val, tb)  # type: ignore[arg-type] # one of the two signatures it has

    async def aclose(self) -> None:
        """End the generator."""
        await self._source.aclose()
