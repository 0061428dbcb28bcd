"""What the emulator remembers: workspaces, and the resources in them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Generic, TypeVar

from attrs import define

from warehouse_sync.emulator.answers import Document, conflict, not_found
from warehouse_sync.emulator.clock import Clock
from warehouse_sync.emulator.dates import show_moment, show_optional
from warehouse_sync.emulator.runs import Timing
from warehouse_sync.emulator.timeline import Timeline


@define(kw_only=True)
class Resource:
    """A stored document: what the client may set, with its secrets masked, and who wrote it when."""

    document: Document
    created_on: datetime
    created_by: str
    last_modified_on: datetime | None = None
    last_modified_by: str | None = None

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
    """A stored pipeline and its runs."""

    timeline: Timeline


Kept = TypeVar("Kept", bound=Resource)


class Shelf(Generic[Kept]):
    """The resources of one kind in a workspace, by id, in the order they were created.

    Args:
        label: What one of them is called in messages, such as ``Data model``.
    """

    def __init__(self, label: str) -> None:
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
        if resource_id in self._kept:
            raise conflict(f"{self._label} {resource_id} exists already.")

    def add(self, resource_id: str, resource: Kept) -> None:
        """Keep a new resource, or refuse with 409 when its id is in use."""
        self.refuse_taken(resource_id)
        self._kept[resource_id] = resource

    def remove(self, resource_id: str) -> None:
        """Forget a resource, or refuse with 404."""
        self.get(resource_id)
        del self._kept[resource_id]


class Workspace:
    """The state of one workspace; no other workspace sees it."""

    def __init__(self) -> None:
        self.connections: Shelf[Resource] = Shelf("Connection")
        self.data_models: Shelf[Resource] = Shelf("Data model")
        self.pipelines: Shelf[Pipeline] = Shelf("Pipeline")
        # The v1 draft has its own documents; nothing says that the two generations share any.
        self.draft_connections: Shelf[Resource] = Shelf("Connection")
        self.draft_models: Shelf[Resource] = Shelf("Model")
        self.draft_mappings: Shelf[Resource] = Shelf("Mapping")
        self.draft_pipelines: Shelf[Pipeline] = Shelf("Pipeline")


class Store:
    """All workspaces, and what creating resources in them takes.

    Args:
        clock: Tells the time.
        timing: How long runs take.
        author: Who ``created_by`` names.
    """

    def __init__(self, *, clock: Clock, timing: Timing, author: str) -> None:
        self.clock = clock
        self.timing = timing
        self.author = author
        self._workspaces: dict[str, Workspace] = {}
        self._next_run_id = 1

    def workspace(self, workspace_id: str) -> Workspace:
        """Return a workspace; any id names one."""
        if workspace_id not in self._workspaces:
            self._workspaces[workspace_id] = Workspace()
        return self._workspaces[workspace_id]

    def reset(self) -> None:
        """Forget every workspace. Run ids go on counting, so that an old id names nothing new."""
        self._workspaces.clear()

    def new_run_id(self) -> int:
        """Return an id no run has had."""
        return self.reserve_run_ids(1)

    def reserve_run_ids(self, count: int) -> int:
        """Return the first of some consecutive ids no run has had."""
        first = self._next_run_id
        self._next_run_id += count
        return first

    def new_timeline(self, pipeline_id: str, settings: Document) -> Timeline:
        """Return the timeline of a pipeline that is created now."""
        return Timeline(
            pipeline_id, settings, now=self.clock.now(), timing=self.timing, new_run_id=self.new_run_id
        )
