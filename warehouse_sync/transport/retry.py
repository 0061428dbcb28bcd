"""Whether and when a failed request is tried again: decisions only, no waiting."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import attrs

from warehouse_sync.errors import (
    APIError,
    ConnectError,
    RateLimitedError,
    ReadError,
    TimeoutError,
    WarehouseSyncError,
)
from warehouse_sync.settings import RetryPolicy

Trouble = Literal["transient", "throttled"]

_COST = {"transient": 14.0, "throttled": 5.0}
_PASSING = frozenset({408, 500, 502, 503, 504})
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_HTTP_DATE = re.compile(  # the three forms of RFC 9110, 5.6.7; the parser alone takes much more
    r"""[A-Z][a-z]{2},\ \d\d\ [A-Z][a-z]{2}\ \d{4}\ \d\d:\d\d:\d\d\ GMT
      | [A-Z][a-z]{5,8},\ \d\d-[A-Z][a-z]{2}-\d\d\ \d\d:\d\d:\d\d\ GMT
      | [A-Z][a-z]{2}\ [A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d\ \d{4}""",
    re.ASCII | re.VERBOSE,
)


@attrs.define(eq=False, repr=False)
class Budget:
    """What all calls of one client may spend on retries together.

    Attributes:
        limit: What it starts with, and never exceeds.
        left: What is left.
    """

    limit: float
    left: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.left = self.limit

    def take(self, cost: float) -> bool:
        """Spend `cost`, unless less is left."""
        if self.left < cost:
            return False
        self.left -= cost
        return True

    def give_back(self) -> None:
        """Earn one unit for a success."""
        if self.left < self.limit:
            self.left = min(self.limit, self.left + 1)


def next_delay(  # noqa: PLR0913 - everything the decision depends on, and nothing hidden
    policy: RetryPolicy,
    budget: Budget,
    error: WarehouseSyncError,
    *,
    tries: int,
    replayable: bool,
    remaining: float,
    chance: float,
) -> float | None:
    """Decide what follows a failed attempt.

    Args:
        policy: How patient to be.
        budget: What the client may still spend; a retry takes its cost.
        error: What went wrong.
        tries: How many attempts were made, this one included.
        replayable: Whether repeating the request is safe even if the server acted on it.
        remaining: Seconds until the call's deadline.
        chance: A number from 0 to 1.

    Returns:
        Seconds to sleep before the next attempt, or `None` to give up.
    """
    trouble = classify(error, replayable=replayable)
    if trouble is None or tries >= policy.attempts:
        return None
    delay = backoff(policy, trouble, tries, chance)
    hint = error.retry_after if isinstance(error, APIError) else None
    if hint is not None:
        if hint > policy.longest_hint:
            return None
        delay = max(delay, hint)
    return delay if delay < remaining and budget.take(_COST[trouble]) else None


def classify(error: WarehouseSyncError, *, replayable: bool) -> Trouble | None:
    """Tell which kind of trouble may pass by itself, or `None` when trying again is pointless or unsafe."""
    match error:
        case RateLimitedError():
            return "throttled"
        case ConnectError() | TimeoutError(phase="connect", sent="no"):
            return "transient"
        case ReadError() | TimeoutError(phase="read" | "connect"):
            return "transient" if replayable else None
        case APIError() if error.status in _PASSING:
            return "transient" if replayable else None
        case _:
            return None


def backoff(policy: RetryPolicy, trouble: Trouble, tries: int, chance: float) -> float:
    """Draw a sleep: full jitter under a doubling bound, in seconds."""
    base = policy.throttled_base if trouble == "throttled" else policy.base
    bound = min(policy.cap, base * 2.0 ** min(tries - 1, 60))
    return bound * chance


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Read `Retry-After`: whole seconds, or an HTTP date. Anything else says nothing.

    Args:
        text: The header's value.
        now: Seconds since 1970.

    Returns:
        Seconds to wait, from 0 on, or `None`.
    """
    if text is None:
        return None
    value = text.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    date = _http_date(value)
    return None if date is None else max(0.0, date.timestamp() - now)


def _http_date(value: str) -> datetime | None:
    if not _HTTP_DATE.fullmatch(value):
        return None
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
