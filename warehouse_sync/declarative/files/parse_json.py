"""JSON with locations: the standard library tells neither lines nor duplicate keys."""

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
    """The text stops being JSON at some position."""

    def __init__(self, at: int) -> None:
        self.at = at


def read_json(text: str, file: str, report: Callable[[Problem], None]) -> list[Node]:
    """Read a JSON text.

    Args:
        text: The text.
        file: Its name, for locations.
        report: Is told each problem.

    Returns:
        The document; none after a mistake of syntax.
    """
    try:
        return _read(text, file, report)
    except TooDeepError:
        return []
    except _NotJSONError as error:
        report(Problem(location=_location(text, file, error.at), message="is not JSON from here on"))
        return []


def _read(text: str, file: str, report: Callable[[Problem], None]) -> list[Node]:
    """Build from the tokens whatever they are in; then let the standard library judge their order."""
    _check_syntax(text)
    builder, at, end = NodeBuilder(report), 0, len(text.rstrip(" \t\r\n"))
    while at < end:
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise _NotJSONError(at)
        _take(token.group(token.lastgroup), _location(text, file, token.start(token.lastgroup)), builder)
        at = token.end()
    return builder.documents


def _take(piece: str, location: Location, builder: NodeBuilder) -> None:
    if piece in "{[":
        builder.begin(location, is_mapping=piece == "{")
    elif piece in "}]":
        builder.end()
    elif piece not in ",:":
        builder.add(Scalar(json.loads(piece), location))


def _check_syntax(text: str) -> None:
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _NotJSONError(error.pos) from None
    except ValueError:
        raise _NotJSONError(0) from None
    except RecursionError:
        return  # the builder tells where it becomes too deep


def _refuse_constant(word: str) -> object:
    raise ValueError(word)


def _location(text: str, file: str, at: int) -> Location:
    line_start = text.rfind("\n", 0, at) + 1
    return Location(file, text.count("\n", 0, at) + 1, at - line_start + 1)
