"""Retry decisions: whether to retry a failed request, and after how many seconds.

The functions are pure: the sender waits.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

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

RetryReason = Literal["transient", "throttled"]

# Statuses after which a retry may succeed, and after which the server may nevertheless have processed the request.
TRANSIENT_STATUSES: Final = frozenset({408, 500, 502, 503, 504})

_COST = {"transient": 14.0, "throttled": 5.0}
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_HTTP_DATE = re.compile(  # the three forms of RFC 9110, 5.6.7; the parser alone accepts much more
    r"""[A-Z][a-z]{2},\ \d\d\ [A-Z][a-z]{2}\ \d{4}\ \d\d:\d\d:\d\d\ GMT
      | [A-Z][a-z]{5,8},\ \d\d-[A-Z][a-z]{2}-\d\d\ \d\d:\d\d:\d\d\ GMT
      | [A-Z][a-z]{2}\ [A-Z][a-z]{2}\ [ \d]\d\ \d\d:\d\d:\d\d\ \d{4}""",
    re.ASCII | re.VERBOSE,
)


@attrs.define(eq=False, repr=False)
class RetryBudget:
    """The retries that all requests of one client may make together, as tokens.

    Attributes:
        limit: The initial and maximum number of tokens.
        left: The number of tokens left.
    """

    limit: float
    left: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.left = self.limit

    def take(self, cost: float) -> bool:
        """Take `cost` tokens if that many are left, and return whether they were."""
        if self.left < cost:
            return False
        self.left -= cost
        return True

    def refund(self) -> None:
        """Return one token after a success."""
        self.left = min(self.limit, self.left + 1)


def next_delay(  # noqa: PLR0913 - everything that the decision depends on
    policy: RetryPolicy,
    budget: RetryBudget,
    error: WarehouseSyncError,
    *,
    attempt: int,
    idempotent: bool,
    remaining: float,
    jitter: float,
) -> float | None:
    """Return the seconds to wait before the next attempt, or `None` if there is none.

    Args:
        policy: The retry policy.
        budget: The client's retry budget; a retry takes its cost.
        error: The error of the failed attempt.
        attempt: The number of the failed attempt, from 1 on.
        idempotent: Whether repeating the request is safe even if the server processed it.
        remaining: Seconds until the deadline of the request.
        jitter: A random number from 0 to 1.
    """
    reason = retry_reason(error, idempotent=idempotent)
    if reason is None or attempt >= policy.attempts:
        return None
    delay = backoff(policy, reason, attempt, jitter)
    retry_after = error.retry_after if isinstance(error, APIError) else None
    if retry_after is not None:
        if retry_after > policy.max_retry_after:
            return None
        delay = max(delay, retry_after)
    return delay if delay < remaining and budget.take(_COST[reason]) else None


def retry_reason(error: WarehouseSyncError, *, idempotent: bool) -> RetryReason | None:
    """Return why to retry after an error, or `None` if that is pointless or unsafe."""
    match error:
        case RateLimitedError():
            return "throttled"
        case ConnectError() | TimeoutError(phase="connect", sent="no"):
            return "transient"
        case ReadError() | TimeoutError(phase="read" | "connect"):
            return "transient" if idempotent else None
        case APIError() if error.status in TRANSIENT_STATUSES:
            return "transient" if idempotent else None
        case _:
            return None


def backoff(policy: RetryPolicy, reason: RetryReason, attempt: int, jitter: float) -> float:
    """Return the seconds to wait: exponential backoff with full jitter."""
    base = policy.throttled_base_delay if reason == "throttled" else policy.base_delay
    bound = min(policy.max_delay, base * 2.0 ** min(attempt - 1, 60))
    return bound * jitter


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Parse the value of `Retry-After`: whole seconds or an HTTP date.

    Args:
        text: The value of the header.
        now: Seconds since 1970.

    Returns:
        Seconds to wait, at least 0, or `None` if the value is invalid.
    """
    if text is None:
        return None
    value = text.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    date = _parse_http_date(value)
    return None if date is None else max(0.0, date.timestamp() - now)


def _parse_http_date(value: str) -> datetime | None:
    if not _HTTP_DATE.fullmatch(value):
        return None
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
