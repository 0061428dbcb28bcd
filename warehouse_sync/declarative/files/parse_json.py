"""Parse JSON with locations, and report duplicate keys."""

import bisect
import json
import re
from collections.abc import Callable

from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.nodes import Node, NodeBuilder, Scalar, TooDeepError

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:(?P<mark>[\[\]{},:])|(?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")"""
    r"""|(?P<word>-?[0-9][0-9.eE+-]*|true|false|null))"""
)


class _NotJSONError(Exception):
    """The text is not valid JSON from a position on."""

    def __init__(self, at: int) -> None:
        self.at = at


class _Lines:
    """Converts positions in a text to locations."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def locate(self, at: int) -> Location:
        """Return the location of a position."""
        line = bisect.bisect_right(self._starts, at)
        return Location(self._file, line, at - self._starts[line - 1] + 1)


def parse_json(text: str, file: str, report: Callable[[Problem], None]) -> list[Node]:
    """Parse a JSON document.

    Args:
        text: The text.
        file: The name used in locations.
        report: Receives each problem.

    Returns:
        The document; an empty list after a syntax error.
    """
    lines = _Lines(text, file)
    try:
        return _read(text, lines, report)
    except TooDeepError:
        return []
    except _NotJSONError as error:
        report(Problem(location=lines.locate(error.at), message="invalid JSON: fix the syntax here"))
        return []


def _read(text: str, lines: _Lines, report: Callable[[Problem], None]) -> list[Node]:
    """Check the syntax with the standard library, then build nodes from the tokens."""
    _check_syntax(text)
    builder, at, end = NodeBuilder(report), 0, len(text.rstrip(" \t\r\n"))
    while at < end:
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise _NotJSONError(at)
        _take(token.group(token.lastgroup), lines.locate(token.start(token.lastgroup)), builder)
        at = token.end()
    return builder.documents


def _take(text: str, location: Location, builder: NodeBuilder) -> None:
    if text in "{[":
        builder.start(location, is_mapping=text == "{")
    elif text in "}]":
        builder.end()
    elif text not in ",:":
        builder.add(Scalar(json.loads(text), location))


def _check_syntax(text: str) -> None:
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _NotJSONError(error.pos) from None
    except ValueError:
        raise _NotJSONError(0) from None
    except RecursionError:
        return  # the builder reports where it becomes too deep


def _refuse_constant(word: str) -> object:
    raise ValueError(word)
