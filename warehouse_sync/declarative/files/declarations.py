"""Declared resources with their locations and secret references."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync import ConnectionSpec, FeedSpec, Secret
from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.fields import Kind, Spec
from warehouse_sync.declarative.files.moved import Moved
from warehouse_sync.declarative.files.secret_references import SecretReference
from warehouse_sync.declarative.project import ProjectEnvironment

Key = tuple[str, str]


@attrs.frozen(kw_only=True)
class DeclaredResource:
    """A resource that the files declare.

    Attributes:
        kind: The kind of the resource.
        spec: The spec to send, without its secrets.
        secrets: The reference of each secret by field path, such as `config.password`.
        location: Where the resource starts.
        locations: The location of each field, by path.
        ignored_rules: Codes of the lint rules that are ignored for this resource.
        keeps_state: Whether `state` is left out: an update keeps the current one, a new pipeline is paused.
    """

    kind: Kind
    spec: Spec
    secrets: Mapping[str, SecretReference]
    location: Location
    locations: Mapping[str, Location]
    ignored_rules: frozenset[str] = frozenset()
    keeps_state: bool = False

    @property
    def key(self) -> Key:
        """The kind and the id."""
        return self.kind.name, self.id

    @property
    def id(self) -> str:
        """The id, or the name of a feed."""
        return self.kind.id_of(self.spec)

    def location_of(self, path: str) -> Location:
        """Return the location of a field, or of its nearest declared parent."""
        while path and path not in self.locations:
            path = path.rpartition(".")[0]
        return self.locations.get(path, self.location)


@attrs.frozen(kw_only=True)
class Declarations:
    """Every resource that the files declare.

    Attributes:
        resources: Ordered by dependency, then as in the files.
        field_transformations: The field transformations, which are not sent.
        digest: A hash of every file that was read.
        files: The file or folder that was read.
        skipped: Files and folders that were skipped although they can contain declarations.
        moved: Connections and data models that have another id.
        elsewhere: Resources that other files of the project declare.
        environment: The environment of the project; `None` without a project.
    """

    resources: tuple[DeclaredResource, ...]
    digest: str
    files: Path
    skipped: tuple[Problem, ...] = ()
    moved: tuple[Moved, ...] = ()
    elsewhere: frozenset[Key] = frozenset()
    environment: ProjectEnvironment | None = None
    field_transformations: tuple[DeclaredResource, ...] = ()

    def by_key(self) -> dict[Key, DeclaredResource]:
        """Return the resources that are sent by kind and id."""
        return {each.key: each for each in self.resources}


def with_secrets(spec: Spec, values: Mapping[str, Secret]) -> Spec:
    """Return a copy of a spec with its secrets set, by field path."""
    if isinstance(spec, ConnectionSpec):
        secrets: dict[str, Any] = {path.removeprefix("config."): value for path, value in values.items()}
        config: Any = spec.config  # a union, which the type of `evolve` does not accept
        return attrs.evolve(spec, config=attrs.evolve(config, **secrets))
    if isinstance(spec, FeedSpec):
        settings = zip(setting_paths(spec), spec.settings, strict=True)
        return attrs.evolve(
            spec, settings=[attrs.evolve(each, value=values.get(path, each.value)) for path, each in settings]
        )
    plain: dict[str, Any] = {path: value.reveal() for path, value in values.items()}
    evolved: Spec = attrs.evolve(spec, **plain)
    return evolved


def setting_paths(spec: FeedSpec) -> list[str]:
    """Return the path of the value of each setting of a feed."""
    return [f"settings[{index}].value" for index in range(len(spec.settings))]
