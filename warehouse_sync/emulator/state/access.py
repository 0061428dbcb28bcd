"""Exclusive access to the state: one write at a time, and reads in between.

Without a warehouse nothing blocks, and everything happens in the event loop. With one, a write may execute queries.
It then happens in a thread, one after the other, and unlocks the state while a query is executed. Reads in that time
see the state before the run. A slow query delays other writes and no read, and the runs and their ids are the same
as without reads.
"""

from asyncio import Lock, to_thread
from collections.abc import Callable
from enum import Enum, auto
from threading import Lock as ThreadLock
from typing import TypeVar

from warehouse_sync.emulator.state.store import Store

_Result = TypeVar("_Result")
# Seconds between attempts to cancel the query of the write in progress, which may start another.
_CANCEL_INTERVAL = 0.05


class Access(Enum):
    """The ways in which a handler uses the state."""

    NONE = auto()
    READ = auto()
    WRITE = auto()


class StateAccess:
    """Runs the actions of requests, and of the emulator's own methods, on the state.

    Args:
        store: The state.
        save: Saves what has changed.
    """

    def __init__(self, store: Store, save: Callable[[], None]) -> None:
        self._store = store
        self._save = save
        self._queue_lock = Lock()
        self._write_lock = ThreadLock()
        self._stopped = False

    def start(self) -> None:
        """Accept actions in the running event loop."""
        self._queue_lock = Lock()
        self._stopped = False
        if self._store.executor is not None:
            self._store.executor.resume()

    def stop(self) -> None:
        """Stop writes: cancel the query in progress, and wait until its write ends.

        The changes of that write are not saved, so that a restarted emulator repeats it.
        """
        self._stopped = True
        while not self._write_lock.acquire(timeout=_CANCEL_INTERVAL):
            if self._store.executor is not None:
                self._store.executor.cancel()
        self._write_lock.release()

    def save(self) -> None:
        """Save a change that was made outside of `run`.

        A write in progress saves it with its own.
        """
        if self._write_lock.acquire(blocking=False):
            try:
                self._save()
            finally:
                self._write_lock.release()

    async def run(self, access: Access, action: Callable[[], _Result]) -> _Result:
        """Run an action when its access permits, save its changes, return its result."""
        if access is Access.NONE:
            return action()
        if self._store.executor is None:
            return self._run_and_save(action)
        if access is Access.READ and (self._queue_lock.locked() or not self._store.has_due_runs()):
            with self._store.lock:
                return action()
        async with self._queue_lock:
            return await to_thread(self.write, action)

    def write(self, action: Callable[[], _Result]) -> _Result:
        """Run an action in this thread, as soon as no other write is in progress."""
        with self._write_lock, self._store.lock:
            return self._run_and_save(action)

    def _run_and_save(self, action: Callable[[], _Result]) -> _Result:
        self._store.create_due_runs()
        try:
            return action()
        finally:  # an error may change something, too: a connection becomes faulted
            if not self._stopped:
                self._save()
