"""Data models: an SQL query with a name."""

from datetime import datetime

from warehouse_sync.emulator.answers import Document
from warehouse_sync.emulator.checks import Findings
from warehouse_sync.emulator.kinds import Kind
from warehouse_sync.emulator.places import V2
from warehouse_sync.emulator.store import Resource, Shelf, Store, Workspace
from warehouse_sync.emulator.usage import clear_problem, refuse_in_use

_STATES = ("new", "active", "inactive")


class DataModels(Kind[Resource]):
    """The data models of a workspace."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, f"{V2}/data-models")

    def shelf(self, workspace: Workspace) -> Shelf[Resource]:
        """Return the workspace's data models."""
        return workspace.data_models

    def inspect(self, findings: Findings, workspace: Workspace, stored: Resource | None) -> None:  # noqa: ARG002  # refers to nothing
        """Check the fields; the query may be anything."""
        findings.slug("id")
        findings.text("name")
        findings.choice("state", _STATES)
        findings.choice("type", ("sql",))
        findings.section("config").text("sql_query")

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

    def refuse_removal(self, workspace: Workspace, resource_id: str) -> None:
        """Refuse to delete a data model that pipelines use."""
        refuse_in_use(workspace, "data_model_id", resource_id, label="Data model")


def show_validity(stored: Resource, now: datetime) -> Document:
    """Return the status of a data model and what is wrong with it."""
    errors = stored.errors(now)
    return {"status": "invalid" if errors else "valid", "errors": errors}
