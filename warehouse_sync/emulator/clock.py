"""The emulator's clock: the machine's, or one that moves when it is advanced."""

import time
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from dateutil.relativedelta import relativedelta

from warehouse_sync.emulator.runs.dates import parse_duration


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> datetime:
        """Return the current time in UTC, in whole milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self._latest = 0, datetime.fromtimestamp(0, UTC)  # one attribute, because threads share the clock

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        milliseconds, latest = time.time_ns() // 1_000_000, self._latest
        if latest[0] != milliseconds:  # a request asks several times
            latest = self._latest = milliseconds, datetime.fromtimestamp(milliseconds / 1000, UTC)
        return latest[1]


class VirtualClock:
    """A clock that stands still until it is advanced.

    Args:
        start: The first time it shows, with a time zone. By default the machine's time.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = _truncate_to_milliseconds((start or datetime.now(UTC)).astimezone(UTC))

    def now(self) -> datetime:
        """Return the time that the clock shows."""
        return self._now

    def advance(self, by: timedelta | str) -> datetime:
        """Advance the clock and return the new time.

        Args:
            by: The duration, such as `"3d"`, `"90m"` or `"1d12h"`.

        Raises:
            ValueError: The duration is invalid, negative (ended runs would start again), or leads past the year 9999.
        """
        duration = _duration(by)
        try:
            later = _truncate_to_milliseconds(self._now + duration)
        except (OverflowError, ValueError) as error:  # dateutil raises both
            raise ValueError("The calendar ends with the year 9999.") from error
        if later < self._now:
            raise ValueError("A clock only advances; the duration must not be negative.")
        self._now = later
        return later

    def restore(self, time: datetime) -> None:
        """Set the clock to a saved time."""
        self._now = time


def make_clock(clock: Clock | Literal["system", "virtual"]) -> Clock:
    """Return the clock, or a new one of the named kind.

    Raises:
        ValueError: There is no such kind.
    """
    if clock == "system":
        return SystemClock()
    if clock == "virtual":
        return VirtualClock()
    if isinstance(clock, str):
        raise ValueError(f"A clock is `system` or `virtual`, not {clock!r}.")  # noqa: TRY004 - a wrong value
    return clock


def _duration(by: timedelta | str) -> timedelta | relativedelta:
    if isinstance(by, timedelta):
        return by
    duration = parse_duration(by)
    if duration is None:
        raise ValueError(f"The duration must be like 3d, 90m or 1d12h, not {by!r}.")
    return duration


def _truncate_to_milliseconds(time: datetime) -> datetime:
    """Truncate a time to the precision of the API, so that it equals its own text parsed again."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
