"""What a pipeline has run and will run: its settings, its clock times and its log of runs."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Self

from attrs import define, field, frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import InvalidRequestError
from warehouse_sync.emulator.runs.dates import checked_moment
from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.runs.run import MANUAL, SCHEDULED, Run, RunTiming, simulate_run
from warehouse_sync.emulator.runs.run_log import RunLog, SeededRuns
from warehouse_sync.emulator.runs.schedule import ALWAYS, NEVER, Interval, IntervalSchedule

IDLE, BUSY, FAULTED, STOPPED = "idle", "running", "faulted", "stopped"
_NO_TIME = RunTiming(queued=timedelta(0), running=timedelta(0))


@frozen(kw_only=True)
class RunEnvironment:
    """What a timeline needs of the emulator around it.

    Attributes:
        timing: How long runs take.
        new_run_id: Gives the id of the next run.
        limits: Gives the limits in force.
        execute: Carries a run out under a pipeline's settings: notes in it what was loaded and what went wrong.
        changed: Told that something happened which must not be lost.
    """

    timing: RunTiming
    new_run_id: Callable[[], int]
    limits: Callable[[], Limits] = Limits
    execute: Callable[[Run, Document], None] = simulate_run
    changed: Callable[["RunScheduler"], None] = lambda _: None


@define(kw_only=True)
class SchedulerState:
    """What a timeline remembers beside its runs.

    Attributes:
        settings: The pipeline's document.
        created_on: When the pipeline was created.
        cleared_run: The last run whose failure no longer makes the pipeline faulted.
        active_since: When the settings took effect; syncs due before are made up for.
        synced_until: Syncs scheduled up to here have been dealt with.
        planned_failures: Messages of the next runs to fail.
        seeded: The past that lies before the pipeline's creation.
    """

    settings: Document
    created_on: datetime
    active_since: datetime
    synced_until: datetime
    seeded: SeededRuns
    cleared_run: int = 0
    planned_failures: list[str] = field(factory=list[str])


class RunScheduler:
    """Creates the runs of one pipeline as they fall due, and knows the pipeline's status.

    Scheduled runs are created when somebody looks, with the times they would have had: looking late changes
    nothing but when the work is done.

    Args:
        state: What is remembered, of a timeline that existed before.
        surroundings: The emulator around it.
        runs: The runs there have been, seeded ones unlocked, in the order they were created.
    """

    def __init__(self, state: SchedulerState, surroundings: RunEnvironment, runs: Iterable[Run] = ()) -> None:
        self.state = state
        self.log = RunLog(state.seeded)
        self.next_due = NEVER
        self._wrap = surroundings
        self._schedule: IntervalSchedule | None = None
        for run in runs:
            self.log.add(run)
        self._plan()

    @classmethod
    def begin(
        cls,
        pipeline_id: str,
        settings: Document,
        *,
        now: datetime,
        surroundings: RunEnvironment,
        seeded: SeededRuns | None = None,
    ) -> Self:
        """Return the timeline of a pipeline that is created now.

        Args:
            pipeline_id: The pipeline the runs belong to.
            settings: The pipeline's document, checked already.
            now: When the pipeline is created.
            surroundings: The emulator around it.
            seeded: Runs that lie before the pipeline's creation. Nothing is scheduled within them: they stay older
                than every other run.
        """
        state = SchedulerState(
            settings={**settings, "state": "new"},
            created_on=now,
            active_since=now,
            synced_until=seeded.end if seeded else ALWAYS,
            seeded=seeded or SeededRuns(pipeline_id=pipeline_id, first_id=0, count=0, end=ALWAYS),
        )
        scheduler = cls(state, surroundings)
        scheduler._apply(settings, now)
        return scheduler

    def reconfigure(self, settings: Document, now: datetime) -> None:
        """Go on under new settings; what fell due under the old ones has run, and a fault is cleared."""
        self.catch_up(now)
        self._apply(settings, now)

    def clear_fault(self, now: datetime) -> None:
        """Let a pipeline that failed sync again from its next interval on."""
        self.catch_up(now)
        self._clear_fault(now)
        self._wrap.changed(self)

    def catch_up(self, now: datetime) -> None:
        """Create the scheduled runs that have fallen due."""
        if now < self.next_due or self._schedule is None:
            return
        due = list(self._schedule.syncs(after=self.state.synced_until, due_by=now))
        self.state.synced_until = due[-1].end
        self.next_due = self._schedule.next_due(after=self.state.synced_until)
        self._create([interval for interval in due if interval.start >= self.state.seeded.end])
        self._wrap.changed(self)

    def stop(self) -> None:
        """Create no more runs: the pipeline is gone."""
        self._schedule, self.next_due = None, NEVER

    def trigger(self, now: datetime) -> Run:
        """Create a manual run, or refuse when the pipeline is not idle."""
        self.catch_up(now)
        if self.log.busy(now):
            raise InvalidRequestError(f"Pipeline {self.state.seeded.pipeline_id} is already in progress.")
        if self.status(now) == STOPPED:
            raise InvalidRequestError(
                f"Pipeline {self.state.seeded.pipeline_id} is paused; set its state to active to sync."
            )
        run = self._load_open_range(MANUAL, now)
        self._wrap.changed(self)
        return run

    def sync_now(self, now: datetime) -> None:
        """Create a run out of turn that takes no time, newer than all others."""
        self._add(SCHEDULED, now, _NO_TIME, logical_date=now, loads=(now, now))
        self._wrap.changed(self)

    def fail_next(self, messages: Iterable[str]) -> None:
        """Let the next runs that are created fail, one for each message."""
        self.state.planned_failures.extend(messages)
        self._wrap.changed(self)

    def status(self, now: datetime) -> str:
        """Return the pipeline's status at a moment."""
        if self.log.busy(now):
            return BUSY
        if self._fault(now):
            return FAULTED
        return STOPPED if self.state.settings["state"] == "paused" else IDLE

    def errors(self, now: datetime) -> list[Document]:
        """Return why the pipeline is faulted."""
        fault = self._fault(now)
        return [{"message": fault.failure}] if fault else []

    def _apply(self, settings: Document, now: datetime) -> None:
        self.state.settings = settings
        self.state.active_since = now
        self._clear_fault(now)
        if settings["state"] == "active":
            self._activate(now)
        self._plan()
        self.catch_up(now)
        self._wrap.changed(self)

    def _activate(self, now: datetime) -> None:
        schedule = self.state.settings["schedule"]
        if schedule["type"] == "once" and not len(self.log):
            self._load_open_range(SCHEDULED, now)
        if schedule["type"] == "interval":
            backlog = self._wrap.limits().catch_up_start(schedule["frequency"], now)
            self.state.synced_until = max(self.state.synced_until, backlog or ALWAYS)

    def _plan(self) -> None:
        """Find out when the next scheduled run is due."""
        settings = self.state.settings
        self._schedule, self.next_due = None, NEVER
        if settings["state"] == "active" and settings["schedule"]["type"] == "interval":
            self._schedule = IntervalSchedule.read(settings["schedule"], settings["sync_mode"])
            self.next_due = self._schedule.next_due(after=self.state.synced_until)

    def _clear_fault(self, now: datetime) -> None:
        last = self.log.last_ended(now)
        self.state.cleared_run = last.id if last else 0

    def _fault(self, now: datetime) -> Run | None:
        """Return the run whose failure makes the pipeline faulted."""
        last = self.log.last_ended(now)
        failed = last is not None and last.failure is not None and last.id > self.state.cleared_run
        return last if failed else None

    def _create(self, due: list[Interval]) -> None:
        """Create the runs of syncs that are due, given oldest first."""
        first = None if len(self.log) else next(iter(due), None)
        missed = [interval for interval in due if interval.due <= self.state.active_since]
        # What was missed before the pipeline was switched on is loaded then, newest first. Here it takes no
        # time, so that the pipeline is idle once its creation is answered.
        for interval in reversed(missed):
            self._load_unless_faulted(
                interval, self.state.active_since, _NO_TIME, goes_back=interval is first
            )
        for interval in due[len(missed) :]:
            self._load_unless_faulted(interval, interval.due, self._wrap.timing, goes_back=interval is first)

    def _load_unless_faulted(
        self, interval: Interval, created: datetime, timing: RunTiming, *, goes_back: bool
    ) -> None:
        if not self._fault(created):  # "In a faulted state, no data will synchronize"
            self._load(interval, created, timing, goes_back=goes_back)

    def _load(self, interval: Interval, created: datetime, timing: RunTiming, *, goes_back: bool) -> None:
        """Create the run of one sync; the first of all goes back to ``from``."""
        start, since, until = interval.start, self._moment("from"), self._moment("until")
        if since and (goes_back or since > start):
            start = since
        end = min(interval.end, until or interval.end)
        self._add(SCHEDULED, created, timing, logical_date=interval.start, loads=(start, end))

    def _load_open_range(self, kind: str, now: datetime) -> Run:
        """Create a run that loads up to now: a trigger's, or that of a pipeline that runs once."""
        end = min(self._moment("until") or now, now)
        full = self.state.settings["sync_mode"]["type"] == "full"
        start = self._moment("from") if full else min(self._increment_start(now), end)
        return self._add(kind, now, self._wrap.timing, logical_date=now, loads=(start, end))

    def _increment_start(self, now: datetime) -> datetime:
        """Return "the previous successful pipeline run or schedule_start_time", with what stands in for the latter."""
        scheduled = self.state.settings["schedule"].get("start")
        start = self._moment("from") or (checked_moment(scheduled) if scheduled else self.state.created_on)
        return self.log.loaded_until(now) or start

    def _add(
        self,
        kind: str,
        created: datetime,
        timing: RunTiming,
        *,
        logical_date: datetime,
        loads: tuple[datetime | None, datetime],
    ) -> Run:
        started = created + timing.queued
        run = Run(
            id=self._wrap.new_run_id(),
            pipeline_id=self.state.seeded.pipeline_id,
            type=kind,
            logical_date=logical_date,
            range_start=loads[0],
            range_end=loads[1],
            started_on=started,
            ended_on=started + timing.running,
        )
        if self.state.planned_failures:
            run.failure = self.state.planned_failures.pop(0)
        else:
            self._wrap.execute(run, self.state.settings)
        self.log.add(run)
        return run

    def _moment(self, field: str) -> datetime | None:
        text = self.state.settings["sync_mode"].get(field)
        return checked_moment(text) if text else None
