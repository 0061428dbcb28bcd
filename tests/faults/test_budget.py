"""The retry budget that all calls of a client share."""

import asyncio

import pytest

from tests.support.clock import FakeClock
from tests.support.kinds import READ
from tests.support.peer import Peer, refusal
from warehouse_sync import AsyncClient, RetryPolicy, ServerError


async def test_outage_adds_a_bounded_number_of_requests(peer: Peer, clock: FakeClock) -> None:
    """Two hundred callers in an outage make 235 requests, not six hundred."""
    peer.serve(READ.route, refusal(503))
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        calls = [client.connections.get("c1") for _ in range(200)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ServerError}
    assert peer.count(READ.route) == 200 + 35


async def test_successes_refund_the_retry_budget(peer: Peer, clock: FakeClock) -> None:
    """A client with an empty budget retries again only after enough successful calls."""
    peer.serve(READ.route, READ.success)
    policy = RetryPolicy(budget=15)
    async with AsyncClient(**peer.options(clock=clock.as_clock(), retry=policy)) as client:
        peer.serve(READ.route, refusal(503), READ.success)
        await client.connections.get("c1")  # takes 14 and returns 1: 2 are left
        for _ in range(11):
            await client.connections.get("c1")
        peer.serve(READ.route, refusal(503), READ.success)
        with pytest.raises(ServerError):
            await client.connections.get("c1")
        await client.connections.get("c1")
        peer.serve(READ.route, refusal(503), READ.success)
        await client.connections.get("c1")
    assert len(clock.sleeps) == 2


async def test_budget_is_shared_by_derived_clients(peer: Peer, clock: FakeClock) -> None:
    """Clients for other workspaces and with other options share the budget, and a new policy brings no new one."""
    peer.serve("GET *", refusal(503))
    policy = RetryPolicy(budget=14)
    async with AsyncClient(**peer.options(clock=clock.as_clock(), retry=policy)) as client:
        for sibling in (client.with_options(retry=RetryPolicy()), client.workspace(2), client):
            with pytest.raises(ServerError):
                await sibling.connections.get("c1")
    assert peer.count("GET *") == 3 + 1
