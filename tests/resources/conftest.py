"""A scripted peer, and a client of it for which time passes only when it sleeps."""

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
    """Time that passes only when somebody sleeps."""
    return FakeClock()


@pytest.fixture
async def client(peer: Peer, clock: FakeClock) -> AsyncIterator[AsyncClient]:
    """A client of the peer, in workspace 1."""
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as connected:
        yield connected
