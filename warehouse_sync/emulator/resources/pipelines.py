"""Pipelines: their fields and references, and the status from their runs."""

from datetime import datetime
from typing import Any

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.paths import PIPELINES
from warehouse_sync.emulator.resources.data_plans import check_data_plan
from warehouse_sync.emulator.resources.resource_type import ResourceType
from warehouse_sync.emulator.resources.secrets import mask_secrets
from warehouse_sync.emulator.resources.sql import check_model_dialect, connections_of_model
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.runs.schedule import FREQUENCIES, add
from warehouse_sync.emulator.state.resource import Pipeline
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, Workspace

# The reference spells these values in two ways. Both are accepted; the second becomes the first.
_SPELLINGS = {"on-demand": "on_demand", "full_sync": "full"}
_SYNC_TYPES = ("incremental", "full", "full_sync")
_INTEGERS = ("partner_feed_id", "data_plan_version")
_SCHEDULE_TYPES = ("interval", "once", "on_demand", "on-demand")


class Pipelines(ResourceType[Pipeline]):
    """The pipelines of a workspace."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, PIPELINES)

    def collection(self, workspace: Workspace) -> Collection[Pipeline]:
        """Return the pipelines of a workspace."""
        return workspace.pipelines

    def validate(self, errors: FieldErrors, workspace: Workspace, stored: Pipeline | None) -> None:
        """Check the fields, the references, the limit of pipelines and the data plan."""
        _check_identity(errors)
        _check_references(errors, workspace)
        _check_optional_fields(errors)
        _check_sync_mode(errors.section("sync_mode"))
        _check_schedule(errors.section("schedule"))
        _check_active_pipelines(errors, workspace, stored, self.store.limits.active_pipelines)
        errors.raise_if_any()
        check_data_plan(errors.document, workspace)

    def to_stored(self, body: Document) -> Document:
        """Return the body with one spelling per value, integers as numbers, and no nulls."""
        document = mask_secrets(_without_nulls(body))
        document["sync_mode"] = _normalized(document["sync_mode"])
        document["schedule"] = _normalized(document["schedule"])
        integers = {field: int(document[field]) for field in _INTEGERS if field in document}
        return {**document, **integers}

    def create(self, document: Document, workspace: Workspace) -> Pipeline:
        """Return a new pipeline; runs that are due at once are created."""
        self._check_model_dialect(document, workspace)
        now = self.store.clock.now()
        return Pipeline(
            document=document,
            created_on=now,
            created_by=self.store.author,
            scheduler=self.store.new_scheduler(workspace, document["id"], document),
            report_available_from=add(now, self.store.report_delay) if self.store.report_delay else None,
        )

    def update(self, stored: Pipeline, document: Document, workspace: Workspace) -> None:
        """Replace the document, clear a fault, and apply the new schedule."""
        super().update(stored, document, workspace)
        self._check_model_dialect(document, workspace)
        stored.scheduler.reconfigure(document, self.store.clock.now())

    def _check_model_dialect(self, document: Document, workspace: Workspace) -> None:
        model_id = document["data_model_id"]
        connection_ids = [*connections_of_model(workspace, model_id), document["connection_id"]]
        check_model_dialect(self.store, workspace, model_id, connection_ids)

    def on_deleted(self, stored: Pipeline) -> None:
        """Create no more runs of a deleted pipeline."""
        stored.scheduler.stop()

    def show(self, stored: Pipeline, now: datetime) -> Document:
        """Return the pipeline with its status and errors."""
        scheduler = stored.scheduler
        server_set = {"status": scheduler.status(now), "errors": scheduler.errors(now)}
        return {**stored.document, **server_set, **stored.audit()}


def _check_identity(errors: FieldErrors) -> None:
    errors.slug("id")
    errors.text("name")
    errors.choice("state", ("new", "active", "paused"))
    errors.choice("pipeline_type", ("user_attributes", "events"))
    errors.choice("environment", ("development", "production"))


def _check_references(errors: FieldErrors, workspace: Workspace) -> None:
    errors.slug("connection_id")
    _check_reference(errors, "connection_id", "connection", workspace.connections)
    errors.slug("data_model_id")
    _check_reference(errors, "data_model_id", "data model", workspace.data_models)
    transformations = workspace.field_transformations
    if len(transformations) and errors.document.get("pipeline_type") == "events":
        # Until one is added, any id is accepted.
        _check_reference(errors, "field_transformation_id", "field transformation", transformations)


def _check_reference(errors: FieldErrors, field: str, label: str, collection: Collection[Any]) -> None:
    reference = errors.document.get(field)
    if isinstance(reference, str) and reference not in collection:
        errors.add(field, f"names no {label} of this workspace: {reference}.")


def _check_optional_fields(errors: FieldErrors) -> None:
    if errors.document.get("pipeline_type") == "events":
        errors.text("field_transformation_id")
    else:
        errors.forbid("field_transformation_id", "is for pipelines of the type events only.")
    errors.text("partner_feed_key", required=False)
    errors.text("data_plan_id", required=False)
    for field in _INTEGERS:
        errors.integer(field)


def _check_sync_mode(errors: FieldErrors) -> None:
    errors.choice("type", _SYNC_TYPES)
    incremental = errors.document.get("type") == "incremental"
    errors.text("iterator_field", required=incremental)
    errors.text("iterator_data_type", required=incremental)
    errors.timestamp("from")
    errors.timestamp("until")


def _check_schedule(errors: FieldErrors) -> None:
    errors.choice("type", _SCHEDULE_TYPES)
    interval = errors.document.get("type") == "interval"
    errors.choice("frequency", FREQUENCIES, required=interval)
    errors.timestamp("start", required=interval)
    errors.timestamp("end")
    # The reference's table calls it required, and its examples leave it out.
    errors.delay("delay")


def _check_active_pipelines(
    errors: FieldErrors, workspace: Workspace, stored: Pipeline | None, limit: int | None
) -> None:
    if errors.document.get("state") != "active" or (stored and not stored.counts_as_active) or limit is None:
        return
    others = (other for other in workspace.pipelines if other is not stored and other.counts_as_active)
    if sum(1 for other in others if other.document["state"] == "active") >= limit:
        errors.messages.append(
            f"A workspace has at most {limit} active pipelines; pause or delete one first. "
            "(The emulator's option `--limit active_pipelines=N` changes this limit.)"
        )


def _normalized(section: Document) -> Document:
    document = _without_nulls(section)
    return {**document, "type": _SPELLINGS.get(document["type"], document["type"])}


def _without_nulls(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}
