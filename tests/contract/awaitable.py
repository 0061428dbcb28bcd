"""A blocking client with the interface of the asynchronous one, so that both run the same tests."""

import inspect
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self


class AwaitableClient:
    """A blocking client, or a part of it, whose methods can be awaited.

    Which of its methods are awaited is read from the asynchronous object it wraps.
    """

    def __init__(self, blocking: Any) -> None:
        self._blocking = blocking

    def __getattr__(self, name: str) -> Any:
        """Return an attribute; a method is a coroutine function if the asynchronous one is."""
        value = getattr(self._blocking, name)
        if not inspect.ismethod(value):
            return _awaitable(value)
        if not inspect.iscoroutinefunction(getattr(self._blocking._async, name)):
            return lambda *args, **options: _awaitable(value(*args, **options))

        async def call(*args: Any, **options: Any) -> Any:
            return value(*args, **options)

        return call

    async def __aiter__(self) -> AsyncIterator[Any]:
        """Iterate over the blocking object."""
        for item in self._blocking:
            yield item

    async def __aenter__(self) -> Self:
        """Enter the context of the blocking client."""
        assert self._blocking.__enter__() is self._blocking
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Exit the context of the blocking client."""
        self._blocking.__exit__(kind, error, trace)

    def __repr__(self) -> str:
        return repr(self._blocking)


def _awaitable(value: Any) -> Any:
    if hasattr(value, "_async"):
        return AwaitableClient(value)
    return _stepping(value) if isinstance(value, Iterator) else value


async def _stepping(blocking: Iterator[Any]) -> AsyncIterator[Any]:
    try:
        for item in blocking:
            yield item
    finally:
        blocking.close()  # type: ignore[attr-defined] # they are generators
