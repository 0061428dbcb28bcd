"""Promises about requests beyond the matrix: duration, number, size and messages."""

import asyncio
import json
import socket
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.internals import loop_session, token_source
from tests.support.kinds import CONNECTION, CREATE, DELETE, FETCH, KINDS, READ, TRIGGER, UPDATE, Kind, driver
from tests.support.peer import (
    TOKEN,
    Peer,
    bomb,
    http,
    raw,
    refusal,
    refusing,
    reply,
    reset,
    token,
)
from warehouse_sync import (
    APIError,
    AsyncClient,
    ConnectError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    ReadError,
    ResponseTooLargeError,
    RetryPolicy,
    ServerError,
    Timeout,
    TokenError,
    WarehouseSyncError,
)
from warehouse_sync.transport.aiohttp_internals import is_supported

KIND_LIST = list(KINDS.values())


def serve_all(peer: Peer) -> None:
    """Let every kind of call succeed."""
    for kind in KIND_LIST:
        peer.serve(kind.route, kind.success)


@pytest.mark.parametrize("kind", [READ, UPDATE, DELETE, CREATE, TRIGGER], ids=lambda kind: kind.name)
async def test_stale_connection_attempts_equal_requests_on_the_wire(
    peer: Peer, clock: FakeClock, kind: Kind
) -> None:
    """A keep-alive connection that breaks during a request counts as an attempt; aiohttp does not resend."""
    serve_all(peer)
    async with AsyncClient(**peer.options(clock=clock.as_clock(), retry=RetryPolicy(attempts=1))) as client:
        await kind.call(client)
        peer.serve(kind.route, raw(b"", then="close"))
        peer.serve("GET *", refusal(404))
        with pytest.raises(WarehouseSyncError):
            await kind.call(client)
    connections = [arrival.connection for arrival in peer.on(kind.route)]
    assert connections == [0, 0]


async def test_keep_alive_connection_closed_while_idle_is_not_used(peer: Peer) -> None:
    """The close is detected before a request is sent."""
    serve_all(peer)
    async with AsyncClient(**peer.options(retry=RetryPolicy(attempts=1))) as client:
        await client.connections.get("c1")
        peer.close_connections()
        connector = loop_session(client).aiohttp_session.connector
        assert connector is not None
        [waiting] = connector._conns.values()
        while waiting[0][0].is_connected():  # noqa: ASYNC110 - aiohttp tells nobody
            await asyncio.sleep(0)
        await client.connections.get("c1")
    assert [arrival.connection for arrival in peer.on(READ.route)] == [0, 1]


@pytest.mark.parametrize("kind", [READ, UPDATE, DELETE, CREATE, TRIGGER], ids=lambda kind: kind.name)
@pytest.mark.parametrize("header", ["Retry-After", "RetryAfter"])
async def test_throttled_call_waits_for_retry_after(
    peer: Peer, clock: FakeClock, kind: Kind, header: str
) -> None:
    """Every kind of call follows the hint, in either spelling, as seconds or as a date."""
    date = "Tue, 14 Nov 2023 22:30:20 GMT"  # 1700001020
    clock.epoch = 1_700_001_000.0 - clock.now
    hints = [reply(429, None, **{header.replace("-", "_"): hint}) for hint in ("7", "soon")]
    dated = reply(429, None, **{header.replace("-", "_"): date})
    peer.serve(kind.route, hints[0], kind.success)
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        await kind.call(client)
        assert clock.sleeps == [7.0]
        peer.serve(kind.route, dated, kind.success)
        await kind.call(client)
        assert clock.sleeps[1:] == [13.0]
        peer.serve(kind.route, hints[1], kind.success)
        await kind.call(client)
        assert clock.sleeps[2:] == [0.5]
    assert peer.count(kind.route) == 6


async def test_throttled_error_contains_a_long_hint(peer: Peer, clock: FakeClock) -> None:
    """A hint above the limit is in the error, and causes neither a delay nor a request."""
    peer.serve(READ.route, refusal(429, "Slow down.", Retry_After="3600", X_Request_Id="r-1"))
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        with pytest.raises(RateLimitedError, match=r"Slow down.*r-1.*Retry after 3600 s") as caught:
            await client.connections.get("c1")
    error = caught.value
    assert (error.retry_after, error.attempts, error.request_id) == (3600.0, 1, "r-1")
    assert (error.method, error.path) == tuple(READ.route.split(" "))
    assert clock.sleeps == []


async def test_replay_after_a_401_is_not_a_retry(peer: Peer, clock: FakeClock) -> None:
    """It neither counts as an attempt nor resets the count."""
    unwell, refused = refusal(503), refusal(401)
    peer.serve(READ.route, unwell, refused, unwell, unwell)
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        with pytest.raises(ServerError) as caught:
            await client.connections.get("c1")
        assert (caught.value.attempts, peer.count(READ.route)) == (4, 4)
        peer.serve(READ.route, refused, READ.success)
        await client.with_options(retry=RetryPolicy(attempts=1)).connections.get("c1")


async def test_request_id_does_not_show_an_echoed_token(peer: Peer) -> None:
    """A server may build its request id from the request."""
    peer.serve(TOKEN, token("canary"))
    peer.serve(READ.route, refusal(403, "no", X_Request_Id="r-1-canary"))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(ForbiddenError) as caught:
            await client.connections.get("c1")
    assert caught.value.request_id == "r-1-[secret]"


async def test_backoff_delays_follow_the_policy(peer: Peer, clock: FakeClock) -> None:
    """Two delays between three attempts, below a doubling bound; the error reports attempts and time."""
    peer.serve(READ.route, refusal(503))
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        with pytest.raises(ServerError) as caught:
            await client.connections.get("c1")
    assert clock.sleeps == [0.1, 0.2]
    assert caught.value.attempts == 3
    assert caught.value.elapsed == pytest.approx(0.3)


async def test_retries_are_logged(peer: Peer, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """The message has level INFO, and contains the error and the delay, but no content."""
    peer.serve(READ.route, refusal(503), reset(), READ.success)
    with caplog.at_level("INFO", "warehouse_sync"):
        async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
            await client.connections.get("c1")
    path = READ.route.split(" ")[1]
    assert caplog.messages == [
        f"GET {path}: ServerError, retrying in 0.10 s",
        f"GET {path}: ReadError, retrying in 0.20 s",
    ]


@pytest.mark.parametrize("kind", [CREATE, TRIGGER], ids=lambda kind: kind.name)
async def test_recovered_responses_are_logged_as_warnings(
    peer: Peer, clock: FakeClock, caplog: pytest.LogCaptureFixture, kind: Kind
) -> None:
    """The message says that the result was found, not returned."""
    run = {"id": 7, "pipeline_id": "p1", "type": "manual", "status": "queued"}
    run |= {"logical_date": "2033-01-01T00:00:00Z"}
    peer.serve(kind.route, reset())
    peer.serve(READ.route, READ.success)
    peer.serve("GET */p1/runs", reply(200, {"items": [run], "has_next_page": False}))
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        await kind.call(client)
    (message,) = caplog.messages
    assert "was lost" in message


async def test_delay_beyond_the_deadline_raises_the_error_at_once(peer: Peer, clock: FakeClock) -> None:
    """The error is that of the last attempt."""
    peer.serve(READ.route, refusal(503))
    policy = RetryPolicy(attempts=10, base_delay=2.0, max_delay=100.0)
    async with AsyncClient(
        **peer.options(clock=clock.as_clock(), retry=policy, timeout=Timeout(total=8))
    ) as client:
        with pytest.raises(ServerError) as caught:
            await client.connections.get("c1")
    assert clock.sleeps == [1.0, 2.0, 4.0]
    assert caught.value.attempts == 4


async def test_concurrent_401_responses_fetch_one_token(peer: Peer) -> None:
    """A thousand calls rejected with one token cause one fetch, and each is replayed once."""
    peer.serve(TOKEN, token("old"), token("new"))
    peer.serve(READ.route, refusing("old", READ.success))
    async with AsyncClient(**peer.options()) as client:
        await asyncio.gather(*(client.connections.get("c1") for _ in range(1000)))
    assert peer.count(TOKEN) == 2
    bearers = [arrival.headers["authorization"] for arrival in peer.on(READ.route)]
    assert bearers.count("Bearer new") == 1000
    assert bearers.count("Bearer old") <= 1000


async def test_lost_delete_followed_by_404_is_a_success(peer: Peer, clock: FakeClock) -> None:
    """The first attempt deleted the resource, whatever the loss was. A 404 of the first attempt is an error."""
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        for loss in (
            reset(),
            raw(http(200, b"x" * 9)[:-3], then="close"),
            refusal(500),
            refusal(408),
            refusal(504),
        ):
            peer.serve(DELETE.route, loss, refusal(404, "gone"))
            await client.connections.delete("c1")
        for no_loss in (refusal(429), refusal(401)):
            peer.serve(DELETE.route, no_loss, refusal(404, "gone"))
            with pytest.raises(NotFoundError):
                await client.connections.delete("c1")


async def test_failed_token_request_means_not_sent(peer: Peer, clock: FakeClock) -> None:
    """A create whose token request fails was not sent: the error says so, and nothing is reconciled."""
    peer.serve(TOKEN, reset())
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        with pytest.raises(ReadError) as caught:
            await CREATE.call(client)
    assert caught.value.sent == "no"
    assert peer.count() == 0


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("kind", KIND_LIST, ids=KINDS)
async def test_unknown_host_name_is_a_connect_error(
    peer: Peer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, kind: Kind, sort: str
) -> None:
    """The request is not sent and attempted three times, whatever the call and the client."""
    looked_up, real = list[str](), socket.getaddrinfo

    def getaddrinfo(host: str, *arguments: Any, **named: Any) -> Any:
        looked_up.append(host)
        if host == "nowhere.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    nowhere = "https://nowhere.invalid"
    place = {"token_url": f"{nowhere}/oauth/token"} if kind is FETCH else {"api_url": nowhere}
    async with driver(sort, **peer.options(clock=clock.as_clock(), **place)) as client:
        with pytest.raises(
            ConnectError, match=r"nowhere\.invalid:443: the host name cannot be resolved"
        ) as caught:
            await client.call(kind.call)
    assert (caught.value.sent, caught.value.attempts) == ("no", 3)
    assert looked_up.count("nowhere.invalid") == 3
    assert peer.count() == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_of_the_token_request_is_not_followed(peer: Peer, status: int) -> None:
    """The client secret is sent to the token endpoint only."""
    with Peer() as elsewhere:
        peer.serve(TOKEN, reply(status, Location=f"{elsewhere.url}/oauth/token"))
        async with AsyncClient(**peer.options()) as client:
            with pytest.raises(TokenError, match=str(status)):
                await client.connections.get("c1")
        assert elsewhere.arrivals == []
    assert peer.count(TOKEN) == 1


async def test_cookies_are_neither_kept_nor_sent(peer: Peer) -> None:
    """A server's cookie is sent neither to the API nor to the token endpoint."""
    peer.serve(TOKEN, reply(200, {"access_token": "t", "expires_in": 9}, Set_Cookie="c=d; Path=/"))
    cookie = {"Set-Cookie": "a=b; Path=/"}
    peer.serve("* /platform/*", raw(http(200, json.dumps(CONNECTION).encode(), cookie)))
    # A jar keeps cookies of names only, not of IP addresses.
    named = peer.url.replace("127.0.0.1", "localhost")
    for _ in range(2):
        options = peer.options(api_url=named, token_url=f"{named}/oauth/token")
        async with AsyncClient(**options) as client:
            for _ in range(2):
                await READ.call(client)
                await UPDATE.call(client)
            assert not list(loop_session(client).aiohttp_session.cookie_jar)
            token_source(client).token = None
            await READ.call(client)
    assert [arrival for arrival in peer.arrivals if "cookie" in arrival.headers] == []
    assert (peer.count(), peer.count(TOKEN)) == (10, 4)


async def test_proxies_and_netrc_are_ignored_by_default(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither changes a request. `trust_env` uses proxies for https, and never netrc."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1\nlogin me\npassword canary\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("no_proxy", "")
    serve_all(peer)
    with Peer() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for trust_env in (False, True):
            async with AsyncClient(**peer.options(trust_env=trust_env)) as client:
                await client.connections.get("c1")
        assert proxy.arrivals == []
        assert {arrival.headers.get("authorization") for arrival in peer.arrivals} == {None, "Bearer token-2"}


async def test_compression_bomb_stops_at_the_limit(peer: Peer) -> None:
    """Of 300 MB in 300 KB, 16 MiB are decompressed; memory stays flat, and the client stays usable."""
    peer.serve(READ.route, bomb(300 << 20), READ.success)
    async with AsyncClient(**peer.options()) as client:
        tracemalloc.start()
        try:
            with pytest.raises(ResponseTooLargeError, match="16384 KiB"):
                await client.connections.get("c1")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < (48 if is_supported() else 96) << 20  # older versions decompress up to 32 MiB at once
        await client.connections.get("c1")
    assert peer.on(READ.route)[1].connection == 1 + peer.on(READ.route)[0].connection


async def test_long_error_response_keeps_its_status(peer: Peer) -> None:
    """A body of megabytes is not read, and the error is that of the status."""
    peer.serve(READ.route, reply(403, b"x" * (1 << 20)))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(APIError, match="no reason given") as caught:
            await client.connections.get("c1")
    assert caught.value.status == 403


async def test_response_in_single_bytes_is_complete(peer: Peer) -> None:
    """The size of the pieces does not change the result."""
    whole = http(200, b'{"id":"c1","name":"One","state":"active","service_provider":"Other","config":{}}')

    async def drip(connection: Any) -> None:
        for byte in whole:
            await connection.send(bytes([byte]))

    peer.serve(READ.route, drip)
    async with AsyncClient(**peer.options()) as client:
        assert (await client.connections.get("c1")).name == "One"


async def test_max_connections_limits_concurrent_requests(peer: Peer) -> None:
    """A hundred calls over three connections: at most three are at the server."""
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options(max_connections=3)) as client:
        await asyncio.gather(*(client.connections.get("c1") for _ in range(100)))
    assert peer.connections <= 3
    assert peer.count(READ.route) == 100
