"""How any request travels: within its deadline, from a place in the pool, tried again where that is safe and may help."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs
from yarl import URL

from warehouse_sync.errors import APIError, TimeoutError, TransportError, WarehouseSyncError
from warehouse_sync.settings import Clock, RetryPolicy, Timeout
from warehouse_sync.transport.call import Answer, Call, Headers, Trip
from warehouse_sync.transport.exchange import exchange
from warehouse_sync.transport.pace import Pace
from warehouse_sync.transport.pool import SessionPool
from warehouse_sync.transport.retry import Budget, next_delay, parse_retry_after
from warehouse_sync.wire.answers import error_class, error_messages

T = TypeVar("T")

_FOREVER = float("inf")
_MAY_HAVE_ACTED = frozenset({408, 500, 502, 503, 504})


@attrs.frozen(kw_only=True, eq=False)
class Carrier:
    """Carries requests over one pool.

    Attributes:
        pool: The sessions.
        timeout: How long a call may take.
        policy: How often a call is tried.
        budget: What all calls may spend on retries.
        pace: What the server says of its load.
        clock: Time, sleep and chance.
    """

    pool: SessionPool
    timeout: Timeout
    policy: RetryPolicy
    budget: Budget
    pace: Pace
    clock: Clock

    async def within_deadline(self, call: Call[T], work: Callable[[Trip, Call[T]], Awaitable[T]]) -> T:
        """Do `work`, and cancel it when the call's time has run out.

        Raises:
            TimeoutError: It has.
        """
        trip = Trip(self.pool.here(), self.clock.monotonic())
        total = self.timeout.total
        if total is None:
            return await work(trip, call)
        deadline = trip.local.deadlines.start(total)
        try:
            return await work(trip, call)
        except asyncio.CancelledError:
            if not deadline.is_mine():
                raise
        finally:
            deadline.finish()
        raise _late(trip, call, total)

    async def attempts(self, trip: Trip, call: Call[T], url: URL, headers: Headers) -> T:
        """Make requests until the outcome is final: a success, or an error that trying again cannot help.

        Raises:
            TransportError: The last attempt did not get through.
            APIError: The server refused.
            DecodeError: The answer cannot be read.
        """
        tries = 0
        while True:
            tries += 1
            try:
                return await self._attempt(trip, call, url, headers)
            except WarehouseSyncError as error:
                problem = error
            delay = self._delay_after(trip, call, problem, tries)
            if delay is None:
                raise problem
            del problem  # its traceback holds this frame
            await self.clock.sleep(delay)

    async def _attempt(self, trip: Trip, call: Call[T], url: URL, headers: Headers) -> T:
        answer = await self._from_the_pool(trip, call, url, headers)
        if answer.usage is not None:
            self.pace.heard(answer.usage)
        if 200 <= answer.status < 300:  # noqa: PLR2004 - success
            self.budget.give_back()
            return call.decode(answer.body)
        if answer.status == 404 and call.method == "DELETE" and trip.lost:  # noqa: PLR2004 - an HTTP status
            return call.decode(b"")  # an earlier attempt deleted it, and its answer was lost
        raise self._refusal(trip, call, answer, headers)

    async def _from_the_pool(self, trip: Trip, call: Call[T], url: URL, headers: Headers) -> Answer:
        """Make one request from a place in the pool."""
        local, slots = trip.local, trip.local.slots
        if slots.free > 0:
            slots.free -= 1
        else:
            trip.queued = True
            await slots.wait()
            trip.queued = False
        was_sent, trip.sent = trip.sent, True
        trip.attempts += 1
        try:
            return await exchange(local, call, url, headers)
        except TransportError as error:
            maybe = error.sent == "maybe"
            trip.sent, trip.lost = was_sent or maybe, trip.lost or maybe
            raise
        finally:
            slots.release()

    def _delay_after(self, trip: Trip, call: Call[T], error: WarehouseSyncError, tries: int) -> float | None:
        if isinstance(error, TransportError):
            error.attempts = trip.attempts
            error.sent = "maybe" if trip.lost else error.sent
        total = self.timeout.total
        return next_delay(
            self.policy,
            self.budget,
            error,
            tries=tries,
            replayable=call.replayable,
            remaining=_FOREVER if total is None else trip.started + total - self.clock.monotonic(),
            chance=self.clock.random(),
        )

    def _refusal(self, trip: Trip, call: Call[T], answer: Answer, headers: Headers) -> APIError:
        """Turn an error answer into the exception for it."""
        status, messages = answer.status, error_messages(answer.body, (*call.secrets, *headers.secrets))
        trip.lost = trip.lost or status in _MAY_HAVE_ACTED
        if status == 429:  # noqa: PLR2004 - an HTTP status
            self.pace.throttled()
        return error_class(status, messages)(
            status=status,
            messages=messages,
            method=call.method,
            path=call.path,
            request_id=answer.request_id,
            attempts=trip.attempts,
            elapsed=self.clock.monotonic() - trip.started,
            retry_after=parse_retry_after(answer.retry_after, self.clock.wall()),
        )


def _late(trip: Trip, call: Call[T], total: float) -> TimeoutError:
    reason = (
        "no connection came free; raise max_connections or start fewer calls at once"
        if trip.queued
        else "Timeout.total"
    )
    return TimeoutError(
        f"{call.method} {call.path} was given up after {total:g} s: {reason}",
        phase="pool" if trip.queued else "total",
        sent="maybe" if trip.sent else "no",
        attempts=trip.attempts,
    )
