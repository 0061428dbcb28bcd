"""Data models: SQL queries with a name."""

from datetime import datetime

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.paths import V2
from warehouse_sync.emulator.resources.references import check_not_in_use, clear_problem
from warehouse_sync.emulator.resources.resource_type import ResourceType
from warehouse_sync.emulator.resources.sql import check_model_dialect, connections_of_model, sql_error
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
        """Return the data models of a workspace."""
        return workspace.data_models

    def validate(self, errors: FieldErrors, workspace: Workspace, stored: Resource | None) -> None:  # noqa: ARG002 - has no references
        """Check the fields, and that some dialect supports the query."""
        errors.slug("id")
        errors.text("name")
        errors.choice("state", _STATES)
        errors.choice("type", ("sql",))
        config = errors.section("config")
        config.text("sql_query")
        sql = config.document.get("sql_query")
        if isinstance(sql, str) and sql.strip():
            error = sql_error(sql, lenient=self.store.lenient_sql)
            if error:
                config.add("sql_query", f"is not supported. {error}")

    def create(self, document: Document, workspace: Workspace) -> Resource:  # noqa: ARG002 - has no references
        """Return a new data model."""
        return Resource(document=document, created_on=self.store.clock.now(), created_by=self.store.author)

    def update(self, stored: Resource, document: Document, workspace: Workspace) -> None:
        """Replace the document, and clear the faults of it and its pipelines."""
        super().update(stored, document, workspace)
        clear_problem(stored, workspace, "data_model_id", self.store.clock.now())
        model_id = document["id"]
        check_model_dialect(self.store, workspace, model_id, connections_of_model(workspace, model_id))

    def show(self, stored: Resource, now: datetime) -> Document:
        """Return the data model with its status and errors."""
        first = {name: stored.document[name] for name in ("id", "name", "state")}
        return {**first, **data_model_status(stored, now), **stored.document, **stored.audit()}

    def check_deletable(self, workspace: Workspace, resource_id: str) -> None:
        """Check that no pipeline uses the data model."""
        check_not_in_use(workspace, "data_model_id", resource_id, label="Data model")


def data_model_status(stored: Resource, now: datetime) -> Document:
    """Return the status and the errors of a data model."""
    errors = stored.errors(now)
    return {"status": "invalid" if errors else "valid", "errors": errors}
