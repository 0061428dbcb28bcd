"""Parse the unambiguous subset of YAML, with locations.

Values that mean something else in another YAML version are reported, not guessed. No message quotes a value, an anchor,
an alias or a tag: it may be an unquoted password.
"""

import re
from collections.abc import Callable
from typing import Any

import yaml

from warehouse_sync.declarative.errors import Location, Problem
from warehouse_sync.declarative.files.nodes import Node, NodeBuilder, Plain, Scalar, TooDeepError

# libyaml's parser, if PyYAML was built with it: ten times as fast, with the same events.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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
    (re.compile(r"(?i:y|n|yes|no|on|off)"), "some YAML parsers read it as a boolean"),
    (re.compile(r"[-+]?0[0-9_]+|0o[0-7_]+", re.ASCII), "some YAML parsers read it as an octal number"),
    (
        re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9]*)?", re.ASCII),
        "some YAML parsers read it as a base-60 number",
    ),
    (
        re.compile(r"[-+]?(0[xb])?[0-9][0-9a-fA-F]*(_[0-9a-fA-F_]*)+", re.ASCII),
        "some YAML parsers read it as a number",
    ),
    (re.compile(r"0[xb][0-9a-fA-F]+", re.ASCII), "some YAML parsers read it as a number"),
    (
        re.compile(
            r"\+[0-9.]+|[-+]?\.[0-9]+|[-+]?[0-9]+\.|[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+|[0-9]{19,}",
            re.ASCII,
        ),
        "some YAML parsers read it as a number",
    ),
    (re.compile(r"(?i:[-+]?\.(inf|nan))|="), "some YAML parsers do not read it as a string"),
)


def parse_yaml(text: str, file: str, report: Callable[[Problem], None]) -> list[Node]:
    """Parse the documents of a YAML text.

    Args:
        text: The text.
        file: The name used in locations.
        report: Receives each problem.

    Returns:
        The documents; an empty list after a syntax error.
    """
    builder = NodeBuilder(report)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            _take(event, builder, file, report)
    except TooDeepError:
        return []
    except yaml.MarkedYAMLError as error:
        # The parser quotes a token, a character, or a part of the text, which may be a secret.
        problem = _PIECE.sub("…", str(error.problem))
        report(Problem(location=_location(file, error.problem_mark), message=f"invalid YAML: {problem}"))
        return []
    except yaml.YAMLError:
        report(
            Problem(
                location=Location(file),
                message="invalid YAML: the file contains control characters; remove them",
            )
        )
        return []
    return builder.documents


def _take(event: Any, builder: NodeBuilder, file: str, report: Callable[[Problem], None]) -> None:  # noqa: ANN401 - PyYAML has no types for these
    location = _location(file, event.start_mark)
    match event:
        case yaml.AliasEvent():
            report(Problem(location=location, message=_decoration("*", "an alias")))
            builder.add(Scalar(None, location))
        case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
            _report_decoration(event, location, report)
            builder.start(location, is_mapping=isinstance(event, yaml.MappingStartEvent))
        case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
            builder.end()
        case yaml.ScalarEvent():
            _report_decoration(event, location, report)
            builder.add(_scalar(event, location, report))


def _scalar(event: Any, location: Location, report: Callable[[Problem], None]) -> Scalar:  # noqa: ANN401 - PyYAML has no types for these
    if event.style:  # libyaml gives "" where the parser in Python gives None
        return Scalar(event.value, location)
    why = ambiguity(event.value)
    if why is not None:
        report(Problem(location=location, message=f"is ambiguous ({why}): quote it to make it a string"))
    if event.value == "<<":
        report(Problem(location=location, message="merge keys (<<) are not supported: write the keys out"))
    return Scalar(event.value if why else plain_value(event.value), location)


def plain_value(text: str) -> Plain:
    """Return the value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def ambiguity(text: str) -> str | None:
    """Return why an unquoted scalar is ambiguous, or `None`."""
    return next((why for pattern, why in _AMBIGUOUS if pattern.fullmatch(text)), None)


def _report_decoration(event: Any, location: Location, report: Callable[[Problem], None]) -> None:  # noqa: ANN401 - PyYAML has no types for these
    if event.anchor is not None:
        report(Problem(location=location, message=_decoration("&", "an anchor")))
    if event.tag is not None:
        report(Problem(location=location, message=_decoration("!", "a tag")))


def _decoration(sign: str, noun: str) -> str:
    return (
        f"{noun} is not supported: write the value out, or quote it if it is a string that starts with {sign}"
    )


def _location(file: str, mark: Any) -> Location:  # noqa: ANN401 - PyYAML has no types for these
    return Location(file) if mark is None else Location(file, mark.line + 1, mark.column + 1)
