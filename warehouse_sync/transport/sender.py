"""Sending of requests: deadline, authorization, retries and decoding."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from warehouse_sync.errors import (
    DecodeError,
    TimeoutError,
    TransportError,
    UnauthorizedError,
    WarehouseSyncError,
)
from warehouse_sync.events import ResponseRecovered, RetryScheduled
from warehouse_sync.settings import Clock, RetryPolicy, Timeout
from warehouse_sync.transport.deadlines import Deadline
from warehouse_sync.transport.error_mapping import to_api_error, to_decode_error
from warehouse_sync.transport.exchange import exchange
from warehouse_sync.transport.limits import AdaptiveConcurrency
from warehouse_sync.transport.observer import ObservedExchange, Observer, current_operation
from warehouse_sync.transport.pool import LoopSession, SessionPool
from warehouse_sync.transport.request import ApiRequest, BaseUrl, ExtraHeaders, RequestHeaders
from warehouse_sync.transport.response import ApiResponse
from warehouse_sync.transport.retry import TRANSIENT_STATUSES, RetryBudget, next_delay
from warehouse_sync.transport.token_source import AccessToken, TokenResponse, TokenSource

T = TypeVar("T")

_log = logging.getLogger("warehouse_sync")

_UNLIMITED = float("inf")


@attrs.define(eq=False, repr=False)
class RequestContext:
    """The state of one request across its attempts.

    Attributes:
        session: The session of the running event loop.
        started: The start on the monotonic clock.
        total: The total timeout in seconds, or `None`.
        attempts: The number of HTTP requests made.
        counted_attempts: The number of them that count against `RetryPolicy.attempts`.
        queued: Whether it waits for a slot of the connection limit.
        in_flight: Whether an HTTP request was sent and its response is outstanding.
        may_have_been_processed: Whether the server may have processed an earlier attempt without a usable response.
        token_refreshed: Whether the request was retried with a new token.
    """

    session: LoopSession
    started: float
    total: float | None
    attempts: int = 0
    counted_attempts: int = 0
    queued: bool = False
    in_flight: bool = False
    may_have_been_processed: bool = False
    token_refreshed: bool = False

    def timeout_error(self, request: ApiRequest[T]) -> TimeoutError:
        """Return the error for an expired deadline."""
        reason = (
            "no connection became free; raise max_connections or start fewer requests at once"
            if self.queued
            else "Timeout.total expired"
        )
        return TimeoutError(
            f"{request.method} {request.path} timed out after {self.total:g} s: {reason}",
            phase="pool" if self.queued else "total",
            sent="maybe" if self.in_flight or self.may_have_been_processed else "no",
            attempts=self.attempts,
        )


FetchToken = Callable[["RetryingSender", AccessToken | None], Awaitable[TokenResponse]]


@attrs.frozen(eq=False, repr=False)
class TokenAuth:
    """Bearer token authorization.

    Attributes:
        source: The shared token of the credential.
        fetch: Fetches a token with a sender, given the token the API rejected last.
    """

    source: TokenSource
    fetch: FetchToken


@attrs.frozen(eq=False, repr=False)
class _AuthorizedHeaders:
    """The headers of requests with one token on one event loop."""

    token: AccessToken | None
    session: LoopSession
    headers: RequestHeaders


@attrs.define(kw_only=True, eq=False, repr=False)
class RetryingSender:
    """Sends requests to one base URL, and retries those that fail.

    Attributes:
        base_url: The server.
        pool: The aiohttp sessions.
        timeout: The timeouts of a request.
        policy: The retry policy.
        budget: The retry budget of the client.
        concurrency: The limit on workers of bulk operations, adapted to the responses.
        clock: Time, sleep and randomness.
        auth: The authorization, or `None` to send no token.
        extra_headers: Returns headers to add to each request, or `None`.
        observer: Calls the listeners, or `None` if there are none.
    """

    base_url: BaseUrl
    pool: SessionPool
    timeout: Timeout
    policy: RetryPolicy
    budget: RetryBudget
    concurrency: AdaptiveConcurrency
    clock: Clock
    auth: TokenAuth | None = None
    extra_headers: ExtraHeaders | None = None
    observer: Observer | None = None
    _latest: _AuthorizedHeaders | None = attrs.field(default=None, init=False)

    @property
    def reconcile_timeout(self) -> float:
        """Seconds to look for the result of a change whose response was lost."""
        return self.policy.reconcile_timeout

    def with_options(self, *, timeout: Timeout | None, retry: RetryPolicy | None) -> "RetryingSender":
        """Return a sender with other options and the same pool, token and budget."""
        return attrs.evolve(self, timeout=timeout or self.timeout, policy=retry or self.policy)

    async def close(self) -> None:
        """Close the sessions and drop the token, which other clients may still use."""
        if self.auth is not None:
            self.auth = attrs.evolve(self.auth, source=TokenSource(self.clock))
        await self.pool.close()

    async def send(self, request: ApiRequest[T]) -> T:
        """Send a request within its deadline and return the decoded response.

        A failed attempt is retried as the retry policy says. A 401 is replayed once with a new token, which does not count
        as an attempt.

        Raises:
            TransportError: The last attempt failed without a response; `TimeoutError` if the deadline expired.
            APIError: The server responded with an error.
            TokenError: The token endpoint rejected the credential or sent an invalid response.
            DecodeError: The response is not what the API documents.
        """
        context = self.new_context()
        with context.session.deadlines.start(context.total) as deadline:  # expires without an exception
            authorized = self._current_headers(context) or await self._authorize(context)
            while True:
                context.counted_attempts += 1
                try:
                    # Inline: each coroutine that a request awaits costs a third of decoding its response.
                    limiter = context.session.limiter
                    if limiter.free > 0:
                        limiter.free -= 1
                    else:
                        await self._wait_for_slot(context)
                    context.attempts += 1
                    context.in_flight = True
                    try:
                        if self.observer is not None or _log.isEnabledFor(logging.DEBUG):
                            response = await self._observe(context, request, authorized.headers, deadline)
                        else:
                            response = await exchange(context.session, request, authorized.headers)
                    finally:
                        if limiter.waiting:
                            limiter.release()
                        else:
                            limiter.free += 1
                    context.in_flight = False
                    return self._result(context, request, response, authorized)
                except WarehouseSyncError as error:
                    problem = error
                if self._drop_rejected_token(context, problem, authorized.token):
                    self._report_retry(request, 0.0, problem)
                    del problem  # its traceback holds this frame
                    authorized = await self._authorize(context)
                    continue
                delay = self._delay_after(context, request, problem)
                if delay is None:
                    raise problem
                self._report_retry(request, delay, problem)
                del problem
                await self.clock.sleep(delay)
        raise context.timeout_error(request)

    async def _observe(
        self, context: RequestContext, request: ApiRequest[T], headers: RequestHeaders, deadline: Deadline
    ) -> ApiResponse:
        """Send one HTTP request, log it, and report it to the listeners."""
        if self.observer is not None and self.auth is not None:
            self.observer.count_attempt()
        attempt = ObservedExchange(self.observer, self.clock, context.attempts - 1, deadline)
        return await attempt.send(context.session, request, headers)

    def _report_retry(self, request: ApiRequest[T], delay: float, error: WarehouseSyncError) -> None:
        reason = type(error).__name__
        _log.info("%s %s: %s, retrying in %.2f s", request.method, request.path, reason, delay)
        if self.observer is not None:
            self.observer.emit(RetryScheduled(operation=current_operation(), delay=delay, reason=reason))

    def new_context(self) -> RequestContext:
        """Return the context of a new request on the running event loop."""
        return RequestContext(self.pool.for_running_loop(), self.clock.monotonic(), self.timeout.total)

    @staticmethod
    async def _wait_for_slot(context: RequestContext) -> None:
        context.queued = True
        await context.session.limiter.wait()
        context.queued = False

    def _current_headers(self, context: RequestContext) -> _AuthorizedHeaders | None:
        """Return the latest headers, unless they are for another loop or token, or the token needs a refresh."""
        latest, auth = self._latest, self.auth
        if latest is None or latest.session is not context.session:
            return None
        if auth is None:
            return latest
        token = auth.source.token
        current = token is not None and token is latest.token and context.started < token.refresh_at
        return latest if current else None

    async def _authorize(self, context: RequestContext) -> _AuthorizedHeaders:
        """Build headers, with a token if the sender has an authorization."""
        session, token = context.session, None
        if self.auth is not None:
            try:
                token = await self.auth.source.get(self._fetch_token)
            except TransportError as error:
                # `sent` refers to the request of the caller, not to the token request.
                error.sent = "maybe" if context.may_have_been_processed else "no"
                raise
        extra = self.extra_headers
        common = session.headers if extra is None else {**session.headers, **extra.read()}
        headers = RequestHeaders(self.base_url, common, None if token is None else token.reveal())
        authorized = _AuthorizedHeaders(token, session, headers)
        if extra is None or not extra.changes:
            self._latest = authorized
        return authorized

    async def _fetch_token(self, refused: AccessToken | None) -> TokenResponse:
        assert self.auth is not None  # noqa: S101 - only `_authorize` passes this method on
        return await self.auth.fetch(self, refused)

    def _drop_rejected_token(
        self, context: RequestContext, error: WarehouseSyncError, token: AccessToken | None
    ) -> bool:
        """Drop the token after the first 401 of a request, and return whether to replay it with a new one."""
        if not isinstance(error, UnauthorizedError) or self.auth is None or token is None:
            return False
        if context.token_refreshed or not self.auth.source.invalidate(token):
            return False
        context.token_refreshed = True
        context.counted_attempts -= 1
        return True

    def _result(
        self,
        context: RequestContext,
        request: ApiRequest[T],
        response: ApiResponse,
        authorized: _AuthorizedHeaders,
    ) -> T:
        """Return the decoded response, or raise the error that the server responded with."""
        status = response.status
        if authorized.token is not None and status != 401:  # noqa: PLR2004 - an HTTP status
            authorized.token.accepted = True
        if response.usage is not None:
            self.concurrency.on_usage(response.usage)
        if 200 <= status < 300:  # noqa: PLR2004 - success
            if self.budget.left < self.budget.limit:
                self.budget.refund()
            return _decode(request, response, authorized.headers)
        if status == 404 and request.method == "DELETE" and context.may_have_been_processed:  # noqa: PLR2004 - an HTTP status
            if self.observer is not None:
                self.observer.emit(ResponseRecovered(operation=current_operation()))
            return request.decode(b"")  # an earlier attempt deleted it
        if status == 429:  # noqa: PLR2004 - an HTTP status
            self.concurrency.on_throttled()
        context.may_have_been_processed |= status in TRANSIENT_STATUSES
        raise to_api_error(
            request,
            response,
            secrets=(*request.secrets, *authorized.headers.secrets),
            attempts=context.attempts,
            elapsed=self.clock.monotonic() - context.started,
            now=self.clock.wall(),
        )

    def _delay_after(
        self, context: RequestContext, request: ApiRequest[T], error: WarehouseSyncError
    ) -> float | None:
        """Return the seconds until the next attempt, or `None` if the error is final."""
        if isinstance(error, TransportError):
            context.in_flight = False
            context.may_have_been_processed |= error.sent == "maybe"
            error.attempts = context.attempts
            error.sent = "maybe" if context.may_have_been_processed else error.sent
        total = context.total
        return next_delay(
            self.policy,
            self.budget,
            error,
            attempt=context.counted_attempts,
            idempotent=request.idempotent,
            remaining=_UNLIMITED if total is None else context.started + total - self.clock.monotonic(),
            jitter=self.clock.random(),
        )


def _decode(request: ApiRequest[T], response: ApiResponse, headers: RequestHeaders) -> T:
    try:
        return request.decode(response.body)
    except WarehouseSyncError as error:
        problem = error.with_traceback(None)  # its frames hold the response, which may contain secrets
    if type(problem) is DecodeError:
        problem = to_decode_error(
            problem, request, response, secrets=(*request.secrets, *headers.secrets)
        )  # no local, because tracebacks can show them
    raise problem
