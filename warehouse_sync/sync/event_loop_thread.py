"""One event loop on a background thread, on which blocking callers run coroutines.

An anyio portal owns the thread's loop and ends it. A call does not go through the portal: it would cost more than the
request. It hands its coroutine to the loop, and waits on a lock.
"""

import asyncio
import os
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from warehouse_sync.errors import ConfigurationError
from warehouse_sync.polling.stream import Stream

T = TypeVar("T")

CLOSED = "the client is closed: create a new one, or keep calls inside its `with` block"
CALLED_FROM_CALLBACK = "a blocking call from inside a callback of the same client would wait for itself: collect first, call afterwards"
LOOP_CHECK_INTERVAL = 5.0  # seconds between two looks at whether the loop still lives

_END = object()


class _BlockingCall(Generic[T]):
    """One coroutine on its way to the loop and its outcome on the way back."""

    __slots__ = ("_coroutine", "_done", "_finished", "_task")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None
        self._finished = False
        self._done = threading.Lock()
        self._done.acquire()

    def run(self, loop: asyncio.AbstractEventLoop) -> T:
        """Run the coroutine and wait for its outcome. What interrupts the wait, Ctrl-C say, cancels the coroutine first.

        Raises:
            ConfigurationError: The loop ended before the coroutine could begin.
        """
        try:
            ended = _call_soon(loop, self._start) and self._has_ended(loop)
        except BaseException:
            if not (_call_soon(loop, self._cancel) and self._has_ended(loop)):
                self._coroutine.close()
            raise
        task, self._task = self._task, None
        if not ended or task is None:
            self._coroutine.close()
            raise ConfigurationError(CLOSED)
        try:
            return task.result()
        finally:
            del task  # its exception's traceback holds this frame

    def _start(self) -> None:
        """Begin, on the loop."""
        self._task = asyncio.get_running_loop().create_task(self._coroutine)
        self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        """Cancel, on the loop, whatever became of it."""
        if self._task is None:
            self._coroutine.close()
            self._finish()
        else:
            self._task.cancel()

    def _finish(self, _: "asyncio.Task[T] | None" = None) -> None:
        self._finished = True
        self._done.release()

    def _has_ended(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Wait for the end. Return false if the loop ended instead."""
        # The flag, and not the lock, tells the end: an interrupt may come in the moment in which the lock was acquired.
        while not self._finished:
            if not self._done.acquire(timeout=LOOP_CHECK_INTERVAL) and loop.is_closed():
                return False
        return True


def _call_soon(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> bool:
    """Call on the loop's thread, soon. Return false if the loop is closed."""
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:
        return False
    return True


class _PortalThread:
    """The thread, its loop, and the portal that ends both."""

    def __init__(self) -> None:
        self._problem: Exception | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warehouse-sync", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._problem is not None:
            raise self._problem

    def _run(self) -> None:
        try:
            anyio.run(self._serve)
        except Exception as problem:  # the process may not open another file, say
            if self._ready.is_set():
                raise
            self._problem = problem
            self._ready.set()

    async def _serve(self) -> None:
        async with BlockingPortal() as portal:
            self._portal, self.loop = portal, asyncio.get_running_loop()
            self._ready.set()
            await portal.sleep_until_stopped()

    def is_current(self) -> bool:
        """Tell whether the caller runs on this thread."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """End the loop and the thread; what still runs on it is cancelled."""
        if self._thread.is_alive() and _call_soon(self.loop, self._begin_to_stop) and not self.is_current():
            self._thread.join()

    def _begin_to_stop(self) -> None:
        self._stopping = self.loop.create_task(self._portal.stop(cancel_remaining=True))


class EventLoopThread:
    """Runs coroutines for blocking callers, from any thread, also while that thread runs an event loop of its own.

    The thread starts with the first call, and ends with `close()`, or with the interpreter. After a fork the child starts
    its own.
    """

    def __init__(self) -> None:
        self._thread: _PortalThread | None = None
        self._starting = threading.Lock()
        self._stop: weakref.finalize[Any, EventLoopThread] | None = None
        self._closed = False
        _loop_threads.add(self)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end.

        Raises:
            ConfigurationError: The client is closed, or the caller is on the background thread itself, and would wait for
                itself forever.
        """
        try:
            thread = self._ready_thread()
        except BaseException:
            coroutine.close()
            raise
        return self._run_on(thread, coroutine)

    def iterate(self, source: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        """Iterate over an asynchronous iterator; end it when the loop over it is left early.

        Of a `Stream` all that has come already crosses the threads at once.
        """
        try:
            while items := self.run(_next_batch(source)):
                yield from items
        finally:
            self._close_generator(source)

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run one last coroutine, if any ran before, and end the thread.

        Raises:
            ConfigurationError: The caller is on the background thread itself.
        """
        if self._thread is not None and self._thread.is_current():
            raise ConfigurationError(CALLED_FROM_CALLBACK)
        with self._starting:
            thread, self._thread, self._closed = self._thread, None, True
        if thread is not None:
            try:
                self._run_on(thread, last())
            finally:
                thread.stop()

    def reset_after_fork(self) -> None:
        """In a forked child: leave the parent's thread alone, and start afresh."""
        self._thread, self._starting = None, threading.Lock()  # another thread of the parent may have held it
        if self._stop is not None:
            self._stop.detach()

    def _ready_thread(self) -> _PortalThread:
        thread = self._thread or self._start()
        if thread.is_current():
            raise ConfigurationError(CALLED_FROM_CALLBACK)
        return thread

    def _run_on(self, thread: _PortalThread, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return _BlockingCall(coroutine).run(thread.loop)
        except asyncio.CancelledError:
            if self._closed:
                raise ConfigurationError(CLOSED) from None
            raise

    def _start(self) -> _PortalThread:
        with self._starting:
            if self._closed:
                raise ConfigurationError(CLOSED)
            if self._thread is None:
                self._thread = _PortalThread()
                self._stop = weakref.finalize(self, self._thread.stop)
            return self._thread

    def _close_generator(self, source: AsyncGenerator[T, None]) -> None:
        thread = self._thread
        if thread is None or thread.loop.is_closed():
            return  # a loop that ends closes its generators itself
        if thread.is_current():  # the garbage collector came by on the background thread
            asyncio.ensure_future(source.aclose(), loop=thread.loop)  # noqa: RUF006 - the loop holds it while it closes
        else:
            self._run_on(thread, source.aclose())


async def _next_batch(source: AsyncGenerator[T, None]) -> list[T]:
    """Return the next item, with those that have come already if it is a stream; nothing at the end."""
    item: Any = await anext(source, _END)
    if item is _END:
        return []
    return [item, *source.ready()] if isinstance(source, Stream) else [item]


_loop_threads: "weakref.WeakSet[EventLoopThread]" = weakref.WeakSet()


def _after_fork() -> None:
    for loop_thread in _loop_threads:
        loop_thread.reset_after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - elsewhere there is nothing to do
    os.register_at_fork(after_in_child=_after_fork)
