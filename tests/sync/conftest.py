"""An event loop thread, coroutines to run on it, and interrupts."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from warehouse_sync.sync.event_loop_thread import EventLoopThread


async def nothing() -> None:
    """Do nothing on the loop."""


async def double(value: int) -> int:
    """Return after an iteration of the loop."""
    await asyncio.sleep(0)
    return 2 * value


@pytest.fixture
def loop_thread() -> Iterator[EventLoopThread]:
    """An event loop thread, closed after the test."""
    opened = EventLoopThread()
    yield opened
    opened.close(nothing)


class Forever:
    """A coroutine that waits until it is cancelled, and records that."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.ended = threading.Event()

    async def run(self) -> None:
        """Wait forever."""
        try:
            self.started.set()
            await asyncio.get_running_loop().create_future()
        finally:
            self.ended.set()


def threads() -> list[threading.Thread]:
    """Return the running background threads."""
    return [thread for thread in threading.enumerate() if thread.name == "warehouse-sync"]


@pytest.fixture
def interrupt() -> Iterator[Callable[[threading.Event], None]]:
    """Interrupt the main thread after an event, as Ctrl-C does."""
    senders: list[threading.Thread] = []

    def after(event: threading.Event) -> None:
        def send() -> None:
            event.wait(30)
            os.kill(os.getpid(), signal.SIGINT)

        senders.append(threading.Thread(target=send))
        senders[-1].start()

    yield after
    for sender in senders:
        sender.join()
