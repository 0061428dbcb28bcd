"""Routes, and the router that finds the route of a request.

Handlers are plain functions from a request to a response. Waiting, for a body or for a query, happens around them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from http import HTTPStatus

from aiohttp import web
from attrs import Factory, define, field, frozen

from warehouse_sync.emulator.errors import ApiError, NotFoundError
from warehouse_sync.emulator.responses import HttpError
from warehouse_sync.emulator.state.access import Access

_SLUG = "[A-Za-z0-9_-]+"
# What matches the named parameters of a path.
_PATTERNS = {"workspace": _SLUG, "id": _SLUG, "run": r"\d{1,18}"}
_MAX_CACHED_PATHS = 10_000
RUN_ID = re.compile(_PATTERNS["run"], re.ASCII)
_NAME = re.compile(r"\{(\w+)\}")


@define
class Request:
    """A request as handlers see it.

    Attributes:
        http: The HTTP request, without its body.
        path_params: The named parameters of the path.
        body: The body; empty for methods that have none.
    """

    http: web.BaseRequest
    path_params: Mapping[str, str]
    body: bytes = b""


Handler = Callable[[Request], web.Response]


@frozen
class Route:
    """A method, a path and their handler. Names in braces in the path are parameters.

    Attributes:
        stateless: Whether the handler neither reads nor writes the state.
        access: How the handler uses the state.
    """

    method: str
    path: str
    handler: Handler
    stateless: bool = False
    access: Access = field(init=False, default=Factory(lambda route: route.state_access(), takes_self=True))

    def state_access(self) -> Access:
        """Return how the handler uses the state, from the method and `stateless`."""
        if self.stateless:
            return Access.NONE
        return Access.READ if self.method == "GET" else Access.WRITE


class Router:
    """Finds the route of a request. If several match, the first is used."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[str, list[tuple[re.Pattern[str], Route]]] = {}
        for route in routes:
            self._routes.setdefault(route.method, []).append((_pattern(route.path), route))
        self._find_cached = lru_cache(_MAX_CACHED_PATHS)(self._find)  # clients repeat paths

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Return the route of a request and its path parameters.

        Raises:
            NotFoundError: No route has this path.
            HttpError: 405: the path has routes, with other methods.
        """
        return self._find_cached(method, path)

    def _find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        for pattern, route in self._routes.get(method, ()):
            match = pattern.fullmatch(path)
            if match is not None:
                return route, match.groupdict()
        raise self._no_route(method, path)

    def routes(self) -> Iterator[Route]:
        """Yield every route."""
        return (route for candidates in self._routes.values() for _, route in candidates)

    def _no_route(self, method: str, path: str) -> ApiError:
        methods = (
            name
            for name, candidates in self._routes.items()
            if any(pattern.fullmatch(path) for pattern, _ in candidates)
        )
        allowed = ", ".join(sorted(methods))
        if not allowed:
            return NotFoundError(f"The emulator has no route {path}.")
        message = f"{method} is not allowed for this path; allowed: {allowed}."
        return HttpError(HTTPStatus.METHOD_NOT_ALLOWED, message, headers={"Allow": allowed})


def _pattern(path: str) -> re.Pattern[str]:
    texts = _NAME.split(path)  # literal text and parameter names alternate
    patterns = [
        f"(?P<{text}>{_PATTERNS[text]})" if index % 2 else re.escape(text) for index, text in enumerate(texts)
    ]
    return re.compile("".join(patterns), re.ASCII)
