"""Who may touch the state when: changes one after the other, and looks in between.

Without a warehouse nothing takes long, and everything happens at once, in the event loop. With one, a change may
execute queries. It then happens in a thread, in its turn, and lets go of the state while a query is executed; that
is when others look, and see what was there before the run. So a slow query holds up other changes and no look,
and runs and their ids come out the same as if nobody had looked.
"""

from asyncio import Lock, to_thread
from collections.abc import Callable
from enum import Enum, auto
from threading import Lock as ThreadLock
from typing import TypeVar

from warehouse_sync.emulator.state.store import Store

_Result = TypeVar("_Result")
# How often a query is told to end that began as the emulator stopped.
_PATIENCE = 0.05


class Access(Enum):
    """What a handler does to the emulator's state."""

    NONE = auto()
    READ = auto()
    WRITE = auto()


class StateAccess:
    """Lets requests, and the emulator's own methods, at the state.

    Args:
        store: The state.
        save: Saves what has changed.
    """

    def __init__(self, store: Store, save: Callable[[], None]) -> None:
        self._store = store
        self._save = save
        self._order = Lock()
        self._turn = ThreadLock()
        self._stopped = False

    def begin(self) -> None:
        """Take requests in the running event loop."""
        self._order = Lock()
        self._stopped = False
        if self._store.executor is not None:
            self._store.executor.resume()

    def end(self) -> None:
        """Take no more changes: break off the query that is executed, and wait until its change is through.

        What that change did is not saved, so that the next life does it again.
        """
        self._stopped = True
        while not self._turn.acquire(timeout=_PATIENCE):
            if self._store.executor is not None:
                self._store.executor.stop()
        self._turn.release()

    def save(self) -> None:
        """Save what happened outside of any turn; a change in progress saves it with its own."""
        if self._turn.acquire(blocking=False):
            try:
                self._save()
            finally:
                self._turn.release()

    async def take(self, access: Access, act: Callable[[], _Result]) -> _Result:
        """Act when it is one's turn, and return the result once what changed is safe."""
        if access is Access.NONE:
            return act()
        if self._store.executor is None:
            return self._settled(act)
        if access is Access.READ and (self._order.locked() or not self._store.has_due_runs()):
            with self._store.lock:
                return act()
        async with self._order:
            return await to_thread(self.change, act)

    def change(self, act: Callable[[], _Result]) -> _Result:
        """Act in this thread, as soon as no other change is in progress."""
        with self._turn, self._store.lock:
            return self._settled(act)

    def _settled(self, act: Callable[[], _Result]) -> _Result:
        self._store.create_due_runs()
        try:
            return act()
        finally:  # a refusal may have changed something, too: a connection is found to be faulted
            if not self._stopped:
                self._save()
