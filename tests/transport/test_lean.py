"""The shorter way through aiohttp says the same as the longer one."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler

from tests.support.kinds import READ
from tests.support.peer import Arrival, Peer
from warehouse_sync import AsyncClient
from warehouse_sync.transport import lean


async def arrivals(peer: Peer, **options: Any) -> list[Arrival]:
    """Make a few reads, and return how they arrived."""
    peer.serve(READ.route, READ.success)
    before = peer.count(READ.route)
    async with AsyncClient(**peer.options(**options)) as client:
        for _ in range(3):
            await client.connections.get("c1")
    return peer.on(READ.route)[before:]


def said(found: list[Arrival]) -> list[tuple[str, dict[str, str]]]:
    """What requests say, without the connection they came on."""
    return [(arrival.target, dict(arrival.headers)) for arrival in found]


async def test_lean_requests_say_what_usual_ones_say(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same line and headers as with another version of aiohttp, for which it is not used."""
    ours = await arrivals(peer)
    monkeypatch.setattr(aiohttp, "__version__", "4.0")
    assert lean.request_class() is aiohttp.ClientRequest
    usual = await arrivals(peer)
    assert [target for target, _ in said(ours)] == [target for target, _ in said(usual)]
    assert [headers.keys() for _, headers in said(ours)] == [headers.keys() for _, headers in said(usual)]
    assert ours[0].headers["authorization"] == usual[0].headers["authorization"]


async def test_lean_requests_go_the_usual_way_where_the_connection_is_busy(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection whose buffer is full is written to as aiohttp does it."""
    ours = await arrivals(peer)
    monkeypatch.setattr(ResponseHandler, "writing_paused", property(lambda _: True), raising=False)
    monkeypatch.setattr(ResponseHandler, "_drain_helper", lambda _: asyncio.sleep(0))
    assert said(await arrivals(peer)) == said(ours)


async def test_lean_requests_are_off_in_debug_mode(peer: Peer) -> None:
    """With asyncio's debug mode on, everything goes the usual way, and says the same."""
    ours = await arrivals(peer)
    asyncio.get_running_loop().set_debug(True)
    usual = await arrivals(peer)
    asyncio.get_running_loop().set_debug(False)
    assert said(usual) == said(ours)
