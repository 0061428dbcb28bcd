"""How a request travels: places, and what is remembered of it on the way."""

import asyncio
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from tests.support.clock import FakeClock, warp
from tests.support.kinds import READ
from tests.support.peer import Peer, refusal
from warehouse_sync import (
    APIError,
    AsyncClient,
    ConnectError,
    ReadError,
    RetryPolicy,
    Timeout,
    TimeoutError,
    TokenError,
)
from warehouse_sync.transport.call import Answer, Call, Trip
from warehouse_sync.transport.carrier import Carrier, _decoded
from warehouse_sync.transport.pace import Pace
from warehouse_sync.transport.retry import Budget
from warehouse_sync.transport.slots import Slots

CALL: Call[bytes] = Call("GET", "/x", bytes)


@pytest.fixture
def carrier(clock: FakeClock) -> Carrier:
    """A carrier that has nothing to carry over."""
    nowhere: Any = None
    return Carrier(
        pool=nowhere,
        timeout=Timeout(),
        policy=RetryPolicy(),
        budget=Budget(500),
        pace=Pace(),
        clock=clock.as_clock(),
    )


def trip(**state: Any) -> Trip:
    """A call under way, on no loop."""
    nowhere: Any = None
    return attrs.evolve(Trip(nowhere, 1000.0, None), **state)


async def test_trip_is_queued_until_it_has_its_place() -> None:
    """Only a deadline that falls due meanwhile is one of the pool."""
    slots = Slots(0)
    waiter = trip(local=SimpleNamespace(slots=slots))
    waiting = asyncio.create_task(Carrier._wait_for_place(waiter))
    await asyncio.sleep(0)
    assert waiter.queued is True
    slots.release()
    await waiting
    assert waiter.queued is False


def test_delay_after_a_broken_request_ends_it(carrier: Carrier) -> None:
    """Between two attempts nothing is under way, and whether the server may have acted is not forgotten."""
    going = trip(attempts=2, under_way=True)
    error = ConnectError("x")
    carrier._delay_after(going, CALL, error)
    assert (going.under_way, going.lost) == (False, False)
    assert (error.sent, error.attempts) == ("no", 2)
    carrier._delay_after(going, CALL, ReadError("x"))
    assert going.lost
    carrier._delay_after(going, CALL, error)
    assert going.lost
    assert error.sent == "maybe"


async def test_deadline_between_two_attempts_finds_nothing_under_way(peer: Peer, clock: FakeClock) -> None:
    """A refusal was answered: what the server did not do then, it cannot have done when the deadline falls due."""
    jump = warp(asyncio.get_running_loop())

    async def too_long(seconds: float) -> None:
        jump(6)
        await asyncio.get_running_loop().create_future()

    clock.sleep = too_long  # type: ignore[method-assign]  # the deadline falls due meanwhile
    peer.serve(READ.route, refusal(429))
    async with AsyncClient(**peer.options(clock=clock.as_clock(), timeout=Timeout(total=5))) as client:
        with pytest.raises(TimeoutError) as caught:
            await client.connections.get("c1")
    assert (caught.value.phase, caught.value.sent, caught.value.attempts) == ("total", "no", 1)


@pytest.mark.parametrize("status", [300, 302, 399])
async def test_redirection_is_an_error(peer: Peer, status: int) -> None:
    """Success ends at 299."""
    peer.serve(READ.route, refusal(status, "Elsewhere."))
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(APIError, match="Elsewhere") as caught:
            await client.connections.get("c1")
    assert caught.value.status == status


def test_error_of_a_decoder_keeps_none_of_its_frames() -> None:
    """They hold the answer, which may be a token, whatever kind of error it is."""

    def decode(answer: bytes) -> bytes:
        raise TokenError("nonsense")

    with pytest.raises(TokenError) as caught:
        _decoded(attrs.evolve(CALL, decode=decode), Answer(200, b"canary"))
    assert "decode" not in [frame.name for frame in caught.traceback]
