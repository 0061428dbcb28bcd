"""Nodes from a stream of beginnings and ends, as parsers tell them. Not recursive: depth is bounded by a number."""

from collections.abc import Callable

import attrs

from warehouse_sync.declarative.nodes import Entry, Mapping, Node, Scalar, Sequence
from warehouse_sync.declarative.problems import Place, Problem

DEEPEST = 50  # levels


@attrs.define
class _Open:
    """A mapping or a list that has begun."""

    place: Place
    is_mapping: bool
    items: list[Node] = attrs.field(factory=list)
    entries: list[Entry] = attrs.field(factory=list)
    key: Scalar | None = None


class TooDeepError(Exception):
    """A text is nested more deeply than anyone means it."""


class Builder:
    """Builds nodes, and notes duplicate keys.

    Args:
        report: Is told each problem.
    """

    def __init__(self, report: Callable[[Problem], None]) -> None:
        self.documents: list[Node] = []
        self._report = report
        self._open: list[_Open] = []

    def begin(self, place: Place, *, is_mapping: bool) -> None:
        """Begin a mapping or a list."""
        if len(self._open) == DEEPEST:
            self._report(Problem(place=place, message=f"is nested more than {DEEPEST} levels deep"))
            raise TooDeepError
        self._open.append(_Open(place, is_mapping))

    def end(self) -> None:
        """End the innermost mapping or list."""
        done = self._open.pop()
        if done.is_mapping:
            self.add(Mapping(tuple(done.entries), done.place))
        else:
            self.add(Sequence(tuple(done.items), done.place))

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
        self._report(Problem(place=node.place, message="a key must be text"))
        return Scalar("", node.place)

    def _add_entry(self, mapping: _Open, key: Scalar, value: Node) -> None:
        mapping.key = None
        name = str(key.value)
        first = next((entry for entry in mapping.entries if entry.key == name), None)
        if first is not None:
            message = (
                f"the key {name[:60]!r} stands here twice, first in line {first.place.line}: leave one out"
            )
            self._report(Problem(place=key.place, message=message))
            return
        mapping.entries.append(Entry(name, key.place, value))
