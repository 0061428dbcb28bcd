"""The state of a request across its attempts, and its outcome."""

import asyncio
import gzip
import pickle
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from tests.support.clock import FakeClock, warp
from tests.support.kinds import READ
from tests.support.peer import Answer, Peer, raw, refusal, reply, token
from warehouse_sync import (
    APIError,
    AsyncClient,
    ConnectError,
    DecodeError,
    ReadError,
    RetryPolicy,
    Timeout,
    TimeoutError,
    TokenError,
)
from warehouse_sync.transport.limits import AdaptiveConcurrency, RequestLimiter
from warehouse_sync.transport.request import ApiRequest, BaseUrl, RequestHeaders
from warehouse_sync.transport.response import ApiResponse
from warehouse_sync.transport.retry import RetryBudget
from warehouse_sync.transport.sender import RequestContext, RetryingSender, _decode

HEADERS = RequestHeaders(BaseUrl.parse("https://api.example"), {}, "token-canary")
REQUEST: ApiRequest[bytes] = ApiRequest("GET", "/x", bytes)


@pytest.fixture
def sender(clock: FakeClock) -> RetryingSender:
    """A sender without a session pool."""
    pool: Any = None
    return RetryingSender(
        base_url=BaseUrl.parse("https://api.example"),
        pool=pool,
        timeout=Timeout(),
        policy=RetryPolicy(),
        budget=RetryBudget(500),
        concurrency=AdaptiveConcurrency(),
        clock=clock.as_clock(),
    )


def new_context(**state: Any) -> RequestContext:
    """Return a context without a session."""
    session: Any = None
    return attrs.evolve(RequestContext(session, 1000.0, None), **state)


@pytest.mark.parametrize(
    ("state", "phase", "sent", "reason"),
    [
        ({}, "total", "no", "Timeout.total expired"),
        ({"in_flight": True}, "total", "maybe", "Timeout.total expired"),
        ({"may_have_been_processed": True}, "total", "maybe", "Timeout.total expired"),
        (
            {"queued": True},
            "pool",
            "no",
            "no connection became free; raise max_connections or start fewer requests at once",
        ),
    ],
)
def test_timeout_error_reports_phase_and_reason(
    state: dict[str, bool], phase: str, sent: str, reason: str
) -> None:
    """The error names the request, the limit, the phase and the attempts, and says whether it may have been processed."""
    error = new_context(total=2.5, attempts=3, **state).timeout_error(REQUEST)
    assert str(error) == f"GET /x timed out after 2.5 s: {reason}"
    assert (error.phase, error.sent, error.attempts) == (phase, sent, 3)


async def test_context_is_queued_until_it_has_a_slot() -> None:
    """A deadline that expires meanwhile has the phase `pool`."""
    limiter = RequestLimiter(0)
    context = new_context(session=SimpleNamespace(limiter=limiter))
    waiting = asyncio.create_task(RetryingSender._wait_for_slot(context))
    await asyncio.sleep(0)
    assert context.queued is True
    limiter.release()
    await waiting
    assert context.queued is False


def test_delay_after_records_the_failed_attempt(sender: RetryingSender) -> None:
    """Between attempts nothing is in flight, and a request that may have been processed stays so."""
    context = new_context(attempts=2, in_flight=True)
    error = ConnectError("x")
    sender._delay_after(context, REQUEST, error)
    assert (context.in_flight, context.may_have_been_processed) == (False, False)
    assert (error.sent, error.attempts) == ("no", 2)
    sender._delay_after(context, REQUEST, ReadError("x"))
    assert context.may_have_been_processed
    sender._delay_after(context, REQUEST, error)
    assert context.may_have_been_processed
    assert error.sent == "maybe"


async def test_deadline_between_attempts_reports_nothing_sent(peer: Peer, clock: FakeClock) -> None:
    """An error response proves that the request was not processed, also when the deadline expires during the backoff."""
    jump = warp(asyncio.get_running_loop())

    async def too_long(seconds: float) -> None:
        jump(6)
        await asyncio.get_running_loop().create_future()

    clock.sleep = too_long  # type: ignore[method-assign]  # the deadline expires meanwhile
    peer.serve(READ.route, refusal(429))
    async with AsyncClient(**peer.options(clock=clock.as_clock(), timeout=Timeout(total=5))) as client:
        with pytest.raises(TimeoutError) as caught:
            await client.connections.get("c1")
    assert (caught.value.phase, caught.value.sent, caught.value.attempts) == ("total", "no", 1)


@pytest.mark.parametrize("status", [300, 302, 399])
async def test_redirect_response_is_an_error(peer: Peer, status: int) -> None:
    """Redirects are not followed: success ends at 299."""
    peer.serve(READ.route, refusal(status, "Elsewhere."))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(APIError, match="Elsewhere") as caught:
            await client.connections.get("c1")
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("answer", "content_type"),
    [
        (reply(200, b"<html>", Content_Type="text/html; charset=utf-8"), "text/html"),
        (reply(200, b"<html>", Content_Type="TEXT/HTML", Connection="close"), "text/html"),
        (
            reply(200, gzip.compress(b"<html>"), Content_Type="text/html", Content_Encoding="gzip"),
            "text/html",
        ),
        (reply(201, b"[", Content_Type="application/problem+json"), "application/problem+json"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n["), None),
        (reply(200, b"[", Content_Type="not a media type"), None),
    ],
)
async def test_decode_error_has_status_and_content_type(
    peer: Peer, answer: Answer, content_type: str | None
) -> None:
    """They show whether a login page or a proxy responded, also for a response over a fast connection."""
    peer.serve(READ.route, READ.success, answer)
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        with pytest.raises(DecodeError) as caught:
            await client.connections.get("c1")
    assert f" with {content_type or 'no content type'}: the response is not JSON" in str(caught.value)
    assert caught.value.status in {200, 201}
    assert caught.value.content_type == content_type
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - pickled here
    assert (copied.status, copied.content_type) == (caught.value.status, content_type)


async def test_decode_error_masks_a_token_in_the_content_type(peer: Peer) -> None:
    """A server may echo the token anywhere."""
    peer.serve("POST /oauth/token", token("canary"))
    peer.serve(READ.route, reply(200, b"<", Content_Type="text/canary"))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(DecodeError) as caught:
            await client.connections.get("c1")
    assert "canary" not in f"{caught.value}{caught.value.content_type}"


def test_decode_error_has_no_frames_of_the_decoder() -> None:
    """Their locals hold the response, which may be a token."""

    def decode(body: bytes) -> bytes:
        raise TokenError("invalid")

    with pytest.raises(TokenError) as caught:
        _decode(attrs.evolve(REQUEST, decode=decode), ApiResponse(200, b"canary"), HEADERS)
    assert "decode" not in [frame.name for frame in caught.traceback]
