"""Compute when a pipeline runs and what each run loads, from its spec.

Source: the reference's "Schedules" and its examples. Run *k* of an interval schedule is scheduled at `start` plus *k*
intervals and loads the interval that ends there; it is created `delay` later.
"""

import calendar
import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs

from warehouse_sync import PipelineSpec, Schedule, ScheduleType

_STEPS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MAX_RUNS = 1_000_000  # a century of hourly runs


@attrs.frozen(kw_only=True)
class PlannedRun:
    """A future run.

    Attributes:
        due: When the run is created; `None` if it must be triggered.
        loads_from: Start of the loaded range; `None` for the end of the last successful run, or the first row.
        loads_until: End of the loaded range; `None` for the time when the run is created.
    """

    due: datetime | None
    loads_from: datetime | None
    loads_until: datetime | None


def planned_runs(spec: PipelineSpec, *, now: datetime, count: int) -> list[PlannedRun]:
    """Return up to `count` next runs, soonest first; only intervals have several."""
    since, until = spec.sync_mode.from_, spec.sync_mode.until
    match spec.schedule.type:
        case ScheduleType.ONCE:
            return [PlannedRun(due=now, loads_from=since, loads_until=until)]
        case ScheduleType.INTERVAL:
            runs = (run for run in _interval_runs(spec) if run.due is not None and run.due > now)
            return list(itertools.islice(runs, count))
        case _:
            return [PlannedRun(due=None, loads_from=since, loads_until=until)]


def _interval_runs(spec: PipelineSpec) -> Iterator[PlannedRun]:
    """Yield every run of an interval schedule, oldest first."""
    schedule, since, until = spec.schedule, spec.sync_mode.from_, spec.sync_mode.until
    first = True
    for number in range(_MAX_RUNS):
        begin, end = scheduled_time(schedule, number - 1), scheduled_time(schedule, number)
        if (
            begin is None
            or end is None
            or (schedule.end and end > schedule.end)
            or (until and begin >= until)
        ):
            return
        if since is not None and end <= since:
            continue  # The reference: "the pipeline will start on the next scheduled interval".
        loads_from = since if since is not None and (first or since > begin) else begin
        due = delayed(end, schedule.delay)
        if due is None:
            return
        yield PlannedRun(due=due, loads_from=loads_from, loads_until=min(end, until or end))
        first = False


def scheduled_time(schedule: Schedule, number: int) -> datetime | None:
    """Return the time of a run; `None` past year 9999 or without a frequency."""
    if schedule.start is None or schedule.frequency is None:
        return None
    step = _STEPS.get(str(schedule.frequency))
    try:
        if step is not None:
            return schedule.start + step * number
        # Counted from `start`, so that a schedule on the 31st does not move to the 28th.
        return _months_later(schedule.start, number)
    except (OverflowError, ValueError):
        return None


def delayed(date: datetime, delay: str | None) -> datetime | None:
    """Return a date plus a delay such as `15m`, or `None` if there is no such date."""
    match = re.fullmatch(r"([0-9]+)([smhdwy])", delay or "0s")
    if match is None:
        return None
    size = int(match[1])
    try:
        if match[2] == "y":
            return _months_later(date, 12 * size)
        return date + timedelta(**{_UNITS[match[2]]: size})
    except (OverflowError, ValueError):
        return None


def _months_later(date: datetime, months: int) -> datetime:
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    day = min(date.day, calendar.monthrange(year, month + 1)[1])
    return date.replace(year=year, month=month + 1, day=day, tzinfo=UTC)
