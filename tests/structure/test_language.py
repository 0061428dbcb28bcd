"""The language of code and documentation: the field's words, and docstrings that start with a summary."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "warehouse_sync"
CODE = sorted(PACKAGE.rglob("*.py"))
PAGES = [
    *sorted((TOP / "docs").rglob("*.md")),
    *(TOP / f"{page}.md" for page in ("README", "CHANGELOG", "SECURITY")),
]


# Words and what to write instead, as regular expressions that match whole words in any case.
WORDS: Mapping[str, str] = {
    r"tells? whether": "return whether",
    r"nobody|somebody|anybody|who(so)?ever": "the caller, the user, or the component that acts",
    r"mend(s|ed|ing)?": "fix, or hint",
    r"under way": "in flight, or running",
    r"(tried|trying) again": "retried",
    r"for ever": "forever",
    r"made up for|makes? up for": "recovered",
    r"(goes|go) by": "uses",
    r"in the way of": "blocks",
    r"nonsense": "invalid response",
    r"lanes?|carriers?|convoys?": "the name of the class: FastGet, RetryingSender, PrefetchWindows",
    r"(?<!in )(?<!in-)flights?|landing": "refresh",
    r"desks?|shel(f|ves)|journals?|surroundings": "endpoint, collection, store, environment",
    r"patien(ce|t|tly)": "timeout",
    r"told|heard": "returned, received, or the name of the callback",
    r"(fell|falls?|falling) due": "expired, or is due",
    r"stands? on": "requires",
    r"twins?": "the blocking client",
}
BAD_WORDS = {re.compile(rf"\b(?:{words})\b", re.IGNORECASE): better for words, better in WORDS.items()}

# First words of a sentence that neither says what a function does nor names what a class or module is.
OPENERS = frozenset(
    [
        "Are",
        "As",
        "At",
        "Does",
        "For",
        "Has",
        "He",
        "How",
        "If",
        "In",
        "Is",
        "It",
        "On",
        "So",
        "Tell",
        "Tells",
        "That",
        "They",
        "This",
        "To",
        "What",
        "When",
        "Where",
        "Which",
        "Who",
        "Whose",
        "Why",
        "With",
    ]
)
MAX_SUMMARY = 80

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def bad_words(text: str) -> list[str]:
    """Return each line with a bad word, and what to write instead."""
    return [
        f"line {number}: write {better!r} instead of {found[0]!r}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, better in BAD_WORDS.items()
        if (found := pattern.search(line))
    ]


def wrong_summary(docstring: str) -> str | None:
    """Return what is wrong with the first line of a docstring, or `None`."""
    summary = docstring.strip().split("\n")[0]
    first = summary.split(maxsplit=1)[0]
    if len(summary) > MAX_SUMMARY:
        return f"shorten to {MAX_SUMMARY} characters: {summary}"
    if not summary.endswith("."):
        return f"end with a full stop: {summary}"
    if not (first[0].isupper() or first[0] in "`0123456789") or first in OPENERS:
        return f"start with a verb or a noun: {summary}"
    return None


def public_definitions(scope: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """Yield the public functions and classes of a module, and the public methods of its public classes."""
    for node in scope.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node)


def name_of(path: Path) -> str:
    """Return a file's name for the id of a test."""
    return path.relative_to(TOP).as_posix()


@pytest.mark.parametrize("path", [*CODE, *PAGES], ids=name_of)
def test_text_uses_plain_words(path: Path) -> None:
    """Names, docstrings, comments, messages, help texts and pages use the field's words."""
    assert bad_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_docstring_starts_with_a_summary(path: Path) -> None:
    """The first line of each public docstring is a short sentence that says what it does or is."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        f"line {getattr(node, 'lineno', 1)}": ast.get_docstring(node) or ""
        for node in (tree, *public_definitions(tree))
    }
    wrong = {line: wrong_summary(docstring) for line, docstring in docstrings.items()}
    assert {line: problem for line, problem in wrong.items() if problem} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Tell whether it waits.", True),
        ("whoever", True),
        ("It was tried again.", True),
        ("requests in flight", False),
        ("in_flight = flight", True),
        ("amend planet patient_id told", True),
        ("recommended, threshold, carried, islands", False),
    ],
)
def test_bad_word_is_found_as_a_whole_word(text: str, *, found: bool) -> None:
    """A part of another word is no hit."""
    assert bool(bad_words(text)) is found


@pytest.mark.parametrize(
    ("docstring", "wrong"),
    [
        ("Return the token.", None),
        ("`PUT` one resource.", None),
        ("400: the request is invalid.\n\nMore.", None),
        ("Tell whether it is there.", "start with a verb or a noun"),
        ("Who waits.", "start with a verb or a noun"),
        ("return the token.", "start with a verb or a noun"),
        ("Return the token", "end with a full stop"),
        (f"Return {'x' * 80}.", "shorten to 80 characters"),
    ],
)
def test_wrong_summary_is_found(docstring: str, wrong: str | None) -> None:
    """The check itself finds each kind of wrong summary."""
    problem = wrong_summary(docstring)
    assert problem is None if wrong is None else problem is not None and problem.startswith(wrong)
