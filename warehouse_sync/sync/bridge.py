"""One event loop on a background thread, on which blocking callers run coroutines.

An anyio portal owns the thread's loop and ends it. A call does not go through the portal: it would cost more than the
request. It hands its coroutine to the loop, and waits on a lock.
"""

import asyncio
import os
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Generic, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from warehouse_sync.errors import ConfigurationError

T = TypeVar("T")

CLOSED = "the client is closed: make a new one, or keep calls inside its `with` block"
INSIDE = "a blocking call from inside a callback of the same client would wait for itself: collect first, call afterwards"
PATIENCE = 5.0  # seconds between two looks at whether the loop still lives

_END = object()


class _Handover(Generic[T]):
    """One coroutine on its way to the loop and its outcome on the way back."""

    __slots__ = ("_coroutine", "_done", "_task")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None
        self._done = threading.Lock()
        self._done.acquire()

    def start(self) -> None:
        """Begin, on the loop."""
        self._task = asyncio.get_running_loop().create_task(self._coroutine)
        self._task.add_done_callback(lambda _: self._done.release())

    def cancel(self) -> None:
        """Cancel, on the loop."""
        if self._task is not None:
            self._task.cancel()

    def wait(self, loop: asyncio.AbstractEventLoop) -> T:
        """Wait for the outcome. What interrupts the wait, Ctrl-C say, cancels the coroutine first."""
        try:
            self._acquire(loop)
        except KeyboardInterrupt:
            loop.call_soon_threadsafe(self.cancel)
            self._acquire(loop)
            raise
        assert self._task is not None  # noqa: S101 - the lock is released by the task
        if self._task.cancelled():
            raise ConfigurationError(CLOSED)
        return self._task.result()

    def _acquire(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._done.acquire(timeout=PATIENCE):
            if loop.is_closed():  # it ended before the coroutine could begin
                self._coroutine.close()
                raise ConfigurationError(CLOSED)


class _Thread:
    """The thread, its loop, and the portal that ends both."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=anyio.run, args=(self._serve,), name="warehouse-sync", daemon=True
        )
        self._thread.start()
        self._ready.wait()

    async def _serve(self) -> None:
        async with BlockingPortal() as portal:
            self.portal, self.loop = portal, asyncio.get_running_loop()
            self._ready.set()
            await portal.sleep_until_stopped()

    def is_current(self) -> bool:
        """Tell whether the caller runs on this thread."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """End the loop and the thread; what still runs on it is cancelled."""
        if os.getpid() == self.pid and self._thread.is_alive():
            self.portal.start_task_soon(self.portal.stop, True)  # noqa: FBT003 - anyio's signature
            self._thread.join()


class Bridge:
    """Runs coroutines for blocking callers, from any thread, also while that thread runs an event loop of its own.

    The thread starts with the first call, and ends with `close()`, or with the interpreter. After a fork the child starts
    its own.
    """

    def __init__(self) -> None:
        self._thread: _Thread | None = None
        self._starting = threading.Lock()
        self._stop: weakref.finalize[Any, Bridge] | None = None
        self._closed = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end.

        Raises:
            ConfigurationError: The caller is on the background thread itself, and would wait for itself forever.
        """
        try:
            thread = self._ready_thread()
        except ConfigurationError:
            coroutine.close()
            raise
        handover = _Handover(coroutine)
        thread.loop.call_soon_threadsafe(handover.start)
        return handover.wait(thread.loop)

    def _ready_thread(self) -> _Thread:
        thread = self._thread
        if self._closed or thread is None or thread.pid != os.getpid():
            thread = self._start()
        if thread.is_current():
            raise ConfigurationError(INSIDE)
        return thread

    def iterate(self, source: AsyncIterator[T]) -> Iterator[T]:
        """Iterate over an asynchronous iterator; end it when the loop over it is left early."""
        try:
            while True:
                item = self.run(_next(source))
                if item is _END:
                    return
                yield item
        finally:
            self._end(source)

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run one last coroutine, if any ran before, and end the thread."""
        if self._thread is not None and not self._closed:
            self.run(last())
        self._closed = True
        if self._stop is not None:
            self._stop()

    def _end(self, source: AsyncIterator[T]) -> None:
        aclose, thread = getattr(source, "aclose", None), self._thread
        if aclose is None or thread is None or self._closed or thread.pid != os.getpid():
            return
        if thread.is_current():  # the garbage collector came by on the background thread
            asyncio.ensure_future(aclose(), loop=thread.loop)  # noqa: RUF006 - the loop holds it while it closes
        else:
            self.run(aclose())

    def _start(self) -> _Thread:
        with self._starting:
            if self._closed:
                raise ConfigurationError(
                    "the client is closed: make a new one, or keep calls inside its `with` block"
                )
            if self._thread is None or self._thread.pid != os.getpid():
                self._thread = _Thread()
                self._stop = weakref.finalize(self, self._thread.stop)
            return self._thread


async def _next(source: AsyncIterator[T]) -> Any:  # noqa: ANN401 - an item, or the end
    return await anext(source, _END)
