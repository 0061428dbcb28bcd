"""Bulk reports: one entry per id, errors as values, bounded memory and concurrency."""

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
from warehouse_sync.polling.bulk_requests import Ids

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
def test_bulk_yields_one_entry_per_id(
    *,
    ids: list[str],
    concurrency: int,
    latencies: list[float],
    failing: dict[str, list[Exception]],
    asynchronous: bool,
) -> None:
    """Each id, also a repeated one, has one entry with either a report or an error."""
    reports = Reports(lambda pipeline_id: latencies[int(pipeline_id[1:]) % len(latencies)], failing)
    entries = in_no_time(collected(reports.poll(from_queue(ids) if asynchronous else iter(ids), concurrency)))
    assert Counter(entry.pipeline_id for entry in entries) == Counter(ids)
    assert all((entry.report is None) is (entry.error is not None) for entry in entries)
    assert all(entry.report.pipeline_id == entry.pipeline_id for entry in entries if entry.report)
    assert reports.most <= concurrency


def test_bulk_runs_as_many_requests_as_allowed() -> None:
    """A hundred reports of 0.1 s with a concurrency of ten take a second; a slow one does not delay the others."""

    async def check() -> None:
        reports = Reports(lambda pipeline_id: 0.95 if pipeline_id == "p0" else 0.1)
        entries = await collected(reports.poll(names(100), 10))
        assert reports.most == 10
        assert now() == pytest.approx(1.1, abs=0.11)
        assert entries[-1].pipeline_id != "p1"
        assert [entry.pipeline_id for entry in entries].index("p0") > 80

    in_no_time(check())


def test_bulk_yields_entries_in_order_of_completion() -> None:
    """The first entry is yielded after the first response, not after all responses."""

    async def check() -> None:
        reports = Reports(lambda pipeline_id: 5.0 - int(pipeline_id[1:]))
        async with aclosing(reports.poll(names(4)).results()) as entries:
            times = [(entry.pipeline_id, now()) async for entry in entries]
        assert times == [("p3", 2.0), ("p2", 3.0), ("p1", 4.0), ("p0", 5.0)]

    in_no_time(check())


@pytest.mark.parametrize("suspending", [True, False])
def test_bulk_memory_is_independent_of_the_number_of_ids(*, suspending: bool) -> None:
    """Few of 100,000 ids are consumed ahead and few results are queued, also if the caller is slower than the server."""
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


def test_bulk_never_calls_asynchronous_ids_concurrently() -> None:
    """Many workers share an asynchronous generator, which does not support concurrent calls."""
    entries = in_no_time(collected(Reports().poll(from_queue(names(50)))))
    assert sorted(entry.pipeline_id for entry in entries) == sorted(names(50))


def broken(ids: Iterable[str]) -> Iterator[str]:
    """Ids that raise at the end."""
    yield from ids
    raise LookupError("no more rows")


async def broken_later(ids: Iterable[str]) -> AsyncIterator[str]:
    """Asynchronous ids that raise at the end."""
    for pipeline_id in broken(ids):
        await asyncio.sleep(0)
        yield pipeline_id


@pytest.mark.parametrize("source", [broken, broken_later])
def test_bulk_raises_an_error_of_the_ids_after_earlier_entries(
    source: Callable[[list[str]], Ids],
) -> None:
    """The entries of earlier ids are yielded before the error of the iterable is raised."""
    seen: list[str] = []

    async def collect() -> None:
        async for entry in Reports().poll(source(names(5))).results():
            seen.append(entry.pipeline_id)  # noqa: PERF401 - what came before the error counts

    async def check() -> None:
        with pytest.raises(LookupError, match="no more rows"):
            await collect()

    in_no_time(check())
    assert sorted(seen) == names(5)


def test_bulk_raises_a_programming_error() -> None:
    """An error that is not a `WarehouseSyncError` is raised and stops all workers."""
    reports = Reports(failing={"p3": [ZeroDivisionError()]})

    async def check() -> None:
        with pytest.raises(ZeroDivisionError):
            await collected(reports.poll(names(1000), 8))

    in_no_time(check())
    assert len(reports.asked) <= 24


def test_bulk_worker_cancelled_from_outside_cancels_the_poll() -> None:
    """If other code cancels a request, the operation is cancelled too, and no id is skipped."""

    async def fetch(pipeline_id: str) -> PipelineReport:
        if pipeline_id == "p2":
            raise asyncio.CancelledError
        return report(pipeline_id)

    async def check() -> None:
        with pytest.raises(asyncio.CancelledError):
            await collected(poll(names(5), fetch))

    in_no_time(check())


@pytest.mark.parametrize("stop", [1, 3, 20])
def test_bulk_closed_early_cancels_all_requests(stop: int) -> None:
    """Closing the generator cancels all requests and consumes no further id."""
    reports, ids = Reports(), iter(names(1000))

    async def check() -> None:
        async with aclosing(reports.poll(ids).results()) as entries:
            for _ in range(stop):
                await anext(entries)
        assert reports.live == 0
        left = len(list(ids))
        assert 1000 - stop - 24 <= left < 1000 - stop

    in_no_time(check())


def test_bulk_collected_or_cancelled_cancels_all_requests() -> None:
    """A garbage-collected generator and a cancelled caller cancel all requests too."""

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


def test_bulk_closed_with_a_full_queue_cancels_all_workers() -> None:
    """Workers that wait for space in the queue are cancelled as well."""

    async def check() -> None:
        async with aclosing(Reports().poll(names(100), 2).results()) as entries:
            await anext(entries)
            await asyncio.sleep(10)

    in_no_time(check())


@pytest.mark.parametrize(("ids", "total"), [(names(5), 5), (iter(names(5)), None)])
def test_bulk_progress_counts_entries_and_failures(ids: Iterable[str], total: int | None) -> None:
    """`on_progress` receives the numbers of entries and failures, and the total if the ids have a length."""
    updates: list[Progress] = []
    reports = Reports(lambda _: 0.0, {"p1": [ReadError("reset")]})
    in_no_time(collected(reports.poll(ids, 1, on_progress=updates.append)))
    assert [progress.done for progress in updates] == [1, 2, 3, 4, 5]
    assert [progress.failed for progress in updates] == [0, 1, 1, 1, 1]
    assert {progress.total for progress in updates} == {total}


def test_bulk_raises_an_error_of_on_progress() -> None:
    """An error of the callback is raised to the caller, and all workers are cancelled."""

    def fail(progress: Progress) -> None:
        raise ValueError("the bar is broken")

    async def check() -> None:
        with pytest.raises(ValueError, match="the bar is broken"):
            await collected(Reports().poll(names(50), on_progress=fail))

    in_no_time(check())


def test_bulk_without_ids_yields_nothing() -> None:
    """Without ids there are no entries and no requests."""
    reports = Reports()
    assert in_no_time(collected(reports.poll([]))) == []
    assert reports.asked == []


def test_bulk_raises_for_a_value_that_is_not_iterable() -> None:
    """Ids that are not iterable raise an error before anything is sent."""
    with pytest.raises(TypeError):
        Reports().poll(5)  # type: ignore[arg-type]  # that is the point


def test_bulk_ready_returns_the_available_entries() -> None:
    """`ready` returns the queued entries and counts them as yielded; it is empty after the end."""

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
