"""Compute the changes that make a workspace match the files. No I/O."""

from collections.abc import Iterator, Mapping

import attrs

from warehouse_sync import Feed, Pipeline, PipelineSpec
from warehouse_sync.declarative.files.declarations import Declarations, DeclaredResource, Key
from warehouse_sync.declarative.files.fields import CONNECTION, DATA_MODEL, FEED, KINDS, Kind, Spec
from warehouse_sync.declarative.planning.diff import (
    Difference,
    compare_secrets,
    differences,
    flatten,
    merged,
    secret_paths,
)
from warehouse_sync.declarative.planning.ownership import (
    delete_blockers,
    destroy_blockers,
    moved_blockers,
    moved_notes,
    named,
    ownership_notes,
    prune_blockers,
    renamed_feeds,
    shared_notes,
    skipped_notes,
    split_shared,
    takeover_blockers,
    unmanaged_notes,
)
from warehouse_sync.declarative.planning.snapshot import Model, Snapshot
from warehouse_sync.declarative.planning.state import State

CREATE, UPDATE, DELETE, NO_CHANGE = "create", "update", "delete", "no_change"
_KINDS = {kind.name: kind for kind in KINDS}


@attrs.frozen(kw_only=True)
class Change:
    """The planned action for one resource.

    Attributes:
        action: `create`, `update`, `delete` or `no_change`.
        kind: Connection, data model or pipeline.
        id: The id, or the name of a feed.
        number: The id that the API assigned to an existing feed; `None` for other resources.
        renamed_from: The name of a feed before the change; `None` if it stays.
        differences: The fields that change.
        notes: Remarks for the reader, such as a secret that cannot be compared.
        spec: The spec to send, without secrets; `None` for a delete.
        declared: The declared resource; `None` for a delete.
    """

    action: str
    kind: Kind
    id: str
    number: int | None = None
    renamed_from: str | None = None
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    spec: Spec | None = attrs.field(default=None, repr=False)
    declared: DeclaredResource | None = attrs.field(default=None, repr=False)

    @property
    def key(self) -> Key:
        """The kind and the id."""
        return self.kind.name, self.id


@attrs.frozen(kw_only=True)
class Options:
    """Options of a plan.

    Attributes:
        prune: Whether to delete resources that these files manage and no longer declare.
        rotate: Ids of resources whose secrets are sent again.
        max_deletes: The maximum number of deletes; `None` for no limit.
        adopt: Ids of resources to take over from other files.
        targets: Ids of the only resources to change, beside those that they depend on; empty for all.
    """

    prune: bool = False
    rotate: frozenset[str] = frozenset()
    max_deletes: int | None = None
    adopt: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Plan:
    """Changes in the order in which they are applied.

    Attributes:
        changes: One change per declared resource, including unchanged ones, then the deletes.
        notes: Remarks for the reader.
        blockers: Why the plan cannot be applied; empty if it can.
        takeovers: The blockers about resources that other files manage.
        unmanaged: The resources of the workspace that no files declare or manage.
        declared: The declared resources, also those of other files of the project.
        serial: The serial number of the state that the plan was made with.
    """

    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    takeovers: tuple[str, ...] = ()
    unmanaged: tuple[Key, ...] = ()
    declared: frozenset[Key] = frozenset()
    serial: int = 0

    @property
    def steps(self) -> tuple[Change, ...]:
        """The changes to apply."""
        return tuple(change for change in self.changes if change.action != NO_CHANGE)

    def count(self, action: str) -> int:
        """Return the number of changes with an action."""
        return sum(1 for change in self.changes if change.action == action)


def make_plan(
    declarations: Declarations,
    snapshot: Snapshot,
    state: State,
    *,
    environ: Mapping[str, str],
    options: Options | None = None,
) -> Plan:
    """Compare the files with the workspace.

    Args:
        declarations: The declared resources.
        snapshot: The resources of the workspace.
        state: The state of these files.
        environ: The environment variables for `env:` references.
        options: Options; the defaults if `None`.
    """
    options = options or Options()
    declared = frozenset(declarations.by_key())
    kept = declared | declarations.elsewhere
    there = frozenset(snapshot.models)
    chosen = _chosen(declarations, options.targets)
    renamed = renamed_feeds(declarations, state, there)
    models = {each.key: snapshot.models.get(renamed.get(each.key, each.key)) for each in chosen}
    declared_changes = [
        _change(each, models[each.key], state, environ, rotate=each.id in options.rotate) for each in chosen
    ]
    existing = frozenset(each.key for each in chosen) & there
    undeclared = (state.managed & there) - kept - {*renamed.values()}
    gone, shared = split_shared(state, _targeted(undeclared, options.targets))
    replaced, orphans = _split_moved(gone, declarations)
    deleted = [_deletion(key, snapshot) for key in _in_delete_order(gone if options.prune else replaced)]
    unmanaged = tuple(sorted(there - kept - state.ownership.keys()))
    takeovers = tuple(takeover_blockers(state, existing, options.adopt))
    return Plan(
        changes=(*declared_changes, *deleted),
        notes=(
            *state.notes,
            *skipped_notes(declarations),
            *ownership_notes(state, existing, options.adopt),
            *moved_notes(declarations, state, there),
            *_orphan_notes(orphans, options),
            *shared_notes(state, shared),
        ),
        blockers=(
            *_blockers((*declared_changes, *deleted), snapshot, options),
            *takeovers,
            *_target_blockers(options.targets, (*existing, *gone, *(each.key for each in chosen))),
            *moved_blockers(declarations, state, there, targeted=bool(options.targets)),
            *delete_blockers(declarations, deletes=bool(deleted)),
            *(prune_blockers(state, unmanaged) if options.prune else ()),
        ),
        takeovers=takeovers,
        unmanaged=unmanaged,
        declared=kept,
        serial=state.serial,
    )


def _chosen(declarations: Declarations, targets: frozenset[str]) -> tuple[DeclaredResource, ...]:
    """Return the declared resources that are targets, and those that they depend on."""
    if not targets:
        return declarations.resources
    specs = [each.spec for each in declarations.resources if each.id in targets]
    needed = {
        key
        for spec in specs
        if isinstance(spec, PipelineSpec)
        for key in ((CONNECTION.name, spec.connection_id), (DATA_MODEL.name, spec.data_model_id))
    }
    return tuple(each for each in declarations.resources if each.id in targets or each.key in needed)


def _targeted(keys: frozenset[Key], targets: frozenset[str]) -> frozenset[Key]:
    return frozenset(key for key in keys if key[1] in targets) if targets else keys


def _split_moved(keys: list[Key], declarations: Declarations) -> tuple[list[Key], list[Key]]:
    """Split resources into those that have another id now and the others."""
    moved = {(each.kind, each.old) for each in declarations.moved if each.kind != FEED.name}
    return [key for key in keys if key in moved], [key for key in keys if key not in moved]


def _target_blockers(targets: frozenset[str], keys: tuple[Key, ...]) -> Iterator[str]:
    for target in sorted(targets - {key[1] for key in keys}):
        yield f"--target {target}: these files neither declare nor manage a resource with this id"


def make_destroy_plan(
    declarations: Declarations, snapshot: Snapshot, state: State, *, unmanaged: bool = False
) -> Plan:
    """Plan the deletion of the resources that the files manage.

    Args:
        declarations: The declared resources.
        snapshot: The resources of the workspace.
        state: The state of these files.
        unmanaged: Whether to delete declared resources too that were not applied last from these files.
    """
    managed, shared = split_shared(state, state.managed & snapshot.models.keys())
    others = (declarations.by_key().keys() & snapshot.models.keys()) - state.managed
    keys = {*managed, *others} if unmanaged else {*managed}
    changes = tuple(_deletion(key, snapshot) for key in _in_delete_order(sorted(keys)))
    kept = [] if unmanaged else sorted(others)
    return Plan(
        changes=changes,
        notes=(
            *state.notes,
            *skipped_notes(declarations),
            *unmanaged_notes(kept),
            *shared_notes(state, shared),
        ),
        blockers=(
            *_blockers(changes, snapshot, Options()),
            *destroy_blockers(declarations),
        ),
        serial=state.serial,
    )


def _change(
    declared: DeclaredResource,
    model: Model | None,
    state: State,
    environ: Mapping[str, str],
    *,
    rotate: bool,
) -> Change:
    if model is None:
        return _creation(declared, environ)
    spec = merged(declared, model)
    secret = compare_secrets(declared, model, state, environ, rotate=rotate)
    hidden = secret_paths(spec) | secret_paths(model.to_spec())
    found = (*differences(spec, model, hidden), *secret.differences)
    return Change(
        action=UPDATE if found else NO_CHANGE,
        kind=declared.kind,
        id=declared.id,
        number=_number(model),
        renamed_from=model.name if isinstance(model, Feed) and model.name != declared.id else None,
        differences=found,
        notes=(*_state_notes(declared, spec, "it stays"), *secret.notes),
        spec=spec,
        declared=declared,
    )


def _creation(declared: DeclaredResource, environ: Mapping[str, str]) -> Change:
    fields = {**flatten(declared.spec), **dict.fromkeys(declared.secrets, "(secret)")}
    found = tuple(Difference(path=path, before=None, after=value) for path, value in fields.items())
    problems = {path: reference.problem(environ) for path, reference in declared.secrets.items()}
    return Change(
        action=CREATE,
        kind=declared.kind,
        id=declared.id,
        differences=found,
        notes=(
            *_state_notes(declared, declared.spec, "a new pipeline is"),
            *(f"{path}: {problem}; apply needs it" for path, problem in problems.items() if problem),
        ),
        spec=declared.spec,
        declared=declared,
    )


def _state_notes(declared: DeclaredResource, spec: Spec, verb: str) -> Iterator[str]:
    if declared.keeps_state and isinstance(spec, PipelineSpec):
        yield f"state: not declared, so {verb} {spec.state}"


def _deletion(key: Key, snapshot: Snapshot) -> Change:
    return Change(action=DELETE, kind=_KINDS[key[0]], id=key[1], number=_number(snapshot.models[key]))


def _number(model: Model) -> int | None:
    return model.id if isinstance(model, Feed) else None


def _in_delete_order(keys: list[Key]) -> list[Key]:
    """Sort so that a resource comes before the ones that it refers to."""
    order = {kind.name: position for position, kind in enumerate(reversed(KINDS))}
    return sorted((key for key in keys if key[0] in order), key=lambda key: (order[key[0]], key[1]))


def _orphan_notes(orphans: list[Key], options: Options) -> Iterator[str]:
    if orphans and not options.prune:
        yield f"No longer declared and not deleted: {named(orphans)}. --prune deletes them."


def _blockers(changes: tuple[Change, ...], snapshot: Snapshot, options: Options) -> Iterator[str]:
    deleted = {change.key for change in changes if change.action == DELETE}
    existing = (snapshot.models.keys() | {change.key for change in changes}) - deleted
    sent = {change.key: change.spec for change in changes if change.spec is not None}
    for change in changes:
        if isinstance(change.spec, PipelineSpec):
            yield from _dangling(change.spec, existing)
    for key, model in snapshot.models.items():
        if isinstance(model, Pipeline) and key not in deleted and key not in sent:
            yield from _dangling(model.to_spec(), existing, deleted)
    for change in changes:
        before = (change.kind.name, change.renamed_from or change.id)
        if change.action != NO_CHANGE and before in snapshot.ambiguous:
            ids = ", ".join(map(str, snapshot.ambiguous[before]))
            yield f"several feeds have the name {before[1]!r} (ids {ids}): rename or delete all but one of them"
    if options.max_deletes is not None and len(deleted) > options.max_deletes:
        yield f"{len(deleted)} deletes exceed --max-deletes {options.max_deletes}"


def _dangling(spec: PipelineSpec, existing: set[Key], only: set[Key] | None = None) -> Iterator[str]:
    """Yield references of a pipeline to missing resources, or to those being deleted."""
    for kind, resource_id in ((CONNECTION, spec.connection_id), (DATA_MODEL, spec.data_model_id)):
        key = (kind.name, resource_id)
        if key not in existing and (only is None or key in only):
            why = (
                "would be deleted"
                if only
                else "is neither in the files nor in the workspace: declare it or fix the id"
            )
            yield f"pipeline {spec.id} uses {kind.noun} {resource_id}, which {why}"
