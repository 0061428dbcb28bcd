"""JSON is read as the standard library reads it, with places."""

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse_sync.declarative import Place
from warehouse_sync.declarative.json_text import read_json
from warehouse_sync.declarative.nodes import Mapping, Node, Scalar

if TYPE_CHECKING:
    from warehouse_sync.declarative import Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def plain(node: Node) -> object:
    """A node as the standard library would give it."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {entry.key: plain(entry.value) for entry in node}
    return [plain(item) for item in node.items]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON, st.sampled_from([None, 1, "\t"]))
def test_reads_as_the_standard_library(document: object, indent: int | str | None) -> None:
    """Any JSON, however it is indented, is read to the same values."""
    problems: list[Problem] = []
    [node] = read_json(json.dumps(document, indent=indent), "a.json", problems.append)
    assert problems == []
    assert plain(node) == document


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{\n  "a": 1,\n  "a": 2\n}', Place("a.json", 3, 3)),
        ('{\n  "a": }', Place("a.json", 2, 8)),
        ('{"a": NaN}', Place("a.json", 1, 1)),
        ('{"a" 1}', Place("a.json", 1, 6)),
        ("", Place("a.json", 1, 1)),
        ("[" * 60 + "]" * 60, Place("a.json", 1, 51)),
        ("[" * 100_000, Place("a.json", 1, 51)),
    ],
)
def test_what_is_refused_has_a_place(text: str, place: Place) -> None:
    """Duplicate keys, broken syntax and depth are one problem with a line and a column."""
    problems: list[Problem] = []
    read_json(text, "a.json", problems.append)
    assert [problem.place for problem in problems] == [place]
