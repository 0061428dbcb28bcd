"""A call under way, and what is said of one that took too long."""

from typing import Any
from unittest.mock import Mock

import pytest

from warehouse_sync.transport.call import Call, Trip

CALL: Call[bytes] = Call("GET", "/x", bytes)


@pytest.mark.parametrize(
    ("state", "phase", "sent", "reason"),
    [
        ({}, "total", "no", "Timeout.total"),
        ({"under_way": True}, "total", "maybe", "Timeout.total"),
        ({"lost": True}, "total", "maybe", "Timeout.total"),
        (
            {"queued": True},
            "pool",
            "no",
            "no connection came free; raise max_connections or start fewer calls at once",
        ),
    ],
)
def test_late_tells_what_the_time_was_spent_on(
    state: dict[str, bool], phase: str, sent: str, reason: str
) -> None:
    """The error names the call, the limit, the phase, the attempts, and whether the server may have acted."""
    nowhere: Any = None
    error = Trip(nowhere, 0.0, 2.5, attempts=3, **state).late(CALL)
    assert str(error) == f"GET /x was given up after 2.5 s: {reason}"
    assert (error.phase, error.sent, error.attempts) == (phase, sent, 3)


def test_trip_has_a_deadline_exactly_when_its_time_is_limited() -> None:
    """A call without a limit starts no clock, and one with a limit starts it with that many seconds."""
    local: Any = Mock()
    local.deadlines.start.return_value.is_mine.return_value = False
    with Trip(local, 0.0, None):
        assert not local.mock_calls
    with Trip(local, 0.0, 2.5):
        local.deadlines.start.assert_called_once_with(2.5)


def test_call_shows_nothing_it_carries() -> None:
    """Its repr is the method and the path."""
    call = Call("PUT", "/x", bytes, query="q=canary", body=b"canary", secrets=("canary",))
    assert repr(call) == "<Call PUT /x>"
