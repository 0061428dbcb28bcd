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

_STEPS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
_MONTHLY = "monthly"
FREQUENCIES = (*_STEPS, _MONTHLY)
ALWAYS, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_NO_DELAY = relativedelta()
# More months than the calendar has after the year 1, so that every monthly sync has a smaller number.
_MONTHS = range(10**6)


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
        due = add(end, self.delay) if self.delay else end
        return Interval(start=self._scheduled_time(number - 1), end=end, due=due)

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
        # If `sync_mode.from` equals `start`, "the pipeline will start on the next scheduled interval": an
        # interval without data to load is skipped.
        first = self._count_until(max(after, self.since))
        after_until = self._count_before(self.until) + 1 if self.sync(0).start < self.until else 0
        return range(first, max(first, min(self._count_until(self.end), after_until)))

    def _count_until(self, time: datetime) -> int:
        """Return how many syncs are scheduled at or before a time."""
        step = _STEPS.get(self.frequency)
        if step is None:
            return bisect_right(_MONTHS, time, key=self._scheduled_time)
        return max(0, (time - self.start) // step + 1)

    def _count_before(self, time: datetime) -> int:
        """Return how many syncs are scheduled before a time."""
        step = _STEPS.get(self.frequency)
        if step is None:
            return bisect_left(_MONTHS, time, key=self._scheduled_time)
        return max(0, -((self.start - time) // step))

    def _scheduled_time(self, number: int) -> datetime:
        step = _STEPS.get(self.frequency)
        if step is None:
            # Counted from `start`, so that a monthly schedule of the 31st does not drift to the 28th.
            return add(self.start, relativedelta(months=number))
        return add(self.start, step * number)


def add(time: datetime, duration: timedelta | relativedelta) -> datetime:
    """Add a duration to a time; `NEVER` if the result is past the end of the calendar."""
    try:
        return time + duration
    except (OverflowError, ValueError):
        return NEVER
