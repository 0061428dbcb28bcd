"""Interval schedules, by the reference's own examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.emulator.runs.schedule import ALWAYS, NEVER, Interval, IntervalSchedule

if TYPE_CHECKING:
    from tests.emulator.conftest import Vector


def read(vector: Vector, name: str) -> IntervalSchedule:
    """Read a schedule of the reference."""
    example = vector(f"schedules/{name}")
    return IntervalSchedule.read(example["schedule"], example["sync_mode"])


def every(schedule: IntervalSchedule) -> list[Interval]:
    """Return every sync of a schedule that ends."""
    return list(schedule.syncs(after=ALWAYS, due_by=NEVER))


def first(schedule: IntervalSchedule) -> Interval:
    """Return the first sync of a schedule."""
    return next(islice(schedule.syncs(after=ALWAYS, due_by=NEVER), 1))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_daily_february_has_28_syncs(vector: Vector) -> None:
    """`from` equals `start`, so the first of the 28 daily syncs is one interval later; the last is at `end`."""
    syncs = every(read(vector, "daily-february"))
    assert len(syncs) == 28
    assert syncs[0] == Interval(start=utc(2023, 2, 1, 12), end=utc(2023, 2, 2, 12), due=utc(2023, 2, 2, 12))
    assert syncs[-1].due == utc(2023, 3, 1, 12)


def test_hourly_begins_at_start(vector: Vector) -> None:
    """The first hourly sync is at `start` and loads the hour before it."""
    sync = first(read(vector, "hourly"))
    assert sync == Interval(
        start=utc(2023, 1, 31, 23, 15), end=utc(2023, 2, 1, 0, 15), due=utc(2023, 2, 1, 0, 15)
    )


def test_delay_moves_the_run_and_not_the_interval(vector: Vector) -> None:
    """With a delay of 15 minutes the run is created at a quarter past and loads the full hour."""
    sync = first(read(vector, "hourly-delay-15m"))
    assert sync == Interval(start=utc(2023, 1, 31, 23), end=utc(2023, 2, 1), due=utc(2023, 2, 1, 0, 15))


def test_monthly_with_delay_runs_on_the_sixth(vector: Vector) -> None:
    """Five days after the 1st is the 6th of each month; the prose says the 5th, which is wrong."""
    syncs = list(islice(read(vector, "monthly-delay-5d").syncs(after=ALWAYS, due_by=NEVER), 3))
    assert [sync.due for sync in syncs] == [utc(2023, 2, 6), utc(2023, 3, 6), utc(2023, 4, 6)]
    assert [sync.start for sync in syncs] == [utc(2023, 1, 1), utc(2023, 2, 1), utc(2023, 3, 1)]


def test_monthly_on_the_31st_does_not_drift() -> None:
    """A month without a 31st syncs on its last day, and the next one on the 31st again."""
    schedule = IntervalSchedule(frequency="monthly", start=utc(2023, 1, 31), end=utc(2023, 5, 31))
    assert [sync.end.day for sync in every(schedule)] == [31, 28, 31, 30, 31]


def test_weekly_is_seven_days() -> None:
    """A weekly schedule syncs every seven days."""
    schedule = IntervalSchedule(frequency="weekly", start=utc(2023, 1, 1), end=utc(2023, 1, 20))
    assert [sync.end.day for sync in every(schedule)] == [1, 8, 15]


def test_intervals_with_nothing_to_load_are_skipped() -> None:
    """Intervals that end by `from` or start at `until` are skipped; those that overlap are not."""
    schedule = IntervalSchedule(
        frequency="hourly",
        start=utc(2023, 1, 1, 0),
        since=utc(2023, 1, 1, 1, 30),
        until=utc(2023, 1, 1, 3, 30),
    )
    assert [sync.end.hour for sync in every(schedule)] == [2, 3, 4]
    at_the_hour = IntervalSchedule(frequency="hourly", start=utc(2023, 1, 1, 0), until=utc(2023, 1, 1, 3))
    assert [sync.end.hour for sync in every(at_the_hour)] == [0, 1, 2, 3]


def test_syncs_are_between_two_times() -> None:
    """Only syncs scheduled after one time and due by another are returned, the bound itself once."""
    schedule = IntervalSchedule(frequency="hourly", start=utc(2023, 1, 1), delay=relativedelta(minutes=10))
    syncs = schedule.syncs(after=utc(2023, 1, 1, 5), due_by=utc(2023, 1, 1, 8, 10))
    assert [sync.end.hour for sync in syncs] == [6, 7, 8]
    assert schedule.next_due(after=utc(2023, 1, 1, 5)) == utc(2023, 1, 1, 6, 10)


def test_ended_schedule_is_never_due() -> None:
    """After its end a schedule has no syncs, nor if it ends before it starts."""
    over = IntervalSchedule(frequency="daily", start=utc(2023, 1, 1), end=utc(2023, 1, 3))
    assert over.next_due(after=utc(2023, 1, 3)) == NEVER
    assert every(IntervalSchedule(frequency="daily", start=utc(2023, 1, 3), end=utc(2023, 1, 1))) == []


@pytest.mark.parametrize("frequency", ["hourly", "daily", "weekly", "monthly"])
def test_schedule_reaches_the_end_of_the_calendar(frequency: str) -> None:
    """A schedule that would continue past the last year ends without an error."""
    schedule = IntervalSchedule(frequency=frequency, start=utc(9999, 12, 1), delay=relativedelta(years=1))
    assert list(schedule.syncs(after=ALWAYS, due_by=utc(9999, 12, 31))) == []
    assert schedule.next_due(after=ALWAYS) == NEVER


def test_next_sync_of_an_old_schedule_is_found_fast() -> None:
    """The next sync of a schedule that started long ago is found at once."""
    schedule = IntervalSchedule(frequency="hourly", start=utc(1, 1, 2))
    now = utc(2023, 1, 1)
    assert schedule.next_due(after=now) == now + timedelta(hours=1)


TIMES = st.datetimes(datetime(2023, 1, 1), datetime(2023, 3, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added


@given(
    frequency=st.sampled_from(["hourly", "daily", "weekly", "monthly"]),
    start=TIMES,
    end=TIMES | st.just(NEVER),
    since=TIMES | st.just(ALWAYS),
    until=TIMES | st.just(NEVER),
    after=TIMES | st.just(ALWAYS),
)
def test_syncs_are_those_of_a_simple_count(  # noqa: PLR0917 - the schedule's fields
    frequency: str, start: datetime, end: datetime, since: datetime, until: datetime, after: datetime
) -> None:
    """The syncs by a date equal those found by stepping through the schedule."""
    schedule = IntervalSchedule(frequency=frequency, start=start, end=end, since=since, until=until)
    latest = utc(2023, 4, 1)
    steps = (schedule.sync(number) for number in range(100 * 24))
    expected = [
        each
        for each in steps
        if after < each.end <= min(end, latest) and each.end > since and each.start < until
    ]
    assert list(schedule.syncs(after=after, due_by=latest)) == expected
    assert schedule.next_due(after=after) == (
        expected[0].due if expected else schedule.next_due(after=latest)
    )
