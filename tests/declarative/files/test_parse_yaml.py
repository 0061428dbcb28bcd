"""Tests of the YAML parser."""

import pytest

from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.nodes import Mapping, Node, Scalar, Sequence
from warehouse_sync.declarative.files.parse_yaml import parse_yaml


def parse(text: str) -> tuple[list[Node], list[Problem]]:
    """Parse a text and return its nodes and problems."""
    problems: list[Problem] = []
    return parse_yaml(text, "a.yaml", problems.append), problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-12", -12),
        ("1.5", 1.5),
        ("text", "text"),
        ("'no'", "no"),
        ('"0123"', "0123"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31", "2026-01-31"),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_plain_scalar_has_expected_value(text: str, value: object) -> None:
    """Numbers, booleans and null are parsed; anything else is a string."""
    nodes, problems = parse(text)
    assert problems == []
    assert [node.value for node in nodes if isinstance(node, Scalar)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "NO",
        "yes",
        "on",
        "Off",
        "y",
        "n",
        "0123",
        "0o17",
        "0x1F",
        "1_000",
        "12:30",
        "1:2:3.5",
        ".inf",
        ".NaN",
        "=",
        "1e3",
        "+5",
        ".5",
        "5.",
        "12345678901234567890",
    ],
)
def test_ambiguous_scalar_is_reported(text: str) -> None:
    """A scalar that YAML versions read differently is reported with a fix."""
    nodes, [problem] = parse(f"a: 1\nkey: {text}\n")
    assert problem.location == Location("a.yaml", 2, 6)
    assert "quote it to make it a string" in problem.message
    assert isinstance(nodes[0], Mapping)
    assert nodes[0].text("key") == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\n", "an anchor is not supported"),
        ("a: *x\n", "an alias is not supported"),
        ("a: !!python/object:os.system 1\n", "a tag is not supported"),
        ("<<: {a: 1}\n", "merge keys (<<) are not supported"),
        ("? [a]\n: 1\n", "a key must be a string"),
        ("a: 1\nb: 2\na: 3\n", "duplicate key 'a', first used on line 1"),
        ("a: [\n", "invalid YAML"),
        ("a: b: c\n", "invalid YAML: mapping values are not allowed"),
        ("a: \x07\n", "invalid YAML"),
        ("[" * 60 + "]" * 60, "is nested deeper than 50 levels"),
        ("[" * 100_000, "is nested deeper than 50 levels"),
    ],
)
def test_unsupported_syntax_is_reported(text: str, message: str) -> None:
    """Each kind of unsupported syntax is one problem."""
    _, problems = parse(text)
    assert len(problems) == 1
    assert message in problems[0].message


@pytest.mark.parametrize(
    "start", ["!", "!!", "!a!", "&", "*", "@", "`", "%", "'", '"', "[", "{", "0", "- ", "? ", ": "]
)
def test_message_never_contains_a_value(start: str) -> None:
    """A value that breaks the syntax can be a password: no message contains it."""
    _, problems = parse(f"a: {start}0712345\n")
    assert problems
    assert not [problem for problem in problems if "712345" in problem.message]


def test_all_problems_are_reported() -> None:
    """Parsing continues after a problem."""
    _, problems = parse("a: no\nb: &x 1\nb: 2\nc: 0123\n")
    assert [problem.location.line for problem in problems] == [1, 2, 3, 4]


def test_multiple_documents_are_parsed() -> None:
    """A file can contain several documents."""
    nodes, problems = parse("---\n- a\n- b: 1\n---\nc: []\n")
    assert problems == []
    assert isinstance(nodes[0], Sequence)
    assert isinstance(nodes[1], Mapping)
