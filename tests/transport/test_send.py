"""Authorized calls, and behind them the calls to the token endpoint."""

import asyncio
from pathlib import Path
from typing import get_args

import attrs
import pytest

from tests.faults.faults import stalling
from tests.support.clock import FakeClock, warp
from tests.support.kinds import CREATE, READ
from tests.support.peer import TOKEN, Peer, refusal, reply, reset, stall, token
from warehouse_sync import AsyncClient, ReadError, RetryPolicy, ServerError, Timeout, TokenError
from warehouse_sync import TimeoutError as OurTimeoutError
from warehouse_sync.transport.auth import AccessToken, Fetch
from warehouse_sync.transport.call import Method
from warehouse_sync.transport.grant import Grant


async def test_token_endpoint_that_never_answers_has_a_deadline_of_its_own(
    peer: Peer, clock: FakeClock
) -> None:
    """A client without a total timeout does not wait for a token for ever."""
    jump = warp(asyncio.get_running_loop())
    peer.serve(TOKEN, stalling(lambda: jump(61)))
    async with AsyncClient(**peer.options(clock=clock.as_clock(), timeout=Timeout(total=None))) as client:
        with pytest.raises(OurTimeoutError, match=r"POST /oauth/token was given up after 60 s") as caught:
            await client.connections.get("c1")
    assert (caught.value.phase, caught.value.sent) == ("total", "no")


async def test_token_endpoint_says_why_it_refuses(peer: Peer) -> None:
    """The error names the status, the mend and what the endpoint said, in OAuth's words."""
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
        with pytest.raises(TokenError, match=r"It said: \.\.\.no X; And ask$"):
            await client.connections.get("c1")
    peer.serve(TOKEN, refusal(418))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(TokenError, match=r"answered 418\. It said: it gave no reason"):
            await client.connections.get("c1")


async def test_request_carries_what_is_documented(peer: Peer) -> None:
    """The headers and the body of a call, byte for byte."""
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


async def test_api_url_with_a_path_keeps_it(peer: Peer) -> None:
    """A gateway's prefix stays in front of the API's paths, with and without a query."""
    peer.serve("GET /gate%20wayX/*", reply(200, []))
    async with AsyncClient(**peer.options(api_url=f"{peer.url}/gate%20wayX/")) as client:
        await client.connections.list()
        await client.connections.list(service_provider="Snowflake")
    base = "/gate%20wayX/platform/v2/workspaces/1/connections"
    assert [arrival.target for arrival in peer.on("GET *")] == [base, f"{base}?serviceProvider=Snowflake"]


async def test_with_options_changes_the_bounds_over_the_same_session(
    peer: Peer, clock: FakeClock, tmp_path: Path
) -> None:
    """Another policy or timeout; the same connection, token and cache; closing it closes nothing."""
    peer.serve(READ.route, refusal(503), READ.success)
    options = peer.options(clock=clock.as_clock(), token_cache=tmp_path / "tokens")
    async with AsyncClient(**options) as client:
        once = client.with_options(retry=RetryPolicy(attempts=1))
        assert once._transport._cache is client._transport._cache is not None
        with pytest.raises(ServerError):
            await once.connections.get("c1")
        await once.close()
        await client.connections.get("c1")
        jump = warp(asyncio.get_running_loop())
        peer.serve(READ.route, stalling(lambda: jump(2)))
        with pytest.raises(OurTimeoutError, match="given up after 1 s"):
            await client.with_options(timeout=Timeout(total=1)).connections.get("c1")
    assert peer.count(TOKEN) == 1


@pytest.mark.parametrize(("lost", "sent"), [(False, "no"), (True, "maybe")])
async def test_failure_to_get_a_token_tells_of_the_call(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, sent: str, *, lost: bool
) -> None:
    """Whether the call was sent is what the error tells, and not whether the question for a token was."""

    async def fail(*_: object) -> AccessToken:
        raise ReadError("x")

    async with AsyncClient(**peer.options()) as client:
        monkeypatch.setattr(client._transport._source, "get", fail)
        with pytest.raises(ReadError) as caught:
            await client._transport._token(attrs.evolve(client._transport.carrier.begin(), lost=lost))
    assert caught.value.sent == sent


async def test_token_source_is_asked_from_the_moment_on_at_which_a_renewal_is_due(
    peer: Peer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then a call looks at the token and no further."""
    peer.serve(READ.route, READ.success)
    asked = []
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        await client.connections.get("c1")
        source = client._transport._source
        kept, get = source.token, source.get
        assert kept is not None

        async def noting(fetch: Fetch) -> AccessToken:
            asked.append(clock.now)
            return await get(fetch)

        monkeypatch.setattr(source, "get", noting)
        for clock.now in (kept.renew_at - 1, kept.renew_at):
            await client.connections.get("c1")
        assert asked == [kept.renew_at]
        await peer.arrived(2, TOKEN)


async def test_refused_token_costs_no_attempt(peer: Peer, clock: FakeClock) -> None:
    """The call with the fresh token has all the attempts that the policy allows."""
    peer.serve(READ.route, refusal(401), refusal(503), READ.success)
    options = peer.options(clock=clock.as_clock(), retry=RetryPolicy(attempts=2))
    async with AsyncClient(**options) as client:
        assert (await client.connections.get("c1")).id == "c1"
    assert peer.count(READ.route) == 3


async def test_refused_token_that_cannot_be_replaced_is_a_failure_of_the_token(peer: Peer) -> None:
    """The error is that of the token endpoint, and tells that the refused call has done nothing."""
    peer.serve(READ.route, refusal(401))
    peer.serve(TOKEN, token(), reset())
    async with AsyncClient(**peer.options(retry=RetryPolicy(attempts=1))) as client:
        with pytest.raises(ReadError) as caught:
            await client.connections.get("c1")
    assert caught.value.sent == "no"


async def test_token_endpoint_that_answers_nonsense_is_a_token_error(peer: Peer) -> None:
    """The error says that it was nonsense, and in which way."""
    peer.serve(TOKEN, reply(200, b"<html>"))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(
            TokenError,
            match="the token endpoint answered nonsense: POST /oauth/token: the response is not JSON",
        ):
            await client.connections.get("c1")


async def test_headers_are_built_once_for_a_token_and_a_loop(peer: Peer) -> None:
    """Very many requests share them; another token or another loop has its own."""
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        transport = client._transport
        token, local = transport._source.token, transport.carrier.pool.here()
        assert token is not None
        headers = transport._headers_for(token, local)
        assert transport._headers_for(token, local) is headers
        other = AccessToken(Grant(access_token="t2", lifetime=9.0), asked_at=0.0)
        assert transport._headers_for(other, local).secrets == ("t2",)
        assert transport._headers_for(token, local).secrets == headers.secrets
        elsewhere = attrs.evolve(local, headers={"X-Mine": "1"})
        assert transport._headers_for(token, elsewhere).bare["X-Mine"] == "1"


async def test_usage_header_slows_bulk_operations_down(peer: Peer) -> None:
    """What the server says of its rate limit is heard, on success and on errors."""
    usage = {"X_mp_rate_limit_percentage_used": "97"}
    peer.serve(
        READ.route, reply(200, {"id": 1}, **usage), reply(403, **usage), refusal(429, Retry_After="999")
    )
    async with AsyncClient(**peer.options()) as client:
        pace = client._transport.carrier.pace
        for _ in range(3):
            for _ in range(8):
                pace.began()
            pace._deaf_for, before = 0, pace.limit
            with pytest.raises(Exception):  # noqa: B017, PT011 - which error is not the matter
                await client.connections.get("c1")
            assert pace.limit < before


async def test_two_workspaces_share_session_and_token(peer: Peer) -> None:
    """Another workspace of the same client costs neither a connection nor a token."""
    peer.serve("GET *", reply(200, []))
    async with AsyncClient(**peer.options()) as client:
        await client.connections.list()
        await client.workspace(2).connections.list()
    assert [arrival.target for arrival in peer.on("GET *")] == [
        f"/platform/v2/workspaces/{number}/connections" for number in (1, 2)
    ]
    assert (peer.lines, peer.count(TOKEN)) == (1, 1)


async def test_unexpected_exceptions_pass_as_they_are(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is neither a fault of the network nor of the server is not dressed up as one."""
    peer.serve(READ.route, stall())
    async with AsyncClient(**peer.options()) as client:
        session = client._transport.carrier.pool.here().session
        for mistake in (RuntimeError("a bug"), ValueError("a bug")):

            async def fail(*_: object, error: Exception = mistake, **__: object) -> None:
                raise error

            monkeypatch.setattr(type(session), "_request", fail)
            with pytest.raises(type(mistake), match="a bug"):
                await client._transport._fetch_grant()
            monkeypatch.undo()


def test_no_call_uses_patch() -> None:
    """The prose of the reference mentions "patch or put"; there is no such endpoint, and no call can name the method."""
    assert get_args(Method) == ("GET", "POST", "PUT", "DELETE")
