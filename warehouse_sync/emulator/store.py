"""What the emulator remembers: workspaces, and the resources in them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from attrs import define, frozen

from warehouse_sync.emulator.agenda import Agenda
from warehouse_sync.emulator.answers import Document, conflict, not_found
from warehouse_sync.emulator.batches import Batches
from warehouse_sync.emulator.clock import Clock
from warehouse_sync.emulator.dates import show_moment, show_optional
from warehouse_sync.emulator.limits import Limits
from warehouse_sync.emulator.runs import Run, SeededRuns, Timing
from warehouse_sync.emulator.timeline import State, Surroundings, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable


@frozen
class Problem:
    """What is wrong with a resource, and since when it shows."""

    message: str
    since: datetime


@define(kw_only=True)
class Resource:
    """A stored document: what the client may set, with its secrets masked, and who wrote it when.

    Attributes:
        problem: What a run or a login found wrong with it.
        proved: Whether its creation succeeded: a connection that never could log in is created anew.
    """

    document: Document
    created_on: datetime
    created_by: str
    last_modified_on: datetime | None = None
    last_modified_by: str | None = None
    problem: Problem | None = None
    proved: bool = True

    def errors(self, now: datetime) -> list[Document]:
        """Return what is wrong with the resource at a moment."""
        visible = self.problem is not None and self.problem.since <= now
        return [{"message": self.problem.message}] if self.problem and visible else []

    def audit(self) -> Document:
        """Return the audit fields; the latter two are null until the first update."""
        return {
            "created_on": show_moment(self.created_on),
            "created_by": self.created_by,
            "last_modified_on": show_optional(self.last_modified_on),
            "last_modified_by": self.last_modified_by,
        }


@define(kw_only=True)
class Pipeline(Resource):
    """A stored pipeline and its runs.

    Attributes:
        timeline: Its runs.
        counted: Whether it counts against the limit of active pipelines; seeded ones do not.
        report_from: Until then its report is not found.
    """

    timeline: Timeline
    counted: bool = True
    report_from: datetime | None = None


Kept = TypeVar("Kept", bound=Resource)
# Names a resource: its workspace, its shelf and its id.
Mark = tuple[str, str, str]


class Shelf(Generic[Kept]):
    """The resources of one kind in a workspace, by id, in the order they were created.

    Args:
        key: The shelf's name in its workspace.
        label: What one of them is called in messages, such as ``Data model``.
    """

    def __init__(self, key: str, label: str) -> None:
        self.key = key
        self._label = label
        self._kept: dict[str, Kept] = {}

    def __contains__(self, resource_id: object) -> bool:
        return resource_id in self._kept

    def __iter__(self) -> Iterator[Kept]:
        return iter(self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, resource_id: str) -> Kept:
        """Return the resource with an id, or refuse with 404."""
        try:
            return self._kept[resource_id]
        except KeyError:
            raise not_found(f"{self._label} {resource_id} was not found.") from None

    def refuse_taken(self, resource_id: str) -> None:
        """Refuse with 409 an id that is in use."""
        if resource_id in self._kept and self._kept[resource_id].proved:
            raise conflict(f"{self._label} {resource_id} exists already.")

    def add(self, resource_id: str, resource: Kept) -> None:
        """Keep a new resource, or refuse with 409 when its id is in use by one that proved good."""
        self.refuse_taken(resource_id)
        self.put(resource_id, resource)

    def put(self, resource_id: str, resource: Kept) -> None:
        """Keep a resource in place of whatever had its id."""
        self._kept[resource_id] = resource

    def remove(self, resource_id: str) -> None:
        """Forget a resource, or refuse with 404."""
        self.get(resource_id)
        del self._kept[resource_id]


class Workspace:
    """The state of one workspace; no other workspace sees it."""

    def __init__(self, workspace_id: str) -> None:
        self.id = workspace_id
        self.connections: Shelf[Resource] = Shelf("connections", "Connection")
        self.data_models: Shelf[Resource] = Shelf("data_models", "Data model")
        self.pipelines: Shelf[Pipeline] = Shelf("pipelines", "Pipeline")
        # The v1 draft has its own documents; nothing says that the two generations share any.
        self.draft_connections: Shelf[Resource] = Shelf("draft_connections", "Connection")
        self.draft_models: Shelf[Resource] = Shelf("draft_models", "Model")
        self.draft_mappings: Shelf[Resource] = Shelf("draft_mappings", "Mapping")
        self.draft_pipelines: Shelf[Pipeline] = Shelf("draft_pipelines", "Pipeline")

    def shelves(self) -> dict[str, Shelf[Any]]:
        """Return every shelf by its key."""
        return {shelf.key: shelf for shelf in vars(self).values() if isinstance(shelf, Shelf)}


class Runner(Protocol):
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
        aside: AbstractContextManager[None],
    ) -> None:
        """Carry a run out, and note in it and in what it used how it went.

        The query is executed within ``aside``, where nothing of the state may be touched.
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
        runner: Carries runs out; without one they only pretend.
        batches: What the runs have sent.

    Attributes:
        next_run_id: The id of the next run.
        lock: Held by whoever touches the state, where threads do.
        touched: Told the workspace, the shelf and the id of whatever changes; of nothing when everything is gone.
    """

    def __init__(  # noqa: PLR0913  # each is optional and named
        self,
        *,
        clock: Clock,
        timing: Timing,
        author: str,
        limits: Limits | None = None,
        runner: Runner | None = None,
        batches: Batches | None = None,
    ) -> None:
        self.clock = clock
        self.timing = timing
        self.author = author
        self.limits = limits or Limits()
        self.runner = runner
        self.batches = Batches() if batches is None else batches
        self._workspaces: dict[str, Workspace] = {}
        self._agenda = Agenda()
        self.lock = Lock()
        self.next_run_id = 1
        self.touched: Callable[[Mark | None], None] = lambda _: None

    @property
    def workspaces(self) -> Mapping[str, Workspace]:
        """The workspaces that anybody has asked for, by id."""
        return self._workspaces

    def workspace(self, workspace_id: str) -> Workspace:
        """Return a workspace; any id names one."""
        if workspace_id not in self._workspaces:
            self._workspaces[workspace_id] = Workspace(workspace_id)
        return self._workspaces[workspace_id]

    def is_due(self) -> bool:
        """Tell whether `settle` may have something to do."""
        return self._agenda.is_due(self.clock.now())

    def settle(self) -> datetime:
        """Create every run that is due, in the order they fall due, and return the time."""
        now = self.clock.now()
        self._agenda.settle(now)
        return now

    @contextmanager
    def aside(self) -> Iterator[None]:
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
        self.touched(None)

    def touch(self, workspace: Workspace, shelf: str, resource_id: str) -> None:
        """Note that a resource changed, came or went."""
        self.touched((workspace.id, shelf, resource_id))

    def new_run_id(self) -> int:
        """Return an id no run has had."""
        return self.reserve_run_ids(1)

    def reserve_run_ids(self, count: int) -> int:
        """Return the first of some consecutive ids no run has had."""
        first = self.next_run_id
        self.next_run_id += count
        return first

    def new_timeline(
        self,
        workspace: Workspace,
        pipeline_id: str,
        settings: Document,
        *,
        shelf: str = "pipelines",
        seeded: SeededRuns | None = None,
    ) -> Timeline:
        """Return the timeline of a pipeline that is created now."""
        around = self._surroundings(workspace, shelf)
        return Timeline.begin(pipeline_id, settings, now=self.clock.now(), surroundings=around, seeded=seeded)

    def old_timeline(
        self, workspace: Workspace, state: State, runs: Iterable[Run], *, shelf: str
    ) -> Timeline:
        """Return the timeline of a pipeline that was created in an earlier life."""
        timeline = Timeline(state, self._surroundings(workspace, shelf), runs)
        self._agenda.note(timeline)
        return timeline

    def _surroundings(self, workspace: Workspace, shelf: str) -> Surroundings:
        return Surroundings(
            timing=self.timing,
            new_run_id=self.new_run_id,
            limits=lambda: self.limits,
            execute=partial(self._execute, workspace),
            changed=partial(self._changed, workspace, shelf),
        )

    def _changed(self, workspace: Workspace, shelf: str, timeline: Timeline) -> None:
        self._agenda.note(timeline)
        self.touch(workspace, shelf, timeline.state.seeded.pipeline_id)

    def _execute(self, workspace: Workspace, run: Run, settings: Document) -> None:
        # Pipelines of the v1 draft name no connection that is known here.
        if self.runner is None or "connection_id" not in settings:
            return
        self.runner.execute(run, settings, workspace, self.limits, self.aside())
        self.touch(workspace, workspace.connections.key, settings["connection_id"])
        self.touch(workspace, workspace.data_models.key, settings["data_model_id"])
