"""YAML is read without surprises."""

import pytest

from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.nodes import Mapping, Node, Scalar, Sequence
from warehouse_sync.declarative.files.parse_yaml import read_yaml


def parse(text: str) -> tuple[list[Node], list[Problem]]:
    """Read a text and what is wrong with it."""
    problems: list[Problem] = []
    return read_yaml(text, "a.yaml", problems.append), problems


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
def test_plain_values_mean_what_they_say(text: str, value: object) -> None:
    """Numbers, truth values and nothing are themselves; everything else is text, dates included."""
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
def test_surprises_are_told_with_their_mend(text: str) -> None:
    """What YAML readers disagree about is a problem at its line that says how to write it."""
    nodes, [problem] = parse(f"a: 1\nkey: {text}\n")
    assert problem.location == Location("a.yaml", 2, 6)
    assert "put it in quotes if text is meant" in problem.message
    assert isinstance(nodes[0], Mapping)
    assert nodes[0].text("key") == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\n", "an anchor is not allowed"),
        ("a: *x\n", "an alias is not allowed"),
        ("a: !!python/object:os.system 1\n", "a tag is not allowed"),
        ("<<: {a: 1}\n", "merging with << is not allowed"),
        ("? [a]\n: 1\n", "a key must be text"),
        ("a: 1\nb: 2\na: 3\n", "the key 'a' stands here twice, first in line 1"),
        ("a: [\n", "is not YAML"),
        ("a: b: c\n", "is not YAML: mapping values are not allowed"),
        ("a: \x07\n", "is not YAML"),
        ("[" * 60 + "]" * 60, "is nested more than 50 levels deep"),
        ("[" * 100_000, "is nested more than 50 levels deep"),
    ],
)
def test_what_is_refused_is_told(text: str, message: str) -> None:
    """Anchors, tags, duplicate keys, depth and broken syntax are one problem each, with a line."""
    _, problems = parse(text)
    assert len(problems) == 1
    assert message in problems[0].message


@pytest.mark.parametrize(
    "start", ["!", "!!", "!a!", "&", "*", "@", "`", "%", "'", '"', "[", "{", "0", "- ", "? ", ": "]
)
def test_message_shows_nothing_of_a_value(start: str) -> None:
    """A value that breaks the file, or means something in YAML, may be a password: no message shows it."""
    _, problems = parse(f"a: {start}0712345\n")
    assert problems
    assert not [problem for problem in problems if "712345" in problem.message]


def test_every_problem_is_told_at_once() -> None:
    """One problem does not hide the next."""
    _, problems = parse("a: no\nb: &x 1\nb: 2\nc: 0123\n")
    assert [problem.location.line for problem in problems] == [1, 2, 3, 4]


def test_documents_and_lists_are_read() -> None:
    """A file may hold many documents."""
    nodes, problems = parse("---\n- a\n- b: 1\n---\nc: []\n")
    assert problems == []
    assert isinstance(nodes[0], Sequence)
    assert isinstance(nodes[1], Mapping)
