"""When to look again: growing intervals, and what was learned from earlier runs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.models import Run, RunStatus
from warehouse_sync.polling.intervals import (
    JITTER,
    MAX_INTERVAL,
    MIN_INTERVAL,
    DurationEstimate,
    next_interval,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def run(seconds: float | None, *, started: bool = True) -> Run:
    """A run that took so long."""
    return Run(
        id=1,
        pipeline_id="p",
        status=RunStatus.SUCCESS,
        started_on=START if started else None,
        ended_on=None if seconds is None else START + timedelta(seconds=seconds),
    )


@given(
    polls=st.integers(0, 10**6),
    waited=st.floats(0, 1e9),
    usual=st.none() | st.floats(0, 1e9),
    random=st.floats(0, 1),
)
def test_interval_always_lies_within_its_bounds(
    polls: int, waited: float, usual: float | None, random: float
) -> None:
    """No look comes at once, none is put off for more than half a minute, each but for the jitter."""
    interval = next_interval(polls=polls, waited=waited, usual=usual, random=random)
    assert MIN_INTERVAL * (1 - JITTER) - 1e-9 <= interval <= MAX_INTERVAL * (1 + JITTER) + 1e-9


@given(polls=st.integers(0, 60), random=st.floats(0, 1))
def test_interval_without_experience_grows(polls: int, random: float) -> None:
    """The more looks there were, the longer the next interval."""
    now, later = (
        next_interval(polls=number, waited=0, usual=None, random=random) for number in (polls, polls + 1)
    )
    assert later == pytest.approx(min(now * 1.5, MAX_INTERVAL * (1 - JITTER + 2 * JITTER * random)))


@given(usual=st.floats(0.5, 25), share=st.floats(0, 0.99))
def test_interval_with_experience_ends_when_the_run_should(usual: float, share: float) -> None:
    """Far into a wait, the next look comes when runs of the pipeline usually end."""
    waited = share * usual
    interval = next_interval(polls=20, waited=waited, usual=usual, random=0.5)
    assert waited + interval == pytest.approx(max(usual, waited + MIN_INTERVAL))


@given(usual=st.floats(1, 1000), over=st.floats(1, 100))
def test_interval_of_an_overdue_run_grows_with_the_wait(usual: float, over: float) -> None:
    """A run that takes longer than usual is looked at often at first, and less so the longer it takes."""
    interval = next_interval(polls=9, waited=usual * over, usual=usual, random=0.5)
    assert interval == pytest.approx(min(max(usual * over / 10, MIN_INTERVAL), MAX_INTERVAL))


def test_interval_is_spread_by_random() -> None:
    """The same wait is a fifth shorter or longer, so that many waiters do not ask in step."""
    shortest, longest = (next_interval(polls=4, waited=0, usual=None, random=random) for random in (0, 1))
    assert longest / shortest == pytest.approx((1 + JITTER) / (1 - JITTER))


def test_habit_follows_the_newest_runs() -> None:
    """The first run is taken as it is; each later one moves what is remembered by a third of the difference or so."""
    duration = DurationEstimate()
    duration.update(run(10))
    assert duration.seconds == 10
    duration.update(run(20))
    assert duration.seconds == pytest.approx(13)


@pytest.mark.parametrize("useless", [run(None), run(10, started=False), run(-1)])
def test_habit_learns_nothing_from_a_run_without_a_duration(useless: Run) -> None:
    """A run that has not begun, has not ended, or ended before it began teaches nothing."""
    duration = DurationEstimate(seconds=5)
    duration.update(useless)
    assert duration.seconds == 5
