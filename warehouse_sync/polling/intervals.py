"""Intervals between polls, and checks of the intervals that callers pass."""

from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from math import ceil
from typing import cast

import attrs

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Run
from warehouse_sync.models.common import check_seconds, to_seconds

MIN_INTERVAL = 0.25  # seconds
MAX_INTERVAL = 30.0  # seconds, before jitter
JITTER = 0.05  # the largest share by which an interval is made shorter or longer

# The first intervals are short, for runs that end at once. Later ones are a share of the time waited: a run of any
# length ends on average in the middle of an interval, 12 % and 1 s before the next poll.
FIRST_INTERVAL = 0.4  # seconds
EARLY_GROWTH = 2.5
SHARE, OFFSET = 0.235, 2.25
# With an expected duration there are more polls around the expected end, less than 10 % and 1 s apart. Fewer polls before
# it save more requests than these need, also if durations vary twofold.
SHARE_BEFORE, OFFSET_BEFORE = 0.7, 3.5
SHARE_AROUND, OFFSET_AROUND = 0.09, 0.9

MAX_DURATIONS = 20  # recent runs
OUTLIERS = 0.1  # share of the shortest, and of the longest, that is ignored
WIDEST = 0.5  # the shortest expected duration as a share of the longest: a wider range would need more polls
OVERDUE = 1.5  # time waited as a share of the longest expected duration, after which the run is not like earlier ones


@attrs.frozen
class ExpectedDuration:
    """The range in which the duration of a run is expected, in seconds."""

    shortest: float
    longest: float


@attrs.define(eq=False, repr=False)
class DurationHistory:
    """The durations of the most recent runs of a pipeline.

    Attributes:
        requested: Whether the runs of the pipeline were listed for their durations.
    """

    requested: bool = False
    _seconds: deque[float] = attrs.field(factory=lambda: deque(maxlen=MAX_DURATIONS), init=False)

    def add(self, runs: Iterable[Run]) -> None:
        """Add the runs that have ended, in the order of their end."""
        ended = [
            (run.ended_on, run.started_on)
            for run in runs
            if run.status.is_terminal and run.ended_on and run.started_on
        ]
        self._seconds.extend(
            (end - start) / timedelta(seconds=1) for end, start in sorted(ended) if start <= end
        )

    def expected(self) -> ExpectedDuration | None:
        """Return the durations to expect, or `None` if no run has ended."""
        if not self._seconds:
            return None
        ordered, last = sorted(self._seconds), len(self._seconds) - 1
        longest = ordered[ceil((1 - OUTLIERS) * last)]
        return ExpectedDuration(max(ordered[int(OUTLIERS * last)], WIDEST * longest), longest)


def next_interval(*, polls: int, waited: float, expected: ExpectedDuration | None, random: float) -> float:
    """Return the seconds until the next poll.

    Intervals grow with the time waited. If the duration is known from earlier runs, there are fewer polls before the
    earliest expected end, one just after it, and then more.

    Args:
        polls: The number of polls so far.
        waited: Seconds since the wait began.
        expected: The expected duration, or `None` if unknown.
        random: A number from 0 to 1, for the jitter.
    """
    interval = min(FIRST_INTERVAL * EARLY_GROWTH ** min(polls - 1, 9), OFFSET + SHARE * waited)
    if expected is not None:
        if waited < expected.shortest:
            interval = OFFSET_BEFORE + SHARE_BEFORE * waited
            until_end = expected.shortest * (1 + 0.03 * random) + MIN_INTERVAL - waited
            if until_end <= 1.5 * interval:  # a poll in between would be too close to this one
                return min(until_end, MAX_INTERVAL)
        elif waited < OVERDUE * expected.longest:
            interval = min(interval, OFFSET_AROUND + SHARE_AROUND * waited)
    return min(interval, MAX_INTERVAL) * (1 - JITTER + 2 * JITTER * random)


def validate_interval(interval: float | timedelta, *, field: str, request: str) -> float:
    """Return an interval in seconds.

    Raises:
        ValidationError: The value is not a number above 0, or too large.
    """
    seconds: float | None = to_seconds(interval)
    if problems := list(check_seconds(field, seconds, positive=True)):
        raise ValidationError(request, problems)
    return cast("float", seconds)  # `None` is a problem


def validate_wait(
    timeout: float | timedelta | None, poll_interval: float | timedelta | None
) -> tuple[float | None, float | None]:
    """Return the timeout and the poll interval of a wait, in seconds or `None`.

    Raises:
        ValidationError: One of them is not a number, or too small.
    """
    request, seconds = "the request to wait", to_seconds(timeout)
    if seconds is not None and (problems := list(check_seconds("timeout", seconds))):
        raise ValidationError(request, problems)
    if poll_interval is None:
        return seconds, None
    return seconds, validate_interval(poll_interval, field="poll_interval", request=request)
