"""One API call as data: what to send, how to read the answer, and what is known while it is under way."""

from collections.abc import Callable, Mapping
from typing import Generic, Literal, TypeVar

import attrs
from multidict import CIMultiDict

from warehouse_sync.transport.pool import Local

T = TypeVar("T")

Method = Literal["GET", "POST", "PUT", "DELETE"]


@attrs.define(eq=False, repr=False)
class Call(Generic[T]):
    """One API call. Never shows what it carries.

    Attributes:
        method: The HTTP method.
        path: The path from the API's address on, made of checked ids only.
        decode: Reads the body of a success.
        query: The query, encoded, without the question mark.
        body: The JSON to send.
        secrets: What `body` holds that must not be shown should the server echo it.
        replayable: Whether repeating the call is safe even if the server acted on it.
        heard: Is told the headers of each answer.
    """

    method: Method
    path: str
    decode: Callable[[bytes], T]
    query: str = ""
    body: bytes | None = None
    secrets: tuple[str, ...] = ()
    replayable: bool = True
    heard: Callable[[Mapping[str, str]], None] | None = None

    def __repr__(self) -> str:
        return f"<Call {self.method} {self.path}>"


@attrs.define(eq=False, repr=False)
class Trip:
    """What is known of a call under way.

    Attributes:
        local: The running loop's share of the pool.
        started: When it began, on the monotonic clock.
        attempts: How many requests were made.
        queued: Whether it is waiting for a place in the pool.
        sent: Whether a request of its may have reached the server.
        lost: Whether an earlier request may have been acted on although its answer was lost.
    """

    local: Local
    started: float
    attempts: int = 0
    queued: bool = False
    sent: bool = False
    lost: bool = False


class Headers:
    """The headers of requests on one loop, built once for very many. Never shows them.

    Attributes:
        bare: For requests without a body.
        json: For requests with one.
        secrets: What they hold that must not be shown should the server echo it.
    """

    __slots__ = ("bare", "json", "secrets")

    def __init__(self, local: Local, token: str | None = None) -> None:
        self.secrets = () if token is None else (token,)
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.bare = CIMultiDict({**local.headers, **bearer})
        self.json = CIMultiDict({**self.bare, "Content-Type": "application/json"})


@attrs.define(eq=False, repr=False)
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status.
        body: The body, decompressed.
        usage: The share of the rate limit that is used, in percent, when the server says.
        retry_after: The `Retry-After` header or its misspelling, as sent.
        request_id: The server's id of the request.
    """

    status: int
    body: bytes
    usage: str | None = None
    retry_after: str | None = None
    request_id: str | None = None
