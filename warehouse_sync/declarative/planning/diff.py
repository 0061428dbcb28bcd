"""Compare a declared resource with the one in the workspace."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import attrs

from warehouse_sync import Connection, ConnectionSpec, DataModelSpec, PipelineSpec, Secret
from warehouse_sync.declarative.files.declarations import DeclaredResource
from warehouse_sync.declarative.files.documents import to_document
from warehouse_sync.declarative.files.fields import Spec, fields_of
from warehouse_sync.declarative.planning.snapshot import Model
from warehouse_sync.declarative.planning.state import State

T = TypeVar("T")
HIDDEN = "(secret)"


@attrs.frozen(kw_only=True)
class Difference:
    """A field that changes.

    Attributes:
        path: The path of the field.
        before: The current value, `(secret)` for a secret; `None` when it is not set.
        after: The new value, in the same form.
    """

    path: str
    before: Any
    after: Any


def flatten(spec: Spec) -> dict[str, Any]:
    """Return the fields of a spec by path; secrets are masked."""
    return dict(_leaves(to_document(spec), ""))


def _leaves(document: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def secret_paths(spec: Spec) -> frozenset[str]:
    """Return the paths of the secret fields."""
    if isinstance(spec, ConnectionSpec):
        config: type = type(spec.config)
        return frozenset(f"config.{field.name}" for field in fields_of(config) if field.secret)
    return frozenset(field.name for field in fields_of(type(spec)) if field.secret)


def merged(declared: DeclaredResource, model: Model) -> Spec:
    """Return the spec that an update sends.

    Unknown fields, a `state` that the files leave out, and such optional fields of a connection keep their current values.
    """
    current = model.to_spec()
    spec = declared.spec
    if declared.keeps_state:
        state: Any = current.state  # a union, which the type of `evolve` does not accept
        spec = attrs.evolve(spec, state=state)
    if isinstance(spec, ConnectionSpec) and isinstance(current, ConnectionSpec):
        return attrs.evolve(spec, config=_merged_config(spec.config, current.config), extra=current.extra)
    if isinstance(spec, PipelineSpec) and isinstance(current, PipelineSpec):
        sync_mode = attrs.evolve(spec.sync_mode, extra=current.sync_mode.extra)
        schedule = attrs.evolve(spec.schedule, extra=current.schedule.extra)
        return attrs.evolve(spec, sync_mode=sync_mode, schedule=schedule, extra=current.extra)
    assert isinstance(spec, DataModelSpec)  # noqa: S101 - the only remaining kind
    return attrs.evolve(spec, extra=current.extra)


def _merged_config(declared: T, current: object) -> T:
    if type(declared) is not type(current):
        return declared
    optional: frozenset[str] = getattr(declared, "optional", frozenset())
    unset = {name: getattr(current, name) for name in optional if getattr(declared, name) is None}
    evolving: Any = declared  # a union, which the type of `evolve` does not accept
    evolved: T = attrs.evolve(evolving, **unset, extra=getattr(current, "extra", {}))
    return evolved


def differences(spec: Spec, model: Model, secret: frozenset[str]) -> list[Difference]:
    """Return the differences between a spec and the current resource, except secrets."""
    before, after = flatten(model.to_spec()), flatten(spec)
    paths = [*after, *(path for path in before if path not in after)]
    return [
        Difference(path=path, before=before.get(path), after=after.get(path))
        for path in paths
        if path not in secret and not _is_same(path, before.get(path), after.get(path))
    ]


def _is_same(path: str, before: object, after: object) -> bool:
    """Return whether two values are equal; queries can have the line ends of any system."""
    if path == "sql_query" and isinstance(before, str) and isinstance(after, str):
        return before.replace("\r\n", "\n") == after.replace("\r\n", "\n")
    return before == after


@attrs.define
class SecretDifferences:
    """The differences in the secrets of a resource.

    Attributes:
        differences: The secrets that change.
        notes: Why a comparison was not possible.
    """

    differences: list[Difference] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)


def compare_secrets(
    declared: DeclaredResource,
    model: Model,
    state: State,
    environ: Mapping[str, str],
    *,
    rotate: bool,
) -> SecretDifferences:
    """Compare secrets by value if the API returns it, or else by fingerprint."""
    result = SecretDifferences()
    changed = partial(Difference, before=HIDDEN, after=HIDDEN)
    for path in sorted(secret_paths(declared.spec) | secret_paths(model.to_spec())):
        reference, current_value = declared.secrets.get(path), _current_value(model, path)
        if reference is None:
            if current_value is not None:
                result.differences.append(Difference(path=path, before=HIDDEN, after=None))
        elif rotate:
            result.differences.append(changed(path=path))
        elif (problem := reference.problem(environ)) is not None:
            result.notes.append(f"{path}: {problem}, so a change cannot be detected")
        elif isinstance(current_value, str):
            if reference.resolve(environ).reveal() != current_value:
                result.differences.append(changed(path=path))
        elif not state.is_known(declared.key, path):
            result.notes.append(
                f"{path}: no earlier value is known, so a change cannot be detected; --rotate {declared.spec.id} sends it"
            )
        elif not state.matches(declared.key, path, reference.resolve(environ)):
            result.differences.append(changed(path=path))
    return result


def _current_value(model: Model, path: str) -> str | Secret | None:
    """Return the value of a secret in the response: the value, a mask or `None`."""
    holder: object = model.config if isinstance(model, Connection) else model
    value: str | Secret | None = getattr(holder, path.removeprefix("config."), None)
    return value
