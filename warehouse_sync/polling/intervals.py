"""Intervals between polls, and checks of the intervals that callers pass."""

from datetime import timedelta
from typing import TypeGuard

import attrs

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Run
from warehouse_sync.models.common import to_seconds

MIN_INTERVAL = 0.25  # seconds
MAX_INTERVAL = 30.0  # seconds, before jitter
GROWTH = 1.5  # factor between two intervals without an estimate
JITTER = 0.2  # the largest share by which an interval is made shorter or longer
SMOOTHING = 0.3  # weight of the newest run in the estimate
OVERDUE_SHARE = 0.1  # interval as a share of the time waited, once a run takes longer than the estimate


@attrs.define
class DurationEstimate:
    """The estimated run duration of a pipeline, an exponential moving average.

    Attributes:
        seconds: The estimate, or `None` before the first run has ended.
    """

    seconds: float | None = None

    def update(self, run: Run) -> None:
        """Include the duration of an ended run."""
        if run.started_on is None or run.ended_on is None or run.ended_on < run.started_on:
            return
        took = (run.ended_on - run.started_on) / timedelta(seconds=1)
        self.seconds = took if self.seconds is None else (1 - SMOOTHING) * self.seconds + SMOOTHING * took


def next_interval(*, polls: int, waited: float, estimated_duration: float | None, random: float) -> float:
    """Return the seconds until the next poll.

    Without an estimate, intervals grow exponentially. With an estimate, the next poll is due when the run should end, and
    polls become less frequent the longer the run is overdue.

    Args:
        polls: The number of polls so far.
        waited: Seconds since the wait began.
        estimated_duration: The estimated duration in seconds, or `None` if unknown.
        random: A number from 0 to 1, for the jitter.
    """
    interval = MIN_INTERVAL * GROWTH ** min(polls, 40)
    if estimated_duration is not None:
        interval = (
            min(interval * 4, estimated_duration - waited)
            if waited < estimated_duration
            else waited * OVERDUE_SHARE
        )
    bounded = min(max(interval, MIN_INTERVAL), MAX_INTERVAL)
    return bounded * (1 - JITTER + 2 * JITTER * random)


def validate_interval(interval: float | timedelta, *, field: str, request: str) -> float:
    """Return an interval in seconds.

    Raises:
        ValidationError: The value is not a finite number above 0.
    """
    seconds = to_seconds(interval)
    if _is_number(seconds) and 0 < seconds < float("inf"):
        return seconds
    raise ValidationError(request, [(field, f"must be a number of seconds above 0, not {interval!r:.60}")])


def validate_wait(
    timeout: float | timedelta | None, poll_interval: float | timedelta | None
) -> tuple[float | None, float | None]:
    """Return the timeout and the poll interval of a wait, in seconds or `None`.

    Raises:
        ValidationError: One of them is not a number, or too small.
    """
    request, seconds = "the request to wait", to_seconds(timeout)
    if seconds is not None and not (_is_number(seconds) and seconds >= 0):
        message = f"must be a number of seconds from 0 on, or None, not {timeout!r:.60}"
        raise ValidationError(request, [("timeout", message)])
    if poll_interval is None:
        return seconds, None
    return seconds, validate_interval(poll_interval, field="poll_interval", request=request)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
