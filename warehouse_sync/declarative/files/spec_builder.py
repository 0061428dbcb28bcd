"""Convert nodes to specs and report every problem."""

import difflib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from warehouse_sync import (
    ConnectionConfig,
    OpenEnum,
    PipelineState,
    Schedule,
    Secret,
    SyncMode,
)
from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.declarations import DeclaredResource, with_secrets
from warehouse_sync.declarative.files.fields import (
    CONFIGS,
    CONNECTION,
    DATA_MODEL,
    PIPELINE,
    FieldInfo,
    Kind,
    Spec,
    fields_of,
    item_class,
)
from warehouse_sync.declarative.files.nodes import Mapping, MappingEntry, Node, Scalar, Sequence, kind_of
from warehouse_sync.declarative.files.secret_references import is_secret_reference, parse_secret_reference

if TYPE_CHECKING:
    from warehouse_sync.declarative.files.secret_references import SecretReference

_MISSING = object()
ReadSQL = Callable[[str, Location], str | None]


class SpecBuilder:
    """Converts one node to a resource.

    Args:
        kind: The kind of the resource.
        label: The prefix of paths in messages, such as `pipelines.orders`.
        read_sql: Reads a `.sql` file.
    """

    def __init__(self, kind: Kind, *, label: str, read_sql: ReadSQL) -> None:
        self.problems: list[Problem] = []
        self._kind = kind
        self._label = label
        self._read_sql = read_sql
        self._location = Location("")
        self._locations: dict[str, Location] = {}
        self._secrets: dict[str, SecretReference] = {}
        self._sections: list[SyncMode | Schedule] = []
        self._invalid_values = 0

    def build(self, node: Mapping) -> DeclaredResource | None:
        """Return the resource, or `None` if `problems` is not empty."""
        self._location = node.location
        ignored_rules = self._ignored_rules(node.get("lint"))
        values = self._fields(self._kind.spec, node, "", also={"kind", "lint", *self._extra_keys()})
        if values is None:
            # Check the valid sections all the same, so that one problem does not hide another.
            self.problems += [self._at(found) for part in self._sections for found in _problems(part, part)]
            return None
        keeps_state = "state" not in values and hasattr(self._kind.spec, "state")
        if keeps_state and self._kind is PIPELINE:
            values["state"] = PipelineState.PAUSED
        spec = self._kind.spec(**values)
        declared = DeclaredResource(
            kind=self._kind,
            spec=spec,
            secrets=self._secrets,
            location=node.location,
            locations=self._locations,
            ignored_rules=ignored_rules,
            keeps_state=keeps_state,
        )
        self.problems += self._spec_problems(declared)
        return None if self.problems else declared

    def _extra_keys(self) -> set[str]:
        return {CONNECTION.name: {"service_provider"}, DATA_MODEL.name: {"sql_file"}}.get(
            self._kind.name, set()
        )

    def _fields(
        self, cls: type, node: Mapping, path: str, *, also: Iterable[str] = ()
    ) -> dict[str, Any] | None:
        """Return the values of the fields of a class, or `None` after a problem."""
        known, before = {field.name: field for field in fields_of(cls)}, self._invalid_values
        for entry in node:
            self._locations[path + entry.key] = entry.value.location
            if entry.key not in known and entry.key not in also:
                self._unknown(entry, path, [*known, *also])
        values = {
            field.attribute: value
            for field in known.values()
            if (value := self._field(field, node, path)) is not _MISSING
        }
        return values if self._invalid_values == before else None

    def _field(self, field: FieldInfo, node: Mapping, path: str) -> Any:  # noqa: ANN401 - any field's value
        value = node.get(field.name)
        where = path + field.name
        if field.name == "sql_query":
            value = self._query(node)
            if value is None:
                return _MISSING
        if value is None or (isinstance(value, Scalar) and value.value is None):
            if field.required:
                return self._wrong(node if value is None else value, where, "is required")
            return _MISSING
        if field.type == ConnectionConfig:
            return self._config(node, value, where)
        return self._value(field, value, where)

    def _value(self, field: FieldInfo, node: Node, path: str) -> Any:  # noqa: ANN401, PLR0911 - any field's value, one branch per type
        if field.secret:
            return self._secret(node, path)
        if (item := item_class(field.type)) is not None:
            return self._list(item, node, path)
        if attrs.has(field.type):
            return self._section(field.type, node, path)
        if not isinstance(node, Scalar):
            return self._wrong(node, path, "must be a single value")
        if field.type is datetime:
            return self._date(node, path)
        if field.type is int:
            return self._integer(node, path)
        if field.type is bool:
            return self._boolean(node, path)
        return self._text(field, node, path)

    def _section(self, cls: type, node: Node, path: str) -> Any:  # noqa: ANN401 - any field's value
        if not isinstance(node, Mapping):
            return self._wrong(node, path, "must be a mapping")
        values = self._fields(cls, node, f"{path}.")
        if values is None:
            return _MISSING
        section = cls(**values)
        if isinstance(section, SyncMode | Schedule):
            self._sections.append(section)
        return section

    def _list(self, item: type, node: Node, path: str) -> Any:  # noqa: ANN401 - any field's value
        if not isinstance(node, Sequence):
            return self._wrong(node, path, "must be a list: start each item with a dash")
        items = []
        for index, each in enumerate(node.items):
            where = f"{path}[{index}]"
            self._locations[where] = each.location
            items.append(self._section(item, each, where))
        return _MISSING if any(each is _MISSING for each in items) else items

    def _config(self, node: Mapping, value: Node, path: str) -> Any:  # noqa: ANN401 - any field's value
        provider = node.text("service_provider")
        if provider is None:
            return self._wrong(node, "service_provider", f"is required: use one of {', '.join(CONFIGS)}")
        if provider not in CONFIGS:
            message = f"must be one of {', '.join(CONFIGS)}{_suggestion(provider, CONFIGS)}"
            return self._wrong(node.get("service_provider") or node, "service_provider", message)
        return self._section(CONFIGS[provider], value, path)

    def _query(self, node: Mapping) -> Node | None:
        """Return the query from the document or from `sql_file`; `None` after a problem."""
        inline, name = node.get("sql_query"), node.get("sql_file")
        if name is None:
            return inline or Scalar(None, node.location)
        if inline is not None:
            self._wrong(name, "sql_file", "and sql_query are both set: remove one of them")
            return None
        if not isinstance(name, Scalar) or not isinstance(name.value, str):
            self._wrong(name, "sql_file", "must be the path of a file")
            return None
        text = self._read_sql(name.value, name.location)
        if text is None:
            self._invalid_values += 1
            return None
        self._locations["sql_query"] = Location(str(Path(name.location.file).parent / name.value))
        return Scalar(text, self._locations["sql_query"])

    def _secret(self, node: Node, path: str) -> object:
        text = node.value if isinstance(node, Scalar) else None
        reference = parse_secret_reference(text, _folder_of(node)) if isinstance(text, str) else None
        if reference is None:
            message = "is a secret, which must not be stored in this file: use env:NAME or file:PATH"
            return self._wrong(node, path, message)
        self._secrets[path] = reference
        return _MISSING

    def _date(self, node: Scalar, path: str) -> object:
        try:
            # One example of the reference has "T:" instead of "T".
            date = datetime.fromisoformat(str(node.value).replace("T:", "T"))
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        except (ValueError, OverflowError):
            return self._wrong(node, path, "must be a date such as 2026-01-31T12:00:00Z")

    def _integer(self, node: Scalar, path: str) -> object:
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            return node.value
        return self._wrong(node, path, f"must be an integer, not {kind_of(node)}")

    def _boolean(self, node: Scalar, path: str) -> object:
        if isinstance(node.value, bool):
            return node.value
        return self._wrong(node, path, f"must be true or false, not {kind_of(node)}")

    def _text(self, field: FieldInfo, node: Scalar, path: str) -> object:
        if isinstance(node.value, str) and is_secret_reference(node.value):
            message = "is not a secret, so env: and file: references are not allowed: write the value itself"
            return self._wrong(node, path, message)
        if isinstance(node.value, str):
            return self._choice(field.type, node.value, node, path)
        if field.name == "port" and isinstance(node.value, int) and not isinstance(node.value, bool):
            return node.value
        return self._wrong(node, path, f'must be a string, not {kind_of(node)}: put it in "quotes"')

    def _choice(self, vocabulary: type, value: str, node: Scalar, path: str) -> object:
        if not issubclass(vocabulary, OpenEnum):
            return value
        word = vocabulary(value)
        if word.is_known:
            return word
        known = [str(each) for each in vocabulary]
        return self._wrong(node, path, f"must be one of {', '.join(known)}{_suggestion(value, known)}")

    def _ignored_rules(self, node: Node | None) -> frozenset[str]:
        """Return the codes of `lint: {ignore: [CODE, …]}`."""
        if node is None:
            return frozenset()
        ignored = node.get("ignore") if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping) or len(node.entries) != 1 or not isinstance(ignored, Sequence):
            self._report(node.location, "lint", "must have the form {ignore: [WS201]}")
            return frozenset()
        return frozenset(str(item.value) for item in ignored.items if isinstance(item, Scalar))

    def _spec_problems(self, declared: DeclaredResource) -> list[Problem]:
        """Return the problems of the spec's own validation, as if every secret were set."""
        given = {path: Secret("given") for path in declared.secrets}
        spec = with_secrets(declared.spec, given)
        return [self._at(found) for found in _problems(spec, *self._sections)]

    def _at(self, found: tuple[str, str]) -> Problem:
        """Add the location to a problem of the spec, which uses the Python name `from_`."""
        path = found[0].replace("from_", "from")
        nearest = path
        while nearest and nearest not in self._locations:
            nearest = nearest.rpartition(".")[0]
        location = self._locations.get(nearest, self._location)
        return Problem(location=location, path=f"{self._label}.{path}", message=found[1])

    def _unknown(self, entry: MappingEntry, path: str, known: list[str]) -> None:
        self._report(
            entry.location, path + entry.key[:60], f"is not a known field{_suggestion(entry.key, known)}"
        )

    def _wrong(self, node: Node, path: str, message: str) -> Any:  # noqa: ANN401 - any field's value
        self._invalid_values += 1
        self._report(node.location, path, message)
        return _MISSING

    def _report(self, location: Location, path: str, message: str) -> None:
        self.problems.append(Problem(location=location, path=f"{self._label}.{path}", message=message))


def _folder_of(node: Node) -> Path:
    """Return the folder of the document that a node comes from, to which paths are relative."""
    return Path(node.location.file).parent


def _suggestion(word: str, known: Iterable[str]) -> str:
    """Return a suggestion for a misspelled word, or an empty string."""
    lowered = {each.lower(): each for each in known}
    found = difflib.get_close_matches(word.lower(), lowered, n=1)
    return f"; did you mean {lowered[found[0]]}?" if found else ""


def _problems(part: Spec | SyncMode | Schedule, *sections: SyncMode | Schedule) -> list[tuple[str, str]]:
    """Return the problems of a spec or a part of it, without those that the rule WS202 reports."""
    linted = {found for section in sections for found in section.range_problems()}
    return [found for found in part.problems() if found not in linted]
