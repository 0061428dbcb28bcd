"""Which handler a request is for, and what the handler gets to see of it.

Handlers are plain functions from a call to an answer: what waits, such as for a body or for a query, happens around them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from http import HTTPStatus

from aiohttp import web
from attrs import Factory, define, field, frozen

from warehouse_sync.emulator.answers import RefusalError, not_found

_SLUG = "[A-Za-z0-9_-]+"
# What may stand for the named parts of a path.
_PARTS = {"workspace": _SLUG, "id": _SLUG, "run": r"\d{1,18}"}
_NAME = re.compile(r"\{(\w+)\}")


@define
class Call:
    """A request as handlers see it.

    Attributes:
        request: The request, its body aside.
        parts: What the named parts of the path are.
        body: The body; empty for methods that carry none.
    """

    request: web.BaseRequest
    parts: Mapping[str, str]
    body: bytes = b""


Handler = Callable[[Call], web.Response]


class Touches(Enum):
    """What a handler does to the emulator's state."""

    NOTHING = auto()
    LOOKS = auto()
    CHANGES = auto()


@frozen
class Route:
    """A method, a path, and what answers them; parts of the path in braces are named.

    Attributes:
        apart: Whether the handler neither sees nor changes what runs change.
        touches: What the handler does to the state.
    """

    method: str
    path: str
    handler: Handler
    apart: bool = False
    touches: Touches = field(init=False, default=Factory(lambda route: route.touched(), takes_self=True))

    def touched(self) -> Touches:
        """Return what the handler does to the state, by the method and what was said."""
        if self.apart:
            return Touches.NOTHING
        return Touches.LOOKS if self.method == "GET" else Touches.CHANGES


class Router:
    """Finds the route of a request; of several that fit, the first."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._found: dict[str, list[tuple[re.Pattern[str], Route]]] = {}
        for route in routes:
            self._found.setdefault(route.method, []).append((_pattern(route.path), route))

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Return the route and what the named parts of the path are, or refuse with 404 or 405."""
        for pattern, route in self._found.get(method, ()):
            match = pattern.fullmatch(path)
            if match is not None:
                return route, match.groupdict()
        raise self._missing(method, path)

    def _missing(self, method: str, path: str) -> RefusalError:
        fitting = (
            name for name, found in self._found.items() if any(one.fullmatch(path) for one, _ in found)
        )
        allowed = ", ".join(sorted(fitting))
        if not allowed:
            return not_found(f"There is no {path} here.")
        message = f"{method} is not allowed here; allowed: {allowed}."
        return RefusalError(HTTPStatus.METHOD_NOT_ALLOWED, message, headers={"Allow": allowed})


def _pattern(path: str) -> re.Pattern[str]:
    texts = _NAME.split(path)  # texts and names in turn
    written = [
        f"(?P<{text}>{_PARTS[text]})" if number % 2 else re.escape(text) for number, text in enumerate(texts)
    ]
    return re.compile("".join(written), re.ASCII)
