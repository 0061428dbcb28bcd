"""A scripted server."""

from collections.abc import Iterator

import pytest

from tests.support.peer import Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A running server."""
    with Peer() as running:
        yield running
