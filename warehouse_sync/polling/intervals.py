"""Intervals between the polls of a run."""

from datetime import timedelta

import attrs

from warehouse_sync.models import Run

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
