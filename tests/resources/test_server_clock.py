"""The clock of the server, computed from the headers of its responses."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse_sync.resources.server_clock import ServerClock

NOON = datetime(2023, 2, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Tue, 99 Nov 2023", "Mon, 01 Jan 99999999999 00:00:00 GMT"]
)
def test_server_clock_ignores_an_invalid_date(date: str) -> None:
    """A missing or invalid header has no effect."""
    clock = ServerClock(lambda: 0.0)
    clock.update({"Date": date})
    assert clock.ahead == timedelta()


@pytest.mark.parametrize(("zone", "hours"), [("GMT", 1), ("+0000", 1), ("-0000", 1), ("+0100", 0)])
def test_server_clock_uses_the_date_header(zone: str, hours: int) -> None:
    """The difference of the clocks is stored, also if the header has no time zone or another one."""
    clock = ServerClock(NOON.timestamp)
    clock.update({"Date": f"Wed, 01 Feb 2023 13:00:05 {zone}"})
    assert clock.ahead == timedelta(hours=hours, seconds=5)


@pytest.mark.parametrize(("seconds", "since"), [(-3, False), (-2, True), (0, True), (9, True)])
def test_is_since_uses_the_clock_of_the_server(seconds: int, since: bool) -> None:  # noqa: FBT001 - a case of the table
    """A date counts from two seconds before the start, by the server's clock."""
    clock = ServerClock(NOON.timestamp)
    clock.update({"Date": "Wed, 01 Feb 2023 13:00:00 GMT"})
    assert clock.is_since(NOON + timedelta(hours=1, seconds=seconds), clock.now()) == since


def test_is_since_at_the_end_of_the_calendar_is_false() -> None:
    """A date header of the year 9999 raises no error, and no date is since the start."""
    clock = ServerClock(NOON.timestamp)
    clock.update({"Date": "Fri, 31 Dec 9999 23:59:59 GMT"})
    assert not clock.is_since(NOON, NOON + timedelta(seconds=1))
