"""The event loop thread: calls from any thread, interrupts, forks and closing."""

import asyncio
import gc
import inspect
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import NoReturn

import pytest

from tests.support.stderr import without_slow_callbacks
from tests.sync.conftest import Forever, double, nothing, threads
from warehouse_sync import ConfigurationError
from warehouse_sync.sync import event_loop_thread as module
from warehouse_sync.sync.event_loop_thread import CALLED_FROM_CALLBACK, EventLoopThread
from warehouse_sync.transport.pool import CLOSED


def portal_thread(loop: asyncio.AbstractEventLoop | None = None) -> module._PortalThread:
    """Return a portal thread that was not started."""
    thread = module._PortalThread.__new__(module._PortalThread)
    thread._ready = threading.Event()
    thread._ready.set()
    thread.stopping = False
    if loop is not None:
        thread.loop = loop
    return thread


def test_run_returns_the_result_or_raises_the_error(loop_thread: EventLoopThread) -> None:
    """Results and errors are passed on unchanged, without reference cycles."""
    assert loop_thread.run(double(4)) == 8

    async def fail() -> NoReturn:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        loop_thread.run(fail())


def test_run_starts_one_thread_for_all_calls() -> None:
    """The thread starts with the first call, runs all calls, and stops with `close`."""
    before = len(threads())
    loop_thread = EventLoopThread()
    assert len(threads()) == before
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda value: loop_thread.run(double(value)), range(100))) == [
            2 * n for n in range(100)
        ]
    assert len(threads()) == before + 1
    loop_thread.close(nothing)
    assert len(threads()) == before


def test_concurrent_first_calls_start_one_thread(loop_thread: EventLoopThread) -> None:
    """Concurrent first calls share the thread that one of them starts."""
    before = len(threads())
    with ThreadPoolExecutor(4) as pool:
        with loop_thread._starting:  # so that none of the four calls finds a thread
            calls = [pool.submit(loop_thread._start) for _ in range(4)]
        assert len({id(call.result(30)) for call in calls}) == 1
    assert len(threads()) == before + 1


async def test_run_works_inside_a_running_loop(loop_thread: EventLoopThread) -> None:
    """The calling thread may run an event loop, as in a notebook."""
    assert loop_thread.run(double(1)) == 2


def test_run_inside_a_callback_raises(loop_thread: EventLoopThread) -> None:
    """A call that would deadlock raises an error with a hint, and closes its coroutine."""

    async def call_again() -> None:
        loop_thread.run(double(1))

    with pytest.raises(ConfigurationError, match="inside a callback"):
        loop_thread.run(call_again())


def test_close_inside_a_callback_raises(loop_thread: EventLoopThread) -> None:
    """Closing inside a callback raises too; the thread stays open."""

    async def close() -> None:
        loop_thread.close(nothing)

    with pytest.raises(ConfigurationError) as caught:
        loop_thread.run(close())
    assert str(caught.value) == CALLED_FROM_CALLBACK
    assert loop_thread.run(double(1)) == 2


def test_run_after_close_raises() -> None:
    """A call after `close` raises, whether the thread was used or not; closing again does nothing."""
    for used in (True, False):
        loop_thread = EventLoopThread()
        if used:
            loop_thread.run(nothing())
        loop_thread.close(nothing)
        loop_thread.close(nothing)
        with pytest.raises(ConfigurationError) as caught:
            loop_thread.run(nothing())
        assert str(caught.value) == CLOSED


def test_close_cancels_running_calls() -> None:
    """A call that waits while another thread closes raises, and its coroutine is cancelled."""
    loop_thread, forever = EventLoopThread(), Forever()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(lambda: loop_thread.run(forever.run()))
        forever.started.wait(30)
        loop_thread.close(nothing)
        with pytest.raises(ConfigurationError, match="the client is closed"):
            call.result(30)
    assert forever.ended.is_set()


def test_close_stops_the_thread_if_the_last_coroutine_fails() -> None:
    """The error of the last coroutine is raised after the thread has stopped."""
    loop_thread, before = EventLoopThread(), len(threads())
    loop_thread.run(nothing())

    async def fail() -> NoReturn:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        loop_thread.close(fail)
    assert len(threads()) == before


def test_cancelled_coroutine_is_not_a_closed_client(loop_thread: EventLoopThread) -> None:
    """A cancellation inside the coroutine is passed on unchanged."""

    async def cancel() -> NoReturn:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        loop_thread.run(cancel())


def test_call_on_a_closed_loop_raises() -> None:
    """A call that got the thread before its loop was closed raises the same error as a later call."""
    loop_thread = EventLoopThread()
    loop_thread.run(nothing())
    thread = loop_thread._thread
    assert thread is not None
    loop_thread.close(nothing)
    loop_thread._thread = thread
    with pytest.raises(ConfigurationError) as caught:
        loop_thread.run(double(1))
    assert str(caught.value) == CLOSED


def test_call_that_the_loop_never_started_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the loop closes before it starts a call, the call raises."""
    monkeypatch.setattr(module, "LOOP_CHECK_INTERVAL", 0.001)
    loop = asyncio.new_event_loop()
    checks = iter([False, True])
    monkeypatch.setattr(loop, "is_closed", lambda: next(checks, True))
    monkeypatch.setattr(loop, "call_soon_threadsafe", lambda _: None)
    with pytest.raises(ConfigurationError) as caught:
        module._BlockingCall(double(1), portal_thread(loop)).run()
    assert str(caught.value) == CLOSED
    monkeypatch.undo()
    loop.close()


def test_ctrl_c_cancels_the_call(
    loop_thread: EventLoopThread, interrupt: Callable[[threading.Event], None]
) -> None:
    """Ctrl-C cancels the coroutine before the call raises, and the thread keeps working."""
    forever = Forever()
    interrupt(forever.started)
    with pytest.raises(KeyboardInterrupt):
        loop_thread.run(forever.run())
    assert forever.ended.is_set()
    assert loop_thread.run(double(1)) == 2


@pytest.mark.parametrize("closed", [False, True])
def test_interrupt_before_the_start_closes_the_coroutine(
    monkeypatch: pytest.MonkeyPatch,
    closed: bool,  # noqa: FBT001 - a parameter
) -> None:
    """However early the interrupt, the coroutine is closed."""
    loop = asyncio.new_event_loop()
    calls: list[Callable[[], None]] = []

    def call_soon(function: Callable[[], None]) -> None:
        calls.append(function)
        if len(calls) == 1:
            raise KeyboardInterrupt
        if closed:
            raise RuntimeError("Event loop is closed")
        function()

    monkeypatch.setattr(loop, "call_soon_threadsafe", call_soon)
    coroutine = double(1)
    with pytest.raises(KeyboardInterrupt):
        module._BlockingCall(coroutine, portal_thread(loop)).run()
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
    monkeypatch.undo()
    loop.close()


def test_thread_that_cannot_start_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """If no file descriptor is left for a loop, the call raises, and the next one may succeed."""

    def refuse(_: object) -> NoReturn:
        raise OSError(24, "Too many open files")

    loop_thread = EventLoopThread()
    monkeypatch.setattr("anyio.run", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        loop_thread.run(double(1))
    monkeypatch.undo()
    assert loop_thread.run(double(1)) == 2
    loop_thread.close(nothing)


def test_collected_object_stops_its_thread() -> None:
    """The thread of a client that was not closed stops when the client is garbage-collected."""
    before = set(threads())
    loop_thread = EventLoopThread()
    loop_thread.run(nothing())
    del loop_thread
    gc.collect()
    assert set(threads()) <= before


def test_object_collected_on_its_own_thread_stops_it() -> None:
    """The garbage collector may run on the background thread, which cannot join itself."""
    loop_thread = EventLoopThread()
    loop_thread.run(nothing())
    assert loop_thread._thread is not None
    thread, held = loop_thread._thread._thread, [loop_thread]
    loop = loop_thread._thread.loop
    del loop_thread
    loop.call_soon_threadsafe(held.clear)
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 warns of forks with threads
def test_forked_child_starts_its_own_thread(loop_thread: EventLoopThread) -> None:
    """Parent and child keep working, also if another thread held the lock at the fork."""
    loop_thread.run(nothing())
    unused = EventLoopThread()
    with loop_thread._starting, unused._starting:
        child = os.fork()
        if child == 0:
            os._exit(0 if [loop_thread.run(double(1)), unused.run(double(1))] == [2, 2] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert loop_thread.run(double(1)) == 2


def test_fork_resets_the_state_in_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child process has no thread, a new lock and nothing to stop at its exit."""
    used, unused = EventLoopThread(), EventLoopThread()
    used.run(nothing())
    thread = used._thread
    assert thread is not None
    monkeypatch.setattr(module, "_loop_threads", {used, unused})
    with used._starting, unused._starting:
        module._after_fork()
        assert (used._thread, used._started) == (None, [])
        assert [used.run(double(1)), unused.run(double(1))] == [2, 2]
    for loop_thread in (used, unused):
        loop_thread.close(nothing)
    thread.stop()


SCRIPT = """
import asyncio, contextlib, threading
from warehouse_sync.sync.event_loop_thread import EventLoopThread
loop_thread = EventLoopThread()
async def count():
    try:
        for number in range(3):
            yield number
    finally:
        await asyncio.sleep(0)
started = threading.Event()
async def forever():
    started.set()
    await asyncio.get_running_loop().create_future()
def call():
    with contextlib.suppress(BaseException):
        loop_thread.run(forever())
items = loop_thread.iterate(count())
print(next(items))
threading.Thread(target=call, daemon=True).start()
started.wait()
"""


def test_interpreter_exits_if_nothing_was_closed() -> None:
    """A script ends immediately and silently during an iteration and a call."""
    started = time.monotonic()
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", SCRIPT]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own
    assert (ran.stdout, without_slow_callbacks(ran.stderr), ran.returncode) == ("0\n", "", 0)
    assert time.monotonic() - started < 60


def test_error_of_the_running_thread_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an error before the thread is ready is raised to the caller; a later one is not swallowed."""

    def fail(_: object) -> None:
        raise ValueError("late")

    monkeypatch.setattr("anyio.run", fail)
    with pytest.raises(ValueError, match="late"):
        portal_thread()._run()


@pytest.mark.parametrize("stopping", [True, False])
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("alive", [True, False])
def test_error_of_asyncio_at_exit_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, *, stopping: bool, closed: bool, alive: bool
) -> None:
    """Python 3.12 starts no thread at exit, not even those that asyncio starts to close a loop."""

    def fail(_: object) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    loop = asyncio.new_event_loop()
    thread = portal_thread(loop)
    thread.stopping = stopping
    if closed:
        loop.close()
    monkeypatch.setattr("anyio.run", fail)
    monkeypatch.setattr("threading.main_thread", lambda: SimpleNamespace(is_alive=lambda: alive))
    if stopping and closed and not alive:
        thread._run()
    else:
        with pytest.raises(RuntimeError):
            thread._run()
    loop.close()


def test_thread_that_python_does_not_start_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to do, and the next call can start one."""

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    loop_thread = EventLoopThread()
    with monkeypatch.context() as patch:
        patch.setattr("threading.Thread.start", fail)
        with pytest.raises(ConfigurationError, match="make the first call before the main thread ends"):
            loop_thread.run(double(1))
    assert loop_thread.run(double(1)) == 2
    loop_thread.close(nothing)


def test_call_that_the_program_cancels_at_its_exit_raises(loop_thread: EventLoopThread) -> None:
    """It raises an error of the SDK, and so does a call that comes too late."""
    forever = Forever()
    thread = loop_thread._ready_thread()
    with ThreadPoolExecutor() as pool:
        call = pool.submit(loop_thread.run, forever.run())
        forever.started.wait()
        thread.stop()
        with pytest.raises(ConfigurationError, match="the program ended during the call"):
            call.result()
    with pytest.raises(ConfigurationError, match="closed"):
        loop_thread.run(double(1))


def test_call_after_the_thread_began_to_stop_is_not_started(loop_thread: EventLoopThread) -> None:
    """It could not end any more."""
    thread = loop_thread._ready_thread()
    thread.stopping = True
    coroutine = double(1)
    with pytest.raises(ConfigurationError, match="closed"):
        loop_thread.run(coroutine)
    thread.stop()
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
