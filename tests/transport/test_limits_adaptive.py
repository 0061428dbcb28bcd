"""How the server's complaints slow the bulk operations down, and how they recover."""

import pytest

from warehouse_sync.transport.limits import AdaptiveConcurrency


def working(workers: int) -> AdaptiveConcurrency:
    """A pace with so many workers."""
    pace = AdaptiveConcurrency()
    for _ in range(workers):
        pace.worker_started()
    return pace


def test_pace_has_no_limit_until_the_server_complains() -> None:
    """Answers alone change nothing."""
    pace = working(1000)
    pace.on_success()
    pace.on_usage("89")
    assert pace.has_room()
    assert not pace.is_exceeded()


def test_pace_throttled_halves_once_for_all_that_were_under_way() -> None:
    """Sixty-four workers throttled together halve the limit once, and again only after they have been heard."""
    pace = working(64)
    for _ in range(64):
        pace.on_throttled()
    assert pace.limit == 32
    assert pace.is_exceeded()
    for _ in range(64):
        pace.on_success()
    before = pace.limit
    pace.on_throttled()
    assert pace.limit == before // 2


def test_pace_counts_who_began_and_who_ended() -> None:
    """As many as the limit allows go on: one more is one too many, and only one less leaves room."""
    pace = working(4)
    pace.on_throttled()
    room = []
    for _ in range(3):
        room.append((pace.is_exceeded(), pace.has_room()))
        pace.worker_stopped()
    assert room == [(True, False), (True, False), (False, False)]
    assert (pace.is_exceeded(), pace.has_room()) == (False, True)


def test_pace_hears_as_many_answers_as_were_under_way_before_it_heeds_another_complaint() -> None:
    """Each answer is one of those that were asked for before the complaint, and counts once."""
    pace = working(8)
    pace.on_throttled()
    for _ in range(7):
        pace.on_success()
    before = pace.limit
    pace.on_throttled()
    assert pace.limit == before


def test_pace_never_falls_below_one() -> None:
    """There is always room for one worker."""
    pace = working(1)
    for _ in range(10):
        pace.on_throttled()
        pace.on_success()
    assert pace.limit >= 1
    pace.worker_stopped()
    assert pace.has_room()


def test_pace_recovers_by_one_for_each_round() -> None:
    """As many answers as there may be workers raise the limit by about one."""
    pace = working(8)
    pace.on_throttled()
    assert pace.limit == 4
    for _ in range(5):
        pace.on_success()
    assert 5 <= pace.limit < 5.3


@pytest.mark.parametrize(
    ("usage", "eases"),
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
def test_pace_reads_the_percentage_used(usage: str, *, eases: bool) -> None:
    """From 90 percent on it eases off; what is not a percentage says nothing."""
    pace = working(10)
    pace.on_usage(usage)
    assert (pace.limit == 5) is eases


def test_pace_ignores_complaints_while_no_bulk_operation_runs() -> None:
    """A 429 for a single call says nothing about how much a later bulk operation may ask for at once."""
    pace = AdaptiveConcurrency()
    pace.on_throttled()
    assert pace.limit == float("inf")
