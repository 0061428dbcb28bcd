"""A scripted peer and a fake clock."""

from collections.abc import Iterator

import pytest

from tests.support.clock import FakeClock
from tests.support.peer import Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A scripted server on the loopback interface."""
    with Peer() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    """A clock that advances only when code sleeps."""
    return FakeClock()
