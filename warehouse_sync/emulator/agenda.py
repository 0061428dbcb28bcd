"""Which pipeline runs next, over all workspaces: what makes run ids independent of who looks, and when."""

from datetime import datetime
from heapq import heappop, heappush
from itertools import count

from warehouse_sync.emulator.schedule import NEVER
from warehouse_sync.emulator.timeline import Timeline


class Agenda:
    """Has the runs of every timeline created in the order they fall due.

    However long nobody looked, and however far a virtual clock was turned, the runs and their ids come out as if
    the emulator had watched all along.
    """

    def __init__(self) -> None:
        self._queue: list[tuple[datetime, int, Timeline]] = []
        self._entry = count()

    def note(self, timeline: Timeline) -> None:
        """Remember when a timeline's next run is due; what was noted for it before no longer counts."""
        if timeline.next_due < NEVER:
            heappush(self._queue, (timeline.next_due, next(self._entry), timeline))

    def is_due(self, now: datetime) -> bool:
        """Tell whether a run may be due; it need not come to one."""
        return bool(self._queue) and self._queue[0][0] <= now

    def settle(self, now: datetime) -> None:
        """Create every run that is due."""
        while self._queue and self._queue[0][0] <= now:
            due, _, timeline = heappop(self._queue)
            if timeline.next_due == due:
                timeline.catch_up(due)

    def clear(self) -> None:
        """Forget every timeline."""
        self._queue.clear()
