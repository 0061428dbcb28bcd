"""Bulk reports: one entry per id whatever fails, in bounded memory, at the pace the server likes."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.reports import Reports, collected, from_queue, names, poll, report, throttled
from tests.support.virtual import in_no_time, now
from warehouse_sync.errors import NotFoundError, ReadError
from warehouse_sync.models import PipelineReport, Progress
from warehouse_sync.polling.bulk_reports import Ids

FAILURES = (ReadError("reset"), NotFoundError(status=404), throttled(), throttled(70.0), throttled(2.0))


@given(
    ids=st.lists(st.sampled_from(names(30)), max_size=60),
    concurrency=st.integers(1, 20),
    latencies=st.lists(st.floats(0, 2), min_size=1, max_size=5),
    failing=st.dictionaries(
        st.sampled_from(names(30)), st.lists(st.sampled_from(FAILURES), min_size=1, max_size=3)
    ),
    asynchronous=st.booleans(),
)
def test_bulk_has_one_entry_per_id_whatever_fails(
    *,
    ids: list[str],
    concurrency: int,
    latencies: list[float],
    failing: dict[str, list[Exception]],
    asynchronous: bool,
) -> None:
    """Repeated ids included, each id has as many entries as it was given; each entry has a report or an error, never both."""
    reports = Reports(lambda pipeline_id: latencies[int(pipeline_id[1:]) % len(latencies)], failing)
    entries = in_no_time(collected(reports.poll(from_queue(ids) if asynchronous else iter(ids), concurrency)))
    assert Counter(entry.pipeline_id for entry in entries) == Counter(ids)
    assert all((entry.report is None) is (entry.error is not None) for entry in entries)
    assert all(entry.report.pipeline_id == entry.pipeline_id for entry in entries if entry.report)
    assert reports.most <= concurrency


def test_bulk_keeps_as_many_under_way_as_allowed() -> None:
    """A hundred reports of 0.1 s each, ten at a time, take a second; the slow one holds nobody up."""

    async def check() -> None:
        reports = Reports(lambda pipeline_id: 0.95 if pipeline_id == "p0" else 0.1)
        entries = await collected(reports.poll(names(100), 10))
        assert reports.most == 10
        assert now() == pytest.approx(1.1, abs=0.11)
        assert entries[-1].pipeline_id != "p1"
        assert [entry.pipeline_id for entry in entries].index("p0") > 80

    in_no_time(check())


def test_bulk_entries_come_as_they_complete() -> None:
    """The first entry is there when the first answer is, not when all are."""

    async def check() -> None:
        reports = Reports(lambda pipeline_id: 5.0 - int(pipeline_id[1:]))
        async with aclosing(reports.poll(names(4)).results()) as entries:
            times = [(entry.pipeline_id, now()) async for entry in entries]
        assert times == [("p3", 2.0), ("p2", 3.0), ("p1", 4.0), ("p0", 5.0)]

    in_no_time(check())


@pytest.mark.parametrize("suspending", [True, False])
def test_bulk_memory_does_not_grow_with_the_number_of_ids(*, suspending: bool) -> None:
    """Of 100,000 ids few are drawn ahead and few results wait, also where the caller is slower than the server."""
    drawn = delivered = ahead = 0

    def ids() -> Iterator[str]:
        nonlocal drawn, ahead
        for number in range(100_000):
            drawn += 1
            ahead = max(ahead, drawn - delivered)
            yield f"p{number}"

    async def fetch(pipeline_id: str) -> PipelineReport:
        if suspending:
            await asyncio.sleep(0)
        return known

    async def check() -> None:
        nonlocal delivered
        async for _ in poll(ids(), fetch, 16).results():
            delivered += 1
            if delivered % 1000 < 50:
                await asyncio.sleep(0)

    known = report("p")
    in_no_time(check())
    assert delivered == 100_000
    assert ahead <= 3 * 16


def test_bulk_async_ids_are_never_asked_twice_at_once() -> None:
    """An asynchronous generator, which cannot be, serves many workers."""
    entries = in_no_time(collected(Reports().poll(from_queue(names(50)))))
    assert sorted(entry.pipeline_id for entry in entries) == sorted(names(50))


def broken(ids: Iterable[str]) -> Iterator[str]:
    """Ids that end in an error."""
    yield from ids
    raise LookupError("no more rows")


async def broken_later(ids: Iterable[str]) -> AsyncIterator[str]:
    """The same, asynchronous."""
    for pipeline_id in broken(ids):
        await asyncio.sleep(0)
        yield pipeline_id


@pytest.mark.parametrize("source", [broken, broken_later])
def test_bulk_error_of_the_ids_surfaces_after_the_entries_of_those_before(
    source: Callable[[list[str]], Ids],
) -> None:
    """What was drawn is answered; then the caller hears of his own iterator's error."""
    seen: list[str] = []

    async def collect() -> None:
        async for entry in Reports().poll(source(names(5))).results():
            seen.append(entry.pipeline_id)  # noqa: PERF401 - what came before the error counts

    async def check() -> None:
        with pytest.raises(LookupError, match="no more rows"):
            await collect()

    in_no_time(check())
    assert sorted(seen) == names(5)


def test_bulk_error_that_is_not_ours_surfaces() -> None:
    """A programming error is not hidden in an entry; no more is asked for after it, and nothing is left running."""
    reports = Reports(failing={"p3": [ZeroDivisionError()]})

    async def check() -> None:
        with pytest.raises(ZeroDivisionError):
            await collected(reports.poll(names(1000), 8))

    in_no_time(check())
    assert len(reports.asked) <= 24


def test_bulk_worker_cancelled_by_others_is_not_a_lost_entry() -> None:
    """Where a request is cancelled behind our back, the poll ends as cancelled instead of leaving an id out."""

    async def fetch(pipeline_id: str) -> PipelineReport:
        if pipeline_id == "p2":
            raise asyncio.CancelledError
        return report(pipeline_id)

    async def check() -> None:
        with pytest.raises(asyncio.CancelledError):
            await collected(poll(names(5), fetch))

    in_no_time(check())


@pytest.mark.parametrize("stop", [1, 3, 20])
def test_bulk_stopped_early_leaves_nothing_running(stop: int) -> None:
    """A loop that is left ends every request, and no further id is drawn."""
    reports, ids = Reports(), iter(names(1000))

    async def check() -> None:
        async with aclosing(reports.poll(ids).results()) as entries:
            for _ in range(stop):
                await anext(entries)
        assert reports.live == 0
        left = len(list(ids))
        assert 1000 - stop - 24 <= left < 1000 - stop

    in_no_time(check())


def test_bulk_dropped_or_cancelled_leaves_nothing_running() -> None:
    """An iterator that is forgotten, and a caller who is cancelled, end every request too."""

    async def check() -> None:
        reports = Reports()
        entries = reports.poll(names(100)).results()
        await anext(entries)
        del entries
        gc.collect()
        await asyncio.sleep(0.01)
        assert reports.live == 0
        polling = asyncio.create_task(collected(reports.poll(names(100))))
        await asyncio.sleep(0.25)
        polling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await polling
        assert reports.live == 0

    in_no_time(check())


def test_bulk_closed_while_results_wait_for_room_leaves_nothing_running() -> None:
    """Workers that wait for a slow caller are ended like those that wait for the server."""

    async def check() -> None:
        async with aclosing(Reports().poll(names(100), 2).results()) as entries:
            await anext(entries)
            await asyncio.sleep(10)

    in_no_time(check())


@pytest.mark.parametrize(("ids", "total"), [(names(5), 5), (iter(names(5)), None)])
def test_bulk_progress_counts_entries_and_failures(ids: Iterable[str], total: int | None) -> None:
    """`on_progress` hears of each entry: how many there were, how many failed, of how many if the ids know."""
    told: list[Progress] = []
    reports = Reports(lambda _: 0.0, {"p1": [ReadError("reset")]})
    in_no_time(collected(reports.poll(ids, 1, on_progress=told.append)))
    assert [progress.done for progress in told] == [1, 2, 3, 4, 5]
    assert [progress.failed for progress in told] == [0, 1, 1, 1, 1]
    assert {progress.total for progress in told} == {total}


def test_bulk_progress_that_raises_reaches_the_caller() -> None:
    """An error in the caller's callback is the caller's, and nothing is left running."""

    def fail(progress: Progress) -> None:
        raise ValueError("the bar is broken")

    async def check() -> None:
        with pytest.raises(ValueError, match="the bar is broken"):
            await collected(Reports().poll(names(50), on_progress=fail))

    in_no_time(check())


def test_bulk_without_ids_ends_at_once() -> None:
    """No ids, no entries, no requests."""
    reports = Reports()
    assert in_no_time(collected(reports.poll([]))) == []
    assert reports.asked == []


def test_bulk_refuses_what_cannot_be_iterated() -> None:
    """Ids that are none are an error before anything is asked for."""
    with pytest.raises(TypeError):
        Reports().poll(5)  # type: ignore[arg-type]  # that is the point


def test_bulk_hands_over_what_has_come_already() -> None:
    """`ready` returns what waits, counted as delivered, and nothing twice; after the end it is empty."""

    async def check() -> None:
        bulk = Reports().poll(names(20), 4)
        async with aclosing(bulk.results()) as entries:
            seen = [await anext(entries)]
            await asyncio.sleep(10)
            seen += bulk.ready()
            assert len(seen) > 4
            assert bulk.ready() == []
            seen += [entry async for entry in entries]
        assert sorted(entry.pipeline_id for entry in seen) == sorted(names(20))
        assert bulk.ready() == []

    in_no_time(check())
