"""Calls cancelled at any step: the cancellation is raised unchanged, and nothing remains."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from tests.faults.stepping import STEPS, attempt, cancelled_at, check_whole, quiet
from tests.support.clock import FakeClock
from tests.support.kinds import FETCH, KINDS, READ, Kind
from tests.support.peer import TOKEN, Answer, Peer, raw, refusal, reset, stall, token
from warehouse_sync import AsyncClient

TROUBLE: dict[str, tuple[Answer, ...]] = {
    "at once": (),
    "after a reset": (reset(),),
    "after a refused token": (refusal(401),),
    "after a throttling": (refusal(429),),
    "with an answer in pieces": (raw(b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}"),),
}


@pytest.fixture
def tokens_elsewhere() -> Iterator[Peer]:
    """A second server, for tokens only."""
    with Peer() as running:
        yield running


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("connection", ["new", "kept"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_call_cancelled_at_any_step_leaves_nothing_behind(  # noqa: PLR0917 - pytest's
    peer: Peer, tokens_elsewhere: Peer, clock: FakeClock, kind: Kind, connection: str, trouble: str
) -> None:
    """After a cancellation at the k-th step, for every k, all slots are free, no task runs, and the next call works."""
    step, reached = 0, True
    # The connection of the token request is reused for the call, unless the token comes from another server.
    tokens = tokens_elsewhere if connection == "new" and kind is not FETCH else peer
    while reached and step < STEPS:
        step += 1
        peer.serve("GET *", refusal(404))
        peer.serve(READ.route, READ.success)
        peer.serve(TOKEN, token())
        peer.serve(kind.route, *TROUBLE[trouble], kind.success)
        options = peer.options(
            clock=clock.as_clock(), max_connections=1, token_url=f"{tokens.url}/oauth/token"
        )
        options["client_secret"] = f"{trouble}{step}"
        async with AsyncClient(**options) as client:
            before = asyncio.all_tasks()
            reached = await cancelled_at(step, attempt(kind.call(client)))
            await quiet(client)
            check_whole(client)
            assert asyncio.all_tasks() <= before
            peer.serve(kind.route, kind.success)
            await kind.call(client)
    assert 1 < step < STEPS


async def test_cancelled_call_raises_the_callers_cancellation(peer: Peer) -> None:
    """The message and the object of a cancellation are unchanged."""
    peer.serve(READ.route, stall())
    async with AsyncClient(**peer.options()) as client:
        task = asyncio.create_task(client.connections.get("c1"))
        await peer.arrived(1, READ.route)
        task.cancel("my reason")
        with pytest.raises(asyncio.CancelledError, match="my reason"):
            await task
        peer.serve(READ.route, READ.success)
        await client.connections.get("c1")
    gc.collect()


async def test_call_cancelled_during_a_response_closes_its_connection(peer: Peer) -> None:
    """The rest of an unread response must not become the response to the next request."""
    half = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id": "the wrong one"'
    peer.serve(READ.route, raw(half, then="hang"), READ.success)
    async with AsyncClient(**peer.options()) as client:
        task = asyncio.create_task(client.connections.get("c1"))
        await peer.arrived(1, READ.route)
        for _ in range(10):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert (await client.connections.get("c1")).id == "c1"
    first, second = peer.on(READ.route)
    assert first.connection != second.connection
