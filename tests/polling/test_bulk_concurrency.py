"""Bulk reports adapt their concurrency while the server throttles."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from tests.support.reports import Reports, collected, names, poll, report, take, throttled
from tests.support.virtual import in_no_time
from warehouse_sync.errors import RateLimitedError, ReadError
from warehouse_sync.models import PipelineReport
from warehouse_sync.transport.limits import AdaptiveConcurrency


def test_bulk_returns_a_report_after_throttled_responses() -> None:
    """A retry that succeeds is a success, and raises the concurrency again."""
    reports = Reports(lambda _: 0.0, {"p0": [throttled(), throttled(), None]})
    [entry] = in_no_time(collected(reports.poll(["p0"])))
    assert (entry.report, entry.error) == (report("p0"), None)
    assert reports.asked == pytest.approx([0.0, 1.0, 3.0])
    assert reports.limit.limit == 2.0


def test_bulk_retries_a_throttled_report_with_growing_delays() -> None:
    """A report that is throttled (429) is retried after 1, 2, 4 … seconds, or after `Retry-After` if that is longer."""
    reports = Reports(lambda _: 0.0, {"p0": [throttled(), throttled(5.0), throttled(), ReadError("reset")]})
    (entry,) = in_no_time(collected(reports.poll(["p0"])))
    assert isinstance(entry.error, ReadError)
    assert reports.asked == [0.0, 1.0, 6.0, 10.0]


def test_bulk_delays_have_jitter() -> None:
    """Delays are up to half as long again, and never shorter than `Retry-After`."""
    reports = Reports(lambda _: 0.0, {name: [throttled(4.0), ReadError("reset")] for name in names(3)})
    chances = iter([0.0, 1.0, 0.5])
    in_no_time(collected(reports.poll(names(3), random=lambda: next(chances))))
    assert reports.asked == [0.0, 0.0, 0.0, 4.0, 5.0, 6.0]


@pytest.mark.parametrize(("retry_after", "requests"), [(None, 6), (60.0, 6), (60.5, 1)])
def test_bulk_report_throttled_for_too_long_is_an_error(retry_after: float | None, requests: int) -> None:
    """After six attempts, or if `Retry-After` is more than a minute, the entry has the error."""
    reports = Reports(lambda _: 0.0, {"p0": [throttled(retry_after)]})
    (entry,) = in_no_time(collected(reports.poll(["p0"])))
    assert isinstance(entry.error, RateLimitedError)
    assert len(reports.asked) == requests


def test_bulk_throttled_lowers_its_concurrency_and_recovers() -> None:
    """A throttled response halves the concurrency; successful responses raise it up to the limit of the caller."""

    async def check() -> None:
        reports = Reports()
        async with aclosing(reports.poll(iter(names(6000)), 32).results()) as entries:
            await take(entries, 100)
            assert reports.live == 32
            reports.limit.on_usage("95")
            await take(entries, 40)
            reports.most = 0
            await take(entries, 100)
            assert 16 <= reports.most <= 24
            await take(entries, 2000)
            assert reports.live == 32

    in_no_time(check())


def test_bulk_throttled_repeatedly_keeps_one_worker() -> None:
    """However often the server throttles, one worker continues."""
    pace = AdaptiveConcurrency()

    async def fetch(pipeline_id: str) -> PipelineReport:
        pace.on_throttled()
        await asyncio.sleep(0.1)
        return report(pipeline_id)

    assert len(in_no_time(collected(poll(names(100), fetch, 16, limit=pace)))) == 100


def test_bulk_operations_of_a_client_share_the_limit() -> None:
    """Two bulk operations of one client together stay within the limit, and both make progress."""

    async def check() -> None:
        reports = Reports()
        reports.limit.limit = 6.0
        first, second = (reports.poll(names(60), 32) for _ in range(2))
        both = await asyncio.gather(collected(first), collected(second))
        assert [len(entries) for entries in both] == [60, 60]

    async def most_at_first() -> int:
        reports = Reports()
        reports.limit.limit = 6.0
        polls = [asyncio.create_task(collected(reports.poll(names(60), 32))) for _ in range(2)]
        await asyncio.sleep(0.05)
        for polling in polls:
            polling.cancel()
        await asyncio.wait(polls)
        return reports.most

    in_no_time(check())
    assert in_no_time(most_at_first()) == 7  # 6, plus the one worker that each operation always has


@pytest.mark.parametrize("count", [0, 1, 10, 100, 1000])
def test_bulk_starts_few_more_workers_than_there_are_ids(count: int) -> None:
    """A huge concurrency does not create a task for each worker that it allows."""
    reports = Reports(lambda _: 1.0)

    async def check() -> int:
        created = 0

        def create(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
            nonlocal created
            created += 1
            return asyncio.Task(work, loop=loop, **options)

        asyncio.get_running_loop().set_task_factory(create)
        assert len(await collected(reports.poll(iter(names(count)), concurrency=200_000))) == count
        assert reports.most == count
        return created

    assert in_no_time(check()) <= count + 64
