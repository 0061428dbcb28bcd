"""Intervals between polls, with and without durations of earlier runs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Run, RunStatus
from warehouse_sync.polling.intervals import (
    JITTER,
    MAX_DURATIONS,
    MAX_INTERVAL,
    MIN_INTERVAL,
    DurationHistory,
    ExpectedDuration,
    next_interval,
    validate_interval,
)

START = datetime(2026, 1, 1, tzinfo=UTC)

SECONDS = st.floats(0, 1e9)
RANDOM = st.floats(0, 1)
EXPECTED = st.builds(
    lambda shortest, wider: ExpectedDuration(shortest, shortest * wider), SECONDS, st.floats(1, 2)
)


def run(seconds: float | None, *, started: bool = True, after: float = 0, status: str = "success") -> Run:
    """Return a run with this duration that started this many seconds later than others."""
    begin = START + timedelta(seconds=after)
    return Run(
        id=1,
        pipeline_id="p",
        status=RunStatus(status),
        started_on=begin if started else None,
        ended_on=None if seconds is None else begin + timedelta(seconds=seconds),
    )


def polls_until(
    ends: float, expected: ExpectedDuration | None, random: float = 0.5, first: float = 0.0
) -> list[float]:
    """Return the times of the polls of a run that ends after some seconds, up to the one that finds it ended."""
    times = [first]
    while times[-1] < ends:
        known = expected if len(times) > 1 else None  # the durations are read by the second poll
        interval = next_interval(polls=len(times), waited=times[-1], expected=known, random=random)
        times.append(times[-1] + interval)
    return times


@given(polls=st.integers(1, 10**6), waited=SECONDS, expected=st.none() | EXPECTED, random=RANDOM)
def test_interval_stays_within_its_bounds(
    polls: int, waited: float, expected: ExpectedDuration | None, random: float
) -> None:
    """No interval is shorter than the minimum or longer than the maximum, apart from jitter."""
    interval = next_interval(polls=polls, waited=waited, expected=expected, random=random)
    assert MIN_INTERVAL - 1e-6 <= interval <= MAX_INTERVAL * (1 + JITTER)


@given(polls=st.integers(1, 60), waited=st.floats(0, 1000), random=RANDOM)
def test_interval_without_durations_grows(polls: int, waited: float, random: float) -> None:
    """The interval grows with the number of polls and with the time waited."""
    first, second, third = (
        next_interval(polls=polls + more, waited=waited + more, expected=None, random=random)
        for more in range(3)
    )
    assert first <= second <= third


@given(ends=st.floats(1, 3600), random=RANDOM)
def test_run_of_unknown_duration_is_found_soon(ends: float, random: float) -> None:
    """Without durations, the wait ends less than a quarter and 2.5 s after the run, apart from jitter."""
    assert polls_until(ends, None, random)[-1] <= ends + (1 + JITTER) * (0.235 * ends + 2.25)


@given(
    shortest=st.floats(1, 1800),
    width=st.floats(1, 2),
    position=st.floats(0, 1),
    random=RANDOM,
    first=st.floats(0, 0.2),
)
def test_run_of_expected_duration_is_found_promptly(
    shortest: float, width: float, position: float, random: float, first: float
) -> None:
    """If the run takes as long as earlier ones, the wait ends within 10 % and 1 s."""
    ends = shortest + position * (width - 1) * shortest
    times = polls_until(ends, ExpectedDuration(shortest, shortest * width), random, first)
    assert times[-1] <= 1.1 * ends + 1


@pytest.mark.parametrize(
    ("seconds", "unknown", "known"), [(5, 5, 3), (15, 7, 5), (60, 12, 7), (180, 17, 11), (600, 31, 25)]
)
def test_interval_limits_the_requests_of_a_wait(seconds: float, unknown: int, known: int) -> None:
    """A wait needs this many requests, with and without durations of earlier runs."""
    assert len(polls_until(seconds, None)) == unknown
    assert len(polls_until(seconds, ExpectedDuration(seconds, seconds))) == known


def growing_polls_until(ends: float, random: float) -> list[float]:
    """Return the times of polls whose intervals grow by half each, up to the one that finds the run ended."""
    times = [0.0]
    while times[-1] < ends:
        interval = min(MIN_INTERVAL * 1.5 ** len(times), MAX_INTERVAL)
        times.append(times[-1] + interval * (0.8 + 0.4 * random))
    return times


def requests_per_minute(waits: list[list[float]]) -> float:
    """Return the requests per minute of waits, each given by the times of its polls."""
    return 60 * sum(len(polls) for polls in waits) / sum(polls[-1] for polls in waits)


@pytest.mark.parametrize("seconds", [5, 15, 30, 60, 120, 300, 900])
@pytest.mark.parametrize("width", [1.2, 1.5, 2])
def test_runs_of_scattered_durations_need_few_requests(seconds: float, width: float) -> None:
    """Polls are frequent around the expected end only: intervals that grow by half each need more per minute."""
    expected = ExpectedDuration(seconds, seconds * width)
    ends = [seconds * (1 + (width - 1) * step / 20) for step in range(21)]
    randoms = [step / 10 for step in range(11)]
    timed = [polls_until(end, expected, random) for end in ends for random in randoms]
    growing = [growing_polls_until(end, random) for end in ends for random in randoms]
    assert requests_per_minute(timed) <= requests_per_minute(growing)


@given(longest=st.floats(1, 100), over=st.floats(1.5, 10))
def test_run_that_takes_much_longer_is_polled_less_often(longest: float, over: float) -> None:
    """After half of the longest expected duration in addition, intervals are those without durations."""
    with_durations, without = (
        next_interval(polls=20, waited=longest * over, expected=expected, random=0.5)
        for expected in (ExpectedDuration(longest, longest), None)
    )
    assert with_durations == without


def test_interval_has_jitter() -> None:
    """The interval is up to a twentieth shorter or longer."""
    shortest, longest = (next_interval(polls=4, waited=0, expected=None, random=random) for random in (0, 1))
    assert longest / shortest == pytest.approx((1 + JITTER) / (1 - JITTER))


def test_expected_duration_ignores_outliers() -> None:
    """A single much shorter or longer run does not widen the range, and the range is at most twofold."""
    history = DurationHistory()
    assert history.expected() is None
    history.add([run(10)])
    assert history.expected() == ExpectedDuration(10, 10)
    history.add(run(seconds) for seconds in [*[9.0, 11.0] * 8, 1.0, 500.0])
    assert history.expected() == ExpectedDuration(9, 11)
    history.add(run(seconds) for seconds in [1.0] * 10 + [40.0] * 10)
    assert history.expected() == ExpectedDuration(20, 40)


def test_expected_duration_follows_the_most_recent_runs() -> None:
    """Only the runs that ended last count, in any order of a page."""
    history = DurationHistory()
    hours = reversed(range(MAX_DURATIONS + 5))
    history.add(run(10 if hour >= 5 else 99, after=3600 * hour) for hour in hours)
    assert history.expected() == ExpectedDuration(10, 10)
    history.add(run(20, after=3600 * 24) for _ in range(MAX_DURATIONS))
    assert history.expected() == ExpectedDuration(20, 20)


@pytest.mark.parametrize("useless", [run(None), run(10, started=False), run(-1), run(10, status="retrying")])
def test_duration_history_ignores_a_run_without_a_duration(useless: Run) -> None:
    """A run that has no start, no end or an end before its start, or has not ended, does not count."""
    history = DurationHistory()
    history.add([useless])
    assert history.expected() is None


@pytest.mark.parametrize(("every", "seconds"), [(5, 5), (0.5, 0.5), (timedelta(minutes=2), 120)])
def test_interval_may_be_seconds_or_a_timedelta(every: float | timedelta, seconds: float) -> None:
    """An interval is a number of seconds or a `timedelta`."""
    assert validate_interval(every, field="every", request="the request to watch") == seconds


@pytest.mark.parametrize("every", [0, -1, float("inf"), float("nan"), True, "5", timedelta(0)])
def test_invalid_interval_raises_before_a_request(every: Any) -> None:
    """A value that is not a number above 0 raises an error before anything is sent."""
    with pytest.raises(ValidationError, match="must be a number of seconds above 0"):
        validate_interval(every, field="every", request="the request to watch")
