"""An asynchronous generator that can also return all available items at once."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


class Stream(AsyncGenerator[T, None]):
    """A generator with a method that returns the available items without waiting.

    The blocking client uses it to pass many items between threads at once.

    Attributes:
        ready: Returns the available items; the generator does not yield them again.
    """

    def __init__(self, source: AsyncGenerator[T, None], ready: Callable[[], list[T]]) -> None:
        self.ready = ready
        self._source = source

    def __aiter__(self) -> AsyncGenerator[T, None]:  # noqa: PYI058 - as in the base class
        """Return the generator itself, so that a loop does not call this object for each item."""
        return self._source

    def __anext__(self) -> Coroutine[Any, Any, T]:
        """Return the next item."""
        return self._source.__anext__()

    async def asend(self, value: None) -> T:
        """Return the next item."""
        return await self._source.asend(value)

    async def athrow(
        self,
        typ: type[BaseException] | BaseException,
        val: object = None,
        tb: TracebackType | None = None,  # noqa: ARG002 - of the base class
    ) -> T:
        """Raise an exception inside the generator."""
        # One argument: Python 3.12 deprecates the others. The exception holds its traceback.
        return await self._source.athrow(val if isinstance(val, BaseException) else typ)

    async def aclose(self) -> None:
        """Close the generator."""
        await self._source.aclose()
