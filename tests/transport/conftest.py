"""A scripted peer, a fake clock and a token source."""

from collections.abc import Iterator

import pytest

from tests.support.clock import FakeClock
from tests.support.peer import Peer
from warehouse_sync.transport.token_source import TokenSource


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A scripted server on the loopback interface."""
    with Peer() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    """A clock that advances only when code sleeps."""
    return FakeClock()


@pytest.fixture
def source(clock: FakeClock) -> TokenSource:
    """A token source without a token."""
    return TokenSource(clock.as_clock())
