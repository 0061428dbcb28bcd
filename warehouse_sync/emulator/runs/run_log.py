"""The log of a pipeline's runs."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from attrs import Factory, define, field, frozen

from warehouse_sync.emulator.runs.run import SCHEDULED, SUCCESS, Run, RunTiming


@frozen(kw_only=True)
class SeededRuns:
    """A long past of hourly runs, each computed from its number when it is asked for.

    Run 0 is the oldest. The newest always succeeded, so that a seeded pipeline is not faulted.

    Attributes:
        first_id: The id of run 0; the others count up from it.
        end: When the newest interval ended.
        failed_every: Every how many runs one failed; 0 for none.
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
        """The newest run, if there is any."""
        return self[self.count - 1] if self.count else None

    def _failed(self, number: int) -> bool:
        newest_first = self.count - 1 - number
        return bool(self.failed_every) and newest_first % self.failed_every == self.failed_every - 1


def _order(run: Run) -> tuple[datetime, int]:
    return run.logical_date, run.id


@define
class RunLog:
    """The runs of one pipeline, ordered by logical date; the seeded ones come before all others."""

    seeded: SeededRuns
    # ResourceT, since every report shows it.
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
        """Add a run that was just created."""
        insort(self._ordered, run, key=_order)
        self._by_creation.append(run)
        self._by_id[run.id] = run
        self._busy_until = max(run.ended_on, self._busy_until or run.ended_on)

    def created(self) -> Sequence[Run]:
        """Return the runs in the order they were created, seeded ones unlocked."""
        return self._by_creation

    def find(self, run_id: int) -> Run | None:
        """Return the run with an id."""
        number = run_id - self.seeded.first_id
        if 0 <= number < len(self.seeded):
            return self.seeded[number]
        return self._by_id.get(run_id)

    def busy(self, now: datetime) -> bool:
        """Tell whether a run is queued or running."""
        return self._busy_until is not None and now < self._busy_until

    def latest(self) -> Run | None:
        """Return the run with the latest logical date, whatever its status."""
        return self._ordered[-1] if self._ordered else self._newest_seeded

    def latest_success(self, now: datetime) -> Run | None:
        """Return the successful run with the latest logical date."""
        return next(self._successes(now), None) or self._newest_seeded

    def loaded_until(self, now: datetime) -> datetime | None:
        """Return the end of what successful runs have loaded."""
        seeded = [self._newest_seeded] if self._newest_seeded else []
        return max((run.range_end for run in [*self._successes(now), *seeded]), default=None)

    def last_ended(self, now: datetime) -> Run | None:
        """Return the run that ended last, seeded ones unlocked."""
        # Runs end in about the order they are created, so the answer lies near the end.
        return next((run for run in reversed(self._by_creation) if run.ended_on <= now), None)

    def between(self, start: datetime, end: datetime) -> range:
        """Return the positions of the runs with a logical date in a closed range, oldest first."""
        every = range(len(self))
        first = bisect_left(every, start, key=self._logical_date)
        return range(first, bisect_right(every, end, lo=first, key=self._logical_date))

    def page(self, positions: range, number: int, size: int) -> list[Run]:
        """Return one page of the runs at some positions, newest first; the first page is number 1."""
        newest_first = positions[::-1]
        return [self._at(position) for position in newest_first[(number - 1) * size : number * size]]

    def _successes(self, now: datetime) -> Iterator[Run]:
        return (run for run in reversed(self._ordered) if run.status(now) == SUCCESS)

    def _at(self, position: int) -> Run:
        beyond = position - len(self.seeded)
        return self._ordered[beyond] if beyond >= 0 else self.seeded[position]

    def _logical_date(self, position: int) -> datetime:
        return self._at(position).logical_date
