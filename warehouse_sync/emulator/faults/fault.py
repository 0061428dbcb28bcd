"""Faults to inject, and the requests that they apply to.

`injector` applies them.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Self

from attrs import asdict, define, field, fields

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.faults.route_matching import unmatchable_reason

if TYPE_CHECKING:
    from attrs import Attribute

_ROUTE = re.compile(r"[A-Z*]+ \S+")
# Bounds beyond which a fault could exhaust memory, or a time leave the calendar.
_MAX_SECONDS = 10**9
_MAX_RUNS = 10_000
_MAX_COUNT = 10**9
_HEADER = "header."
_ONCE: int | None = 1
# The fields that select requests or add to another field. Every other field is an effect.
_NOT_EFFECTS = frozenset({"route", "count", "headers", "message"})


def _validator(
    is_valid: Callable[[Any], bool], expected: str
) -> Callable[[object, "Attribute[Any]", object], None]:
    """Return a validator whose message says what a field expects."""

    def check(_: object, attribute: "Attribute[Any]", value: object) -> None:
        if not is_valid(value):
            raise ValueError(f"A fault's {attribute.name} must be {expected}, not {value!r}.")

    return check


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_seconds(value: Any) -> bool:  # noqa: ANN401 - any value to check
    return (_is_integer(value) or isinstance(value, float)) and 0 <= value <= _MAX_SECONDS


def _is_headers(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


_FLAG = _validator(lambda value: isinstance(value, bool), "true or false")
_SECONDS = _validator(_is_seconds, f"a number of seconds from 0 to {_MAX_SECONDS}")
_OPTIONAL_SECONDS = _validator(
    lambda value: value is None or _is_seconds(value), f"a number of seconds from 0 to {_MAX_SECONDS}"
)
_TEXT = _validator(lambda value: value is None or isinstance(value, str), "a string")
_JUNK = _validator(lambda value: isinstance(value, bool | str), "true, or the text to respond with")
_RUNS = _validator(
    lambda value: _is_integer(value) and 0 <= value <= _MAX_RUNS, f"a whole number from 0 to {_MAX_RUNS}"
)
_HEADERS = _validator(_is_headers, "a mapping from names to strings")
_COUNT = _validator(
    lambda value: value is None or (_is_integer(value) and 0 <= value <= _MAX_COUNT),
    f"a whole number from 1 to {_MAX_COUNT}, or null for every request",
)
_STATUS = _validator(
    lambda value: value is None or (_is_integer(value) and 300 <= value <= 599),  # noqa: PLR2004 - redirects and errors
    "a redirect or an error, 300 to 599",
)
_METHOD_AND_PATH = _validator(
    lambda value: isinstance(value, str) and _ROUTE.fullmatch(value) is not None,
    "a method and a path, such as `GET /platform/*`",
)


@define(kw_only=True)
class Fault:
    """A fault of the next requests of a route.

    Attributes:
        route: A method and a path, both with `*` as a wildcard, such as
            `GET /platform/v2/workspaces/*/connections`.
        count: How many requests it applies to; None for every request until the faults are cleared.
        delay: Seconds to wait before anything else.
        drop: Reset the connection before the request is handled.
        expire_token: Expire the request's token.
        throttle: Respond with 429 and headers that ask to wait this many seconds.
        status: Respond with this redirect or error instead.
        headers: Headers of that response, such as `Retry-After`.
        message: The message of that response.
        junk: Respond with 200 and this text instead; True for an HTML page.
        new_runs: First add this many runs to the request's pipeline, so that its pages shift.
        apply_then_drop: Handle the request, then reset the connection: the change is made, the response lost.
        truncate: Handle the request, and close the connection in the middle of the response.
        unknown: Add undocumented values and fields to the response. A value that is put back stands for the one it
            replaced.
        hide_report: After the request has created a pipeline, respond with 404 to its report for this many seconds
            of the emulator's clock. The platform does so for about 60.

    Raises:
        TypeError: There is no such field.
        ValueError: A value is invalid, the fault has no effect, or no request can match the route.
    """

    route: str = field(validator=_METHOD_AND_PATH)
    count: int | None = field(default=_ONCE, validator=_COUNT)
    delay: float = field(default=0.0, validator=_SECONDS)
    drop: bool = field(default=False, validator=_FLAG)
    expire_token: bool = field(default=False, validator=_FLAG)
    throttle: float | None = field(default=None, validator=_OPTIONAL_SECONDS)
    status: int | None = field(default=None, validator=_STATUS)
    headers: Mapping[str, str] = field(factory=dict, validator=_HEADERS)
    message: str | None = field(default=None, validator=_TEXT)
    junk: bool | str = field(default=False, validator=_JUNK)
    new_runs: int = field(default=0, validator=_RUNS)
    apply_then_drop: bool = field(default=False, validator=_FLAG)
    truncate: bool = field(default=False, validator=_FLAG)
    unknown: bool = field(default=False, validator=_FLAG)
    hide_report: float = field(default=0.0, validator=_SECONDS)

    def __new__(cls, *_: object, **values: object) -> Self:
        """Check the field names here, because Python's own message would name an internal method."""
        _check_field_names(values, [each.name for each in fields(cls)])
        return super().__new__(cls)

    def __attrs_post_init__(self) -> None:
        if self.count == 0:
            raise ValueError(
                f"A fault's count must be a whole number from 1 to {_MAX_COUNT}, or null for every request, not 0."
            )
        effects = [each for each in fields(type(self)) if each.name not in _NOT_EFFECTS]
        if all(getattr(self, each.name) == each.default for each in effects):
            names = ", ".join(each.name for each in effects)
            raise ValueError(f"A fault needs an effect: one of {names}.")
        reason = unmatchable_reason(self.route)
        if reason is not None:
            raise ValueError(f"No request can match the fault's route {self.route!r}: {reason}.")

    @classmethod
    def read(cls, text: str) -> Self:
        """Return a fault from the command line: the route, then its fields.

        Example:
            >>> Fault.read("GET */report status=503 count=2 header.Retry-After=3").headers
            {'Retry-After': '3'}
        """
        route, pairs = _split_words(text)
        headers = {name.removeprefix(_HEADER): value for name, value in pairs if name.startswith(_HEADER)}
        values: dict[str, Any] = {
            name: _value(value) for name, value in pairs if not name.startswith(_HEADER)
        }
        names = [each.name for each in fields(cls) if each.name not in ("route", "headers")]
        try:
            _check_field_names(values, [*names, f"{_HEADER}NAME"])
        except TypeError as error:
            raise ValueError(str(error)) from error
        return cls(route=route, headers=headers, **values)

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request matches the route."""
        method_pattern, _, path_pattern = self.route.partition(" ")
        return fnmatchcase(method, method_pattern) and fnmatchcase(path, path_pattern)

    def show(self) -> Document:
        """Return the fault as the control route lists it."""
        return asdict(self)


def _check_field_names(names: Iterable[str], known: list[str]) -> None:
    """Check that each name is a field's.

    Raises:
        TypeError: One is not.
    """
    for name in names:
        if name not in known:
            matches = get_close_matches(name, known, n=1)
            hint = f" Did you mean {matches[0]!r}?" if matches else ""
            raise TypeError(f"A fault has no field {name!r}; its fields are {', '.join(known)}.{hint}")


def _split_words(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the route of a fault, and its fields with their values."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError("A quotation mark in the fault is not closed.") from error
    for word in words[2:]:
        if "=" not in word:
            raise ValueError(f"A fault's fields have the form NAME=VALUE, such as status=503, not {word!r}.")
    pairs = (word.partition("=") for word in words[2:])
    return " ".join(words[:2]), [(name, value) for name, _, value in pairs]


def _value(text: str) -> object:
    """Return the value of a word: a number, true, false, null, or the word itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
