"""YAML without its surprises: what means something else in another YAML version, or repeats, is told and not guessed.

No message shows a value, nor what YAML takes for an anchor, an alias or a tag: it may be a password without quotes.
"""

import re
from collections.abc import Callable
from typing import Any

import yaml

from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.nodes import Node, NodeBuilder, Plain, Scalar, TooDeepError

# libyaml's parser where PyYAML was built with it: ten times as fast, with the same events.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, Plain] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?", re.ASCII)
_PIECE = re.compile(r"'(?!<)[^']{2,}'")
_AMBIGUOUS = (
    (re.compile(r"(?i:y|n|yes|no|on|off)"), "some YAML readers take it for a truth value"),
    (re.compile(r"[-+]?0[0-9_]+|0o[0-7_]+", re.ASCII), "some YAML readers take it for an octal number"),
    (
        re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9]*)?", re.ASCII),
        "some YAML readers count it in sixties",
    ),
    (
        re.compile(r"[-+]?(0[xb])?[0-9][0-9a-fA-F]*(_[0-9a-fA-F_]*)+", re.ASCII),
        "some YAML readers take it for a number",
    ),
    (re.compile(r"0[xb][0-9a-fA-F]+", re.ASCII), "some YAML readers take it for a number"),
    (
        re.compile(
            r"\+[0-9.]+|[-+]?\.[0-9]+|[-+]?[0-9]+\.|[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+|[0-9]{19,}",
            re.ASCII,
        ),
        "some YAML readers take it for a number",
    ),
    (re.compile(r"(?i:[-+]?\.(inf|nan))|="), "some YAML readers take it for something else than text"),
)


def read_yaml(text: str, file: str, report: Callable[[Problem], None]) -> list[Node]:
    """Read the documents of a YAML text.

    Args:
        text: The text.
        file: Its name, for locations.
        report: Is told each problem.

    Returns:
        The documents that could be read: none after a mistake of syntax, since what follows cannot be told apart.
    """
    builder = NodeBuilder(report)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            _take(event, builder, file, report)
    except TooDeepError:
        return []
    except yaml.MarkedYAMLError as error:
        # What the parser quotes is a token, a character, or a piece of the text.
        problem = _PIECE.sub("…", str(error.problem))
        report(Problem(location=_location(file, error.problem_mark), message=f"is not YAML: {problem}"))
        return []
    except yaml.YAMLError:
        report(Problem(location=Location(file), message="is not YAML: it holds characters that no text has"))
        return []
    return builder.documents


def _take(event: Any, builder: NodeBuilder, file: str, report: Callable[[Problem], None]) -> None:  # noqa: ANN401 - PyYAML has no types for these
    location = _location(file, event.start_mark)
    match event:
        case yaml.AliasEvent():
            report(Problem(location=location, message=_decoration("*", "an alias")))
            builder.add(Scalar(None, location))
        case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
            _refuse_decoration(event, location, report)
            builder.begin(location, is_mapping=isinstance(event, yaml.MappingStartEvent))
        case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
            builder.end()
        case yaml.ScalarEvent():
            _refuse_decoration(event, location, report)
            builder.add(_scalar(event, location, report))


def _scalar(event: Any, location: Location, report: Callable[[Problem], None]) -> Scalar:  # noqa: ANN401 - PyYAML has no types for these
    if event.style:  # libyaml gives "" where the parser in Python gives None
        return Scalar(event.value, location)
    why = ambiguity(event.value)
    if why is not None:
        report(Problem(location=location, message=f"is ambiguous ({why}): put it in quotes if text is meant"))
    if event.value == "<<":
        report(Problem(location=location, message="merging with << is not allowed: write the keys out"))
    return Scalar(event.value if why else plain_value(event.value), location)


def plain_value(text: str) -> Plain:
    """Return what an unquoted text means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def ambiguity(text: str) -> str | None:
    """Return why an unquoted text would ambiguity somebody, if it would."""
    return next((why for pattern, why in _AMBIGUOUS if pattern.fullmatch(text)), None)


def _refuse_decoration(event: Any, location: Location, report: Callable[[Problem], None]) -> None:  # noqa: ANN401 - PyYAML has no types for these
    if event.anchor is not None:
        report(Problem(location=location, message=_decoration("&", "an anchor")))
    if event.tag is not None:
        report(Problem(location=location, message=_decoration("!", "a tag")))


def _decoration(sign: str, noun: str) -> str:
    return f"{noun} is not allowed: write the value out, or put it in quotes if it begins with {sign}"


def _location(file: str, mark: Any) -> Location:  # noqa: ANN401 - PyYAML has no types for these
    return Location(file) if mark is None else Location(file, mark.line + 1, mark.column + 1)
