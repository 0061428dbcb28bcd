"""What the server says of its load, kept for whoever decides how much to ask at once."""

import re

_PERCENT = re.compile(r"\s*([0-9]{1,3})(?:\.[0-9]+)?\s*%?\s*", re.ASCII)

EASE_OFF_AT = 90  # percent of the rate limit used


class Pace:
    """How many workers the bulk operations of one client may have, shared by all of them.

    Halves when the server throttles or says that its limit is nearly used, and grows by one for each round of answers
    without complaint.

    Attributes:
        limit: The number of workers; infinite until the server first complains.
    """

    def __init__(self) -> None:
        self.limit: float = float("inf")
        self._workers = 0
        self._deaf_for = 0  # answers to requests made before the last complaint: they say nothing new

    def began(self) -> None:
        """Count a worker."""
        self._workers += 1

    def ended(self) -> None:
        """Uncount a worker."""
        self._workers -= 1

    def has_room(self) -> bool:
        """Tell whether another worker may begin."""
        return self._workers < self.limit

    def is_over(self) -> bool:
        """Tell whether a worker should end."""
        return self._workers > self.limit

    def answered(self) -> None:
        """Hear of an answer without complaint."""
        self._deaf_for = max(0, self._deaf_for - 1)
        self.limit += 1 / self.limit

    def heard(self, usage: str) -> None:
        """Hear the server's percentage-used header."""
        match = _PERCENT.fullmatch(usage)
        if match is not None and int(match[1]) >= EASE_OFF_AT:
            self.throttled()

    def throttled(self) -> None:
        """Ease off: halve, once for all requests that were under way together. Without workers there is nothing to ease."""
        if self._deaf_for == 0 and self._workers:
            self._deaf_for = self._workers
            self.limit = max(1.0, min(self.limit, self._workers) // 2)
