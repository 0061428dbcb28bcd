"""Adaptive concurrency: how throttling reduces it, and how it recovers."""

import pytest

from warehouse_sync.transport.limits import AdaptiveConcurrency


def working(workers: int) -> AdaptiveConcurrency:
    """Return a limit with a number of workers."""
    limit = AdaptiveConcurrency()
    for _ in range(workers):
        limit.worker_started()
    return limit


def test_adaptive_concurrency_starts_unlimited() -> None:
    """Successful responses alone change nothing."""
    limit = working(1000)
    limit.on_success()
    limit.on_usage("89")
    assert limit.has_room()
    assert not limit.is_exceeded()


def test_adaptive_concurrency_halves_once_per_round() -> None:
    """Sixty-four workers throttled together halve the limit once, and again only after their next responses."""
    limit = working(64)
    for _ in range(64):
        limit.on_throttled()
    assert limit.limit == 32
    assert limit.is_exceeded()
    for _ in range(64):
        limit.on_success()
    before = limit.limit
    limit.on_throttled()
    assert limit.limit == before // 2


def test_adaptive_concurrency_counts_workers() -> None:
    """One worker above the limit should stop, and one below the limit leaves room."""
    limit = working(4)
    limit.on_throttled()
    room = []
    for _ in range(3):
        room.append((limit.is_exceeded(), limit.has_room()))
        limit.worker_stopped()
    assert room == [(True, False), (True, False), (False, False)]
    assert (limit.is_exceeded(), limit.has_room()) == (False, True)


def test_adaptive_concurrency_ignores_outstanding_responses() -> None:
    """Each response to a request sent before a reduction counts once."""
    limit = working(8)
    limit.on_throttled()
    for _ in range(7):
        limit.on_success()
    before = limit.limit
    limit.on_throttled()
    assert limit.limit == before


def test_adaptive_concurrency_is_at_least_one() -> None:
    """One worker is always allowed."""
    limit = working(1)
    for _ in range(10):
        limit.on_throttled()
        limit.on_success()
    assert limit.limit >= 1
    limit.worker_stopped()
    assert limit.has_room()


def test_adaptive_concurrency_grows_by_one_per_round() -> None:
    """As many successes as workers raise the limit by about one."""
    limit = working(8)
    limit.on_throttled()
    assert limit.limit == 4
    for _ in range(5):
        limit.on_success()
    assert 5 <= limit.limit < 5.3


@pytest.mark.parametrize(
    ("usage", "reduced"),
    [
        ("90", True),
        (" 99.5 % ", True),
        ("100%", True),
        ("89.99", False),
        ("1000", False),
        ("high", False),
        ("", False),
    ],
)
def test_adaptive_concurrency_parses_the_usage_header(usage: str, *, reduced: bool) -> None:
    """It is reduced from 90 percent on, and ignores values that are no percentage."""
    limit = working(10)
    limit.on_usage(usage)
    assert (limit.limit == 5) is reduced


def test_adaptive_concurrency_without_workers_is_unchanged() -> None:
    """A 429 of a single call does not limit a later bulk operation."""
    limit = AdaptiveConcurrency()
    limit.on_throttled()
    assert limit.limit == float("inf")
