"""What a pipeline has run and will run: its settings, its clock times and its log of runs."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from warehouse_sync.emulator.answers import Document, bad_request
from warehouse_sync.emulator.dates import checked_moment
from warehouse_sync.emulator.runs import MANUAL, SCHEDULED, Run, RunLog, SeededRuns, Timing
from warehouse_sync.emulator.schedule import ALWAYS, NEVER, Interval, IntervalSchedule

IDLE, BUSY, FAULTED, STOPPED = "idle", "running", "faulted", "stopped"
_NO_TIME = Timing(queued=timedelta(0), running=timedelta(0))


class Timeline:
    """Creates the runs of one pipeline as they fall due, and knows the pipeline's status.

    Scheduled runs are created when somebody looks, with the times they would have had: looking late changes
    nothing but when the work is done.

    Args:
        pipeline_id: The pipeline the runs belong to.
        settings: The pipeline's document, checked already.
        now: When the pipeline is created.
        timing: How long its runs take.
        new_run_id: Gives the id of the next run.
        seeded: Runs that lie before the pipeline's creation.
    """

    def __init__(  # noqa: PLR0913  # one collaborator each
        self,
        pipeline_id: str,
        settings: Document,
        *,
        now: datetime,
        timing: Timing,
        new_run_id: Callable[[], int],
        seeded: SeededRuns | None = None,
    ) -> None:
        self.log = RunLog(seeded or SeededRuns(pipeline_id=pipeline_id, first_id=0, count=0, end=now))
        self._pipeline_id = pipeline_id
        self._created_on = now
        self._timing = timing
        self._new_run_id = new_run_id
        self._planned_failures: deque[str] = deque()
        # Nothing is scheduled within a seeded past: it stays older than every other run.
        self._history_end = seeded.end if seeded else ALWAYS
        self._synced_until = self._history_end
        self._schedule: IntervalSchedule | None = None
        self._next_due = NEVER
        self._apply(settings, now)

    def reconfigure(self, settings: Document, now: datetime) -> None:
        """Go on under new settings; what fell due under the old ones has run, and a fault is cleared."""
        self.catch_up(now)
        self._apply(settings, now)

    def catch_up(self, now: datetime) -> None:
        """Create the scheduled runs that have fallen due."""
        if now < self._next_due or self._schedule is None:
            return
        due = list(self._schedule.syncs(after=self._synced_until, due_by=now))
        self._synced_until = due[-1].end
        self._next_due = self._schedule.next_due(after=self._synced_until)
        self._create([interval for interval in due if interval.start >= self._history_end])

    def trigger(self, now: datetime) -> Run:
        """Create a manual run, or refuse when the pipeline is not idle."""
        self.catch_up(now)
        if self.log.busy(now):
            raise bad_request(f"Pipeline {self._pipeline_id} is already in progress.")
        if self.status(now) == STOPPED:
            raise bad_request(f"Pipeline {self._pipeline_id} is paused; set its state to active to sync.")
        return self._load_open_range(MANUAL, now)

    def fail_next(self, messages: Iterable[str]) -> None:
        """Let the next runs that are created fail, one for each message."""
        self._planned_failures.extend(messages)

    def status(self, now: datetime) -> str:
        """Return the pipeline's status at a moment."""
        if self.log.busy(now):
            return BUSY
        if self._faulted(now):
            return FAULTED
        return STOPPED if self._settings["state"] == "paused" else IDLE

    def errors(self, now: datetime) -> list[Document]:
        """Return why the pipeline is faulted."""
        last = self.log.last_ended(now)
        return [{"message": last.failure}] if last and self._faulted(now) else []

    def _apply(self, settings: Document, now: datetime) -> None:
        self._settings = settings
        self._fault_cleared_on = self._active_since = now
        self._schedule, self._next_due = None, NEVER
        if settings["state"] == "active":
            self._activate(now)
            self.catch_up(now)

    def _activate(self, now: datetime) -> None:
        schedule, sync_mode = self._settings["schedule"], self._settings["sync_mode"]
        if schedule["type"] == "once" and not len(self.log):
            self._load_open_range(SCHEDULED, now)
        if schedule["type"] == "interval":
            self._schedule = IntervalSchedule.read(schedule, sync_mode)
            self._synced_until = max(self._synced_until, self._schedule.backlog_start(now))
            self._next_due = self._schedule.next_due(after=self._synced_until)

    def _faulted(self, now: datetime) -> bool:
        last = self.log.last_ended(now)
        return last is not None and last.failure is not None and last.ended_on > self._fault_cleared_on

    def _create(self, due: list[Interval]) -> None:
        """Create the runs of syncs that are due, given oldest first."""
        first = None if len(self.log) else next(iter(due), None)
        missed = [interval for interval in due if interval.due <= self._active_since]
        # What was missed before the pipeline was switched on is loaded then, newest first. Here it takes no
        # time, so that the pipeline is idle once its creation is answered.
        for interval in reversed(missed):
            self._load(interval, self._active_since, _NO_TIME, goes_back=interval is first)
        for interval in due[len(missed) :]:
            if not self._faulted(interval.due):  # "In a faulted state, no data will synchronize"
                self._load(interval, interval.due, self._timing, goes_back=interval is first)

    def _load(self, interval: Interval, created: datetime, timing: Timing, *, goes_back: bool) -> None:
        """Create the run of one sync; the first of all goes back to ``from``."""
        start, since, until = interval.start, self._moment("from"), self._moment("until")
        if since and (goes_back or since > start):
            start = since
        end = min(interval.end, until or interval.end)
        self._add(SCHEDULED, created, timing, logical_date=interval.start, loads=(start, end))

    def _load_open_range(self, kind: str, now: datetime) -> Run:
        """Create a run that loads up to now: a trigger's, or that of a pipeline that runs once."""
        end = min(self._moment("until") or now, now)
        full = self._settings["sync_mode"]["type"] == "full"
        start = self._moment("from") if full else min(self._increment_start(now), end)
        return self._add(kind, now, self._timing, logical_date=now, loads=(start, end))

    def _increment_start(self, now: datetime) -> datetime:
        """Return "the previous successful pipeline run or schedule_start_time", with what stands in for the latter."""
        scheduled = self._settings["schedule"].get("start")
        start = self._moment("from") or (checked_moment(scheduled) if scheduled else self._created_on)
        return self.log.loaded_until(now) or start

    def _add(
        self,
        kind: str,
        created: datetime,
        timing: Timing,
        *,
        logical_date: datetime,
        loads: tuple[datetime | None, datetime],
    ) -> Run:
        started = created + timing.queued
        run = Run(
            id=self._new_run_id(),
            pipeline_id=self._pipeline_id,
            type=kind,
            logical_date=logical_date,
            range_start=loads[0],
            range_end=loads[1],
            started_on=started,
            ended_on=started + timing.running,
            failure=self._planned_failures.popleft() if self._planned_failures else None,
        )
        self.log.add(run)
        return run

    def _moment(self, field: str) -> datetime | None:
        text = self._settings["sync_mode"].get(field)
        return checked_moment(text) if text else None
