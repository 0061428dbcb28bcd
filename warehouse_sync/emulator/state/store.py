"""The store: all workspaces, and what creating resources and runs in them needs."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from warehouse_sync.emulator.clock import Clock
from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.due_queue import DueQueue
from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.runs.run import Run, RunTiming
from warehouse_sync.emulator.runs.run_log import RunOrder, SeededRuns
from warehouse_sync.emulator.runs.scheduler import RunEnvironment, RunScheduler, SchedulerState
from warehouse_sync.emulator.state.event_batches import EventBatchLog
from warehouse_sync.emulator.state.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

# The workspace, the collection and the id of a resource.
ResourceKey = tuple[str, str, str]


class RunExecutor(Protocol):
    """Executes runs on a warehouse."""

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
        """Execute a run, and record the result in it, its connection and its data model.

        The query is executed within `unlocked`, where the state must not be used.
        """
        ...

    def cancel(self) -> None:
        """Cancel the query in progress, and every later one until `resume`.

        The query runs in another thread.
        """
        ...

    def resume(self) -> None:
        """Execute queries again."""
        ...


class Store:
    """All workspaces, and what creating resources and runs in them needs.

    Args:
        clock: The emulator's clock.
        timing: How long runs take.
        author: The value of `created_by`.
        limits: Limits of workspaces and runs.
        executor: Executes runs; without it they are simulated.
        batches: The event batches that runs have sent.
        run_order: The order of runs in the pages of a list.
        lenient_sql: Whether data models may use `WITH`.
        report_delay: How long after its creation the report of a pipeline is not found.

    Attributes:
        next_run_id: The id of the next run.
        next_feed_id: The id of the next feed.
        lock: Held while the state is used, if several threads use it.
        version: A number that changes whenever a write lets reads see its changes.
        on_change: Called with the key of each changed resource, and with None when everything is deleted.
    """

    def __init__(  # noqa: PLR0913 - optional keywords
        self,
        *,
        clock: Clock,
        timing: RunTiming,
        author: str,
        limits: Limits | None = None,
        executor: RunExecutor | None = None,
        batches: EventBatchLog | None = None,
        run_order: RunOrder = RunOrder.NEWEST,
        report_delay: timedelta = timedelta(),
        lenient_sql: bool = False,
    ) -> None:
        self.clock = clock
        self.timing = timing
        self.author = author
        self.limits: Limits = limits or Limits()
        self.executor: RunExecutor | None = executor
        self.batches: EventBatchLog = EventBatchLog() if batches is None else batches
        self.run_order = run_order
        self.report_delay = report_delay
        self.lenient_sql = lenient_sql
        self._workspaces: dict[str, Workspace] = {}
        self._due_queue = DueQueue()
        self.lock: Lock = Lock()
        self.version: int = 0
        self.next_run_id: int = 1
        self.next_feed_id: int = 1
        self.on_change: Callable[[ResourceKey | None], None] = lambda _: None

    @property
    def workspaces(self) -> Mapping[str, Workspace]:
        """The workspaces that requests have named, by id."""
        return self._workspaces

    def workspace(self, workspace_id: str) -> Workspace:
        """Return the workspace with an id. Any id is valid."""
        if workspace_id not in self._workspaces:
            self._workspaces[workspace_id] = Workspace(workspace_id)
        return self._workspaces[workspace_id]

    def has_due_runs(self) -> bool:
        """Return whether `create_due_runs` may have something to do."""
        return self._due_queue.has_due_runs(self.clock.now())

    def create_due_runs(self, *, seconds: float = inf) -> bool:
        """Create due runs in their order for some seconds; return whether none is left."""
        return self._due_queue.create_due_runs(self.clock.now(), seconds=seconds)

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Release the lock while the warehouse works, so that others can read the state."""
        self.version += 1
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    def reset(self) -> None:
        """Delete every workspace.

        The ids of runs and feeds continue, so that an old id never names a new one.
        """
        self._workspaces.clear()
        self._due_queue.clear()
        self.batches.clear()
        self.on_change(None)

    def mark_changed(self, workspace: Workspace, collection: str, resource_id: str) -> None:
        """Record that a resource was created, changed or deleted."""
        self.on_change((workspace.id, collection, resource_id))

    def new_feed_id(self) -> int:
        """Return an unused id of a feed."""
        self.next_feed_id += 1
        return self.next_feed_id - 1

    def new_run_id(self) -> int:
        """Return an unused run id."""
        return self.reserve_run_ids(1)

    def reserve_run_ids(self, count: int) -> int:
        """Reserve consecutive unused run ids and return the first."""
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
        environment = self._environment(workspace, collection)
        now = self.clock.now()
        return RunScheduler.start(pipeline_id, settings, now=now, environment=environment, seeded=seeded)

    def restored_scheduler(
        self, workspace: Workspace, state: SchedulerState, runs: Iterable[Run], *, collection: str
    ) -> RunScheduler:
        """Return the scheduler of a pipeline that was saved before."""
        scheduler = RunScheduler(state, self._environment(workspace, collection), runs)
        self._due_queue.push(scheduler)
        return scheduler

    def _environment(self, workspace: Workspace, collection: str) -> RunEnvironment:
        return RunEnvironment(
            timing=self.timing,
            new_run_id=self.new_run_id,
            limits=lambda: self.limits,
            execute=partial(self._execute, workspace),
            inactive_reason=workspace.inactive_reason,
            on_change=partial(self._scheduler_changed, workspace, collection),
        )

    def _scheduler_changed(self, workspace: Workspace, collection: str, scheduler: RunScheduler) -> None:
        self._due_queue.push(scheduler)
        self.mark_changed(workspace, collection, scheduler.pipeline_id)

    def _execute(self, workspace: Workspace, run: Run, settings: Document) -> None:
        if "connection_id" not in settings:  # a pipeline of the v1 draft
            return
        if self.executor is None:
            problem = workspace.data_models.get(settings["data_model_id"]).problem
            run.failure = problem.message if problem else None
            return
        self.executor.execute(run, settings, workspace, self.limits, self.unlocked())
        self.mark_changed(workspace, workspace.connections.key, settings["connection_id"])
        self.mark_changed(workspace, workspace.data_models.key, settings["data_model_id"])
