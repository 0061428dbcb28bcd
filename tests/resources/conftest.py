"""A scripted server, and a client with a clock that advances only while it sleeps."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.clock import FakeClock
from tests.support.peer import Peer
from warehouse_sync import AsyncClient


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A scripted server on this machine."""
    with Peer() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    """A clock that advances only while code sleeps."""
    return FakeClock()


@pytest.fixture
async def client(peer: Peer, clock: FakeClock) -> AsyncIterator[AsyncClient]:
    """A client of the scripted server, in workspace 1."""
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as connected:
        yield connected
