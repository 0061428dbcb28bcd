"""The pager: each run once, an end that `has_next_page` decides, and no endless loops."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.history import Change, History, a_run, assert_idle, changes, delays, page, run_through
from warehouse_sync.errors import NotFoundError, PaginationError, ReadError
from warehouse_sync.models import Page
from warehouse_sync.resources.pager import RunDeduplicator, RunPager

PREFETCH = st.sampled_from([0, 1, 2, 3, 4, 8, 64])


def pager(history: History, prefetch: int) -> RunPager:
    """Return a pager over a simulated history."""
    return RunPager(history.fetch, pipeline_id="p", prefetch=prefetch)


def read(history: History, prefetch: int) -> list[int]:
    """Return the ids of all runs in the order in which they are yielded."""
    pages = run_through(lambda: pager(history, prefetch).pages())
    assert history.most <= max(1, prefetch)
    return [run.id for page in pages for run in page.items]


@given(
    count=st.integers(0, 60),
    size=st.integers(1, 7),
    prefetch=PREFETCH,
    moves=changes(st.integers(1, 3)),
    travel=delays(),
    lies=st.tuples(st.none() | st.integers(0, 99), st.none() | st.integers(0, 99)),
    data=st.data(),
)
def test_pager_yields_each_permanent_run_once(
    *,
    count: int,
    size: int,
    prefetch: int,
    moves: list[Change],
    travel: list[int],
    lies: tuple[int | None, int | None],
    data: st.DataObject,
) -> None:
    """However runs are added, responses are reordered and totals are wrong: no run is lost or repeated, and the order is kept."""
    # More would be a page without new runs, which is an error.
    while sum(move.arrivals for move in moves) >= size:
        moves.pop()
    history = History(list(range(count)), size, moves, travel, *lies)
    numbers = read(history, prefetch)
    assert len(numbers) == len(set(numbers))
    assert [number for number in numbers if number < count] == list(range(count))


@given(
    count=st.integers(0, 40),
    size=st.integers(1, 5),
    prefetch=PREFETCH,
    burst=st.builds(Change, st.integers(0, 20), st.sampled_from([0.0, 0.5]), st.integers(0, 60)),
    travel=delays(),
)
def test_pager_accepts_pages_shifted_by_many_new_runs(
    count: int, size: int, prefetch: int, burst: Change, travel: list[int]
) -> None:
    """Pages without new runs do not end a listing if the total explains them by runs that were added."""
    numbers = read(History(list(range(count)), size, [burst], travel), prefetch)
    assert [number for number in numbers if number < count] == list(range(count))


@given(
    count=st.integers(0, 60),
    size=st.integers(1, 7),
    prefetch=PREFETCH,
    moves=changes(st.integers(-9, 9)),
    travel=delays(),
)
def test_pager_never_yields_a_run_twice(
    count: int, size: int, prefetch: int, moves: list[Change], travel: list[int]
) -> None:
    """Whatever the server returns, a run is yielded at most once, and the listing ends, possibly with a `PaginationError`."""
    history = History(list(range(count)), size, moves, travel)
    numbers: list[int] = []

    async def collect() -> None:
        async for run in pager(history, prefetch):
            numbers.append(run.id)  # noqa: PERF401 - what came before an error counts

    with suppress(PaginationError):
        asyncio.run(collect())
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("prefetch", [0, 3])
@pytest.mark.parametrize("totals", [0, 1, 10_000])
def test_pager_ends_by_has_next_page_only(prefetch: int, totals: int) -> None:
    """Totals that are too low or too high have no effect."""
    assert read(History(list(range(20)), 3, total_pages=totals, total_items=totals), prefetch) == list(
        range(20)
    )


@pytest.mark.parametrize("prefetch", [0, 4])
async def test_pager_continues_after_an_empty_page(prefetch: int) -> None:
    """A page without runs is yielded, and the next one is requested if it exists."""
    by_number = {1: page(1, 1), 2: page(2), 3: page(3, 2, more=False)}

    async def fetch(number: int) -> Page:
        return by_number[number]

    pages = [page async for page in RunPager(fetch, pipeline_id="p", prefetch=prefetch).pages()]
    assert [[run.id for run in page.items] for page in pages] == [[1], [], [2]]


@pytest.mark.parametrize("prefetch", [0, 8])
@pytest.mark.parametrize(
    ("cycle", "yielded"),
    [
        ([[1, 2]], [1, 2]),
        ([[]], []),
        ([[1], [2], [3]], [1, 2, 3]),
    ],
    ids=["one page", "nothing", "a circle"],
)
async def test_pager_raises_for_repeated_pages(
    prefetch: int, cycle: Sequence[Sequence[int]], yielded: list[int]
) -> None:
    """Two consecutive pages without a new run raise an error if another page follows; earlier pages stay valid."""
    total = 10

    async def fetch(number: int) -> Page:
        return page(number, *cycle[(number - 1) % len(cycle)], total=total)

    numbers: list[int] = []

    async def collect() -> None:
        async for run in RunPager(fetch, pipeline_id="p", prefetch=prefetch):
            numbers.append(run.id)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(PaginationError) as caught:
        await collect()
    assert numbers == yielded
    last = 2 if not yielded else len(cycle) + 2
    assert (caught.value.pipeline_id, caught.value.page) == ("p", last)
    assert str(caught.value) == (
        f"pages {last - 1} and {last} of the runs of pipeline 'p' have no new run, "
        "but the server says that another page follows"
    )


@pytest.mark.parametrize("prefetch", [0, 8])
async def test_pager_raises_for_repeated_pages_with_a_growing_total(prefetch: int) -> None:
    """A growing total explains at most as many pages as were read."""
    asked = 0

    async def fetch(number: int) -> Page:
        nonlocal asked
        asked += 1
        return page(number, 1 + number % 3, total=1000 * asked)

    with pytest.raises(PaginationError):
        [run async for run in RunPager(fetch, pipeline_id="p", prefetch=prefetch)]
    assert asked < 40


@pytest.mark.parametrize("prefetch", [0, 8])
async def test_pager_raises_for_a_page_number_that_does_not_change(prefetch: int) -> None:
    """A server that always returns "page 1" does not page, even with new runs on each page."""

    async def fetch(number: int) -> Page:
        return page(number, number, echo=1)

    with pytest.raises(
        PaginationError, match="returned page 1 of the runs of pipeline 'p' again instead of page 2"
    ) as caught:
        [run async for run in RunPager(fetch, pipeline_id="p", prefetch=prefetch)]
    assert (caught.value.pipeline_id, caught.value.page) == ("p", 2)


def test_page_numbers_from_zero_or_missing_are_accepted() -> None:
    """A server may count pages from 0, or omit the number."""
    for echoes in ([0, 1, 2], [None, None, None], [7, 1, 7], [2, 2, 3]):
        deduplicator = RunDeduplicator("p")
        for number, echo in enumerate(echoes, 1):
            accepted = deduplicator.accept(
                number, Page(items=(a_run(number),), current_page=echo, has_next_page=True)
            )
            assert [run.id for run in accepted.items] == [number]


def test_page_of_new_runs_is_not_copied() -> None:
    """A page with new runs only is returned unchanged."""
    news = page(1, 5, 6)
    assert RunDeduplicator("p").accept(1, news) is news


@pytest.mark.parametrize(
    ("pages", "patience"),
    [
        ([(None, 1)], 2),
        ([(5, 1), (5, 2), (5, 1)], 2),
        ([(0, 1), (1, 1)], 3),
        ([(5, 1), (1000, 1)], 3),
        ([(5, 1), (5, 2), (7, 1)], 4),
        ([(5, 1), (5, 2), (1000, 1)], 4),
        ([(9, 1, 2), (9, 3, 4), (12, 1, 2)], 3),
        ([(9, 1, 2), (9, 3, 4), (13, 1, 2)], 4),
        ([(9, 1), (3, 1)], 2),
    ],
)
def test_pages_without_new_runs_are_limited_by_the_total(
    pages: list[tuple[int | None, ...]], patience: int
) -> None:
    """Two pages without a new run raise an error, plus one page for each page that added runs can have shifted.

    Each page is calls as its total and its runs; the last one comes again and again.
    """
    deduplicator = RunDeduplicator("p")
    repeated = 0

    def accept(number: int, total: int | None, runs: list[int | None]) -> None:
        nonlocal repeated
        repeated += deduplicator.seen.issuperset(runs)
        deduplicator.accept(number, page(number, *(run for run in runs if run), total=total))

    def accept_all() -> None:
        for number in range(1, 20):
            total, *runs = pages[min(number, len(pages)) - 1]
            accept(number, total, runs)

    with pytest.raises(PaginationError):
        accept_all()
    assert repeated == patience


def test_run_repeated_on_a_page_is_removed() -> None:
    """A run that is repeated on a page is returned once, with the other runs of the page."""
    accepted = RunDeduplicator("p").accept(1, page(1, 5, 5, 6, total=3))
    assert [run.id for run in accepted.items] == [5, 6]
    assert accepted.total_items == 3


async def test_run_repeated_on_the_only_page_is_removed() -> None:
    """The first of the two is kept, in its place."""
    first, again = a_run(5), attrs.evolve(a_run(5), failed_records=7)

    async def fetch(_: int) -> Page:
        return Page(items=(first, a_run(6), again), total_items=3, has_next_page=False)

    (only,) = [page async for page in RunPager(fetch, pipeline_id="p", prefetch=8).pages()]
    assert only.items == (first, a_run(6))
    assert only.total_items == 3


def test_single_pages_without_new_runs_are_accepted() -> None:
    """Only consecutive pages count: a page with a new run resets the count."""
    deduplicator = RunDeduplicator("p")
    for number, run_id in enumerate([1, 1, 2, 2, 3, 3], 1):
        deduplicator.accept(number, page(number, run_id))


def test_last_pages_without_new_runs_are_accepted() -> None:
    """Without a next page the listing ends without an error."""
    deduplicator = RunDeduplicator("p")
    for number, more in ((1, True), (2, True), (3, False)):
        deduplicator.accept(number, page(number, 1, more=more))


@pytest.mark.parametrize("prefetch", [0, 1])
def test_pager_without_prefetch_requests_each_page_once(prefetch: int) -> None:
    """Sequential paging sends one request per page."""
    history = History(list(range(40)))
    assert read(history, prefetch) == list(range(40))
    assert history.asked == list(range(1, 21))


@pytest.mark.parametrize("prefetch", [2, 3, 8])
def test_pager_with_prefetch_sends_concurrent_requests(prefetch: int) -> None:
    """With a prefetch of two or more, that many requests are concurrent."""
    history = History(list(range(400)), delays=(5,))
    assert read(history, prefetch) == list(range(400))
    assert history.most == prefetch


@pytest.mark.parametrize("prefetch", [0, 2, 8, 64])
@pytest.mark.parametrize("failing", [1, 2, 3, 7, 20])
def test_pager_raises_an_error_after_the_earlier_pages(prefetch: int, failing: int) -> None:
    """All pages before the failed one are yielded, then the error is raised and all requests are cancelled."""
    history = History(list(range(100)), 5, delays=(3, 0, 7), failing={failing: [ReadError("reset")]})
    numbers: list[int] = []

    async def collect() -> None:
        async for each in pager(history, prefetch).pages():
            numbers.extend(run.id for run in each.items)

    async def check() -> None:
        with pytest.raises(ReadError):
            await collect()
        assert_idle()

    asyncio.run(check())
    assert numbers == list(range(5 * (failing - 1)))


@pytest.mark.parametrize("prefetch", [2, 8, 64])
def test_pager_ignores_an_error_of_a_page_beyond_the_end(prefetch: int) -> None:
    """The error of a page that exists only in `total_pages` is not raised."""
    missing = NotFoundError(
        status=404, messages=(), method="GET", path="/runs", request_id=None, attempts=1, elapsed=0.0
    )
    history = History(list(range(10)), 2, total_pages=1000, failing={n: [missing] for n in range(6, 1001)})
    assert read(history, prefetch) == list(range(10))


@pytest.mark.parametrize("prefetch", [0, 2, 64])
async def test_pager_stopped_after_the_first_page_sends_one_request(prefetch: int) -> None:
    """A caller who stops after the first page causes one request."""
    history = History(list(range(100)))
    async with aclosing(pager(history, prefetch).pages()) as pages:
        await anext(pages)
    assert history.asked == [1]


@pytest.mark.parametrize("stop", [2, 5, 40])
async def test_pager_closed_pages_cancel_all_requests(stop: int) -> None:
    """Closing the pages cancels all requests."""
    history = History(list(range(400)), delays=(3, 8))
    async with aclosing(pager(history, 8).pages()) as pages:
        for _ in range(stop):
            await anext(pages)
    assert history.live == 0
    assert_idle()


@pytest.mark.parametrize("stop", [2, 5, 40])
async def test_pager_closed_runs_cancel_all_requests(stop: int) -> None:
    """Closing the iteration over runs cancels all requests immediately."""
    history = History(list(range(400)), delays=(3, 8))
    async with aclosing(aiter(pager(history, 8))) as runs:
        for _ in range(stop):
            await anext(runs)
    assert history.live == 0
    assert_idle()


@pytest.mark.parametrize("stop", [2, 5, 40])
async def test_pager_left_loop_cancels_all_requests(stop: int) -> None:
    """Leaving the loop over runs cancels all requests after a few iterations of the event loop."""
    history = History(list(range(400)), delays=(3, 8))
    async for run in pager(history, 8):
        if run.id == stop:
            break
    for _ in range(100):
        await asyncio.sleep(0)
    assert history.live == 0
    assert_idle()


async def test_pager_can_be_iterated_twice() -> None:
    """Each iteration starts from the first page."""
    runs = pager(History(list(range(5))), 0)
    assert [run.id async for run in runs] == [run.id async for run in runs] == list(range(5))
