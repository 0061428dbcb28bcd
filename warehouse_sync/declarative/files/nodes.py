"""Values with locations: the common result of parsing YAML and JSON."""

from collections.abc import Callable, Iterator

import attrs

from warehouse_sync.declarative.errors import Location, Problem

Plain = str | int | float | bool | None


@attrs.frozen
class Scalar:
    """A string, a number, a boolean or null."""

    value: Plain
    location: Location


@attrs.frozen
class MappingEntry:
    """A key of a mapping with its value."""

    key: str
    location: Location
    value: "Node"


@attrs.frozen
class Mapping:
    """Entries in the order of the file; keys are unique."""

    entries: tuple[MappingEntry, ...]
    location: Location

    def get(self, key: str) -> "Node | None":
        """Return the value of a key, or `None`."""
        return next((entry.value for entry in self.entries if entry.key == key), None)

    def text(self, key: str) -> str | None:
        """Return the value of a key if it is a string."""
        node = self.get(key)
        return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None

    def __iter__(self) -> Iterator[MappingEntry]:
        return iter(self.entries)


@attrs.frozen
class Sequence:
    """A list of nodes."""

    items: "tuple[Node, ...]"
    location: Location


Node = Scalar | Mapping | Sequence


def kind_of(node: Node) -> str:
    """Describe the type of a node for messages."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar(value=None):
            return "null"
        case Scalar(value=bool()):
            return "a boolean"
        case Scalar(value=str()):
            return "a string"
        case _:
            return "a number"


MAX_DEPTH = 50  # levels


@attrs.define
class _Open:
    """A mapping or list whose end was not read yet."""

    location: Location
    is_mapping: bool
    items: list[Node] = attrs.field(factory=list)
    entries: dict[str, MappingEntry] = attrs.field(factory=dict)
    key: Scalar | None = None


class TooDeepError(Exception):
    """The text is nested deeper than `MAX_DEPTH`."""


class NodeBuilder:
    """Builds nodes from parser events without recursion, and reports duplicate keys.

    Args:
        report: Receives each problem.
    """

    def __init__(self, report: Callable[[Problem], None]) -> None:
        self.documents: list[Node] = []
        self._report = report
        self._open: list[_Open] = []

    def start(self, location: Location, *, is_mapping: bool) -> None:
        """Start a mapping or a list."""
        if len(self._open) == MAX_DEPTH:
            self._report(
                Problem(location=location, message=f"is nested deeper than {MAX_DEPTH} levels: flatten it")
            )
            raise TooDeepError
        self._open.append(_Open(location, is_mapping))

    def end(self) -> None:
        """Finish the innermost mapping or list."""
        done = self._open.pop()
        if done.is_mapping:
            self.add(Mapping(tuple(done.entries.values()), done.location))
        else:
            self.add(Sequence(tuple(done.items), done.location))

    def add(self, node: Node) -> None:
        """Add a complete value: a key, a value, a list item or a document."""
        if not self._open:
            self.documents.append(node)
        elif not self._open[-1].is_mapping:
            self._open[-1].items.append(node)
        elif self._open[-1].key is None:
            self._open[-1].key = self._as_key(node)
        else:
            self._add_entry(self._open[-1], self._open[-1].key, node)

    def _as_key(self, node: Node) -> Scalar:
        if isinstance(node, Scalar):
            return node
        self._report(Problem(location=node.location, message="a key must be a string"))
        return Scalar("", node.location)

    def _add_entry(self, mapping: _Open, key: Scalar, value: Node) -> None:
        mapping.key = None
        name = str(key.value)
        first = mapping.entries.setdefault(name, MappingEntry(name, key.location, value))
        if first.location is not key.location:
            message = (
                f"duplicate key {name[:60]!r}, first used on line {first.location.line}: remove one of them"
            )
            self._report(Problem(location=key.location, message=message))
