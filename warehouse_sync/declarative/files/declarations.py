"""What files declare: resources, each with its locations and its secrets' references."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync import ConnectionSpec, Secret
from warehouse_sync.declarative.errors import Location
from warehouse_sync.declarative.files.fields import Kind, Spec
from warehouse_sync.declarative.files.secret_references import SecretReference

Key = tuple[str, str]


@attrs.frozen(kw_only=True)
class DeclaredResource:
    """One resource.

    Attributes:
        kind: Connection, data model or pipeline.
        spec: What is to be sent, without its secrets.
        secrets: Where each secret is, by the field's path, such as `config.password`.
        location: Where it begins.
        locations: Where each of its fields is, by path.
        ignored_rules: The codes of the lint rules that do not speak of it.
    """

    kind: Kind
    spec: Spec
    secrets: Mapping[str, SecretReference]
    location: Location
    locations: Mapping[str, Location]
    ignored_rules: frozenset[str] = frozenset()

    @property
    def key(self) -> Key:
        """Identify it: kind and id."""
        return self.kind.name, self.spec.id

    def location_of(self, path: str) -> Location:
        """Return where a field is, or what it would be in."""
        while path and path not in self.locations:
            path = path.rpartition(".")[0]
        return self.locations.get(path, self.location)


@attrs.frozen(kw_only=True)
class Declarations:
    """Everything the files declare.

    Attributes:
        resources: In the order of dependencies, then of files.
        digest: Changes when any file does.
        files: The file or folder they were read from.
    """

    resources: tuple[DeclaredResource, ...]
    digest: str
    files: Path

    def by_key(self) -> dict[Key, DeclaredResource]:
        """Return the resources by kind and id."""
        return {each.key: each for each in self.resources}


def with_secrets(spec: Spec, values: Mapping[str, Secret]) -> Spec:
    """Return a spec with its secrets in place, by their paths."""
    if isinstance(spec, ConnectionSpec):
        held: dict[str, Any] = {path.removeprefix("config."): value for path, value in values.items()}
        config: Any = spec.config  # one of several classes, of which `evolve` cannot be told which
        return attrs.evolve(spec, config=attrs.evolve(config, **held))
    shown: dict[str, Any] = {path: value.reveal() for path, value in values.items()}
    evolved: Spec = attrs.evolve(spec, **shown)
    return evolved
