"""Data models: an SQL query with a name."""

from datetime import datetime

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.paths import V2
from warehouse_sync.emulator.resources.references import check_not_in_use, clear_problem
from warehouse_sync.emulator.resources.resource_type import ResourceType
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.state.resource import Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, Workspace

_STATES = ("new", "active", "inactive")


class DataModels(ResourceType[Resource]):
    """The data models of a workspace."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, f"{V2}/data-models")

    def collection(self, workspace: Workspace) -> Collection[Resource]:
        """Return the workspace's data models."""
        return workspace.data_models

    def validate(self, errors: FieldErrors, workspace: Workspace, stored: Resource | None) -> None:  # noqa: ARG002  # refers to nothing
        """Check the fields; the query may be anything."""
        errors.slug("id")
        errors.text("name")
        errors.choice("state", _STATES)
        errors.choice("type", ("sql",))
        errors.section("config").text("sql_query")

    def create(self, document: Document, workspace: Workspace) -> Resource:  # noqa: ARG002  # refers to nothing
        """Return a new data model."""
        return Resource(document=document, created_on=self.store.clock.now(), created_by=self.store.author)

    def update(self, stored: Resource, document: Document, workspace: Workspace) -> None:
        """Replace the document; this clears a fault, and with it that of the pipelines it stopped."""
        super().update(stored, document, workspace)
        clear_problem(stored, workspace, "data_model_id", self.store.clock.now())

    def show(self, stored: Resource, now: datetime) -> Document:
        """Show the document, its status and errors."""
        first = {name: stored.document[name] for name in ("id", "name", "state")}
        return {**first, **show_validity(stored, now), **stored.document, **stored.audit()}

    def check_deletable(self, workspace: Workspace, resource_id: str) -> None:
        """Refuse to delete a data model that pipelines use."""
        check_not_in_use(workspace, "data_model_id", resource_id, label="Data model")


def show_validity(stored: Resource, now: datetime) -> Document:
    """Return the status of a data model and what is wrong with it."""
    errors = stored.errors(now)
    return {"status": "invalid" if errors else "valid", "errors": errors}
