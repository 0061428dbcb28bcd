"""The scheduler of a pipeline: creates its runs and derives its status from them."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Self

from attrs import define, field, frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import InvalidRequestError
from warehouse_sync.emulator.runs.dates import parse_valid_timestamp
from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.runs.run import MANUAL, SCHEDULED, Run, RunTiming, simulate_run
from warehouse_sync.emulator.runs.run_log import RunLog, SeededRuns
from warehouse_sync.emulator.runs.schedule import ALWAYS, NEVER, Interval, IntervalSchedule, add

IDLE, BUSY, FAULTED, STOPPED = "idle", "running", "faulted", "stopped"
_IMMEDIATE = RunTiming(queued=timedelta(0), running=timedelta(0))


@frozen(kw_only=True)
class RunEnvironment:
    """The parts of the emulator that a scheduler needs.

    Attributes:
        timing: How long runs take.
        new_run_id: Returns the id of the next run.
        limits: Returns the limits.
        execute: Executes a run with a pipeline's settings and records the result in it.
        inactive_reason: Returns which resource that a pipeline uses is inactive, or None.
        on_change: Called after a change that must be saved.
    """

    timing: RunTiming
    new_run_id: Callable[[], int]
    limits: Callable[[], Limits] = Limits
    execute: Callable[[Run, Document], None] = simulate_run
    inactive_reason: Callable[[Document], str | None] = lambda _: None
    on_change: Callable[["RunScheduler"], None] = lambda _: None


@define(kw_only=True)
class SchedulerState:
    """The state that a scheduler saves besides its runs.

    Attributes:
        settings: The pipeline's document.
        created_on: When the pipeline was created.
        cleared_run_id: The last run whose failure no longer makes the pipeline faulted.
        active_since: When the settings took effect; syncs due before it are missed syncs.
        synced_until: The scheduled time up to which syncs have been handled.
        planned_failures: Messages of the next runs, which will fail.
        seeded: Runs from before the pipeline's creation.
    """

    settings: Document
    created_on: datetime
    active_since: datetime
    synced_until: datetime
    seeded: SeededRuns
    cleared_run_id: int = 0
    planned_failures: list[str] = field(factory=list[str])


class RunScheduler:
    """The scheduler of one pipeline: its due runs and its status.

    A scheduled run is created by the first request after its due time, with the times it would have had. So a late
    request changes nothing but when the work is done.

    Args:
        state: The state of a scheduler that was saved before.
        environment: What it needs from the emulator.
        runs: Its saved runs, except seeded ones, in the order of their creation.
    """

    def __init__(self, state: SchedulerState, environment: RunEnvironment, runs: Iterable[Run] = ()) -> None:
        self.state = state
        self.log: RunLog = RunLog(state.seeded)
        self.next_due: datetime = NEVER
        self._environment = environment
        self._schedule: IntervalSchedule | None = None
        for run in runs:
            self.log.add(run)
        self._plan()

    @classmethod
    def start(
        cls,
        pipeline_id: str,
        settings: Document,
        *,
        now: datetime,
        environment: RunEnvironment,
        seeded: SeededRuns | None = None,
    ) -> Self:
        """Return the scheduler of a pipeline that is created now.

        Args:
            pipeline_id: The pipeline.
            settings: The pipeline's validated document.
            now: When the pipeline is created.
            environment: What the scheduler needs from the emulator.
            seeded: Runs from before the pipeline's creation. No sync is scheduled among them, so that they stay
                older than every other run.
        """
        state = SchedulerState(
            settings={**settings, "state": "new"},
            created_on=now,
            active_since=now,
            synced_until=seeded.end if seeded else ALWAYS,
            seeded=seeded or SeededRuns(pipeline_id=pipeline_id, first_id=0, count=0, end=ALWAYS),
        )
        scheduler = cls(state, environment)
        scheduler._apply(settings, now)
        return scheduler

    @property
    def pipeline_id(self) -> str:
        """The id of the pipeline."""
        return self.state.seeded.pipeline_id

    def reconfigure(self, settings: Document, now: datetime) -> None:
        """Create the runs due under the old settings, then apply new settings.

        New settings clear a fault.
        """
        self.create_due_runs(now)
        self._apply(settings, now)

    def clear_fault(self, now: datetime) -> None:
        """Let a faulted pipeline sync again from its next interval on."""
        self.create_due_runs(now)
        self._clear_fault(now)
        self._environment.on_change(self)

    def create_due_runs(self, now: datetime) -> None:
        """Create the scheduled runs that are due."""
        if now < self.next_due or self._schedule is None:
            return
        due = list(self._schedule.syncs(after=self.state.synced_until, due_by=now))
        self.state.synced_until = due[-1].end
        self.next_due = self._schedule.next_due(after=self.state.synced_until)
        self._create([interval for interval in due if interval.start >= self.state.seeded.end])
        self._environment.on_change(self)

    def stop(self) -> None:
        """Create no more runs, because the pipeline was deleted."""
        self._schedule, self.next_due = None, NEVER

    def trigger(self, now: datetime) -> Run:
        """Create a manual run.

        Raises:
            InvalidRequestError: The pipeline is running or not active, or its connection or data model is inactive.
        """
        self.create_due_runs(now)
        if self.log.is_busy(now):
            raise InvalidRequestError(f"Pipeline {self.pipeline_id} is already in progress.")
        state = self.state.settings["state"]
        if state != "active":
            raise InvalidRequestError(
                f"Pipeline {self.pipeline_id} is {state}; set its state to active to sync."
            )
        inactive = self._environment.inactive_reason(self.state.settings)
        if inactive:
            raise InvalidRequestError(inactive)
        run = self._create_run_until_now(MANUAL, now)
        self._environment.on_change(self)
        return run

    def add_run(self, now: datetime) -> None:
        """Add an immediate run outside of the schedule, newer than all others."""
        self._add(SCHEDULED, now, _IMMEDIATE, logical_date=now, loads=(now, now))
        self._environment.on_change(self)

    def fail_next(self, messages: Iterable[str]) -> None:
        """Let the next runs fail, one for each message."""
        self.state.planned_failures.extend(messages)
        self._environment.on_change(self)

    def status(self, now: datetime) -> str:
        """Return the pipeline's status at a time."""
        if self.log.is_busy(now):
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
        self.create_due_runs(now)
        self._environment.on_change(self)

    def _activate(self, now: datetime) -> None:
        schedule = self.state.settings["schedule"]
        inactive = self._environment.inactive_reason(self.state.settings)
        if schedule["type"] == "once" and not len(self.log) and not inactive:
            self._create_run_until_now(SCHEDULED, now)
        if schedule["type"] == "interval":
            catch_up_start = self._environment.limits().catch_up_start(schedule["frequency"], now)
            self.state.synced_until = max(self.state.synced_until, catch_up_start or ALWAYS)

    def _plan(self) -> None:
        """Compute when the next scheduled run is due."""
        settings = self.state.settings
        self._schedule, self.next_due = None, NEVER
        if settings["state"] == "active" and settings["schedule"]["type"] == "interval":
            self._schedule = IntervalSchedule.read(settings["schedule"], settings["sync_mode"])
            self.next_due = self._schedule.next_due(after=self.state.synced_until)

    def _clear_fault(self, now: datetime) -> None:
        last = self.log.last_ended(now)
        self.state.cleared_run_id = last.id if last else 0

    def _fault(self, now: datetime) -> Run | None:
        """Return the run whose failure makes the pipeline faulted."""
        last = self.log.last_ended(now)
        failed = last is not None and last.failure is not None and last.id > self.state.cleared_run_id
        return last if failed else None

    def _create(self, due: list[Interval]) -> None:
        """Create the runs of due syncs, given oldest first. Syncs of an inactive resource are skipped."""
        if self._environment.inactive_reason(self.state.settings):
            return
        first = None if len(self.log) else next(iter(due), None)
        missed = [interval for interval in due if interval.due <= self.state.active_since]
        # Syncs from before the pipeline was activated are loaded at once, newest first. They take no time, so that
        # the pipeline is idle when it has been created.
        for interval in reversed(missed):
            self._load_unless_faulted(
                interval, self.state.active_since, _IMMEDIATE, starts_at_from=interval is first
            )
        for interval in due[len(missed) :]:
            self._load_unless_faulted(
                interval, interval.due, self._environment.timing, starts_at_from=interval is first
            )

    def _load_unless_faulted(
        self, interval: Interval, created: datetime, timing: RunTiming, *, starts_at_from: bool
    ) -> None:
        if not self._fault(created):  # "In a faulted state, no data will synchronize"
            self._load(interval, created, timing, starts_at_from=starts_at_from)

    def _load(
        self, interval: Interval, created: datetime, timing: RunTiming, *, starts_at_from: bool
    ) -> None:
        """Create the run of one sync. The very first run loads everything since `from`."""
        start, since, until = interval.start, self._bound("from"), self._bound("until")
        if since and (starts_at_from or since > start):
            start = since
        end = min(interval.end, until or interval.end)
        self._add(SCHEDULED, created, timing, logical_date=interval.start, loads=(start, end))

    def _create_run_until_now(self, kind: str, now: datetime) -> Run:
        """Create a run that loads up to now: of a trigger, or of a pipeline that runs once."""
        end = min(self._bound("until") or now, now)
        full = self.state.settings["sync_mode"]["type"] == "full"
        start = self._bound("from") if full else min(self._increment_start(now), end)
        return self._add(kind, now, self._environment.timing, logical_date=now, loads=(start, end))

    def _increment_start(self, now: datetime) -> datetime:
        """Return "the previous successful pipeline run or schedule_start_time", or else the creation."""
        scheduled = self.state.settings["schedule"].get("start")
        start = self._bound("from") or (
            parse_valid_timestamp(scheduled) if scheduled else self.state.created_on
        )
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
        started = add(created, timing.queued)
        run = Run(
            id=self._environment.new_run_id(),
            pipeline_id=self.pipeline_id,
            type=kind,
            logical_date=logical_date,
            range_start=loads[0],
            range_end=loads[1],
            started_on=started,
            ended_on=add(started, timing.running),
        )
        if self.state.planned_failures:
            run.failure = self.state.planned_failures.pop(0)
        else:
            self._environment.execute(run, self.state.settings)
        self.log.add(run)
        return run

    def _bound(self, field: str) -> datetime | None:
        text = self.state.settings["sync_mode"].get(field)
        return parse_valid_timestamp(text) if text else None
