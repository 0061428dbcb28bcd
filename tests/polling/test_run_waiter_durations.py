"""The first wait for a run of a pipeline, timed by the durations of earlier runs."""

import asyncio

import pytest

from tests.support.runs import NEVER, Fate, Server, waiter
from tests.support.virtual import in_no_time, now
from warehouse_sync.errors import (
    DecodeError,
    ForbiddenError,
    NotFoundError,
    ReadError,
    WarehouseSyncError,
)


def server(ends: float, *earlier: float, on_page: bool = True) -> Server:
    """Return a server whose run 1 ends at this time, with earlier runs of these durations."""
    fates = {("p", 2 + number): Fate(ends=0, took=seconds) for number, seconds in enumerate(earlier)}
    return Server({("p", 1): Fate(ends=ends, on_page=on_page), **fates})


def waited(source: Server, interval: float | None = None) -> float:
    """Wait for run 1, and return the time at which the wait ended."""

    async def wait() -> float:
        await waiter(source).wait("p", 1, None, interval=interval)
        return now()

    return in_no_time(wait())


def pages(source: Server) -> list[int]:
    """Return which requests were for a page."""
    return [number for number, (_, _, run_id) in enumerate(source.asked) if run_id is None]


@pytest.mark.parametrize("seconds", [15, 60, 240, 900])
@pytest.mark.parametrize("earlier", [0.93, 1.0])
def test_first_wait_ends_soon_after_a_run_like_earlier_ones(seconds: float, earlier: float) -> None:
    """One page instead of a run has the durations: the wait ends within 10 % and 1 s."""
    source = server(seconds, *[seconds * earlier] * 5)
    assert seconds <= waited(source) <= 1.1 * seconds + 1
    assert pages(source) == [1]
    unknown = server(seconds)
    waited(unknown)
    assert len(source.asked) <= len(unknown.asked)


@pytest.mark.parametrize("seconds", [15, 60])
def test_first_wait_without_earlier_runs_is_prompt(seconds: float) -> None:
    """Without earlier runs, the intervals still grow slowly enough."""
    assert seconds <= waited(server(seconds)) <= 1.1 * seconds + 1


def test_run_that_ended_needs_one_request() -> None:
    """The durations are not read for a run that has ended."""
    source = server(0, 10)
    waited(source)
    assert [run_id for _, _, run_id in source.asked] == [1]


def test_second_wait_uses_the_durations_of_the_first() -> None:
    """The page is read once per pipeline; later waits know the durations at once."""
    source = server(60, 60)
    source.fates["p", 9] = Fate(ends=200)

    async def check() -> None:
        runs = waiter(source)
        await runs.wait("p", 1, None)
        first = len(source.asked)
        await asyncio.sleep(140 - now())
        await runs.wait("p", 9, None)
        assert 200 <= now() <= 207
        assert len(source.asked) < 2 * first

    in_no_time(check())
    assert pages(source) == [1]


def test_run_that_is_not_on_the_page_is_requested() -> None:
    """The page costs one more request if it does not have the run."""
    source = server(60, 60, on_page=False)
    assert waited(source) <= 67
    assert [run_id for _, _, run_id in source.asked][:4] == [1, None, 1, 1]


@pytest.mark.parametrize(
    "error", [NotFoundError(status=404), ForbiddenError(status=403), DecodeError("odd"), ReadError("reset")]
)
def test_wait_continues_without_a_page(error: WarehouseSyncError) -> None:
    """An error of the page alone does not end the wait: the run is requested, and the page is not again."""
    source = server(60)
    source.failing.append((0.0, NEVER, "page", error))
    assert 60 <= waited(source) <= 67
    assert [run_id for _, _, run_id in source.asked][:3] == [1, None, 1]
    assert pages(source) == [1]


def test_fixed_interval_needs_no_page() -> None:
    """`poll_interval` sets the time of each poll, so durations are not read."""
    source = server(20, 20)
    assert waited(source, interval=3) == pytest.approx(21.4)
    assert pages(source) == []
