"""Interval schedules: when a pipeline syncs, and which data each sync loads.

The syncs of a schedule are numbered from 0. Sync *k* is scheduled at `start` plus *k* intervals and loads the
interval that ends there; the start of that interval is the run's `logical_date`. The run is created `delay` later.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Self

from attrs import frozen
from dateutil.relativedelta import relativedelta

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.dates import parse_delay, parse_valid_timestamp

# Calendar steps counted from `start`, so that a monthly schedule of the 31st does not drift to the 28th.
_STEPS: dict[str, relativedelta] = {
    "hourly": relativedelta(hours=1),
    "daily": relativedelta(days=1),
    "weekly": relativedelta(weeks=1),
    "monthly": relativedelta(months=1),
}
FREQUENCIES = tuple(_STEPS)
ALWAYS, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_NO_DELAY = relativedelta()
# More hours than the calendar has after the year 1, so that every sync has a smaller number.
_MAX_SYNCS = 10**8


@frozen
class Interval:
    """One scheduled sync: the interval it loads, and when its run is created."""

    start: datetime
    end: datetime
    due: datetime


@frozen(kw_only=True)
class IntervalSchedule:
    """A pipeline's interval schedule, with the bounds of its `sync_mode`.

    Attributes:
        start: When the first sync is scheduled.
        end: When the last sync is scheduled; `NEVER` if there is no last one.
        since: Intervals that end at or before it have no data to load.
        until: Intervals that start at or after it have no data to load.
        delay: How long after its scheduled time the run of a sync is created.
    """

    frequency: str
    start: datetime
    end: datetime = NEVER
    since: datetime = ALWAYS
    until: datetime = NEVER
    delay: relativedelta = _NO_DELAY

    @classmethod
    def read(cls, schedule: Document, sync_mode: Document) -> Self:
        """Return the schedule of a pipeline's validated `schedule` and `sync_mode`."""
        texts = {
            "end": schedule.get("end"),
            "since": sync_mode.get("from"),
            "until": sync_mode.get("until"),
        }
        bounds = {name: parse_valid_timestamp(text) for name, text in texts.items() if text}
        delay = parse_delay(schedule.get("delay") or "") or _NO_DELAY
        start = parse_valid_timestamp(schedule["start"])
        return cls(frequency=schedule["frequency"], start=start, delay=delay, **bounds)

    def sync(self, number: int) -> Interval:
        """Return the sync with a number, even outside the schedule's bounds."""
        end = self._scheduled_time(number)
        return Interval(start=self._scheduled_time(number - 1), end=end, due=add(end, self.delay))

    def syncs(self, *, after: datetime, due_by: datetime) -> Iterator[Interval]:
        """Yield the syncs scheduled after one time and due by another, oldest first."""
        for number in self._numbers(after):
            interval = self.sync(number)
            if interval.due > due_by:
                return
            yield interval

    def next_due(self, *, after: datetime) -> datetime:
        """Return when the first sync scheduled after a time is due, or `NEVER`."""
        numbers = self._numbers(after)
        return self.sync(numbers[0]).due if numbers else NEVER

    def _numbers(self, after: datetime) -> range:
        """Return the numbers of the syncs scheduled after a time, within the schedule's bounds."""
        numbers = range(_MAX_SYNCS)
        # If `sync_mode.from` equals `start`, "the pipeline will start on the next scheduled interval": an
        # interval without data to load is skipped.
        first = bisect_right(numbers, max(after, self.since), key=self._scheduled_time)
        after_end = bisect_right(numbers, self.end, key=self._scheduled_time)
        after_until = bisect_left(numbers, self.until, key=self._scheduled_time) + 1
        return range(first, max(first, min(after_end, after_until)))

    def _scheduled_time(self, number: int) -> datetime:
        return add(self.start, _STEPS[self.frequency] * number)


def add(time: datetime, duration: timedelta | relativedelta) -> datetime:
    """Add a duration to a time; `NEVER` if the result is past the end of the calendar."""
    try:
        return time + duration
    except (OverflowError, ValueError):
        return NEVER
