"""Faults on demand: which requests are answered badly, and how. `effects` has what then happens."""

import json
import re
import shlex
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Self

from attrs import asdict, define, field
from attrs.validators import and_, deep_mapping, ge, instance_of, optional

from warehouse_sync.emulator.answers import Document

_ROUTE = re.compile(r"[A-Z*]+ /?\S+")
_HEADER = "header."
_ONCE: int | None = 1
_NUMBER = (int, float)


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
    """

    route: str = field(validator=instance_of(str))
    count: int | None = field(default=_ONCE, validator=optional(instance_of(int)))
    delay: float = field(default=0.0, validator=[instance_of(_NUMBER), ge(0)])
    drop: bool = field(default=False, validator=instance_of(bool))
    expire_token: bool = field(default=False, validator=instance_of(bool))
    throttle: float | None = field(default=None, validator=optional(and_(instance_of(_NUMBER), ge(0.0))))
    status: int | None = field(default=None, validator=optional(instance_of(int)))
    headers: Mapping[str, str] = field(
        factory=dict, validator=deep_mapping(instance_of(str), instance_of(str))
    )
    message: str | None = field(default=None, validator=optional(instance_of(str)))
    junk: bool | str = field(default=False, validator=instance_of((bool, str)))
    new_runs: int = field(default=0, validator=[instance_of(int), ge(0)])
    apply_then_drop: bool = field(default=False, validator=instance_of(bool))
    truncate: bool = field(default=False, validator=instance_of(bool))
    unknown: bool = field(default=False, validator=instance_of(bool))
    hide_report: float = field(default=0.0, validator=[instance_of(_NUMBER), ge(0)])

    def __attrs_post_init__(self) -> None:
        if not _ROUTE.fullmatch(self.route):
            raise ValueError(
                f"A fault's route is a method and a path, such as `GET /platform/*`; not {self.route!r}."
            )
        if self.count is not None and self.count < 1:
            raise ValueError("A fault's count is at least 1, or None for every request.")
        if self.status is not None and not 300 <= self.status <= 599:  # noqa: PLR2004  # redirects and errors
            raise ValueError(f"A fault's status is a redirect or an error, 300 to 599; not {self.status}.")

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a fault as the command line has it: the route, then its fields.

        Example:
            >>> Fault.read("GET */report status=503 count=2 header.Retry-After=3").headers
            {'Retry-After': '3'}
        """
        words = shlex.split(text)
        pairs = [word.partition("=") for word in words[2:]]
        headers = {name.removeprefix(_HEADER): value for name, _, value in pairs if name.startswith(_HEADER)}
        fields: dict[str, Any] = {
            name: _value(value) for name, _, value in pairs if not name.startswith(_HEADER)
        }
        try:
            return cls(route=" ".join(words[:2]), headers=headers, **fields)
        except TypeError as error:
            raise ValueError(str(error.args[0])) from error

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is one of the route's."""
        wanted_method, _, wanted_path = self.route.partition(" ")
        return fnmatchcase(method, wanted_method) and fnmatchcase(path, wanted_path)

    def show(self) -> Document:
        """Return the fault as the control route lists it."""
        return asdict(self)


def _value(text: str) -> object:
    """Return what a word of the command line stands for: a number, true, false, null, or itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


class Faults:
    """The faults in force, oldest first; the first that matches a request happens to it.

    Attributes:
        changes: How often what is in force has changed.
    """

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.changes = 0

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._faults.append(fault)
        self.changes += 1

    def clear(self) -> None:
        """Let every request be answered properly again."""
        self._faults.clear()
        self.changes += 1

    def show(self) -> list[Document]:
        """Return the faults in force."""
        return [fault.show() for fault in self._faults]

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that happens to a request, and count it as used."""
        fault = next((fault for fault in self._faults if fault.matches(method, path)), None)
        if fault is not None and fault.count is not None:
            self.changes += 1
            fault.count -= 1
            if not fault.count:
                self._faults.remove(fault)
        return fault
