"""Authorization of requests, and the token requests behind it."""

import asyncio
from pathlib import Path

import attrs
import pytest

from tests.faults.faults import stalling
from tests.support.clock import FakeClock, warp
from tests.support.internals import loop_session, token_source
from tests.support.kinds import BASE, CREATE, READ
from tests.support.peer import TOKEN, Peer, refusal, reply, reset, stall, token
from warehouse_sync import (
    AsyncClient,
    ReadError,
    RetryPolicy,
    ServerError,
    Timeout,
    TokenError,
    UnauthorizedError,
)
from warehouse_sync import TimeoutError as OurTimeoutError
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.transport.token_source import AccessToken, Fetch, TokenResponse


async def test_token_request_has_its_own_deadline(peer: Peer, clock: FakeClock) -> None:
    """A client without a total timeout does not wait for a token forever."""
    jump = warp(asyncio.get_running_loop())
    peer.serve(TOKEN, stalling(lambda: jump(61)))
    async with AsyncClient(**peer.options(clock=clock.as_clock(), timeout=Timeout(total=None))) as client:
        with pytest.raises(OurTimeoutError, match=r"POST /oauth/token timed out after 60 s") as caught:
            await client.connections.get("c1")
    assert (caught.value.phase, caught.value.sent) == ("total", "no")


async def test_token_error_contains_status_hint_and_reason(peer: Peer) -> None:
    """The reason is what the endpoint sent, as OAuth or API messages."""
    peer.serve(TOKEN, reply(401, {"error": "access_denied", "error_description": "Unauthorized"}))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(
            TokenError, match=r"401: check client_id and client_secret.*access_denied; Unauthorized"
        ) as caught:
            await client.connections.get("c1")
    assert caught.value.status == 401
    for status in (400, 403):
        peer.serve(TOKEN, refusal(status))
        async with AsyncClient(**peer.options()) as client:
            with pytest.raises(TokenError, match=f"{status}: check client_id and client_secret"):
                await client.connections.get("c1")
    peer.serve(TOKEN, refusal(400, "...no X.", "And ask."))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(TokenError, match=r"Response: \.\.\.no X; And ask$") as refused:
            await client.connections.get("c1")
    peer.serve(TOKEN, refusal(418))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(TokenError, match=r"responded with 418\. Response: no reason given") as silent:
            await client.connections.get("c1")
    assert (refused.value.reason, silent.value.reason) == ("...no X; And ask", "")


async def test_request_headers_and_body_are_as_documented(peer: Peer) -> None:
    """The token request has no authorization."""
    peer.serve(CREATE.route, CREATE.success)
    async with AsyncClient(**peer.options(api_url=f"{peer.url}/")) as client:
        await CREATE.call(client)
    [arrival] = peer.on(CREATE.route)
    assert arrival.headers["authorization"] == "Bearer token-1"
    assert arrival.headers["content-type"] == "application/json"
    assert arrival.headers["accept"] == "application/json"
    assert arrival.document == {
        "id": "c1",
        "name": "One",
        "state": "active",
        "service_provider": "Databricks",
        "config": {"provider": "AWS", "schema": "raw"},
    }
    [asked] = peer.on(TOKEN)
    assert "authorization" not in asked.headers


async def test_api_url_path_precedes_every_path(peer: Peer) -> None:
    """A gateway's prefix is kept, with and without a query."""
    peer.serve("GET /gate%20wayX/*", reply(200, []))
    async with AsyncClient(**peer.options(api_url=f"{peer.url}/gate%20wayX/")) as client:
        await client.connections.list()
        await client.connections.list(service_provider="Snowflake")
    base = "/gate%20wayX/platform/v2/workspaces/1/connections"
    assert [arrival.target for arrival in peer.on("GET *")] == [base, f"{base}?serviceProvider=Snowflake"]


async def test_with_options_shares_session_token_and_cache(
    peer: Peer, clock: FakeClock, tmp_path: Path
) -> None:
    """Closing a client that `with_options` returned closes nothing."""
    peer.serve(READ.route, refusal(503), READ.success)
    options = peer.options(clock=clock.as_clock(), token_cache=tmp_path / "tokens")
    async with AsyncClient(**options) as client:
        once = client.with_options(retry=RetryPolicy(attempts=1))
        assert once._sender.auth is client._sender.auth is not None
        with pytest.raises(ServerError):
            await once.connections.get("c1")
        await once.close()
        await client.connections.get("c1")
        jump = warp(asyncio.get_running_loop())
        peer.serve(READ.route, stalling(lambda: jump(2)))
        with pytest.raises(OurTimeoutError, match="timed out after 1 s"):
            await client.with_options(timeout=Timeout(total=1)).connections.get("c1")
    assert peer.count(TOKEN) == 1


@pytest.mark.parametrize(("processed", "sent"), [(False, "no"), (True, "maybe")])
async def test_token_failure_reports_whether_the_request_was_sent(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, sent: str, *, processed: bool
) -> None:
    """`sent` refers to the request of the caller, not to the token request."""

    async def fail(*_: object) -> AccessToken:
        raise ReadError("x")

    async with AsyncClient(**peer.options()) as client:
        monkeypatch.setattr(token_source(client), "get", fail)
        context = attrs.evolve(client._sender.new_context(), may_have_been_processed=processed)
        with pytest.raises(ReadError) as caught:
            await client._sender._authorize(context)
    assert caught.value.sent == sent


async def test_token_source_is_called_only_when_a_refresh_is_due(
    peer: Peer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the headers of the last request are used again."""
    peer.serve(READ.route, READ.success)
    asked = []
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        await client.connections.get("c1")
        source = token_source(client)
        kept, get = source.token, source.get
        assert kept is not None

        async def recording(fetch: Fetch) -> AccessToken:
            asked.append(clock.now)
            return await get(fetch)

        monkeypatch.setattr(source, "get", recording)
        for clock.now in (kept.refresh_at - 1, kept.refresh_at):
            await client.connections.get("c1")
        assert asked == [kept.refresh_at]
        await peer.arrived(2, TOKEN)


async def test_rejected_token_does_not_count_as_an_attempt(peer: Peer, clock: FakeClock) -> None:
    """The replay with a new token has all attempts that the policy allows."""
    peer.serve(READ.route, refusal(401), refusal(503), READ.success)
    options = peer.options(clock=clock.as_clock(), retry=RetryPolicy(attempts=2))
    async with AsyncClient(**options) as client:
        assert (await client.connections.get("c1")).id == "c1"
    assert peer.count(READ.route) == 3


async def test_rejected_token_and_failed_refresh_is_the_refresh_error(peer: Peer) -> None:
    """The error says that the request with the rejected token was not processed."""
    peer.serve(READ.route, refusal(401))
    peer.serve(TOKEN, token(), reset())
    async with AsyncClient(**peer.options(retry=RetryPolicy(attempts=1))) as client:
        with pytest.raises(ReadError) as caught:
            await client.connections.get("c1")
    assert caught.value.sent == "no"


async def test_token_response_that_is_not_json_is_a_token_error(peer: Peer) -> None:
    """The error says what is wrong with the response."""
    peer.serve(TOKEN, reply(200, b"<html>"))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(
            TokenError,
            match="the token endpoint sent an invalid response: POST /oauth/token returned 200 with application/json: the response is not JSON",
        ):
            await client.connections.get("c1")


async def test_headers_are_built_once_per_token_and_loop(peer: Peer) -> None:
    """Requests share them until the token or the event loop's session changes."""
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        sender, source = client._sender, token_source(client)
        context = sender.new_context()
        built = sender._current_headers(context)
        assert built is not None
        await client.connections.get("c1")
        assert sender._current_headers(context) is built
        assert sender._current_headers(attrs.evolve(context, session=attrs.evolve(context.session))) is None
        source.token = AccessToken(TokenResponse(access_token="t2", lifetime=1e6), requested_at=1e9)
        assert sender._current_headers(context) is None
        context = sender.new_context()
        context.session = attrs.evolve(context.session, headers={"X-Mine": "1"})
        rebuilt = await sender._authorize(context)
        assert rebuilt.headers.secrets == ("t2",)
        assert rebuilt.headers.bare["X-Mine"] == "1"
        assert sender._current_headers(context) is rebuilt


async def test_usage_header_reduces_the_concurrency(peer: Peer) -> None:
    """The used share of the rate limit is read from success and error responses."""
    usage = {"X_mp_rate_limit_percentage_used": "97"}
    peer.serve(
        READ.route, reply(200, {"id": 1}, **usage), reply(403, **usage), refusal(429, Retry_After="999")
    )
    async with AsyncClient(**peer.options()) as client:
        concurrency = client._sender.concurrency
        for _ in range(3):
            for _ in range(8):
                concurrency.worker_started()
            concurrency._outstanding, before = 0, concurrency.limit
            with pytest.raises(Exception):  # noqa: B017, PT011 - any error
                await client.connections.get("c1")
            assert concurrency.limit < before


async def test_workspaces_of_a_client_share_session_and_token(peer: Peer) -> None:
    """Another workspace of the same client opens no connection and fetches no token."""
    peer.serve("GET *", reply(200, []))
    async with AsyncClient(**peer.options()) as client:
        await client.connections.list()
        await client.workspace(2).connections.list()
    assert [arrival.target for arrival in peer.on("GET *")] == [
        f"/platform/v2/workspaces/{number}/connections" for number in (1, 2)
    ]
    assert (peer.connections, peer.count(TOKEN)) == (1, 1)


async def test_unexpected_exception_is_raised_unchanged(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is neither of the network nor of the server is not mapped to one."""
    peer.serve(READ.route, stall())
    async with AsyncClient(**peer.options()) as client:
        session = loop_session(client).aiohttp_session
        for bug in (RuntimeError("a bug"), ValueError("a bug")):

            async def fail(*_: object, error: Exception = bug, **__: object) -> None:
                raise error

            monkeypatch.setattr(type(session), "_request", fail)
            with pytest.raises(type(bug), match="a bug"):
                await client._sender._fetch_token(None)
            monkeypatch.undo()


async def test_sender_without_authorization_sends_no_token(peer: Peer) -> None:
    """A sender without authorization sends no token, with headers that it builds once, and can be closed."""
    peer.serve(READ.route, READ.success, READ.success)
    client = AsyncClient(**peer.options())
    sender = attrs.evolve(client._sender, auth=None)
    for _ in range(2):
        await sender.send(ApiRequest("GET", f"{BASE}/connections/c1", bytes))
    await sender.close()
    assert ["authorization" in arrival.headers for arrival in peer.on("*")] == [False, False]


async def test_rejected_requests_in_a_row_share_two_tokens(peer: Peer, clock: FakeClock) -> None:
    """An API that rejects every token causes one more token request, not one per request."""
    peer.serve(READ.route, refusal(401, "no"))
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        for _ in range(100):
            with pytest.raises(UnauthorizedError):
                await client.connections.get("c1")
    assert peer.count(TOKEN) == 2


async def test_rejected_token_is_replaced_once_per_request(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second 401 is final, also if another request has replaced the token meanwhile. Without a token, so is the first."""
    rejected = AccessToken(TokenResponse(access_token="t", lifetime=900), requested_at=0)
    async with AsyncClient(**peer.options()) as client:
        sender = client._sender
        monkeypatch.setattr(token_source(client), "invalidate", lambda _: True)
        context, error = sender.new_context(), UnauthorizedError(status=401)
        assert not sender._drop_rejected_token(context, error, None)
        assert sender._drop_rejected_token(context, error, rejected)
        assert not sender._drop_rejected_token(context, error, rejected)
