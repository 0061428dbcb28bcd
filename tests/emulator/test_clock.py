"""The clocks."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from warehouse_sync.emulator import SystemClock, VirtualClock


def test_system_clock_has_whole_milliseconds() -> None:
    """The system clock returns UTC, with no more precision than the API's timestamps."""
    before = datetime.now(UTC)
    now = SystemClock().now()
    after = datetime.now(UTC)
    assert before - timedelta(milliseconds=1) < now <= after
    assert (now.microsecond % 1000, now.tzinfo) == (0, UTC)


def test_virtual_clock_only_advances() -> None:
    """A virtual clock stands still, advances by a duration, and never goes back."""
    clock = VirtualClock(datetime(2023, 1, 1, 2, 0, 0, 999, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == clock.now() == datetime(2023, 1, 1, tzinfo=UTC)
    assert clock.advance(timedelta(days=1)) == clock.now() == datetime(2023, 1, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="only advances"):
        clock.advance(timedelta(seconds=-1))
