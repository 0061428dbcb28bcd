"""What time it is for the emulator: the machine's time, or a clock that moves only when told to."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """Return the current moment in UTC, in whole milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)


class VirtualClock:
    """A clock that stands still until it is advanced.

    Args:
        start: The first moment it shows; it must carry a time zone.
    """

    def __init__(self, start: datetime) -> None:
        self._now = whole_milliseconds(start.astimezone(UTC))

    def now(self) -> datetime:
        """Return the moment the clock was left at."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move the clock forward and return the new moment.

        Args:
            by: How far; a negative step is a ``ValueError``, since runs that ended would start again.
        """
        if by < timedelta(0):
            raise ValueError("A clock only moves forward.")
        self._now = whole_milliseconds(self._now + by)
        return self._now


def whole_milliseconds(moment: datetime) -> datetime:
    """Drop what the API's dates cannot carry, so that a moment equals its own text read back."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
