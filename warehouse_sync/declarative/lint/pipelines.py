"""Lint rules for references, schedules and limits of pipelines."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from warehouse_sync import PipelineSpec, PipelineState, ScheduleType
from warehouse_sync.declarative.files.declarations import Declarations, DeclaredResource, Key
from warehouse_sync.declarative.files.fields import (
    CONNECTION,
    DATA_MODEL,
    FEED,
    FIELD_TRANSFORMATION,
    PIPELINE,
    Kind,
)
from warehouse_sync.declarative.lint.rules import RULES, Finding, LintLimits

_REFERENCES = (
    (CONNECTION, "connection_id"),
    (DATA_MODEL, "data_model_id"),
    (FIELD_TRANSFORMATION, "field_transformation_id"),
)
_PERIODS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}


def pipelines_of(declarations: Declarations) -> Iterator[tuple[DeclaredResource, PipelineSpec]]:
    """Yield the declared pipelines with their specs."""
    for each in declarations.resources:
        if isinstance(each.spec, PipelineSpec):
            yield each, each.spec


def lint_pipelines(declarations: Declarations, limits: LintLimits, now: datetime) -> Iterator[Finding]:
    """Yield the findings about pipelines."""
    known = declarations.by_key().keys() | declarations.elsewhere
    known |= {each.key for each in declarations.field_transformations}
    # Field transformations are created in mParticle, so files without any are complete.
    references = _REFERENCES if declarations.field_transformations else _REFERENCES[:2]
    for declared, spec in pipelines_of(declarations):
        yield from _references(declared, spec, known, references)
        yield from _ranges(declared, spec)
        yield from _schedule(declared, spec)
        yield from _catch_up(declared, spec, limits, now)
    yield from _unused(declarations)
    yield from _active(declarations, limits)


def report(code: str, declared: DeclaredResource, path: str, message: str) -> Iterator[Finding]:
    """Yield a finding about a field, unless the resource ignores the rule."""
    if code not in declared.ignored_rules:
        where = f"{declared.kind.name} {declared.id}" + (f".{path}" if path else "")
        yield Finding(rule=RULES[code], location=declared.location_of(path), message=message, path=where)


def _references(
    declared: DeclaredResource,
    spec: PipelineSpec,
    known: AbstractSet[Key],
    references: tuple[tuple[Kind, str], ...],
) -> Iterator[Finding]:
    for kind, field in references:
        named = getattr(spec, field)
        if named is not None and (kind.name, named) not in known:
            message = f"the {kind.noun} {named} is not declared in these files: declare it, or make sure that it exists in the workspace"
            yield from report("WS101", declared, field, message)


def _ranges(declared: DeclaredResource, spec: PipelineSpec) -> Iterator[Finding]:
    for path, message in (*spec.sync_mode.range_problems(), *spec.schedule.range_problems()):
        yield from report("WS202", declared, path, message)


def _schedule(declared: DeclaredResource, spec: PipelineSpec) -> Iterator[Finding]:
    schedule = spec.schedule
    if schedule.type == ScheduleType.INTERVAL:
        if schedule.start is not None and schedule.start == spec.sync_mode.from_:
            period = _PERIODS.get(str(schedule.frequency), "interval")
            message = f"equals sync_mode.from, so the first sync runs one {period} later: to start earlier, move it back one {period}"
            yield from report("WS201", declared, "schedule.start", message)
        return
    # The first trigger of an on-demand pipeline loads from `start`.
    used = ("start",) if schedule.type == ScheduleType.ON_DEMAND else ()
    for name in ("frequency", "start", "end", "delay"):
        if name not in used and getattr(schedule, name) is not None:
            message = f"has no effect on a schedule of type {schedule.type}: remove it"
            yield from report("WS204", declared, f"schedule.{name}", message)


def _catch_up(
    declared: DeclaredResource, spec: PipelineSpec, limits: LintLimits, now: datetime
) -> Iterator[Finding]:
    days = limits.catch_up_days.get(str(spec.schedule.frequency))
    start = spec.schedule.start
    if spec.schedule.type != ScheduleType.INTERVAL or days is None or start is None:
        return
    if start < now - timedelta(days=days):
        message = (
            f"is more than {days} days ago, the limit of what a new {spec.schedule.frequency} pipeline catches up: "
            "set sync_mode.from, from which the first sync loads"
        )
        if spec.sync_mode.from_ is None:
            yield from report("WS203", declared, "schedule.start", message)


def _unused(declarations: Declarations) -> Iterator[Finding]:
    specs = [spec for _, spec in pipelines_of(declarations)]
    used = {(kind.name, getattr(spec, field)) for spec in specs for kind, field in _REFERENCES}
    for declared in (*declarations.resources, *declarations.field_transformations):
        if declared.kind not in (PIPELINE, FEED) and declared.key not in used:
            yield from report(
                "WS102",
                declared,
                "id",
                f"no pipeline in these files uses this {declared.kind.noun}: remove it if nothing else does",
            )


def _active(declarations: Declarations, limits: LintLimits) -> Iterator[Finding]:
    active = [declared for declared, spec in pipelines_of(declarations) if spec.state == PipelineState.ACTIVE]
    excess = [each for each in active[limits.active_pipelines :] if "WS205" not in each.ignored_rules]
    if excess:
        message = (
            f"{len(active)} pipelines are active, but the limit is {limits.active_pipelines}: "
            "pause some, or pass --max-active-pipelines with the limit of your account"
        )
        yield from report("WS205", excess[0], "state", message)
