"""One API call as data: what to send, how to read the answer, and what is known while it is under way."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Generic, Literal, TypeVar

import attrs

from warehouse_sync.errors import TimeoutError
from warehouse_sync.transport.deadlines import Deadline
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
    """A call under way, and its deadline: `with trip:` leaves the block early when the deadline falls due.

    After such a block stands `raise trip.late(call)`, which is reached then alone.

    Attributes:
        local: The running loop's share of the pool.
        started: When it began, on the monotonic clock.
        total: Seconds it may take, or `None`.
        attempts: How many requests were made.
        tries: How many of them count against `RetryPolicy.attempts`.
        queued: Whether it is waiting for a place in the pool.
        under_way: Whether a request of its was sent and has not been answered.
        lost: Whether an earlier request may have been acted on although its answer was lost.
    """

    local: Local
    started: float
    total: float | None
    attempts: int = 0
    tries: int = 0
    queued: bool = False
    under_way: bool = False
    lost: bool = False
    _deadline: Deadline | None = attrs.field(default=None, init=False)

    def __enter__(self) -> None:
        if self.total is not None:
            self._deadline = self.local.deadlines.start(self.total)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: object
    ) -> bool:
        deadline = self._deadline
        if deadline is None:
            return False
        fell_due = exc_type is asyncio.CancelledError and deadline.is_mine()
        deadline.finish()
        return fell_due

    def late(self, call: Call[T]) -> TimeoutError:
        """Return the error for a deadline that fell due."""
        reason = (
            "no connection came free; raise max_connections or start fewer calls at once"
            if self.queued
            else "Timeout.total"
        )
        return TimeoutError(
            f"{call.method} {call.path} was given up after {self.total:g} s: {reason}",
            phase="pool" if self.queued else "total",
            sent="maybe" if self.under_way or self.lost else "no",
            attempts=self.attempts,
        )


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
