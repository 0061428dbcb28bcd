"""The requests that the emulator received, for tests that check what was sent."""

from collections import deque
from collections.abc import Mapping
from fnmatch import fnmatchcase
from json import loads
from typing import TYPE_CHECKING, Any

from aiohttp import web
from attrs import define, field

from warehouse_sync.emulator.faults.route_matching import unmatchable_reason
from warehouse_sync.emulator.paths import CONTROL_PREFIX, TOKEN

if TYPE_CHECKING:
    from yarl import URL

MAX_REQUESTS = 10_000
MAX_BODY_BYTES = 16 * 1024


@define(kw_only=True)
class RecordedRequest:
    """A request that the emulator received, also one that a fault answered.

    Attributes:
        method: The HTTP method.
        path: The path without the query.
        query: The parameters of the query; the last one, if one is repeated.
        body: The body; empty if it has more than 16 KiB, if a fault answered before it was read, or for a token request,
            which has the client secret. The `repr` does not show it, because it may contain a password.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is anything
        """The body as JSON, or `None` if it is empty."""
        return loads(self.body) if self.body else None


@define
class LoggedRequest:
    """The kept parts of a request.

    A `RecordedRequest` takes longer to make, and is needed for few of them.
    """

    method: str
    url: "URL"
    body: bytes = b""

    def to_recorded(self) -> RecordedRequest:
        """Return the request as callers see it."""
        return RecordedRequest(
            method=self.method, path=self.url.path, query=dict(self.url.query), body=self.body
        )


class RequestLog:
    """The last 10,000 requests."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=MAX_REQUESTS)

    def add(self, request: web.BaseRequest) -> LoggedRequest | None:
        """Add a request, unless it is for a control route. Return what `set_body` needs."""
        url = request.rel_url
        if url.path_safe.startswith(CONTROL_PREFIX):
            return None
        logged = LoggedRequest(request.method, url)
        self._requests.append(logged)
        return logged

    @staticmethod
    def set_body(logged: LoggedRequest | None, body: bytes) -> None:
        """Add the body, once it was read."""
        if logged is not None and logged.url.path != TOKEN and len(body) <= MAX_BODY_BYTES:
            logged.body = body

    def matching(self, route: str) -> list[RecordedRequest]:
        """Return the requests of a route, oldest first.

        Raises:
            ValueError: No request can match the route.
        """
        reason = unmatchable_reason(route)
        if reason is not None:
            raise ValueError(f"No request can match {route!r}: {reason}.")
        method, _, path = route.partition(" ")
        logged = self._requests.copy()  # the serving thread may add one meanwhile
        return [
            each.to_recorded()
            for each in logged
            if fnmatchcase(each.method, method) and fnmatchcase(each.url.path, path)
        ]

    def clear(self) -> None:
        """Remove every request."""
        self._requests.clear()
