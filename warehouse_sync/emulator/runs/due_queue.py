"""The queue of due runs over all pipelines.

It makes run ids independent of when requests arrive.
"""

import time
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from math import inf

from warehouse_sync.emulator.runs.schedule import NEVER
from warehouse_sync.emulator.runs.scheduler import RunScheduler


class DueQueue:
    """Creates the runs of every scheduler in the order they are due.

    However much time passes between two requests, the runs and their ids are the same as if each had been created
    at its time.
    """

    def __init__(self) -> None:
        self._queue: list[tuple[datetime, int, RunScheduler]] = []
        self._entry = count()

    def push(self, scheduler: RunScheduler) -> None:
        """Add the next due time of a scheduler; its earlier entries no longer count."""
        if scheduler.next_due < NEVER:
            heappush(self._queue, (scheduler.next_due, next(self._entry), scheduler))

    def has_due_runs(self, now: datetime) -> bool:
        """Return whether a run may be due; an outdated entry counts too."""
        return bool(self._queue) and self._queue[0][0] <= now

    def create_due_runs(self, now: datetime, *, seconds: float = inf) -> bool:
        """Create due runs, and return whether none is left.

        Args:
            now: The time by which they are due.
            seconds: How long to continue.
        """
        stop_at = time.monotonic() + seconds
        while self.has_due_runs(now):
            if time.monotonic() >= stop_at:
                return False
            due, _, scheduler = heappop(self._queue)
            if scheduler.next_due == due:
                scheduler.create_due_runs(due)
        return True

    def clear(self) -> None:
        """Remove every scheduler."""
        self._queue.clear()
