"""What YAML and JSON texts are read into: values that know their locations."""

from collections.abc import Callable, Iterator

import attrs

from warehouse_sync.declarative.errors import Location, Problem

Plain = str | int | float | bool | None


@attrs.frozen
class Scalar:
    """A text, a number, a truth value or nothing."""

    value: Plain
    location: Location


@attrs.frozen
class Entry:
    """A key of a mapping, and what it leads to."""

    key: str
    location: Location
    value: "Node"


@attrs.frozen
class Mapping:
    """Keys and values, in the order of the file; no key twice."""

    entries: tuple[Entry, ...]
    location: Location

    def get(self, key: str) -> "Node | None":
        """Return what a key leads to."""
        return next((entry.value for entry in self.entries if entry.key == key), None)

    def text(self, key: str) -> str | None:
        """Return what a key leads to if it is text."""
        node = self.get(key)
        return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


@attrs.frozen
class Sequence:
    """Items."""

    items: "tuple[Node, ...]"
    location: Location


Node = Scalar | Mapping | Sequence


def kind_of(node: Node) -> str:
    """Return what a node is, for messages."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return "a truth value"
        case Scalar(value=str()):
            return "text"
        case _:
            return "a number"


DEEPEST = 50  # levels


@attrs.define
class _Open:
    """A mapping or a list that has begun."""

    location: Location
    is_mapping: bool
    items: list[Node] = attrs.field(factory=list)
    entries: list[Entry] = attrs.field(factory=list)
    key: Scalar | None = None


class TooDeepError(Exception):
    """A text is nested more deeply than anyone means it."""


class NodeBuilder:
    """Builds nodes, and notes duplicate keys.

    Args:
        report: Is told each problem.
    """

    def __init__(self, report: Callable[[Problem], None]) -> None:
        self.documents: list[Node] = []
        self._report = report
        self._open: list[_Open] = []

    def begin(self, location: Location, *, is_mapping: bool) -> None:
        """Begin a mapping or a list."""
        if len(self._open) == DEEPEST:
            self._report(Problem(location=location, message=f"is nested more than {DEEPEST} levels deep"))
            raise TooDeepError
        self._open.append(_Open(location, is_mapping))

    def end(self) -> None:
        """End the innermost mapping or list."""
        done = self._open.pop()
        if done.is_mapping:
            self.add(Mapping(tuple(done.entries), done.location))
        else:
            self.add(Sequence(tuple(done.items), done.location))

    def add(self, node: Node) -> None:
        """Add a whole value where it belongs: as a key, as a key's value, as an item, or as a document."""
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
        self._report(Problem(location=node.location, message="a key must be text"))
        return Scalar("", node.location)

    def _add_entry(self, mapping: _Open, key: Scalar, value: Node) -> None:
        mapping.key = None
        name = str(key.value)
        first = next((entry for entry in mapping.entries if entry.key == name), None)
        if first is not None:
            message = (
                f"the key {name[:60]!r} stands here twice, first in line {first.location.line}: leave one out"
            )
            self._report(Problem(location=key.location, message=message))
            return
        mapping.entries.append(Entry(name, key.location, value))
