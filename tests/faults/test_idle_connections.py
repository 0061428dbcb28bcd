"""A server that closes idle connections just when a create or trigger is sent."""

import socket
import ssl

import aiohttp
import pytest
import trustme

from tests.support.clock import FakeClock
from tests.support.internals import age_connections, loop_session
from tests.support.kinds import CREATE, DELETE, READ, TRIGGER, UPDATE, Kind
from tests.support.peer import TOKEN, Answer, Peer, PeerConnection, hang_up, token
from warehouse_sync import AsyncClient
from warehouse_sync.transport import aiohttp_internals, exchange

POSTS = (CREATE, TRIGGER)
separates_host_names = pytest.mark.skipif(
    not aiohttp_internals.separates_host_names(), reason="this aiohttp uses connections for any host name"
)


def closing_kept(success: Answer) -> Answer:
    """Respond on a new connection; on the first, hang up, as a server does whose keep-alive timeout has just expired."""

    async def answer(connection: PeerConnection) -> None:
        await (hang_up() if connection.number == 0 else success)(connection)

    return answer


async def send_after(client: AsyncClient, peer: Peer, kind: Kind, idle: float) -> list[int]:
    """Read, idle, make a call, and return the connections that the call was sent on."""
    peer.serve(READ.route, READ.success)
    await READ.call(client)
    age_connections(loop_session(client).aiohttp_session, idle)
    await kind.call(client)
    return [arrival.connection for arrival in peer.on(kind.route)]


@pytest.mark.skipif(not aiohttp_internals.is_supported(), reason="every POST has a connection of its own")
@pytest.mark.parametrize("kind", POSTS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(("idle", "connection"), [(0.0, 0), (1.1, 1), (14.0, 1)])
async def test_post_uses_no_connection_that_idled(
    peer: Peer, kind: Kind, idle: float, connection: int
) -> None:
    """One that idled for more than 1 s is closed; a younger one is used."""
    peer.serve(kind.route, kind.success)
    async with AsyncClient(**peer.options()) as client:
        assert await send_after(client, peer, kind, idle) == [connection]
        age_connections(loop_session(client).aiohttp_session, 0.9)
        await kind.call(client)
    assert [arrival.connection for arrival in peer.on(kind.route)] == [connection, connection]


@pytest.mark.parametrize("kind", [READ, UPDATE, DELETE], ids=lambda kind: kind.name)
async def test_idempotent_request_uses_a_connection_that_idled(peer: Peer, kind: Kind) -> None:
    """It is retried if the connection turns out to be closed."""
    peer.serve(kind.route, kind.success)
    async with AsyncClient(**peer.options()) as client:
        assert set(await send_after(client, peer, kind, 14.0)) == {0}


@pytest.mark.parametrize("kind", POSTS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    "session", ["own", "own, unknown aiohttp", pytest.param("borrowed", marks=separates_host_names)]
)
async def test_post_to_a_server_that_closes_idle_connections(
    peer: Peer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, kind: Kind, session: str
) -> None:
    """It is sent once, over a new connection, and nothing has to be looked for."""
    if session == "own, unknown aiohttp":
        monkeypatch.setattr(aiohttp_internals, "SUPPORTED_AIOHTTP", "another version")
    peer.serve(kind.route, closing_kept(kind.success))
    async with aiohttp.ClientSession() as borrowed:
        options = {"session": borrowed} if session == "borrowed" else {}
        async with AsyncClient(**peer.options(clock=clock.as_clock(), **options)) as client:
            assert await send_after(client, peer, kind, 2.0) == [1]
    assert clock.sleeps == []
    assert peer.count() == 2
    assert peer.count(TOKEN) == 1


async def test_post_under_an_unknown_aiohttp_leaves_no_connection_behind(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is closed, and the next read uses that of the last read."""
    monkeypatch.setattr(aiohttp_internals, "SUPPORTED_AIOHTTP", "another version")
    peer.serve(READ.route, READ.success)
    peer.serve(TRIGGER.route, TRIGGER.success)
    async with AsyncClient(**peer.options()) as client:
        for _ in range(2):
            await TRIGGER.call(client)
            await READ.call(client)
        unpooled = loop_session(client).unpooled_session
    assert [arrival.connection for arrival in peer.arrivals] == [0, 1, 0, 2, 0]
    assert unpooled is not None
    assert unpooled.closed


async def test_post_of_a_borrowed_session_under_an_old_aiohttp(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It uses any connection, and does not ask the server to close it, which would break the next request."""
    monkeypatch.setattr(exchange, "separates_host_names", lambda: False)
    peer.serve(READ.route, READ.success)
    peer.serve(TRIGGER.route, TRIGGER.success)
    async with aiohttp.ClientSession() as session, AsyncClient(**peer.options(session=session)) as client:
        await TRIGGER.call(client)
        await READ.call(client)
    assert [arrival.connection for arrival in peer.arrivals] == [0, 0, 0]


@separates_host_names
async def test_posts_of_a_borrowed_session_use_no_connection_twice(peer: Peer) -> None:
    """Each has a connection of its own, also after another POST, and reads keep theirs."""
    peer.serve(READ.route, READ.success)
    peer.serve(TRIGGER.route, TRIGGER.success)
    async with aiohttp.ClientSession() as session, AsyncClient(**peer.options(session=session)) as client:
        for _ in range(2):
            await TRIGGER.call(client)
            await READ.call(client)
    assert [arrival.connection for arrival in peer.arrivals] == [0, 1, 0, 2, 0]


@separates_host_names
async def test_post_of_a_borrowed_session_verifies_the_certificate() -> None:
    """The new connection is for the same host name, with the session's authorities."""
    authority = trustme.CA()
    server, browser = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(browser)
    with Peer(tls=server) as private:
        private.serve(TOKEN, token())
        private.serve(TRIGGER.route, TRIGGER.success)
        urls = {
            "api_url": f"https://localhost:{private.port}",
            "token_url": f"https://localhost:{private.port}/oauth/token",
        }
        connector = aiohttp.TCPConnector(ssl=browser, family=socket.AF_INET)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            AsyncClient(**private.options(session=session) | urls) as client,
        ):
            assert (await client.pipelines.trigger("p1")).run_id == 7
        assert [arrival.connection for arrival in private.arrivals] == [0, 1]
