"""How a declared resource differs from the one that is there."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import attrs

from warehouse_sync import Connection, ConnectionSpec, DataModelSpec, PipelineSpec, Secret
from warehouse_sync.declarative.files.declarations import DeclaredResource
from warehouse_sync.declarative.files.documents import to_document
from warehouse_sync.declarative.files.fields import Spec, fields_of
from warehouse_sync.declarative.planning.ledger import LedgerContent
from warehouse_sync.declarative.planning.snapshot import Model

T = TypeVar("T")
HIDDEN = "(secret)"


@attrs.frozen(kw_only=True)
class Difference:
    """One field that changes.

    Attributes:
        path: The field.
        before: Its value now; `None` when it is not set. `(secret)` in place of a secret.
        after: Its value after.
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
    """Return the paths of the fields whose values are never shown."""
    if isinstance(spec, ConnectionSpec):
        config: type = type(spec.config)
        return frozenset(f"config.{field.name}" for field in fields_of(config) if field.secret)
    return frozenset(field.name for field in fields_of(type(spec)) if field.secret)


def merged(declared: DeclaredResource, model: Model) -> Spec:
    """Return what an update sends: what is declared, with what the server filled in or added by itself.

    Fields this release does not know, and optional fields of a connection that the files leave out, stay as they are.
    """
    current = model.to_spec()
    spec = declared.spec
    if isinstance(spec, ConnectionSpec) and isinstance(current, ConnectionSpec):
        return attrs.evolve(spec, config=_merged_config(spec.config, current.config), extra=current.extra)
    if isinstance(spec, PipelineSpec) and isinstance(current, PipelineSpec):
        sync_mode = attrs.evolve(spec.sync_mode, extra=current.sync_mode.extra)
        schedule = attrs.evolve(spec.schedule, extra=current.schedule.extra)
        return attrs.evolve(spec, sync_mode=sync_mode, schedule=schedule, extra=current.extra)
    assert isinstance(spec, DataModelSpec)  # noqa: S101 - the third of three kinds
    return attrs.evolve(spec, extra=current.extra)


def _merged_config(declared: T, current: object) -> T:
    if type(declared) is not type(current):
        return declared
    optional: frozenset[str] = getattr(declared, "optional", frozenset())
    kept = {name: getattr(current, name) for name in optional if getattr(declared, name) is None}
    evolving: Any = declared  # one of several classes, of which `evolve` cannot be told which
    evolved: T = attrs.evolve(evolving, **kept, extra=getattr(current, "extra", {}))
    return evolved


def differences(spec: Spec, model: Model, secret: frozenset[str]) -> list[Difference]:
    """Return the fields in which a spec differs from what is there, but for the secrets."""
    before, after = flatten(model.to_spec()), flatten(spec)
    paths = [*after, *(path for path in before if path not in after)]
    return [
        Difference(path=path, before=before.get(path), after=after.get(path))
        for path in paths
        if path not in secret and before.get(path) != after.get(path)
    ]


@attrs.define
class SecretDifferences:
    """What is known of a resource's secrets.

    Attributes:
        differences: Those that change.
        notes: What could not be told.
    """

    differences: list[Difference] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)


def compare_secrets(
    declared: DeclaredResource,
    model: Model,
    remembered: LedgerContent,
    environ: Mapping[str, str],
    *,
    rotate: bool,
) -> SecretDifferences:
    """Tell which secrets change: by value where the API shows it, by fingerprint where it shows a mask."""
    found = SecretDifferences()
    for path in sorted(secret_paths(declared.spec) | secret_paths(model.to_spec())):
        reference, shown = declared.secrets.get(path), _shown(model, path)
        value = reference.resolve(environ) if reference else None
        if reference is None:
            if shown is not None:
                found.differences.append(Difference(path=path, before=HIDDEN, after=None))
        elif rotate:
            found.differences.append(Difference(path=path, before=HIDDEN, after=HIDDEN))
        elif value is None:
            found.notes.append(f"{path}: {reference} has no value here, so whether it changed is unknown")
        elif isinstance(shown, str):
            if value.reveal() != shown:
                found.differences.append(Difference(path=path, before=HIDDEN, after=HIDDEN))
        elif not remembered.is_known(declared.key, path):
            found.notes.append(
                f"{path}: whether it changed is unknown; --rotate {declared.spec.id} sends it again"
            )
        elif not remembered.matches(declared.key, path, value):
            found.differences.append(Difference(path=path, before=HIDDEN, after=HIDDEN))
    return found


def _shown(model: Model, path: str) -> str | Secret | None:
    """Return what the API shows of a secret: the value, a mask, or nothing."""
    holder: object = model.config if isinstance(model, Connection) else model
    value: str | Secret | None = getattr(holder, path.removeprefix("config."), None)
    return value
