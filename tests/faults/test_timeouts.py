"""Timeouts: their phase, and whether the request may have been sent."""

import asyncio
import socket
from typing import Any

import pytest

from tests.faults.faults import stalling
from tests.support.clock import FakeClock, warp
from tests.support.internals import refresh_token
from tests.support.kinds import FETCH, KINDS, READ, UPDATE, Driver, Kind, driver
from tests.support.peer import TOKEN, HeldResponses, Peer, stall, token
from warehouse_sync import (
    AsyncClient,
    Timeout,
    TimeoutError,  # ours
)


async def timeout_of(client: AsyncClient | Driver, kind: Kind) -> TimeoutError:
    """Make a call that times out, and return its error."""
    with pytest.raises(TimeoutError) as caught:
        await (client.call(kind.call) if isinstance(client, Driver) else kind.call(client))
    assert isinstance(caught.value, asyncio.TimeoutError)
    return caught.value


def of(error: TimeoutError) -> tuple[str, str, int]:
    """Return the attributes of a timeout."""
    return error.phase, error.sent, error.attempts


async def test_timeout_of_a_silent_server_is_total_and_maybe_sent(peer: Peer, clock: FakeClock) -> None:
    """The deadline ends a call that gets no response."""
    jump = warp(asyncio.get_running_loop())
    peer.serve(READ.route, stalling(lambda: jump(6)))
    async with AsyncClient(**peer.options(clock=clock.as_clock(), timeout=Timeout(total=5))) as client:
        assert of(await timeout_of(client, READ)) == ("total", "maybe", 1)
        peer.serve(READ.route, READ.success)
        await client.connections.get("c1")


async def test_timeout_during_the_token_fetch_is_total_and_not_sent(peer: Peer, clock: FakeClock) -> None:
    """The deadline includes the token. The fetch continues for the next caller."""
    jump, held_responses = warp(asyncio.get_running_loop()), HeldResponses()
    peer.serve(TOKEN, held_responses.hold(token()))
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options(clock=clock.as_clock(), timeout=Timeout(total=5))) as client:
        call = asyncio.create_task(timeout_of(client, READ))
        await peer.arrived(1, TOKEN)
        jump(6)
        assert of(await call) == ("total", "no", 0)
        held_responses.release()
        await client.connections.get("c1")
    assert (peer.count(TOKEN), peer.count(READ.route)) == (1, 1)


async def test_timeout_while_queued_is_pool_and_not_sent(peer: Peer, clock: FakeClock) -> None:
    """Waiting for a connection that others use never counts as connecting."""
    jump = warp(asyncio.get_running_loop())
    peer.serve(READ.route, stall())
    timeout = Timeout(total=5, connect=0.5)
    async with AsyncClient(
        **peer.options(clock=clock.as_clock(), timeout=timeout, max_connections=1)
    ) as client:
        first = asyncio.create_task(timeout_of(client, READ))
        await peer.arrived(1, READ.route)
        second = asyncio.create_task(timeout_of(client, UPDATE))
        await asyncio.sleep(0)
        jump(1)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not second.done()
        jump(5)
        assert of(await first) == ("total", "maybe", 1)
        assert of(await second) == ("pool", "no", 0)
    assert "raise max_connections" in str(second.result())


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_timeout_while_connecting_is_connect_and_not_sent(
    peer: Peer, clock: FakeClock, kind: Kind, sort: str
) -> None:
    """A server that does not accept connections times out after `Timeout.connect`, three times."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        fillers = fill(deaf)
        there = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        place = {"token_url": f"{there}/oauth/token"} if kind is FETCH else {"api_url": there}
        options = peer.options(clock=clock.as_clock(), timeout=Timeout(total=None, connect=0.5))
        async with AsyncClient(**options) as other, driver(sort, **{**options, **place}) as client:
            if kind is not FETCH:  # a shared token, so that only the call can time out
                await refresh_token(other)
            jump, begun = warp(client.loop), connecting(client.loop)
            call = asyncio.create_task(timeout_of(client, kind))
            while not call.done():
                if begun:
                    jump(begun.pop())
                await asyncio.sleep(0)
            assert of(await call) == ("connect", "no", 3)
            assert len(clock.sleeps) == 2
        for filler in fillers:
            filler.close()


def connecting(loop: asyncio.AbstractEventLoop) -> list[float]:
    """Return a list of the connect timeouts of all connections that an event loop opens."""
    begun, connect = list[float](), loop.sock_connect

    async def noting(sock: socket.socket, address: Any) -> None:
        begun.append(0.6)
        await connect(sock, address)

    loop.sock_connect = noting  # type: ignore[method-assign]  # to know when time may pass
    return begun


def fill(deaf: socket.socket) -> list[socket.socket]:
    """Fill a listener's backlog, so that it accepts no more."""
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.settimeout(0)
        filler.connect_ex(deaf.getsockname())
    return fillers


async def test_no_total_timeout_means_no_deadline(peer: Peer, clock: FakeClock) -> None:
    """With `total=None` a call waits without a limit."""
    jump, held_responses = warp(asyncio.get_running_loop()), HeldResponses()
    peer.serve(READ.route, held_responses.hold(READ.success))
    async with AsyncClient(**peer.options(clock=clock.as_clock(), timeout=Timeout(total=None))) as client:
        call = asyncio.create_task(client.connections.get("c1"))
        await peer.arrived(1, READ.route)
        jump(1e6)
        await asyncio.sleep(0)
        held_responses.release()
        assert (await call).id == "c1"
