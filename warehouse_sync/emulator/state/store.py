"""What the emulator remembers: workspaces, and the resources in them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from warehouse_sync.emulator.clock import Clock
from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.due_queue import DueQueue
from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.runs.run import Run, RunTiming
from warehouse_sync.emulator.runs.run_log import SeededRuns
from warehouse_sync.emulator.runs.scheduler import RunEnvironment, RunScheduler, SchedulerState
from warehouse_sync.emulator.state.event_batches import EventBatchLog

if TYPE_CHECKING:
    from collections.abc import Callable
from warehouse_sync.emulator.state.workspace import Workspace

# Names a resource: its workspace, its collection and its id.
ResourceKey = tuple[str, str, str]


class RunExecutor(Protocol):
    """What carries runs out on a warehouse."""

    def problem(self) -> str | None:
        """Return why the warehouse cannot be opened, or None."""
        ...

    def execute(
        self,
        run: Run,
        pipeline: Document,
        workspace: Workspace,
        limits: Limits,
        unlocked: AbstractContextManager[None],
    ) -> None:
        """Carry a run out, and note in it and in what it used how it went.

        The query is executed within ``unlocked``, where nothing of the state may be touched.
        """
        ...

    def stop(self) -> None:
        """Break off the query that is executed in another thread, and every other until `resume`."""
        ...

    def resume(self) -> None:
        """Execute queries again."""
        ...


class Store:
    """All workspaces, and what creating resources in them takes.

    Args:
        clock: Tells the time.
        timing: How long runs take.
        author: Who ``created_by`` names.
        limits: What workspaces may hold and runs may load.
        executor: Carries runs out; without one they only pretend.
        batches: What the runs have sent.

    Attributes:
        next_run_id: The id of the next run.
        lock: Held by whoever touches the state, where threads do.
        on_change: Told the workspace, the collection and the id of whatever changes; of nothing when everything is gone.
    """

    def __init__(  # noqa: PLR0913  # each is optional and named
        self,
        *,
        clock: Clock,
        timing: RunTiming,
        author: str,
        limits: Limits | None = None,
        executor: RunExecutor | None = None,
        batches: EventBatchLog | None = None,
    ) -> None:
        self.clock = clock
        self.timing = timing
        self.author = author
        self.limits = limits or Limits()
        self.executor = executor
        self.batches = EventBatchLog() if batches is None else batches
        self._workspaces: dict[str, Workspace] = {}
        self._agenda = DueQueue()
        self.lock = Lock()
        self.next_run_id = 1
        self.on_change: Callable[[ResourceKey | None], None] = lambda _: None

    @property
    def workspaces(self) -> Mapping[str, Workspace]:
        """The workspaces that anybody has asked for, by id."""
        return self._workspaces

    def workspace(self, workspace_id: str) -> Workspace:
        """Return a workspace; any id names one."""
        if workspace_id not in self._workspaces:
            self._workspaces[workspace_id] = Workspace(workspace_id)
        return self._workspaces[workspace_id]

    def has_due_runs(self) -> bool:
        """Tell whether `create_due_runs` may have something to do."""
        return self._agenda.has_due_runs(self.clock.now())

    def create_due_runs(self) -> datetime:
        """Create every run that is due, in the order they fall due, and return the time."""
        now = self.clock.now()
        self._agenda.create_due_runs(now)
        return now

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let others look at the state while the warehouse works, which touches none of it."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    def reset(self) -> None:
        """Forget every workspace. Run ids go on counting, so that an old id names nothing new."""
        self._workspaces.clear()
        self._agenda.clear()
        self.batches.clear()
        self.on_change(None)

    def mark_changed(self, workspace: Workspace, collection: str, resource_id: str) -> None:
        """Note that a resource changed, came or went."""
        self.on_change((workspace.id, collection, resource_id))

    def new_run_id(self) -> int:
        """Return an id no run has had."""
        return self.reserve_run_ids(1)

    def reserve_run_ids(self, count: int) -> int:
        """Return the first of some consecutive ids no run has had."""
        first = self.next_run_id
        self.next_run_id += count
        return first

    def new_scheduler(
        self,
        workspace: Workspace,
        pipeline_id: str,
        settings: Document,
        *,
        collection: str = "pipelines",
        seeded: SeededRuns | None = None,
    ) -> RunScheduler:
        """Return the scheduler of a pipeline that is created now."""
        around = self._surroundings(workspace, collection)
        return RunScheduler.begin(
            pipeline_id, settings, now=self.clock.now(), surroundings=around, seeded=seeded
        )

    def restored_scheduler(
        self, workspace: Workspace, state: SchedulerState, runs: Iterable[Run], *, collection: str
    ) -> RunScheduler:
        """Return the scheduler of a pipeline that was created in an earlier life."""
        scheduler = RunScheduler(state, self._surroundings(workspace, collection), runs)
        self._agenda.note(scheduler)
        return scheduler

    def _surroundings(self, workspace: Workspace, collection: str) -> RunEnvironment:
        return RunEnvironment(
            timing=self.timing,
            new_run_id=self.new_run_id,
            limits=lambda: self.limits,
            execute=partial(self._execute, workspace),
            changed=partial(self._changed, workspace, collection),
        )

    def _changed(self, workspace: Workspace, collection: str, scheduler: RunScheduler) -> None:
        self._agenda.note(scheduler)
        self.mark_changed(workspace, collection, scheduler.state.seeded.pipeline_id)

    def _execute(self, workspace: Workspace, run: Run, settings: Document) -> None:
        # Pipelines of the v1 draft name no connection that is known here.
        if self.executor is None or "connection_id" not in settings:
            return
        self.executor.execute(run, settings, workspace, self.limits, self.unlocked())
        self.mark_changed(workspace, workspace.connections.key, settings["connection_id"])
        self.mark_changed(workspace, workspace.data_models.key, settings["data_model_id"])
