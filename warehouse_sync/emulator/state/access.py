"""Exclusive access to the state: one write at a time, and reads in between.

Writes happen one after the other, each after and before the creation of due runs. A clock that advances by a year makes
many runs due, so they are created for a short time at a time, with reads in between.

Without a warehouse everything happens in the event loop. With one, creating a run executes queries. Writes then happen
in a thread, and unlock the state while a query is executed. Reads see the runs that have been created. A slow query
delays other writes and no read, and the runs and their ids are the same as without reads.
"""

from asyncio import Lock, sleep, to_thread
from collections.abc import Callable
from enum import Enum, auto
from threading import Lock as ThreadLock
from typing import TypeVar

from warehouse_sync.emulator.state.store import Store

_Result = TypeVar("_Result")
# Seconds between attempts to cancel the query of the write in progress, which may start another.
_CANCEL_INTERVAL = 0.05
# Seconds that runs are created in the event loop without a read in between.
_SLICE_SECONDS = 0.01


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

    def is_immediate(self, access: Access) -> bool:
        """Return whether an action with this access need not wait: `run_now` may run it."""
        if access is Access.READ:
            return self._queue_lock.locked() or not self._store.has_due_runs()
        return access is Access.NONE

    def run_now(self, access: Access, action: Callable[[], _Result]) -> _Result:
        """Run an action that changes nothing, and return its result."""
        if access is Access.NONE:
            return action()
        with self._store.lock:
            return action()

    async def run(self, access: Access, action: Callable[[], _Result]) -> _Result:
        """Run an action when its access permits, save its changes, return its result."""
        if self.is_immediate(access):
            return self.run_now(access, action)
        async with self._queue_lock:
            if self._store.executor is None:
                return await self._write_in_slices(action)
            return await to_thread(self.write, action)

    def write(self, action: Callable[[], _Result]) -> _Result:
        """Run an action in this thread, as soon as no other write is in progress."""
        with self._write_lock, self._store.lock:
            self._store.create_due_runs()
            try:
                return action()
            finally:  # an error may change something, too: a connection becomes faulted
                self._store.create_due_runs()
                self._commit()

    async def _write_in_slices(self, action: Callable[[], _Result]) -> _Result:
        await self._create_due_runs()
        try:
            return action()
        finally:
            await self._create_due_runs()

    async def _create_due_runs(self) -> None:
        while True:
            done = self._store.create_due_runs(seconds=_SLICE_SECONDS)
            self._commit()
            if done:
                return
            await sleep(0)

    def _commit(self) -> None:
        """Let reads see the changes, and save them."""
        self._store.version += 1
        if not self._stopped:
            self._save()
