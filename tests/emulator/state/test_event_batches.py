"""The log of event batches, bounded in number and in bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from warehouse_sync.emulator.runs.run import Run
from warehouse_sync.emulator.state import event_batches
from warehouse_sync.emulator.state.event_batches import BatchFilter, EventBatchLog, NewestItems

NOW = datetime(2023, 2, 1, tzinfo=UTC)


def run(run_id: int, pipeline_id: str = "p") -> Run:
    """Return a run that has ended."""
    return Run(
        id=run_id,
        pipeline_id=pipeline_id,
        type="manual",
        logical_date=NOW,
        range_start=None,
        range_end=NOW,
        started_on=NOW,
        ended_on=NOW,
    )


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of 5 items and 100 bytes."""
    monkeypatch.setattr(event_batches, "MAX_BATCHES", 5)
    monkeypatch.setattr(event_batches, "MAX_BYTES", 100)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([1] * 7, [2, 3, 4, 5, 6]),
        ([40] * 4, [2, 3]),
        ([99, 1], [0, 1]),
        ([1, 101], []),
        ([101, 1], [1]),
        ([], []),
    ],
)
def test_oldest_items_are_dropped(sizes: list[int], expected: list[int]) -> None:
    """The newest items stay within both limits; one that is too large by itself is dropped."""
    items = NewestItems[int]()
    for number, size in enumerate(sizes):
        items.add(number, size)
    assert list(items) == expected
    assert len(items) == len(expected)
    assert items.newest(2) == expected[-2:]
    assert items.newest(0) == []


def test_cleared_items_free_their_bytes() -> None:
    """After a clear both limits apply from zero."""
    items = NewestItems[int]()
    items.add(1, 100)
    items.clear()
    items.add(2, 100)
    assert list(items) == [2]


def test_log_keeps_the_newest_batches() -> None:
    """The log drops the oldest batches of any run, and filters what it has."""
    log = EventBatchLog()
    log.add("1", run(1), [b"x" * 30, b"y" * 30])
    log.add("1", run(2, "q"), [b"z" * 30, b"a" * 30])
    assert list(log.sent(BatchFilter(), NOW)) == [b"y" * 30 + b"\n", b"z" * 30 + b"\n", b"a" * 30 + b"\n"]
    assert len(list(log.sent(BatchFilter(pipeline_id="q"), NOW))) == 2
    assert (len(log), log.added) == (3, 4)
