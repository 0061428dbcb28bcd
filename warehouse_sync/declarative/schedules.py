"""When a pipeline will run, and what each run will load: pure functions of its spec.

Source: the reference's "Schedules" and its examples. Sync *k* of an interval schedule is scheduled at `start` plus *k*
intervals and loads the interval that ends there; the run is created `delay` later.
"""

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs

from warehouse_sync import PipelineSpec, Schedule, ScheduleType

_STEPS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MOST = 1_000_000  # syncs to look through: a century of hours


@attrs.frozen(kw_only=True)
class Sync:
    """One run to come.

    Attributes:
        due: When it is created; `None` when somebody has to trigger it.
        loads_from: The first moment it loads; `None` for the end of the last successful run, or the beginning.
        loads_until: The last moment it loads; `None` for the moment it is created.
    """

    due: datetime | None
    loads_from: datetime | None
    loads_until: datetime | None


def upcoming(spec: PipelineSpec, *, now: datetime, count: int) -> list[Sync]:
    """Return the next runs of a pipeline, soonest first: of an interval schedule up to `count`, else the only one."""
    since, until = spec.sync_mode.from_, spec.sync_mode.until
    match spec.schedule.type:
        case ScheduleType.ONCE:
            return [Sync(due=now, loads_from=since, loads_until=until)]
        case ScheduleType.INTERVAL:
            syncs = (sync for sync in _intervals(spec) if sync.due is not None and sync.due > now)
            return [sync for sync, _ in zip(syncs, range(count), strict=False)]
        case _:
            return [Sync(due=None, loads_from=since, loads_until=until)]


def _intervals(spec: PipelineSpec) -> Iterator[Sync]:
    """Yield every sync of an interval schedule, oldest first; the first of all goes back to `from`."""
    schedule, since, until = spec.schedule, spec.sync_mode.from_, spec.sync_mode.until
    first = True
    for number in range(_MOST):
        begin, end = tick(schedule, number - 1), tick(schedule, number)
        if (
            begin is None
            or end is None
            or (schedule.end and end > schedule.end)
            or (until and begin >= until)
        ):
            return
        if since is not None and end <= since:
            continue  # "the pipeline will start on the next scheduled interval": there is nothing to load yet
        loads_from = since if since is not None and (first or since > begin) else begin
        due = delayed(end, schedule.delay)
        if due is None:
            return
        yield Sync(due=due, loads_from=loads_from, loads_until=min(end, until or end))
        first = False


def tick(schedule: Schedule, number: int) -> datetime | None:
    """Return when a sync is scheduled; `None` where the calendar ends, or for a schedule without a frequency."""
    if schedule.start is None or schedule.frequency is None:
        return None
    step = _STEPS.get(str(schedule.frequency))
    try:
        if step is not None:
            return schedule.start + step * number
        # Counted from `start`, so that a schedule of the 31st does not drift to the 28th.
        return _months_later(schedule.start, number)
    except (OverflowError, ValueError):
        return None


def delayed(moment: datetime, delay: str | None) -> datetime | None:
    """Return a moment after a delay such as `15m`."""
    match = re.fullmatch(r"([0-9]+)([smhdwy])", delay or "0s")
    if match is None:
        return None
    size = int(match[1])
    try:
        if match[2] == "y":
            return _months_later(moment, 12 * size)
        return moment + timedelta(**{_UNITS[match[2]]: size})
    except (OverflowError, ValueError):
        return None


def _months_later(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day, tzinfo=UTC)
