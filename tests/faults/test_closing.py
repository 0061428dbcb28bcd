"""Closing a client during calls: each call ends with a clear error, and other clients continue."""

import asyncio

import aiohttp
import pytest

from tests.support.clock import warp
from tests.support.internals import loop_session
from tests.support.kinds import CREATE, READ, TRIGGER, Kind
from tests.support.peer import TOKEN, Peer, stall, token
from warehouse_sync import AsyncClient, ConfigurationError, OutcomeUnknownError, Timeout, TimeoutError
from warehouse_sync.transport import aiohttp_internals

HALVES = {
    "with a length": b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id": ',
    "in chunks": b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"id": ',
    "until its end": b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"id": ',
    "of an error": b"HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\n{",
    "in the head": b"HTTP/1.1 200 OK\r\nX",
    "at nothing": b"",
}


async def received(client: AsyncClient, half: bytes) -> None:
    """Wait until the client has received what the server sent."""
    local = loop_session(client)
    is_body = b"\r\n\r\n" in half
    for _ in range(10):
        await asyncio.sleep(0)
    while is_body and not local.reading:  # noqa: ASYNC110 - aiohttp has no event for it
        await asyncio.sleep(0)


@pytest.mark.parametrize("way", ["fast_get", "session"])
@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
async def test_call_ends_at_once_when_its_client_is_closed(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, half: bytes, way: str
) -> None:
    """However much of the response has arrived, the error says what to do."""
    if way == "session":
        monkeypatch.setattr(aiohttp_internals, "SUPPORTED_AIOHTTP", "another version")
    peer.serve(READ.route, stall(half))
    client = AsyncClient(**peer.options(timeout=Timeout(total=None)))
    reading = asyncio.create_task(client.connections.get("c1"))
    await peer.arrived(1, READ.route)
    await received(client, half)
    await client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        await reading


@pytest.mark.parametrize("kind", [CREATE, TRIGGER], ids=lambda kind: kind.name)
async def test_create_of_a_closed_client_has_an_unknown_outcome(peer: Peer, kind: Kind) -> None:
    """The server may have processed a request that was sent, so the error must not say that nothing was sent."""
    peer.serve(kind.route, stall())
    client = AsyncClient(**peer.options(timeout=Timeout(total=None)))
    creating = asyncio.ensure_future(kind.call(client))
    await peer.arrived(1, kind.route)
    await client.close()
    with pytest.raises(OutcomeUnknownError):
        await creating


async def test_token_fetch_of_a_closed_client_is_repeated_by_the_next(peer: Peer) -> None:
    """No other client waits for the fetch of a closed client."""
    peer.serve(TOKEN, stall(HALVES["with a length"]), token())
    peer.serve(READ.route, READ.success)
    first = AsyncClient(**peer.options())
    async with AsyncClient(**peer.options()) as second:
        abandoned = asyncio.create_task(first.connections.get("c1"))
        await peer.arrived(1, TOKEN)
        waiting = asyncio.create_task(second.connections.get("c1"))
        await received(first, HALVES["with a length"])
        await first.close()
        assert (await waiting).id == "c1"
        with pytest.raises(ConfigurationError, match="closed"):
            await abandoned
    assert peer.count(TOKEN) == 2


async def test_call_over_a_borrowed_session_survives_closing(peer: Peer) -> None:
    """The session stays open, so the call continues until its deadline."""
    jump = warp(asyncio.get_running_loop())
    peer.serve(READ.route, stall())
    async with aiohttp.ClientSession() as session:
        client = AsyncClient(**peer.options(session=session, timeout=Timeout(total=5)))
        reading = asyncio.create_task(client.connections.get("c1"))
        await peer.arrived(1, READ.route)
        await client.close()
        jump(5.1)
        with pytest.raises(TimeoutError, match="5 s"):
            await reading
