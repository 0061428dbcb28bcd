"""Differences between the types of resources, which share five endpoints."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Generic

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.resources.secrets import mask_secrets
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, ResourceT, Workspace

# Only the server sets these. They are ignored in requests, because the reference's own examples send them.
SERVER_SET = frozenset(
    {"status", "errors", "created_on", "created_by", "last_modified_on", "last_modified_by"}
)


class ResourceType(ABC, Generic[ResourceT]):
    """A type of resource: its path, its validation, and how it is shown.

    Args:
        store: The state.
        path: The path of the collection.
    """

    def __init__(self, store: Store, path: str) -> None:
        self.store = store
        self.path = path

    @abstractmethod
    def collection(self, workspace: Workspace) -> Collection[ResourceT]:
        """Return the resources of this type in a workspace."""

    def id_of(self, document: Document) -> object:
        """Return the id in a document, which may be missing or invalid."""
        return document.get("id")

    @abstractmethod
    def validate(self, errors: FieldErrors, workspace: Workspace, stored: ResourceT | None) -> None:
        """Check a request's body.

        Args:
            errors: Holds the body, without the fields that only the server sets, and collects the errors.
            workspace: Where references are looked up.
            stored: The resource that an update replaces; None for a create.
        """

    def to_stored(self, body: Document) -> Document:
        """Return the document to store for a valid body.

        Secrets in unknown fields are masked.
        """
        return mask_secrets(body)

    @abstractmethod
    def create(self, document: Document, workspace: Workspace) -> ResourceT:
        """Return a new resource with a document."""

    def check_login(self, stored: ResourceT) -> None:
        """Check that the warehouse of a written resource can be opened.

        Raises:
            LoginError: It cannot.
        """

    def update(self, stored: ResourceT, document: Document, workspace: Workspace) -> None:  # noqa: ARG002 - used by other types
        """Replace the document of a resource."""
        stored.document = document
        stored.last_modified_on = self.store.clock.now()
        stored.last_modified_by = self.store.author

    def on_deleted(self, stored: ResourceT) -> None:
        """Stop the activity of a deleted resource."""

    @abstractmethod
    def show(self, stored: ResourceT, now: datetime) -> Document:
        """Return the resource as GET shows it."""

    def show_written(self, stored: ResourceT, now: datetime) -> Document:
        """Return the resource as POST and PUT show it."""
        return self.show(stored, now)

    def filter(self, workspace: Workspace, query: Mapping[str, str]) -> list[ResourceT]:  # noqa: ARG002 - used by other types
        """Return the resources that the query of a list request selects."""
        return list(self.collection(workspace))

    def check_deletable(self, workspace: Workspace, resource_id: str) -> None:
        """Check that nothing refers to a resource.

        Raises:
            ConflictError: Something does.
        """
