"""What all calls of a client may spend on retries together."""

import asyncio

import pytest

from tests.support.clock import FakeClock
from tests.support.kinds import READ
from tests.support.peer import Peer, refusal
from warehouse_sync import AsyncClient, RetryPolicy, ServerError


async def test_outage_with_many_callers_adds_a_bounded_number_of_requests(
    peer: Peer, clock: FakeClock
) -> None:
    """Two hundred callers in an outage make 235 requests, not six hundred."""
    peer.serve(READ.route, refusal(503))
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        calls = [client.connections.get("c1") for _ in range(200)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {ServerError}
    assert peer.count(READ.route) == 200 + 35


async def test_successes_give_back_what_retries_have_spent(peer: Peer, clock: FakeClock) -> None:
    """A client whose budget an outage has used up tries again once enough calls have succeeded, and not before."""
    peer.serve(READ.route, READ.success)
    policy = RetryPolicy(budget=15)
    async with AsyncClient(**peer.options(clock=clock.as_clock(), retry=policy)) as client:
        peer.serve(READ.route, refusal(503), READ.success)
        await client.connections.get("c1")  # spends 14, and gives 1 back: 2 are left
        for _ in range(11):
            await client.connections.get("c1")
        peer.serve(READ.route, refusal(503), READ.success)
        with pytest.raises(ServerError):
            await client.connections.get("c1")
        await client.connections.get("c1")
        peer.serve(READ.route, refusal(503), READ.success)
        await client.connections.get("c1")
    assert len(clock.sleeps) == 2


async def test_budget_is_one_for_all_that_a_client_hands_out(peer: Peer, clock: FakeClock) -> None:
    """Clients for other workspaces and with other bounds spend from the same budget, and a policy brings none of its own."""
    peer.serve("GET *", refusal(503))
    policy = RetryPolicy(budget=14)
    async with AsyncClient(**peer.options(clock=clock.as_clock(), retry=policy)) as client:
        for sibling in (client.with_options(retry=RetryPolicy()), client.workspace(2), client):
            with pytest.raises(ServerError):
                await sibling.connections.get("c1")
    assert peer.count("GET *") == 3 + 1
