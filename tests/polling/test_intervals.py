"""Intervals between polls, with and without an estimated duration."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Run, RunStatus
from warehouse_sync.polling.intervals import (
    JITTER,
    MAX_INTERVAL,
    MIN_INTERVAL,
    DurationEstimate,
    next_interval,
    validate_interval,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def run(seconds: float | None, *, started: bool = True) -> Run:
    """Return a run with this duration."""
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
    estimated_duration=st.none() | st.floats(0, 1e9),
    random=st.floats(0, 1),
)
def test_interval_stays_within_its_bounds(
    polls: int, waited: float, estimated_duration: float | None, random: float
) -> None:
    """No interval is shorter than the minimum or longer than the maximum, apart from jitter."""
    interval = next_interval(polls=polls, waited=waited, estimated_duration=estimated_duration, random=random)
    assert MIN_INTERVAL * (1 - JITTER) - 1e-9 <= interval <= MAX_INTERVAL * (1 + JITTER) + 1e-9


@given(polls=st.integers(0, 60), random=st.floats(0, 1))
def test_interval_without_an_estimate_grows(polls: int, random: float) -> None:
    """The interval grows with the number of polls."""
    now, later = (
        next_interval(polls=number, waited=0, estimated_duration=None, random=random)
        for number in (polls, polls + 1)
    )
    assert later == pytest.approx(min(now * 1.5, MAX_INTERVAL * (1 - JITTER + 2 * JITTER * random)))


@given(estimated_duration=st.floats(0.5, 25), share=st.floats(0, 0.99))
def test_interval_with_an_estimate_ends_at_the_estimate(estimated_duration: float, share: float) -> None:
    """Late in a wait, the next poll is due at the estimated end of the run."""
    waited = share * estimated_duration
    interval = next_interval(polls=20, waited=waited, estimated_duration=estimated_duration, random=0.5)
    assert waited + interval == pytest.approx(max(estimated_duration, waited + MIN_INTERVAL))


@given(estimated_duration=st.floats(1, 1000), over=st.floats(1, 100))
def test_interval_of_an_overdue_run_grows_with_the_wait(estimated_duration: float, over: float) -> None:
    """A run that takes longer than estimated is polled often at first, and less often the longer it takes."""
    interval = next_interval(
        polls=9, waited=estimated_duration * over, estimated_duration=estimated_duration, random=0.5
    )
    assert interval == pytest.approx(min(max(estimated_duration * over / 10, MIN_INTERVAL), MAX_INTERVAL))


def test_interval_has_jitter() -> None:
    """The interval is up to a fifth shorter or longer."""
    shortest, longest = (
        next_interval(polls=4, waited=0, estimated_duration=None, random=random) for random in (0, 1)
    )
    assert longest / shortest == pytest.approx((1 + JITTER) / (1 - JITTER))


def test_duration_estimate_is_a_moving_average() -> None:
    """The first run sets the estimate; each later run moves it by 30 % of the difference."""
    duration = DurationEstimate()
    duration.update(run(10))
    assert duration.seconds == 10
    duration.update(run(20))
    assert duration.seconds == pytest.approx(13)


@pytest.mark.parametrize("useless", [run(None), run(10, started=False), run(-1)])
def test_duration_estimate_ignores_a_run_without_a_duration(useless: Run) -> None:
    """A run without a start or an end, or with an end before its start, does not change the estimate."""
    duration = DurationEstimate(seconds=5)
    duration.update(useless)
    assert duration.seconds == 5


@pytest.mark.parametrize(("every", "seconds"), [(5, 5), (0.5, 0.5), (timedelta(minutes=2), 120)])
def test_interval_may_be_seconds_or_a_timedelta(every: float | timedelta, seconds: float) -> None:
    """An interval is a number of seconds or a `timedelta`."""
    assert validate_interval(every, field="every", request="the request to watch") == seconds


@pytest.mark.parametrize("every", [0, -1, float("inf"), float("nan"), True, "5", timedelta(0)])
def test_invalid_interval_raises_before_a_request(every: Any) -> None:
    """A value that is not a number above 0 raises an error before anything is sent."""
    with pytest.raises(ValidationError, match="must be a number of seconds above 0"):
        validate_interval(every, field="every", request="the request to watch")
