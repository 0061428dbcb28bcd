"""Rules about pipelines: references, schedules, limits."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from warehouse_sync import PipelineSpec, PipelineState, ScheduleType
from warehouse_sync.declarative.files.declarations import Declarations, DeclaredResource
from warehouse_sync.declarative.files.fields import CONNECTION, DATA_MODEL, PIPELINE
from warehouse_sync.declarative.lint.rules import RULES, Finding, Limits

_PERIODS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}


def pipelines_of(declarations: Declarations) -> Iterator[tuple[DeclaredResource, PipelineSpec]]:
    """Yield the pipelines that the files declare."""
    for each in declarations.resources:
        if isinstance(each.spec, PipelineSpec):
            yield each, each.spec


def lint_pipelines(declarations: Declarations, limits: Limits, now: datetime) -> Iterator[Finding]:
    """Yield what speaks about the pipelines."""
    for declared, spec in pipelines_of(declarations):
        yield from _references(declared, spec, declarations)
        yield from _ranges(declared, spec)
        yield from _schedule(declared, spec)
        yield from _catch_up(declared, spec, limits, now)
    yield from _unused(declarations)
    yield from _active(declarations, limits)


def found(code: str, declared: DeclaredResource, path: str, message: str) -> Iterator[Finding]:
    """Yield a finding about a field, unless the resource silences it."""
    if code not in declared.ignored_rules:
        where = f"{declared.kind.name} {declared.spec.id}" + (f".{path}" if path else "")
        yield Finding(rule=RULES[code], location=declared.location_of(path), message=message, path=where)


def _references(
    declared: DeclaredResource, spec: PipelineSpec, declarations: Declarations
) -> Iterator[Finding]:
    known = declarations.by_key()
    for kind, field in ((CONNECTION, "connection_id"), (DATA_MODEL, "data_model_id")):
        named = getattr(spec, field)
        if (kind.name, named) not in known:
            message = f"the {kind.noun} {named} is not in these files; it must be in the workspace"
            yield from found("WS101", declared, field, message)


def _ranges(declared: DeclaredResource, spec: PipelineSpec) -> Iterator[Finding]:
    for path, begin, end in (
        ("sync_mode.until", spec.sync_mode.from_, spec.sync_mode.until),
        ("schedule.end", spec.schedule.start, spec.schedule.end),
    ):
        if begin is not None and end is not None and end <= begin:
            yield from found(
                "WS202",
                declared,
                path,
                f"{end:%Y-%m-%d %H:%M} is not after its beginning, {begin:%Y-%m-%d %H:%M}",
            )


def _schedule(declared: DeclaredResource, spec: PipelineSpec) -> Iterator[Finding]:
    schedule = spec.schedule
    if schedule.type == ScheduleType.INTERVAL:
        if schedule.start is not None and schedule.start == spec.sync_mode.from_:
            period = _PERIODS.get(str(schedule.frequency), "interval")
            message = f"equals sync_mode.from, so the first sync comes one {period} later"
            yield from found("WS201", declared, "schedule.start", message)
        return
    for name in ("frequency", "start", "end", "delay"):
        if getattr(schedule, name) is not None:
            message = f"has no effect on a schedule of the type {schedule.type}: leave it out"
            yield from found("WS204", declared, f"schedule.{name}", message)


def _catch_up(
    declared: DeclaredResource, spec: PipelineSpec, limits: Limits, now: datetime
) -> Iterator[Finding]:
    days = limits.catch_up_days.get(str(spec.schedule.frequency))
    start = spec.schedule.start
    if spec.schedule.type != ScheduleType.INTERVAL or days is None or start is None:
        return
    if start < now - timedelta(days=days):
        message = (
            f"lies further back than the {days} days that a new {spec.schedule.frequency} pipeline makes up for; "
            "set sync_mode.from, which the first sync goes back to"
        )
        if spec.sync_mode.from_ is None:
            yield from found("WS203", declared, "schedule.start", message)


def _unused(declarations: Declarations) -> Iterator[Finding]:
    specs = [spec for _, spec in pipelines_of(declarations)]
    used = {(CONNECTION.name, spec.connection_id) for spec in specs} | {
        (DATA_MODEL.name, spec.data_model_id) for spec in specs
    }
    for declared in declarations.resources:
        if declared.kind is not PIPELINE and declared.key not in used:
            yield from found(
                "WS102", declared, "id", f"no pipeline in these files uses this {declared.kind.noun}"
            )


def _active(declarations: Declarations, limits: Limits) -> Iterator[Finding]:
    active = [declared for declared, spec in pipelines_of(declarations) if spec.state == PipelineState.ACTIVE]
    for declared in active[limits.active_pipelines :]:
        message = f"{len(active)} pipelines are active; a workspace may have {limits.active_pipelines}"
        yield from found("WS205", declared, "state", message)
