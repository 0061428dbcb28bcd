"""Which handler a request is for, and what the handler gets to see of it.

Handlers are plain functions from a call to an answer: what waits, such as for a body or for a query, happens around them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus

from aiohttp import web
from attrs import Factory, define, field, frozen

from warehouse_sync.emulator.errors import ApiError, NotFoundError
from warehouse_sync.emulator.responses import HttpError
from warehouse_sync.emulator.state.access import Access

_SLUG = "[A-Za-z0-9_-]+"
# What may stand for the named parts of a path.
_PARTS = {"workspace": _SLUG, "id": _SLUG, "run": r"\d{1,18}"}
_NAME = re.compile(r"\{(\w+)\}")


@define
class Request:
    """A request as handlers see it.

    Attributes:
        request: The request, its body aside.
        parts: What the named parts of the path are.
        body: The body; empty for methods that carry none.
    """

    request: web.BaseRequest
    parts: Mapping[str, str]
    body: bytes = b""


Handler = Callable[[Request], web.Response]


@frozen
class Route:
    """A method, a path, and what answers them; parts of the path in braces are named.

    Attributes:
        apart: Whether the handler neither sees nor changes what runs change.
        access: What the handler does to the state.
    """

    method: str
    path: str
    handler: Handler
    apart: bool = False
    access: Access = field(init=False, default=Factory(lambda route: route.state_access(), takes_self=True))

    def state_access(self) -> Access:
        """Return what the handler does to the state, by the method and what was said."""
        if self.apart:
            return Access.NONE
        return Access.READ if self.method == "GET" else Access.WRITE


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
        raise self._not_found(method, path)

    def _not_found(self, method: str, path: str) -> ApiError:
        fitting = (
            name for name, found in self._found.items() if any(one.fullmatch(path) for one, _ in found)
        )
        allowed = ", ".join(sorted(fitting))
        if not allowed:
            return NotFoundError(f"There is no {path} here.")
        message = f"{method} is not allowed here; allowed: {allowed}."
        return HttpError(HTTPStatus.METHOD_NOT_ALLOWED, message, headers={"Allow": allowed})


def _pattern(path: str) -> re.Pattern[str]:
    texts = _NAME.split(path)  # texts and names in turn
    written = [
        f"(?P<{text}>{_PARTS[text]})" if number % 2 else re.escape(text) for number, text in enumerate(texts)
    ]
    return re.compile("".join(written), re.ASCII)
