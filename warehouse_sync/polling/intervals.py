"""How long to wait between two looks at a run: decisions only."""

from datetime import timedelta

import attrs

from warehouse_sync.models import Run

MIN_INTERVAL = 0.25  # seconds
MAX_INTERVAL = 30.0
GROWTH = 1.5
JITTER = 0.2  # drawn evenly up to this share above and below
SMOOTHING = 0.3  # weight of the newest run in what is remembered
OVERDUE_SHARE = 0.1  # of the time waited so far, between two looks once the usual duration has passed


@attrs.define
class DurationEstimate:
    """How long the runs of one pipeline take.

    Attributes:
        seconds: The usual duration, or `None` before the first run ended.
    """

    seconds: float | None = None

    def update(self, run: Run) -> None:
        """Remember how long a run took."""
        if run.started_on is None or run.ended_on is None or run.ended_on < run.started_on:
            return
        took = (run.ended_on - run.started_on) / timedelta(seconds=1)
        self.seconds = took if self.seconds is None else (1 - SMOOTHING) * self.seconds + SMOOTHING * took


def next_interval(*, polls: int, waited: float, usual: float | None, random: float) -> float:
    """Choose the seconds until the next look.

    Without experience intervals grow. With it, a look comes when the run should be over, then often, and less so the
    longer the run is overdue.

    Args:
        polls: How many looks there were.
        waited: Seconds since the wait began.
        usual: Seconds that runs of this pipeline take, if known.
        random: A number from 0 to 1.
    """
    interval = MIN_INTERVAL * GROWTH ** min(polls, 40)
    if usual is not None:
        interval = min(interval * 4, usual - waited) if waited < usual else waited * OVERDUE_SHARE
    bounded = min(max(interval, MIN_INTERVAL), MAX_INTERVAL)
    return bounded * (1 - JITTER + 2 * JITTER * random)
