"""What time it is for the emulator: the machine's time, or a clock that moves only when told to."""

import time
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from dateutil.relativedelta import relativedelta

from warehouse_sync.emulator.runs.dates import read_span


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
        start: The first moment it shows; it must carry a time zone. By default the machine's time.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = whole_milliseconds((start or datetime.now(UTC)).astimezone(UTC))

    def now(self) -> datetime:
        """Return the moment the clock was left at."""
        return self._now

    def advance(self, by: timedelta | str) -> datetime:
        """Move the clock forward and return the new moment.

        Args:
            by: How far, such as ``"3d"``, ``"90m"`` or ``"1d12h"``. A negative step is a ``ValueError``, since runs
                that ended would start again, and so is one past the end of the calendar.
        """
        try:
            later = whole_milliseconds(self._now + _step(by))
        except OverflowError as error:
            raise ValueError("The calendar ends with the year 9999.") from error
        if later < self._now:
            raise ValueError("A clock only moves forward.")
        self._now = later
        return later

    def restore(self, moment: datetime) -> None:
        """Show the moment that the clock was left at in an earlier life."""
        self._now = moment


def make_clock(clock: Clock | Literal["system", "virtual"]) -> Clock:
    """Return a clock, or the one a word stands for."""
    if clock == "system":
        return SystemClock()
    if clock == "virtual":
        return VirtualClock()
    if isinstance(clock, str):
        raise ValueError(f"A clock is `system` or `virtual`; not {clock!r}.")  # noqa: TRY004  # a wrong word
    return clock


def _step(by: timedelta | str) -> timedelta | relativedelta:
    if isinstance(by, timedelta):
        return by
    span = read_span(by)
    if span is None:
        raise ValueError(f"A step of the clock is a duration such as 3d, 90m or 1d12h; not {by!r}.")
    return span


def whole_milliseconds(moment: datetime) -> datetime:
    """Drop what the API's dates cannot carry, so that a moment equals its own text read back."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
