"""A scripted peer, and time that stands still."""

from collections.abc import Iterator

import pytest

from tests.support.clock import FakeClock
from tests.support.peer import Peer
from warehouse_sync.transport.auth import TokenSource


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
def source(clock: FakeClock) -> TokenSource:
    """A source that has no token yet."""
    return TokenSource(clock.as_clock())
