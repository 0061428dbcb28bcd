"""What YAML and JSON texts are read into: values that know their places."""

from collections.abc import Iterator

import attrs

from warehouse_sync.declarative.problems import Place

Plain = str | int | float | bool | None


@attrs.frozen
class Scalar:
    """A text, a number, a truth value or nothing."""

    value: Plain
    place: Place


@attrs.frozen
class Entry:
    """A key of a mapping, and what it leads to."""

    key: str
    place: Place
    value: "Node"


@attrs.frozen
class Mapping:
    """Keys and values, in the order of the file; no key twice."""

    entries: tuple[Entry, ...]
    place: Place

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
    place: Place


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
