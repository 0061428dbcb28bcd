"""How any request travels: within its deadline, from a place in the pool, tried again where that is safe and may help."""

import logging
from typing import TypeVar

import attrs

from warehouse_sync.errors import APIError, DecodeError, TransportError, WarehouseSyncError
from warehouse_sync.settings import Clock, RetryPolicy, Timeout
from warehouse_sync.transport.call import Answer, Call, Trip
from warehouse_sync.transport.exchange import exchange
from warehouse_sync.transport.pace import Pace
from warehouse_sync.transport.pool import SessionPool
from warehouse_sync.transport.retry import Budget, next_delay, parse_retry_after
from warehouse_sync.transport.site import Headers

T = TypeVar("T")

_log = logging.getLogger("warehouse_sync")

_FOREVER = float("inf")
_MAY_HAVE_ACTED = frozenset({408, 500, 502, 503, 504})


@attrs.frozen(kw_only=True, eq=False, repr=False)
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

    def begin(self) -> Trip:
        """Begin a call on the running loop."""
        return Trip(self.pool.here(), self.clock.monotonic(), self.timeout.total)

    async def attempts(self, trip: Trip, call: Call[T], headers: Headers) -> T:
        """Make requests until the outcome is final: a success, or an error that trying again cannot help.

        Raises:
            TransportError: The last attempt did not get through.
            APIError: The server refused.
            DecodeError: The answer cannot be read.
        """
        while True:
            trip.tries += 1
            try:
                # One coroutine for all of this: each more that a request waits in costs as much as a third of decoding.
                slots = trip.local.slots
                if slots.free > 0:
                    slots.free -= 1
                else:
                    await self._wait_for_place(trip)
                trip.attempts += 1
                trip.under_way = True
                try:
                    answer = await exchange(trip.local, call, headers)
                finally:
                    slots.release()
                trip.under_way = False
                return self._outcome(trip, call, answer, headers)
            except WarehouseSyncError as error:
                problem = error
            delay = self._delay_after(trip, call, problem)
            if delay is None:
                raise problem
            name = type(problem).__name__
            _log.info("%s %s: %s; tried again in %.2f s", call.method, call.path, name, delay)
            del problem  # its traceback holds this frame
            await self.clock.sleep(delay)

    @staticmethod
    async def _wait_for_place(trip: Trip) -> None:
        trip.queued = True
        await trip.local.slots.wait()
        trip.queued = False

    def _outcome(self, trip: Trip, call: Call[T], answer: Answer, headers: Headers) -> T:
        """Read a success, or raise the error that the server answered with."""
        if answer.usage is not None:
            self.pace.heard(answer.usage)
        if 200 <= answer.status < 300:  # noqa: PLR2004 - success
            self.budget.give_back()
            return _decoded(call, answer)
        if answer.status == 404 and call.method == "DELETE" and trip.lost:  # noqa: PLR2004 - an HTTP status
            return _decoded(call, Answer(204, b""))  # an earlier attempt deleted it, and its answer was lost
        raise self._refusal(trip, call, answer, headers)

    def _delay_after(self, trip: Trip, call: Call[T], error: WarehouseSyncError) -> float | None:
        if isinstance(error, TransportError):
            trip.under_way = False
            trip.lost = trip.lost or error.sent == "maybe"
            error.attempts = trip.attempts
            error.sent = "maybe" if trip.lost else error.sent
        return next_delay(
            self.policy,
            self.budget,
            error,
            tries=trip.tries,
            replayable=call.replayable,
            remaining=_FOREVER if trip.total is None else trip.started + trip.total - self.clock.monotonic(),
            chance=self.clock.random(),
        )

    def _refusal(self, trip: Trip, call: Call[T], answer: Answer, headers: Headers) -> APIError:
        """Turn an error answer into the exception for it. What reads it is imported with the first one."""
        from warehouse_sync.wire.error_responses import (  # noqa: PLC0415 - it would slow down the first client
            error_class,
            error_messages,
            without_secrets,
        )

        status, secrets = answer.status, (*call.secrets, *headers.secrets)
        messages = error_messages(answer.body, secrets)
        trip.lost = trip.lost or status in _MAY_HAVE_ACTED
        if status == 429:  # noqa: PLR2004 - an HTTP status
            self.pace.throttled()
        return error_class(status, messages)(
            status=status,
            messages=messages,
            method=call.method,
            path=call.path,
            request_id=without_secrets(answer.request_id, secrets),
            attempts=trip.attempts,
            elapsed=self.clock.monotonic() - trip.started,
            retry_after=parse_retry_after(answer.retry_after, self.clock.wall()),
        )


def _decoded(call: Call[T], answer: Answer) -> T:
    try:
        return call.decode(answer.body)
    except WarehouseSyncError as error:
        # Not its frames: they hold the answer, and the answer may hold secrets.
        problem = error.with_traceback(None)
    if type(problem) is DecodeError:
        problem = DecodeError(f"{call.method} {call.path}: {problem}")
    raise problem
