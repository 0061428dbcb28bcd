"""Resources of every kind share their five endpoints; a `ResourceType` holds what differs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Generic

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, ResourceT, Workspace

# Only the server sets these; requests that carry them, as the reference's own examples do, are read without them.
SERVER_SET = frozenset(
    {"status", "errors", "created_on", "created_by", "last_modified_on", "last_modified_by"}
)


class ResourceType(ABC, Generic[ResourceT]):
    """One kind of resource: its place, its rules and its looks.

    Args:
        store: Where the resources are kept.
        path: Where the endpoints lie.
    """

    def __init__(self, store: Store, path: str) -> None:
        self.store = store
        self.path = path

    @abstractmethod
    def collection(self, workspace: Workspace) -> Collection[ResourceT]:
        """Return the resources of this kind in a workspace."""

    def name(self, document: Document) -> object:
        """Return what a document calls itself: the value of its id, which may be missing or wrong."""
        return document.get("id")

    @abstractmethod
    def validate(self, errors: FieldErrors, workspace: Workspace, stored: ResourceT | None) -> None:
        """Note everything that is wrong with a request's body.

        Args:
            errors: Holds the body, without the fields only the server sets.
            workspace: Where the references must lead.
            stored: The resource an update replaces.
        """

    def to_stored(self, sent: Document) -> Document:
        """Return what to keep of a body that has nothing wrong with it."""
        return sent

    @abstractmethod
    def create(self, document: Document, workspace: Workspace) -> ResourceT:
        """Return a new resource that holds a document."""

    def check_login(self, stored: ResourceT) -> None:
        """Refuse with 505 what needs a warehouse that cannot be opened."""

    def update(self, stored: ResourceT, document: Document, workspace: Workspace) -> None:  # noqa: ARG002  # for kinds others use
        """Replace the document of a resource."""
        stored.document = document
        stored.last_modified_on = self.store.clock.now()
        stored.last_modified_by = self.store.author

    def on_deleted(self, stored: ResourceT) -> None:
        """End what a resource goes on doing, once it is deleted."""

    @abstractmethod
    def show(self, stored: ResourceT, now: datetime) -> Document:
        """Return the resource as GET shows it."""

    def show_written(self, stored: ResourceT, now: datetime) -> Document:
        """Return the resource as POST and PUT show it."""
        return self.show(stored, now)

    def filter(self, workspace: Workspace, query: Mapping[str, str]) -> list[ResourceT]:  # noqa: ARG002  # for kinds that filter
        """Return the resources a list request asks for."""
        return list(self.collection(workspace))

    def check_deletable(self, workspace: Workspace, resource_id: str) -> None:
        """Refuse with 409 to delete what others refer to."""
