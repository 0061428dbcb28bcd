"""Compare a declared resource with the one in the workspace."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import attrs

from warehouse_sync import Connection, ConnectionSpec, DataModelSpec, Feed, FeedSpec, PipelineSpec, Secret
from warehouse_sync.declarative.files.declarations import DeclaredResource, setting_paths
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
    document = to_document(spec)
    document.pop("settings", None)  # each setting of a feed is a secret
    return dict(_leaves(document, ""))


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
    if isinstance(spec, FeedSpec):
        return frozenset(setting_paths(spec))
    return frozenset(field.name for field in fields_of(type(spec)) if field.secret)


def merged(declared: DeclaredResource, model: Model) -> Spec:
    """Return the spec that an update sends.

    Unknown fields, a `state` that the files leave out, and such optional fields of a connection keep their current values.
    """
    current = model.to_spec()
    spec = declared.spec
    if declared.keeps_state:
        state: dict[str, Any] = {"state": getattr(current, "state", None)}
        spec = attrs.evolve(spec, **state)
    if isinstance(spec, ConnectionSpec) and isinstance(current, ConnectionSpec):
        return attrs.evolve(spec, config=_merged_config(spec.config, current.config), extra=current.extra)
    if isinstance(spec, PipelineSpec) and isinstance(current, PipelineSpec):
        sync_mode = attrs.evolve(spec.sync_mode, extra=current.sync_mode.extra)
        schedule = attrs.evolve(spec.schedule, extra=current.schedule.extra)
        return attrs.evolve(spec, sync_mode=sync_mode, schedule=schedule, extra=current.extra)
    assert isinstance(spec, DataModelSpec | FeedSpec)  # noqa: S101 - the only remaining kinds
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
    # Settings of a feed that the files leave out are neither compared nor sent.
    others = frozenset() if isinstance(model, Feed) else secret_paths(model.to_spec())
    for path in sorted(secret_paths(declared.spec) | others):
        reference, current_value = declared.secrets.get(path), _current_value(declared.spec, model, path)
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
                f"{path}: no earlier value is known, so a change cannot be detected; --rotate {declared.id} sends it"
            )
        elif not state.matches(declared.key, path, reference.resolve(environ)):
            result.differences.append(changed(path=path))
    return result


def _current_value(spec: Spec, model: Model, path: str) -> str | Secret | None:
    """Return the value of a secret in the response: the value, a mask or `None`."""
    if isinstance(model, Feed) and isinstance(spec, FeedSpec):
        return _current_setting(spec, model, path)
    holder: object = model.config if isinstance(model, Connection) else model
    value: str | Secret | None = getattr(holder, path.removeprefix("config."), None)
    return value


def _current_setting(spec: FeedSpec, feed: Feed, path: str) -> str | None:
    """Return the value of a setting in the response: empty if it is not there, `None` if it is a secret."""
    name = spec.settings[setting_paths(spec).index(path)].name
    values = {setting.name: setting.value for setting in feed.settings}
    value = values.get(name)
    return value.reveal() if value is not None else None if name in values else ""
