"""Pipelines: the documented fields, references that must lead somewhere, and a status that follows their runs."""

from datetime import datetime

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.paths import V2
from warehouse_sync.emulator.resources.resource_type import ResourceType
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.runs.schedule import FREQUENCIES
from warehouse_sync.emulator.state.resource import Pipeline
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, Workspace

# The reference spells these words in two ways; both are taken, the second becomes the first.
_SPELLINGS = {"on-demand": "on_demand", "full_sync": "full"}
_SYNC_TYPES = ("incremental", "full", "full_sync")
_NUMBERS = ("partner_feed_id", "data_plan_version")
_SCHEDULE_TYPES = ("interval", "once", "on_demand", "on-demand")


class Pipelines(ResourceType[Pipeline]):
    """The pipelines of a workspace."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, f"{V2}/inputs/data-pipelines")

    def collection(self, workspace: Workspace) -> Collection[Pipeline]:
        """Return the workspace's pipelines."""
        return workspace.pipelines

    def validate(self, errors: FieldErrors, workspace: Workspace, stored: Pipeline | None) -> None:
        """Check every field, that the connection and the data model exist, and the limit of active pipelines."""
        _check_identity(errors)
        _check_references(errors, workspace)
        _check_optional_fields(errors)
        _check_sync_mode(errors.section("sync_mode"))
        _check_schedule(errors.section("schedule"))
        _check_active_pipelines(errors, workspace, stored, self.store.limits.active_pipelines)

    def to_stored(self, sent: Document) -> Document:
        """Keep one spelling for each word, numbers as numbers, and no nulls."""
        kept = _without_nulls(sent)
        kept["sync_mode"], kept["schedule"] = (
            _one_spelling(sent["sync_mode"]),
            _one_spelling(sent["schedule"]),
        )
        numbers = {field: int(kept[field]) for field in _NUMBERS if field in kept}
        return {**kept, **numbers}

    def create(self, document: Document, workspace: Workspace) -> Pipeline:
        """Return a new pipeline; one that is due at once has its first runs."""
        return Pipeline(
            document=document,
            created_on=self.store.clock.now(),
            created_by=self.store.author,
            scheduler=self.store.new_scheduler(workspace, document["id"], document),
        )

    def update(self, stored: Pipeline, document: Document, workspace: Workspace) -> None:
        """Replace the document; this clears a fault and plans the schedule anew."""
        super().update(stored, document, workspace)
        stored.scheduler.reconfigure(document, self.store.clock.now())

    def on_deleted(self, stored: Pipeline) -> None:
        """Let a deleted pipeline run no more."""
        stored.scheduler.stop()

    def show(self, stored: Pipeline, now: datetime) -> Document:
        """Show the document with the status its runs give it."""
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
    for field, label, collection in (
        ("connection_id", "connection", workspace.connections),
        ("data_model_id", "data model", workspace.data_models),
    ):
        errors.slug(field)
        named = errors.document.get(field)
        if isinstance(named, str) and named not in collection:
            errors.add(field, f"names no {label} of this workspace: {named}.")


def _check_optional_fields(errors: FieldErrors) -> None:
    if errors.document.get("pipeline_type") == "events":
        errors.text("field_transformation_id")
    else:
        errors.refuse("field_transformation_id", "is for pipelines of the type events only.")
    errors.text("partner_feed_key", required=False)
    errors.text("data_plan_id", required=False)
    for field in _NUMBERS:
        errors.integer(field)


def _check_sync_mode(errors: FieldErrors) -> None:
    errors.choice("type", _SYNC_TYPES)
    incremental = errors.document.get("type") == "incremental"
    errors.text("iterator_field", required=incremental)
    errors.text("iterator_data_type", required=incremental)
    errors.moment("from")
    errors.moment("until")


def _check_schedule(errors: FieldErrors) -> None:
    errors.choice("type", _SCHEDULE_TYPES)
    interval = errors.document.get("type") == "interval"
    errors.choice("frequency", FREQUENCIES, required=interval)
    errors.moment("start", required=interval)
    errors.moment("end")
    # The table calls it required, and the examples leave it out.
    errors.delay("delay")


def _check_active_pipelines(
    errors: FieldErrors, workspace: Workspace, stored: Pipeline | None, most: int | None
) -> None:
    if errors.document.get("state") != "active" or (stored and not stored.counts_as_active) or most is None:
        return
    others = (kept for kept in workspace.pipelines if kept is not stored and kept.counts_as_active)
    if sum(1 for kept in others if kept.document["state"] == "active") >= most:
        errors.problems.append(
            f"A workspace has at most {most} active pipelines; pause or delete one first. "
            "(The emulator's option `--limit active_pipelines=N` moves this limit.)"
        )


def _one_spelling(section: Document) -> Document:
    kept = _without_nulls(section)
    return {**kept, "type": _SPELLINGS.get(kept["type"], kept["type"])}


def _without_nulls(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}
