"""How long to wait between two looks at a run: decisions only."""

from datetime import timedelta

import attrs

from warehouse_sync.models import Run

SHORTEST = 0.25  # seconds
LONGEST = 30.0
GROWTH = 1.5
JITTER = 0.2  # drawn evenly up to this share above and below
MEMORY = 0.3  # weight of the newest run in what is remembered
NEAR_THE_END = 0.1  # share of the usual duration between two looks once it has passed


@attrs.define
class Habit:
    """How long the runs of one pipeline take.

    Attributes:
        seconds: The usual duration, or `None` before the first run ended.
    """

    seconds: float | None = None

    def learn(self, run: Run) -> None:
        """Remember how long a run took."""
        if run.started_on is None or run.ended_on is None or run.ended_on < run.started_on:
            return
        took = (run.ended_on - run.started_on) / timedelta(seconds=1)
        self.seconds = took if self.seconds is None else (1 - MEMORY) * self.seconds + MEMORY * took


def next_interval(*, polls: int, waited: float, usual: float | None, chance: float) -> float:
    """Choose the seconds until the next look.

    Without experience intervals grow. With it, the first look comes when the run should be over, and then often.

    Args:
        polls: How many looks there were.
        waited: Seconds since the wait began.
        usual: Seconds that runs of this pipeline take, if known.
        chance: A number from 0 to 1.
    """
    interval = SHORTEST * GROWTH ** min(polls, 40)
    if usual is not None:
        interval = (
            min(interval * 4, usual - waited) if waited < usual else max(usual * NEAR_THE_END, SHORTEST)
        )
    bounded = min(max(interval, SHORTEST), LONGEST)
    return bounded * (1 - JITTER + 2 * JITTER * chance)
