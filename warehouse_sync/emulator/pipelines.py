"""Pipelines: the documented fields, references that must lead somewhere, and a status that follows their runs."""

from datetime import datetime

from warehouse_sync.emulator.answers import Document
from warehouse_sync.emulator.checks import Findings
from warehouse_sync.emulator.kinds import Kind
from warehouse_sync.emulator.places import V2
from warehouse_sync.emulator.schedule import FREQUENCIES
from warehouse_sync.emulator.store import Pipeline, Shelf, Store, Workspace

# The reference spells these words in two ways; both are taken, the second becomes the first.
_SPELLINGS = {"on-demand": "on_demand", "full_sync": "full"}
_SYNC_TYPES = ("incremental", "full", "full_sync")
_NUMBERS = ("partner_feed_id", "data_plan_version")
_SCHEDULE_TYPES = ("interval", "once", "on_demand", "on-demand")


class Pipelines(Kind[Pipeline]):
    """The pipelines of a workspace."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, f"{V2}/inputs/data-pipelines")

    def shelf(self, workspace: Workspace) -> Shelf[Pipeline]:
        """Return the workspace's pipelines."""
        return workspace.pipelines

    def inspect(self, findings: Findings, workspace: Workspace, stored: Pipeline | None) -> None:
        """Check every field, that the connection and the data model exist, and the limit of active pipelines."""
        _check_identity(findings)
        _check_references(findings, workspace)
        _check_optional_fields(findings)
        _check_sync_mode(findings.section("sync_mode"))
        _check_schedule(findings.section("schedule"))
        _check_active_pipelines(findings, workspace, stored, self.store.limits.active_pipelines)

    def keep(self, sent: Document) -> Document:
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
            timeline=self.store.new_timeline(workspace, document["id"], document),
        )

    def update(self, stored: Pipeline, document: Document, workspace: Workspace) -> None:
        """Replace the document; this clears a fault and plans the schedule anew."""
        super().update(stored, document, workspace)
        stored.timeline.reconfigure(document, self.store.clock.now())

    def discard(self, stored: Pipeline) -> None:
        """Let a deleted pipeline run no more."""
        stored.timeline.stop()

    def show(self, stored: Pipeline, now: datetime) -> Document:
        """Show the document with the status its runs give it."""
        timeline = stored.timeline
        server_set = {"status": timeline.status(now), "errors": timeline.errors(now)}
        return {**stored.document, **server_set, **stored.audit()}


def _check_identity(findings: Findings) -> None:
    findings.slug("id")
    findings.text("name")
    findings.choice("state", ("new", "active", "paused"))
    findings.choice("pipeline_type", ("user_attributes", "events"))
    findings.choice("environment", ("development", "production"))


def _check_references(findings: Findings, workspace: Workspace) -> None:
    for field, label, shelf in (
        ("connection_id", "connection", workspace.connections),
        ("data_model_id", "data model", workspace.data_models),
    ):
        findings.slug(field)
        named = findings.document.get(field)
        if isinstance(named, str) and named not in shelf:
            findings.add(field, f"names no {label} of this workspace: {named}.")


def _check_optional_fields(findings: Findings) -> None:
    if findings.document.get("pipeline_type") == "events":
        findings.text("field_transformation_id")
    else:
        findings.refuse("field_transformation_id", "is for pipelines of the type events only.")
    findings.text("partner_feed_key", required=False)
    findings.text("data_plan_id", required=False)
    for field in _NUMBERS:
        findings.integer(field)


def _check_sync_mode(findings: Findings) -> None:
    findings.choice("type", _SYNC_TYPES)
    incremental = findings.document.get("type") == "incremental"
    findings.text("iterator_field", required=incremental)
    findings.text("iterator_data_type", required=incremental)
    findings.moment("from")
    findings.moment("until")


def _check_schedule(findings: Findings) -> None:
    findings.choice("type", _SCHEDULE_TYPES)
    interval = findings.document.get("type") == "interval"
    findings.choice("frequency", FREQUENCIES, required=interval)
    findings.moment("start", required=interval)
    findings.moment("end")
    # The table calls it required, and the examples leave it out.
    findings.delay("delay")


def _check_active_pipelines(
    findings: Findings, workspace: Workspace, stored: Pipeline | None, most: int | None
) -> None:
    if findings.document.get("state") != "active" or (stored and not stored.counted) or most is None:
        return
    others = (kept for kept in workspace.pipelines if kept is not stored and kept.counted)
    if sum(1 for kept in others if kept.document["state"] == "active") >= most:
        findings.problems.append(
            f"A workspace has at most {most} active pipelines; pause or delete one first. "
            "(The emulator's option `--limit active_pipelines=N` moves this limit.)"
        )


def _one_spelling(section: Document) -> Document:
    kept = _without_nulls(section)
    return {**kept, "type": _SPELLINGS.get(kept["type"], kept["type"])}


def _without_nulls(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}
