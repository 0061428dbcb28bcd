"""Tests of the JSON parser."""

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse_sync.declarative import Location
from warehouse_sync.declarative.files.nodes import Mapping, Node, Scalar
from warehouse_sync.declarative.files.parse_json import parse_json

if TYPE_CHECKING:
    from warehouse_sync.declarative import Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def plain(node: Node) -> object:
    """Convert a node to plain data."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {entry.key: plain(entry.value) for entry in node}
    return [plain(item) for item in node.items]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON, st.sampled_from([None, 1, "\t"]))
def test_result_equals_the_standard_library(document: object, indent: int | str | None) -> None:
    """Any JSON with any indentation is parsed to the same values."""
    problems: list[Problem] = []
    [node] = parse_json(json.dumps(document, indent=indent), "a.json", problems.append)
    assert problems == []
    assert plain(node) == document


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ('{\n  "a": 1,\n  "a": 2\n}', Location("a.json", 3, 3)),
        ('{\n  "a": }', Location("a.json", 2, 8)),
        ('{"a": NaN}', Location("a.json", 1, 1)),
        ('{"a" 1}', Location("a.json", 1, 6)),
        ("", Location("a.json", 1, 1)),
        ("[" * 60 + "]" * 60, Location("a.json", 1, 51)),
        ("[" * 100_000, Location("a.json", 1, 51)),
    ],
)
def test_invalid_json_is_reported_with_location(text: str, location: Location) -> None:
    """Duplicate keys, syntax errors and deep nesting are one problem with a location."""
    problems: list[Problem] = []
    parse_json(text, "a.json", problems.append)
    assert [problem.location for problem in problems] == [location]
