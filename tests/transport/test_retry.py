"""Whether and when a request is retried, whatever the server does."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.abroad import abroad, needs_zones
from warehouse_sync.errors import (
    APIError,
    BadRequestError,
    ConfigurationError,
    ConnectError,
    DecodeError,
    RateLimitedError,
    ReadError,
    ServerError,
    TimeoutError,
    TLSError,
    TokenError,
    UnauthorizedError,
    WarehouseLoginError,
    WarehouseSyncError,
)
from warehouse_sync.settings import RetryPolicy
from warehouse_sync.transport.retry import RetryBudget, backoff, next_delay, parse_retry_after, retry_reason

NOW = 1_700_000_000.0

seconds = st.floats(0, 1e6)
policies = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 8),
    base_delay=st.floats(0, 100),
    throttled_base_delay=st.floats(0, 100),
    max_delay=st.floats(0, 100),
    max_retry_after=st.floats(0, 1000),
    budget=st.floats(0, 100),
)
errors = st.one_of(
    st.sampled_from([ConnectError("x"), ReadError("x"), TLSError("x"), DecodeError("x"), TokenError("x")]),
    st.builds(
        TimeoutError,
        st.just("x"),
        phase=st.sampled_from(["pool", "connect", "read", "total"]),
        sent=st.sampled_from(["no", "maybe"]),
    ),
    st.builds(RateLimitedError, status=st.just(429), retry_after=st.none() | seconds),
    st.builds(ServerError, status=st.integers(500, 504), retry_after=st.none() | seconds),
    st.builds(APIError, status=st.integers(300, 599), retry_after=st.none() | seconds),
)


@given(
    policy=policies,
    failures=st.lists(errors, max_size=12),
    total=seconds,
    idempotent=st.booleans(),
    data=st.data(),
)
def test_delays_stay_within_deadline_attempts_and_budget(
    *,
    policy: RetryPolicy,
    failures: list[WarehouseSyncError],
    total: float,
    idempotent: bool,
    data: st.DataObject,
) -> None:
    """Delays end before the deadline, and attempts and cost stay within their limits."""
    budget, slept, granted = RetryBudget(policy.budget), 0.0, 0
    for attempt, error in enumerate(failures, 1):
        delay = next_delay(
            policy,
            budget,
            error,
            attempt=attempt,
            idempotent=idempotent,
            remaining=total - slept,
            jitter=data.draw(st.floats(0, 1)),
        )
        if delay is None:
            break
        hint = getattr(error, "retry_after", None)
        assert delay >= (hint or 0)
        assert hint is None or hint <= policy.max_retry_after
        assert hint is not None or delay <= policy.max_delay
        slept, granted = slept + delay, granted + 1
        assert slept <= total
    assert granted < policy.attempts
    assert 5 * granted <= policy.budget + 1e-9
    assert 0 <= budget.left <= policy.budget - 5 * granted + 1e-9


@given(policies, errors, seconds, st.floats(0, 1))
def test_next_delay_for_non_idempotent_requests_is_safe(
    policy: RetryPolicy, error: WarehouseSyncError, remaining: float, jitter: float
) -> None:
    """A create or trigger is repeated only after a 429 or a failure to connect: it was not processed."""
    delay = next_delay(
        policy,
        RetryBudget(policy.budget),
        error,
        attempt=1,
        idempotent=False,
        remaining=remaining,
        jitter=jitter,
    )
    if delay is not None:
        assert isinstance(error, RateLimitedError | ConnectError) or (
            isinstance(error, TimeoutError) and (error.phase, error.sent) == ("connect", "no")
        )


def test_next_delay_after_a_connect_timeout_of_a_retry() -> None:
    """Only an idempotent request is repeated if an earlier attempt may have been processed."""
    error = TimeoutError("no connection", phase="connect", sent="maybe")
    again = partial(next_delay, RetryPolicy(), RetryBudget(500), error, attempt=2, remaining=60.0, jitter=1.0)
    assert again(idempotent=True) == 0.4
    assert again(idempotent=False) is None


@given(st.lists(st.sampled_from([14.0, 5.0, -1.0]), max_size=200), st.floats(0, 500))
def test_retry_budget_stays_between_zero_and_its_limit(steps: list[float], limit: float) -> None:
    """Only available tokens are taken."""
    budget = RetryBudget(limit)
    for cost in steps:
        before = budget.left
        if cost < 0:
            budget.refund()
            assert budget.left == min(limit, before + 1)
        else:
            assert budget.take(cost) is (before >= cost)
            assert budget.left == (before - cost if before >= cost else before)
        assert 0 <= budget.left <= limit


def test_retry_budget_bounds_the_retries_of_an_outage() -> None:
    """A thousand callers make 35 retries together, not two thousand."""
    budget, policy = RetryBudget(500), RetryPolicy()
    again = sum(
        next_delay(policy, budget, ReadError("x"), attempt=1, idempotent=True, remaining=60, jitter=0)
        is not None
        for _ in range(1000)
    )
    assert again == 35


@given(policies, st.sampled_from(["transient", "throttled"]), st.integers(1, 60), st.floats(0, 1))
def test_backoff_has_full_jitter_under_a_doubling_bound(
    policy: RetryPolicy, reason: str, attempt: int, jitter: float
) -> None:
    """A delay is between 0 and a bound that doubles up to the maximum."""
    base = policy.base_delay if reason == "transient" else policy.throttled_base_delay
    bound = min(policy.max_delay, base * 2.0 ** (attempt - 1))
    assert backoff(policy, reason, attempt, jitter) == pytest.approx(bound * jitter)  # type: ignore[arg-type]  # drawn


def test_backoff_has_documented_defaults() -> None:
    """0.2 s after a transient error, 1 s after throttling, 20 s at most."""
    policy = RetryPolicy()
    assert [backoff(policy, "transient", attempt, 1) for attempt in (1, 2, 3, 20)] == [0.2, 0.4, 0.8, 20]
    assert [backoff(policy, "throttled", attempt, 1) for attempt in (1, 2, 20)] == [1, 2, 20]


@pytest.mark.parametrize(
    ("error", "replayed", "once"),
    [
        (ConnectError("x"), "transient", "transient"),
        (TimeoutError("x", phase="connect", sent="no"), "transient", "transient"),
        (TimeoutError("x", phase="connect", sent="maybe"), "transient", None),
        (TimeoutError("x", phase="read", sent="maybe"), "transient", None),
        (TimeoutError("x", phase="total", sent="no"), None, None),
        (TimeoutError("x", phase="pool", sent="no"), None, None),
        (ReadError("x"), "transient", None),
        (RateLimitedError(status=429), "throttled", "throttled"),
        (ServerError(status=503), "transient", None),
        (APIError(status=408), "transient", None),
        (ServerError(status=501), None, None),
        (WarehouseLoginError(status=505), None, None),
        (BadRequestError(status=400), None, None),
        (UnauthorizedError(status=401), None, None),
        (TLSError("x"), None, None),
        (DecodeError("x"), None, None),
        (TokenError("x"), None, None),
        (ConfigurationError("x"), None, None),
    ],
)
def test_retry_reason_of_each_error(
    error: WarehouseSyncError, replayed: str | None, once: str | None
) -> None:
    """Errors worth a retry, for idempotent and for other requests."""
    assert retry_reason(error, idempotent=True) == replayed
    assert retry_reason(error, idempotent=False) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("999999999", 999999999.0),
        ("9999999999", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1e3", None),
        ("0x10", None),
        ("\u0663", None),
        ("", None),
        ("soon", None),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10.0),
        ("Tuesday, 14-Nov-23 22:13:30 GMT", 10.0),
        ("Tue Nov 14 22:13:30 2023", 10.0),
        ("Tue, 14 Nov 2023 22:13:10 GMT", 0.0),
        ("Tue, 14 Nov 2023 22:13:30 +0100", None),
        ("14 Nov 2023 22:13:30", None),
        ("Tue, 99 Nov 2023 22:13:30 GMT", None),
        ("Tue, 14 Xxx 2023 22:13:30 GMT", None),
    ],
)
def test_retry_after_is_whole_seconds_or_an_http_date(text: str | None, expected: float | None) -> None:
    """Other values are ignored."""
    assert parse_retry_after(text, NOW) == expected


@needs_zones
def test_retry_after_without_a_zone_is_utc() -> None:
    """The oldest form of an HTTP date has no zone; the machine's zone does not matter."""
    with abroad():
        assert parse_retry_after("Tue Nov 14 22:13:30 2023", NOW) == 10.0


def test_retry_budget_can_be_used_up() -> None:
    """Exactly as many tokens as are left can be taken."""
    budget = RetryBudget(14)
    assert budget.take(14)
    assert budget.left == 0
    budget.refund()
    assert budget.left == 1


@given(
    st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT", fullmatch=True)
)
def test_retry_after_accepts_any_text(text: str) -> None:
    """The result is `None` or a number of seconds of at least 0."""
    found = parse_retry_after(text, NOW)
    assert found is None or found >= 0
    assert found is None or re.search("[0-9]", text)


@given(st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive
def test_retry_after_parses_every_http_date(date: datetime) -> None:
    """The result is the time until the date."""
    expected = max(0.0, date.replace(microsecond=0).timestamp() - NOW)
    assert parse_retry_after(format_datetime(date, usegmt=True), NOW) == expected


@pytest.mark.parametrize(
    ("hint", "remaining", "expected"), [(30, 60, 30), (30, 30, None), (61, 1000, None), (60, 61, 60)]
)
def test_next_delay_follows_a_hint_unless_it_is_too_long(
    hint: float, remaining: float, expected: float | None
) -> None:
    """Hints within the deadline and up to a minute are followed; others end the request and cost nothing."""
    budget, error = RetryBudget(500), RateLimitedError(status=429, retry_after=hint)
    delay = next_delay(
        RetryPolicy(), budget, error, attempt=1, idempotent=False, remaining=remaining, jitter=1
    )
    assert delay == expected
    assert budget.left == (500 if expected is None else 495)


def test_next_delay_is_the_longer_of_hint_and_backoff() -> None:
    """A short hint does not shorten the backoff."""
    for hint, jitter, expected in ((0.0, 0.5, 1.0), (1.5, 1.0, 2.0), (1.5, 0.5, 1.5), (None, 1.0, 2.0)):
        delay = next_delay(
            RetryPolicy(),
            RetryBudget(500),
            RateLimitedError(status=429, retry_after=hint),
            attempt=2,
            idempotent=False,
            remaining=60,
            jitter=jitter,
        )
        assert delay == expected
