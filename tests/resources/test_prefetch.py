"""Concurrent requests for pages: as many as allowed, none left running, and few that are unnecessary."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.history import Change, History, assert_idle, settle
from warehouse_sync.errors import ReadError
from warehouse_sync.models import Page
from warehouse_sync.resources.prefetch import NumberedPage, Window, next_window, prefetch_pages


async def ahead(history: History, limit: int) -> AsyncGenerator[NumberedPage, None]:
    """Return the pages after the first."""
    async with aclosing(prefetch_pages(history.fetch, await history.fetch(1), limit)) as pages:
        async for numbered in pages:
            yield numbered


@given(after=st.integers(1, 99), size=st.integers(1, 64), announced=st.integers(-1, 200))
def test_window_is_limited_by_the_announced_pages(after: int, size: int, announced: int) -> None:
    """A window starts after the one before, is at most as large as asked, and has at least one page."""
    window = next_window(after, size, announced)
    assert window.first == after + 1
    assert 1 <= window.size <= size
    assert window.last <= max(announced, after + 1)


def test_window_size_includes_both_ends() -> None:
    """Pages 3 to 5 are three pages."""
    assert Window(3, 5).size == 3


@pytest.mark.parametrize("limit", [2, 3, 8, 64])
async def test_prefetch_sends_as_many_requests_as_allowed(limit: int) -> None:
    """A long history keeps `limit` requests concurrent, never more, and few pages are requested twice."""
    history = History(list(range(2000)), delays=(20,))
    assert [number async for number, _ in ahead(history, limit)] == list(range(2, 1001))
    assert history.most == limit
    assert len(history.asked) <= 1000 * (1 + 1 / (limit - 1)) + 10


async def test_prefetch_takes_a_fraction_of_the_time() -> None:
    """With a limit of 64, 500 pages take at most a tenth of the time of sequential requests."""
    turns = 0
    history = History(list(range(1000)), delays=(20,))

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    assert len([number async for number, _ in ahead(history, 64)]) == 499
    counting.cancel()
    assert turns < 500 * 40 / 10


@pytest.mark.parametrize(("stop", "most"), [(2, 12), (3, 12), (10, 40)])
async def test_prefetch_stopped_early_sent_few_unnecessary_requests(stop: int, most: int) -> None:
    """Windows grow, so a caller who reads a few pages causes few requests."""
    history = History(list(range(4000)), delays=(5,))
    async with aclosing(ahead(history, 64)) as pages:
        async for number, _ in pages:
            if number == stop:
                break
    assert history.live == 0
    assert_idle()
    assert len(history.asked) <= stop + most


@pytest.mark.parametrize("limit", [2, 8, 64])
async def test_prefetch_requests_no_page_beyond_the_announced(limit: int) -> None:
    """If the server announces the number of pages, no page after the last is requested."""
    history = History(list(range(100)), delays=(5,))
    assert [number async for number, _ in ahead(history, limit)] == list(range(2, 51))
    assert max(history.asked) == 50


@pytest.mark.parametrize("stop", [1, 4, 30, 90])
async def test_prefetch_left_or_collected_cancels_all_requests(stop: int) -> None:
    """Leaving the loop and garbage collection cancel all requests."""
    history = History(list(range(400)), delays=(7, 2, 11))
    pages = ahead(history, 16)
    for _ in range(stop):
        await anext(pages)
    del pages
    gc.collect()
    await settle()
    assert history.live == 0
    assert_idle()


@pytest.mark.parametrize("turns", range(0, 120, 7))
async def test_prefetch_cancelled_anywhere_cancels_all_requests(turns: int) -> None:
    """A caller cancelled at any step ends immediately, and its requests are cancelled."""
    history = History(list(range(400)), delays=(7, 2, 11))

    async def read() -> None:
        async for _ in ahead(history, 8):
            pass

    reading = asyncio.create_task(read())
    for _ in range(turns):
        await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert history.live == 0
    assert_idle()


async def test_prefetch_raises_a_programming_error() -> None:
    """A programming error is raised, not treated as an untrusted page, and all requests are cancelled."""
    history = History(list(range(400)), delays=(3, 9), failing={9: [ZeroDivisionError(), ReadError("reset")]})
    with pytest.raises(ZeroDivisionError):
        [number async for number, _ in ahead(history, 8)]
    assert history.live == 0
    assert_idle()


ROUTES = [
    (0,),
    (3, 0, 7),
    (0, 9, 2, 5, 1),
    (12, 1, 6, 0, 0, 3, 17),
    (1, 20, 1, 1, 4),
    (2, 0, 40),
    (0, 0, 60, *(40 * (0,))),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("total_pages", [None, 64])
async def test_prefetch_loses_no_run_when_runs_are_added(
    route: tuple[int, ...], total_pages: int | None
) -> None:
    """Whenever runs are added, also if too many pages are announced, all other runs are read."""
    for response in range(70):
        history = History(list(range(90)), 2, [Change(response, 0.0, 1)], route, total_pages)
        first = await history.fetch(1)
        pages = [first] + [page async for _, page in prefetch_pages(history.fetch, first, 16)]
        assert {run.id for page in pages for run in page.items} >= set(range(90)), response


async def test_prefetch_reads_sequentially_if_runs_keep_shifting() -> None:
    """If runs are added between all responses, none is lost and nearly all pages are read once."""
    history = History(
        list(range(1000)),
        50,
        [Change(response, 0.0, 1) for response in range(5000)],
        delays=(3, 0, 7),
        total_pages=900,
    )
    runs = [run.id async for _, page in ahead(history, 64) for run in page.items]
    assert set(runs) >= set(range(50, 1000))
    assert len(history.asked) < 3 * len(set(history.asked))


async def test_prefetch_recovers_after_an_untrusted_window() -> None:
    """One added run costs one window; the following pages are read concurrently again."""
    history = History(list(range(4000)), 10, [Change(60, 0.0, 1)], delays=(5,))
    pages = [page async for _, page in ahead(history, 16)]
    assert {run.id for page in pages for run in page.items} >= set(range(10, 4000))
    assert history.most == 16
    assert len(history.asked) < 400 * 1.3


async def test_prefetch_ends_inside_a_window_by_has_next_page() -> None:
    """The page without a next page is the last one, also inside a window."""
    history = History(list(range(40)))

    async def fetch(number: int) -> Page:
        page = await history.fetch(number)
        return Page(items=page.items, total_pages=page.total_pages, has_next_page=number < 7)

    assert [number async for number, _ in prefetch_pages(fetch, await fetch(1), 8)] == [2, 3, 4, 5, 6, 7]
    assert_idle()
