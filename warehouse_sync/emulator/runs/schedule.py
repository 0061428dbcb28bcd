"""When an interval schedule syncs, and what each sync loads: pure functions of a pipeline's settings.

A schedule's syncs are numbered from 0. Sync *k* is scheduled at ``start`` plus *k* intervals and loads the interval
that ends there; that interval's start is the run's ``logical_date``. The run is created ``delay`` later.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Self

from attrs import frozen
from dateutil.relativedelta import relativedelta

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.dates import checked_moment, read_delay

# Calendar steps counted from `start`, so that a monthly schedule of the 31st does not drift to the 28th.
_STEPS: dict[str, relativedelta] = {
    "hourly": relativedelta(hours=1),
    "daily": relativedelta(days=1),
    "weekly": relativedelta(weeks=1),
    "monthly": relativedelta(months=1),
}
FREQUENCIES = tuple(_STEPS)
ALWAYS, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_AT_ONCE = relativedelta()
# More hours than a calendar can hold after the year 1: the syncs of a schedule are numbered below it.
_MOST_SYNCS = 10**8


@frozen
class Interval:
    """One scheduled sync: the interval it loads, and when its run is created."""

    start: datetime
    end: datetime
    due: datetime


@frozen(kw_only=True)
class IntervalSchedule:
    """A pipeline's interval schedule, with the part of ``sync_mode`` that bounds it.

    Attributes:
        start: When the first sync is scheduled.
        end: When the last sync is scheduled, or later than any sync.
        since: Syncs of intervals that end at or before it have nothing to load.
        until: Syncs of intervals that start at or after it have nothing to load.
        delay: How long after its scheduled time a sync's run is created.
    """

    frequency: str
    start: datetime
    end: datetime = NEVER
    since: datetime = ALWAYS
    until: datetime = NEVER
    delay: relativedelta = _AT_ONCE

    @classmethod
    def read(cls, schedule: Document, sync_mode: Document) -> Self:
        """Read the ``schedule`` and ``sync_mode`` of a pipeline that was checked already."""
        moments = {
            "end": schedule.get("end"),
            "since": sync_mode.get("from"),
            "until": sync_mode.get("until"),
        }
        given = {name: checked_moment(text) for name, text in moments.items() if text}
        delay = read_delay(schedule.get("delay") or "") or _AT_ONCE
        start = checked_moment(schedule["start"])
        return cls(frequency=schedule["frequency"], start=start, delay=delay, **given)

    def sync(self, number: int) -> Interval:
        """Return the sync with a number, whether or not the schedule's bounds let it happen."""
        end = self._tick(number)
        return Interval(start=self._tick(number - 1), end=end, due=_later(end, self.delay))

    def syncs(self, *, after: datetime, due_by: datetime) -> Iterator[Interval]:
        """Yield the syncs scheduled after one moment whose runs are created by another, oldest first."""
        for number in self._numbers(after):
            interval = self.sync(number)
            if interval.due > due_by:
                return
            yield interval

    def next_due(self, *, after: datetime) -> datetime:
        """Return when the run of the first sync scheduled after a moment is created, or `NEVER`."""
        numbers = self._numbers(after)
        return self.sync(numbers[0]).due if numbers else NEVER

    def _numbers(self, after: datetime) -> range:
        """Return the numbers of the syncs scheduled after a moment, within the schedule's bounds."""
        every = range(_MOST_SYNCS)
        # If `sync_mode.from` equals `start` "the pipeline will start on the next scheduled interval": the
        # first interval holds nothing to load, and that is the rule for any interval.
        first = bisect_right(every, max(after, self.since), key=self._tick)
        beyond_end = bisect_right(every, self.end, key=self._tick)
        beyond_until = bisect_left(every, self.until, key=self._tick) + 1
        return range(first, max(first, min(beyond_end, beyond_until)))

    def _tick(self, number: int) -> datetime:
        return _later(self.start, _STEPS[self.frequency] * number)


def _later(moment: datetime, by: relativedelta) -> datetime:
    """Add to a moment; what the calendar cannot hold is never."""
    try:
        return moment + by
    except (OverflowError, ValueError):
        return NEVER
