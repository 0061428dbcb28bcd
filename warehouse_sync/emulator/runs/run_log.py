"""The runs of a pipeline, ordered by logical date."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from math import gcd

from attrs import Factory, define, field, frozen

from warehouse_sync.emulator.runs.run import SCHEDULED, SUCCESS, Run, RunTiming


@frozen(kw_only=True)
class SeededRuns:
    """A long history of hourly runs, each computed from its number when it is read.

    Run 0 is the oldest. The newest has succeeded, so that a seeded pipeline is not faulted.

    Attributes:
        first_id: The id of run 0; the ids of the others follow.
        end: The end of the newest interval.
        failed_every: Every how many runs one has failed; 0 for none.
    """

    pipeline_id: str
    first_id: int
    count: int
    end: datetime
    failed_every: int = 0

    _STEP = timedelta(hours=1)
    _TIMING = RunTiming(queued=timedelta(seconds=5), running=timedelta(seconds=55))

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Run:
        if not 0 <= number < self.count:
            raise IndexError(number)
        ended = self.end - self._STEP * (self.count - 1 - number)
        started = ended + self._TIMING.queued
        return Run(
            id=self.first_id + number,
            pipeline_id=self.pipeline_id,
            type=SCHEDULED,
            logical_date=ended - self._STEP,
            range_start=ended - self._STEP,
            range_end=ended,
            started_on=started,
            ended_on=started + self._TIMING.running,
            failure="The warehouse cancelled the query." if self._failed(number) else None,
        )

    @property
    def newest(self) -> Run | None:
        """The newest run, or None."""
        return self[self.count - 1] if self.count else None

    def _failed(self, number: int) -> bool:
        from_newest = self.count - 1 - number
        return bool(self.failed_every) and from_newest % self.failed_every == self.failed_every - 1


class RunOrder(StrEnum):
    """The order of runs in the pages of a list. No document promises one."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SHUFFLED = "shuffled"


def _shuffle_step(count: int) -> int:
    """Return a step through that many positions, modulo their number, that visits each exactly once."""
    golden_ratio = 0.618
    step = max(1, int(count * golden_ratio))
    while gcd(step, count) > 1:
        step -= 1
    return step


def _order(run: Run) -> tuple[datetime, int]:
    return run.logical_date, run.id


@define
class RunLog:
    """The runs of a pipeline, ordered by logical date.

    Seeded runs come before all others.
    """

    seeded: SeededRuns
    # Cached, because every report shows it.
    _newest_seeded: Run | None = field(
        init=False, default=Factory(lambda log: log.seeded.newest, takes_self=True)
    )
    _ordered: list[Run] = field(factory=list[Run], init=False)
    _by_creation: list[Run] = field(factory=list[Run], init=False)
    _by_id: dict[int, Run] = field(factory=dict[int, Run], init=False)
    _busy_until: datetime | None = field(default=None, init=False)

    def __len__(self) -> int:
        return len(self.seeded) + len(self._ordered)

    def add(self, run: Run) -> None:
        """Add a new run."""
        if self._ordered and _order(run) < _order(self._ordered[-1]):
            insort(self._ordered, run, key=_order)
        else:
            self._ordered.append(run)
        self._by_creation.append(run)
        self._by_id[run.id] = run
        self._busy_until = max(run.ended_on, self._busy_until or run.ended_on)

    def created(self) -> Sequence[Run]:
        """Return the runs except seeded ones, in the order of their creation."""
        return self._by_creation

    def find(self, run_id: int) -> Run | None:
        """Return the run with an id, or None."""
        number = run_id - self.seeded.first_id
        if 0 <= number < len(self.seeded):
            return self.seeded[number]
        return self._by_id.get(run_id)

    def is_busy(self, now: datetime) -> bool:
        """Return whether a run is queued or running."""
        return self._busy_until is not None and now < self._busy_until

    def latest(self) -> Run | None:
        """Return the run with the latest logical date, whatever its status."""
        return self._ordered[-1] if self._ordered else self._newest_seeded

    def latest_success(self, now: datetime) -> Run | None:
        """Return the successful run with the latest logical date."""
        return next(self._successes(now), None) or self._newest_seeded

    def loaded_until(self, now: datetime) -> datetime | None:
        """Return the end of the data that successful runs have loaded."""
        seeded = [self._newest_seeded] if self._newest_seeded else []
        return max((run.range_end for run in [*self._successes(now), *seeded]), default=None)

    def last_ended(self, now: datetime) -> Run | None:
        """Return the run that ended last, except seeded ones."""
        # Runs end in about the order of their creation, so it is found near the end.
        return next((run for run in reversed(self._by_creation) if run.ended_on <= now), None)

    def between(self, start: datetime, end: datetime) -> range:
        """Return the positions of the runs in a closed range, oldest first.

        The range is one of logical dates.
        """
        positions = range(len(self))
        first = bisect_left(positions, start, key=self._logical_date)
        return range(first, bisect_right(positions, end, lo=first, key=self._logical_date))

    def page(self, positions: range, number: int, size: int, order: RunOrder = RunOrder.NEWEST) -> list[Run]:
        """Return one page of the runs at some positions.

        The positions are given oldest first; pages count from 1.
        """
        indices = range(len(positions))[(number - 1) * size : number * size]
        if order is RunOrder.NEWEST:
            return [self._at(positions[-1 - index]) for index in indices]
        step = _shuffle_step(len(positions)) if order is RunOrder.SHUFFLED else 1
        return [self._at(positions[index * step % len(positions)]) for index in indices]

    def _successes(self, now: datetime) -> Iterator[Run]:
        return (run for run in reversed(self._ordered) if run.status(now) == SUCCESS)

    def _at(self, position: int) -> Run:
        index = position - len(self.seeded)
        return self._ordered[index] if index >= 0 else self.seeded[position]

    def _logical_date(self, position: int) -> datetime:
        return self._at(position).logical_date
