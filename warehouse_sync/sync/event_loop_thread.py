"""An event loop on a background thread that runs coroutines for blocking callers.

An anyio portal starts and stops the loop. Calls bypass the portal, whose overhead exceeds that of a request: a call
schedules its coroutine on the loop and waits for a lock.
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
from warehouse_sync.fork_lock import FORK_LOCK
from warehouse_sync.polling.stream import Stream
from warehouse_sync.running_loop import check_not_in_trio
from warehouse_sync.transport.pool import CLOSED

T = TypeVar("T")

CALLED_FROM_CALLBACK = (
    "a blocking call inside a callback of the same client would deadlock: "
    "collect the results first, and call the client afterwards"
)
CANNOT_START = "the client cannot start its thread ({}): make the first call before the main thread ends, and start fewer threads"
STOPPED = "the program ended during the call: let the threads that use the client end before the main thread"
LOOP_CHECK_INTERVAL = 5.0  # seconds between checks whether the loop was closed during a call

_END = object()


class _BlockingCall(Generic[T]):
    """A coroutine that runs on the loop while the calling thread waits for its result."""

    __slots__ = ("_coroutine", "_done", "_finished", "_task", "_thread")

    def __init__(self, coroutine: Coroutine[Any, Any, T], thread: "_PortalThread") -> None:
        self._coroutine = coroutine
        self._thread = thread
        self._task: asyncio.Task[T] | None = None
        self._finished = False
        self._done = threading.Lock()
        self._done.acquire()

    def run(self) -> T:
        """Run the coroutine and return its result.

        An interrupt such as Ctrl-C cancels the coroutine before it is raised.

        Raises:
            ConfigurationError: The loop was closed before the coroutine ended.
        """
        loop = self._thread.loop
        try:
            ended = _call_soon(loop, self._start) and self._wait(loop)
        except BaseException:
            if not (_call_soon(loop, self._cancel) and self._wait(loop)):
                self._coroutine.close()
            raise
        task, self._task = self._task, None
        if not ended or task is None:
            self._coroutine.close()
            raise ConfigurationError(CLOSED)
        try:
            return task.result()
        finally:
            del task  # breaks a reference cycle: the traceback of its exception refers to this frame

    def _start(self) -> None:
        """Start the task, unless the loop is about to close. Runs on the loop."""
        if self._thread.stopping:
            self._finish()
            return
        self._task = asyncio.get_running_loop().create_task(self._coroutine)
        self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        """Cancel the task, or close the coroutine if it was not started. Runs on the loop."""
        if self._task is None:
            self._coroutine.close()
            self._finish()
        else:
            self._task.cancel()

    def _finish(self, _: "asyncio.Task[T] | None" = None) -> None:
        self._finished = True
        self._done.release()

    def _wait(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Wait until the task has ended. Return false if the loop was closed instead."""
        # Checks the flag, not the lock, because an interrupt may arrive just after the lock was acquired.
        while not self._finished:
            if not self._done.acquire(timeout=LOOP_CHECK_INTERVAL) and loop.is_closed():
                return False
        return True


def _call_soon(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> bool:
    """Schedule a call on the thread of the loop. Return false if the loop is closed."""
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:
        return False
    return True


class _PortalThread:
    """The thread, its event loop, and the portal that stops both.

    Attributes:
        stopping: Whether the thread was stopped, which cancels its tasks.

    Raises:
        ConfigurationError: The thread cannot be started.
    """

    def __init__(self) -> None:
        self._problem: Exception | None = None
        self._ready = threading.Event()
        self.stopping = False
        self._thread = threading.Thread(target=self._run, name="warehouse-sync", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # the main thread has ended, or there are too many threads
            raise ConfigurationError(CANNOT_START.format(error)) from None
        self._ready.wait()
        if self._problem is not None:
            raise self._problem

    def _run(self) -> None:
        try:
            anyio.run(self._serve)
        except Exception as problem:  # for example, the process has too many open files
            if not self._ready.is_set():
                self._problem = problem
                self._ready.set()
            elif not (isinstance(problem, RuntimeError) and self._is_exiting()):
                raise

    async def _serve(self) -> None:
        async with BlockingPortal() as portal:
            self._portal, self.loop = portal, asyncio.get_running_loop()
            self._ready.set()
            await portal.sleep_until_stopped()

    def _is_exiting(self) -> bool:
        """Return whether the loop was closed because the program ends.

        asyncio then starts a thread, which Python 3.12 refuses, to wait for the threads of the loop, which have ended.
        """
        return self.stopping and self.loop.is_closed() and not threading.main_thread().is_alive()

    def is_current(self) -> bool:
        """Return whether the caller runs on this thread."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """Stop the loop and the thread, and cancel the tasks that still run."""
        self.stopping = True
        if self._thread.is_alive() and _call_soon(self.loop, self._start_stopping) and not self.is_current():
            self._thread.join()

    def _start_stopping(self) -> None:
        self._stopping = self.loop.create_task(self._portal.stop(cancel_remaining=True))


class EventLoopThread:
    """Runs coroutines for blocking callers in any thread.

    The threads may run an event loop themselves.

    The thread starts with the first call, and stops with `close()` or at interpreter exit. A forked child process starts
    its own thread.
    """

    def __init__(self) -> None:
        self._thread: _PortalThread | None = None
        self._starting = threading.Lock()
        self._closed = False
        self._started: list[_PortalThread] = []
        # Not when the thread starts, which may be at interpreter exit: later finalizers do not run.
        weakref.finalize(self, _stop_all, self._started)
        _loop_threads.add(self)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return its result.

        Raises:
            ConfigurationError: The client is closed, or the caller is a task of trio or runs on the background thread, which
                would deadlock.
        """
        try:
            check_not_in_trio()
            thread = self._ready_thread()
        except BaseException:
            coroutine.close()
            raise
        return self._run_on(thread, coroutine)

    def iterate(self, source: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        """Iterate over an asynchronous generator, and close it when the iteration ends.

        All available items of a `Stream` are passed between the threads at once.
        """
        try:
            while items := self.run(_next_batch(source)):
                yield from items
        finally:
            self._close_generator(source)

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a last coroutine if the thread was started, and stop the thread.

        Raises:
            ConfigurationError: The caller runs on the background thread.
        """
        if self._thread is not None and self._thread.is_current():
            raise ConfigurationError(CALLED_FROM_CALLBACK)
        with self._starting:
            thread, self._thread, self._closed = self._thread, None, True
        if thread is not None and not thread.stopping:
            try:
                self._run_on(thread, last())
            finally:
                thread.stop()

    def reset_after_fork(self) -> None:
        """Reset the state in a forked child, which has no copy of the parent's thread."""
        self._thread, self._starting = None, threading.Lock()  # the lock may have been held at the fork
        self._started.clear()

    def _ready_thread(self) -> _PortalThread:
        thread = self._thread or self._start()
        if thread.is_current():
            raise ConfigurationError(CALLED_FROM_CALLBACK)
        return thread

    def _run_on(self, thread: _PortalThread, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return _BlockingCall(coroutine, thread).run()
        except asyncio.CancelledError:
            if self._closed:
                raise ConfigurationError(CLOSED) from None
            if thread.stopping:
                raise ConfigurationError(STOPPED) from None
            raise

    def _start(self) -> _PortalThread:
        with FORK_LOCK, self._starting:  # the thread imports the rest of anyio
            if self._closed:
                raise ConfigurationError(CLOSED)
            if self._thread is None:
                self._thread = _PortalThread()
                self._started.append(self._thread)
            return self._thread

    def _close_generator(self, source: AsyncGenerator[T, None]) -> None:
        thread = self._thread
        if thread is None or thread.loop.is_closed():
            return  # the loop closed its generators
        if thread.is_current():  # the garbage collector runs on the background thread
            asyncio.ensure_future(source.aclose(), loop=thread.loop)  # noqa: RUF006 - the loop holds a reference
        else:
            self._run_on(thread, source.aclose())


def _stop_all(threads: list[_PortalThread]) -> None:
    for thread in threads:
        thread.stop()


async def _next_batch(source: AsyncGenerator[T, None]) -> list[T]:
    """Return the next item, with all available items of a `Stream`. Return an empty list at the end."""
    item: Any = await anext(source, _END)
    if item is _END:
        return []
    return [item, *source.ready()] if isinstance(source, Stream) else [item]


_loop_threads: "weakref.WeakSet[EventLoopThread]" = weakref.WeakSet()


def _after_fork() -> None:
    for loop_thread in _loop_threads:
        loop_thread.reset_after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - other platforms do not fork
    os.register_at_fork(after_in_child=_after_fork)
