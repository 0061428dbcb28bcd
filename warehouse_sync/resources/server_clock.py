"""The clock of the server, as its responses show it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import attrs

# HTTP dates have whole seconds, and in the reference the dates of a triggered run are seconds before the trigger.
CLOCK_TOLERANCE = timedelta(seconds=2)


@attrs.define(eq=False, repr=False)
class ServerClock:
    """The difference between the clocks of the server and this machine.

    It is computed from the `Date` header of responses.

    Attributes:
        wall: Returns the time of this machine, in seconds since 1970.
        ahead: How far the server's clock is ahead; 0 before the first response.
    """

    wall: Callable[[], float]
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the time of this machine."""
        return datetime.fromtimestamp(self.wall(), UTC)

    def update(self, headers: Mapping[str, str]) -> None:
        """Update the difference from the headers of a response."""
        try:
            date = parsedate_to_datetime(headers.get("Date", ""))
        except (ValueError, OverflowError):
            return
        server = date if date.tzinfo else date.replace(tzinfo=UTC)
        self.ahead = server - self.now()

    def is_since(self, date: datetime, started: datetime) -> bool:
        """Return whether a date of the server is not before a time of this machine."""
        try:
            return date >= started + self.ahead - CLOCK_TOLERANCE
        except OverflowError:  # the server's clock is at the end of the calendar: nothing is known
            return False
