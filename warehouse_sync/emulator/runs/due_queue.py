"""Which pipeline runs next, over all workspaces: what makes run ids independent of who looks, and when."""

from datetime import datetime
from heapq import heappop, heappush
from itertools import count

from warehouse_sync.emulator.runs.schedule import NEVER
from warehouse_sync.emulator.runs.scheduler import RunScheduler


class DueQueue:
    """Has the runs of every timeline created in the order they fall due.

    However long nobody looked, and however far a virtual clock was turned, the runs and their ids come out as if
    the emulator had watched all along.
    """

    def __init__(self) -> None:
        self._queue: list[tuple[datetime, int, RunScheduler]] = []
        self._entry = count()

    def note(self, scheduler: RunScheduler) -> None:
        """Remember when a timeline's next run is due; what was noted for it before no longer counts."""
        if scheduler.next_due < NEVER:
            heappush(self._queue, (scheduler.next_due, next(self._entry), scheduler))

    def has_due_runs(self, now: datetime) -> bool:
        """Tell whether a run may be due; it need not come to one."""
        return bool(self._queue) and self._queue[0][0] <= now

    def create_due_runs(self, now: datetime) -> None:
        """Create every run that is due."""
        while self._queue and self._queue[0][0] <= now:
            due, _, scheduler = heappop(self._queue)
            if scheduler.next_due == due:
                scheduler.catch_up(due)

    def clear(self) -> None:
        """Forget every scheduler."""
        self._queue.clear()
