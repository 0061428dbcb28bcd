"""ActiveFaults on demand: which requests are answered badly, and how. `injector` has what then happens."""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from math import isfinite
from typing import TYPE_CHECKING, Any, Self

from attrs import asdict, define, field, fields

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.faults.route_matching import unmatchable_reason

if TYPE_CHECKING:
    from attrs import Attribute

_ROUTE = re.compile(r"[A-Z*]+ \S+")
_HEADER = "header."
_ONCE: int | None = 1
# The fields that say when a fault happens, or something about another field; each other one is an effect.
_CIRCUMSTANCES = frozenset({"route", "count", "headers", "message"})


def _checked(is_fine: Callable[[Any], bool], what: str) -> Callable[[object, "Attribute[Any]", object], None]:
    """Return a validator that says in words what a field takes."""

    def check(_: object, attribute: "Attribute[Any]", value: object) -> None:
        if not is_fine(value):
            raise ValueError(f"A fault's {attribute.name} is {what}; not {value!r}.")

    return check


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_seconds(value: Any) -> bool:  # noqa: ANN401  # whatever was given
    return (_is_whole(value) or isinstance(value, float)) and isfinite(value) and value >= 0


def _is_headers(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


_FLAG = _checked(lambda value: isinstance(value, bool), "true or false")
_SECONDS = _checked(_is_seconds, "a number of seconds from 0 on")
_SOME_SECONDS = _checked(lambda value: value is None or _is_seconds(value), "a number of seconds from 0 on")
_TEXT = _checked(lambda value: value is None or isinstance(value, str), "a text")
_JUNK = _checked(lambda value: isinstance(value, bool | str), "true, or the text to answer")
_RUNS = _checked(lambda value: _is_whole(value) and value >= 0, "a whole number from 0 on")
_HEADERS = _checked(_is_headers, "a mapping of names to texts")
_COUNT = _checked(
    lambda value: value is None or (_is_whole(value) and value >= 0),
    "a whole number from 1 on, or null for every request",
)
_STATUS = _checked(
    lambda value: value is None or (_is_whole(value) and 300 <= value <= 599),  # noqa: PLR2004  # redirects and errors
    "a redirect or an error, 300 to 599",
)
_METHOD_AND_PATH = _checked(
    lambda value: isinstance(value, str) and _ROUTE.fullmatch(value) is not None,
    "a method and a path, such as `GET /platform/*`",
)


@define(kw_only=True)
class Fault:
    """What happens to the next requests of a route.

    Attributes:
        route: A method and a path, either with ``*``, such as ``GET /platform/v2/workspaces/*/connections``.
        count: To how many requests it happens; None for all.
        delay: Seconds to wait before anything else.
        drop: Reset the connection before the request is handled.
        expire_token: Let the request's token be expired.
        throttle: Answer 429, with headers that ask to wait for so many seconds.
        status: Answer with this status in place of the real answer.
        headers: Headers of that answer, such as ``Retry-After``.
        message: The message of that answer.
        junk: Answer 200 with this text in place of the real answer; true for a page of HTML.
        new_runs: Let so many runs of the request's pipeline happen first, so that its pages shift.
        apply_then_drop: Handle the request, then reset the connection: the change is made, the answer lost.
        truncate: Handle the request, and reset the connection in the middle of the answer.
        unknown: Put values into the answer that no document names, and fields.
        hide_report: After the request created a pipeline, let its report be not found for so many seconds.

    Raises:
        TypeError: There is no such field.
        ValueError: A field's value is none of its values, nothing would happen, or it would happen to no request.
    """

    route: str = field(validator=_METHOD_AND_PATH)
    count: int | None = field(default=_ONCE, validator=_COUNT)
    delay: float = field(default=0.0, validator=_SECONDS)
    drop: bool = field(default=False, validator=_FLAG)
    expire_token: bool = field(default=False, validator=_FLAG)
    throttle: float | None = field(default=None, validator=_SOME_SECONDS)
    status: int | None = field(default=None, validator=_STATUS)
    headers: Mapping[str, str] = field(factory=dict, validator=_HEADERS)
    message: str | None = field(default=None, validator=_TEXT)
    junk: bool | str = field(default=False, validator=_JUNK)
    new_runs: int = field(default=0, validator=_RUNS)
    apply_then_drop: bool = field(default=False, validator=_FLAG)
    truncate: bool = field(default=False, validator=_FLAG)
    unknown: bool = field(default=False, validator=_FLAG)
    hide_report: float = field(default=0.0, validator=_SECONDS)

    def __new__(cls, *_: object, **given: object) -> Self:
        """Refuse what is no field in the emulator's words: Python's would name a method that nobody called."""
        _refuse_unknown(given, [each.name for each in fields(cls)])
        return super().__new__(cls)

    def __attrs_post_init__(self) -> None:
        if self.count == 0:
            raise ValueError("A fault's count is a whole number from 1 on, or null for every request; not 0.")
        injector = [each for each in fields(type(self)) if each.name not in _CIRCUMSTANCES]
        if all(getattr(self, each.name) == each.default for each in injector):
            names = ", ".join(each.name for each in injector)
            raise ValueError(f"A fault needs an effect, or nothing happens: one of {names}.")
        never = unmatchable_reason(self.route)
        if never is not None:
            raise ValueError(f"No request can match the fault's route {self.route!r}: {never}.")

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a fault as the command line has it: the route, then its fields.

        Example:
            >>> Fault.read("GET */report status=503 count=2 header.Retry-After=3").headers
            {'Retry-After': '3'}
        """
        route, pairs = _read_words(text)
        headers = {name.removeprefix(_HEADER): value for name, value in pairs if name.startswith(_HEADER)}
        given: dict[str, Any] = {name: _value(value) for name, value in pairs if not name.startswith(_HEADER)}
        words = [each.name for each in fields(cls) if each.name not in ("route", "headers")]
        try:
            _refuse_unknown(given, [*words, f"{_HEADER}NAME"])
        except TypeError as error:
            raise ValueError(str(error)) from error
        return cls(route=route, headers=headers, **given)

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is one of the route's."""
        wanted_method, _, wanted_path = self.route.partition(" ")
        return fnmatchcase(method, wanted_method) and fnmatchcase(path, wanted_path)

    def show(self) -> Document:
        """Return the fault as the control route lists it."""
        return asdict(self)


def _refuse_unknown(given: Iterable[str], known: list[str]) -> None:
    """Refuse a name that is no field's."""
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"A fault has no field {name!r}; its fields are {', '.join(known)}.{meant}")


def _read_words(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the route of a fault, and its fields with their values."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError("A quotation mark in the fault is not closed.") from error
    for word in words[2:]:
        if "=" not in word:
            raise ValueError(f"A fault's fields have the form NAME=VALUE, such as status=503; not {word!r}.")
    pairs = (word.partition("=") for word in words[2:])
    return " ".join(words[:2]), [(name, value) for name, _, value in pairs]


def _value(text: str) -> object:
    """Return what a word of the command line stands for: a number, true, false, null, or itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
