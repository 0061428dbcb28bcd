"""A history page by page: each run once, an end that `has_next_page` decides, and no endless loops."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.history import Change, History, a_run, assert_idle, changes, delays, run_through
from warehouse_sync.errors import NotFoundError, PaginationError, ReadError
from warehouse_sync.models import Page
from warehouse_sync.resources.pager import RunDeduplicator, RunPager

PREFETCH = st.sampled_from([0, 1, 2, 3, 4, 8, 64])


def pager(history: History, prefetch: int) -> RunPager:
    """A pager over a made-up history."""
    return RunPager(history.fetch, pipeline_id="p", prefetch=prefetch)


def read(history: History, prefetch: int) -> list[int]:
    """The numbers of all runs, in the order in which they are yielded."""
    pages = run_through(lambda: pager(history, prefetch).pages())
    assert history.most <= max(1, prefetch)
    return [run.id for page in pages for run in page.items]


def page(
    number: int, *run_ids: int, total: int | None = None, more: bool = True, echo: int | None = None
) -> Page:
    """A page as a server may answer it."""
    return Page(
        items=tuple(map(a_run, run_ids)),
        current_page=number if echo is None else echo,
        total_items=total,
        has_next_page=more,
    )


@given(
    count=st.integers(0, 60),
    size=st.integers(1, 7),
    prefetch=PREFETCH,
    moves=changes(st.integers(1, 3)),
    travel=delays(),
    lies=st.tuples(st.none() | st.integers(0, 99), st.none() | st.integers(0, 99)),
    data=st.data(),
)
def test_pager_shifting_history_yields_each_run_that_existed_throughout_once(
    *,
    count: int,
    size: int,
    prefetch: int,
    moves: list[Change],
    travel: list[int],
    lies: tuple[int | None, int | None],
    data: st.DataObject,
) -> None:
    """However runs arrive, answers overtake each other and totals lie: no run is lost, none comes twice, their order stays."""
    while (
        sum(move.arrivals for move in moves) >= size
    ):  # more would be a page that holds nothing new, which is an error
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
def test_pager_burst_of_arrivals_is_no_repetition(
    count: int, size: int, prefetch: int, burst: Change, travel: list[int]
) -> None:
    """Pages that runs arriving at once have filled with what was read before do not end a listing, if their number is told."""
    numbers = read(History(list(range(count)), size, [burst], travel), prefetch)
    assert [number for number in numbers if number < count] == list(range(count))


@given(
    count=st.integers(0, 60),
    size=st.integers(1, 7),
    prefetch=PREFETCH,
    moves=changes(st.integers(-9, 9)),
    travel=delays(),
)
def test_pager_runs_that_come_and_go_are_never_yielded_twice(
    count: int, size: int, prefetch: int, moves: list[Change], travel: list[int]
) -> None:
    """Whatever the server does, a run is yielded at most once, and the listing ends, be it with `PaginationError`."""
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
def test_pager_end_is_decided_by_has_next_page_alone(prefetch: int, totals: int) -> None:
    """Announced totals, too low or too high, change nothing."""
    assert read(History(list(range(20)), 3, total_pages=totals, total_items=totals), prefetch) == list(
        range(20)
    )


@pytest.mark.parametrize("prefetch", [0, 4])
async def test_pager_empty_page_does_not_end(prefetch: int) -> None:
    """A page without runs is yielded, and the next one is read if it is announced."""
    answers = {1: page(1, 1), 2: page(2), 3: page(3, 2, more=False)}

    async def fetch(number: int) -> Page:
        return answers[number]

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
async def test_pager_repeating_server_is_an_error(
    prefetch: int, cycle: Sequence[Sequence[int]], yielded: list[int]
) -> None:
    """Two pages in a row without a new run, and more announced, end the listing; what was yielded stays valid."""
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
    assert str(caught.value).startswith(
        f"pages {last - 1} and {last} of the runs of pipeline 'p' have no new run"
    )


@pytest.mark.parametrize("prefetch", [0, 8])
async def test_pager_repeating_server_whose_total_grows_is_an_error_too(prefetch: int) -> None:
    """A server that claims ever more runs is believed only as far as what was read can have been pushed along."""
    asked = 0

    async def fetch(number: int) -> Page:
        nonlocal asked
        asked += 1
        return page(number, 1 + number % 3, total=1000 * asked)

    with pytest.raises(PaginationError):
        [run async for run in RunPager(fetch, pipeline_id="p", prefetch=prefetch)]
    assert asked < 40


@pytest.mark.parametrize("prefetch", [0, 8])
async def test_pager_echoed_number_that_does_not_move_is_an_error(prefetch: int) -> None:
    """A server that answers every question with "page 1" does not page, even with new runs on each."""

    async def fetch(number: int) -> Page:
        return page(number, number, echo=1)

    with pytest.raises(
        PaginationError, match="returned page 1 of the runs of pipeline 'p' again instead of page 2"
    ) as caught:
        [run async for run in RunPager(fetch, pipeline_id="p", prefetch=prefetch)]
    assert (caught.value.pipeline_id, caught.value.page) == ("p", 2)


def test_reader_numbers_from_zero_or_none_at_all_are_no_echo() -> None:
    """A server that counts pages from 0, or does not say, moves on."""
    for echoes in ([0, 1, 2], [None, None, None], [7, 1, 7], [2, 2, 3]):
        deduplicator = RunDeduplicator("p")
        for number, echo in enumerate(echoes, 1):
            accepted = deduplicator.accept(
                number, Page(items=(a_run(number),), current_page=echo, has_next_page=True)
            )
            assert [run.id for run in accepted.items] == [number]


def test_reader_passes_a_page_of_news_on_as_it_is() -> None:
    """The usual page is not copied."""
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
def test_reader_is_as_patient_as_arrivals_can_explain(
    pages: list[tuple[int | None, ...]], patience: int
) -> None:
    """Two pages without news are one too many, and one more for each page that was read and can have been pushed along.

    Each page is told as its total and its runs; the last one comes again and again.
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


def test_reader_same_run_twice_on_a_page_counts_once() -> None:
    """A page is cleaned of its own repetitions, too; the rest of it stays."""
    accepted = RunDeduplicator("p").accept(1, page(1, 5, 5, 6, total=3))
    assert [run.id for run in accepted.items] == [5, 6]
    assert accepted.total_items == 3


def test_reader_page_without_news_now_and_then_is_no_error() -> None:
    """Only pages in a row count: one that holds something new begins the count again."""
    deduplicator = RunDeduplicator("p")
    for number, run_id in enumerate([1, 1, 2, 2, 3, 3], 1):
        deduplicator.accept(number, page(number, run_id))


def test_reader_last_pages_without_news_are_no_error() -> None:
    """Where the server says that no page follows, nothing can go on for ever."""
    deduplicator = RunDeduplicator("p")
    for number, more in ((1, True), (2, True), (3, False)):
        deduplicator.accept(number, page(number, 1, more=more))


@pytest.mark.parametrize("prefetch", [0, 1])
def test_pager_without_prefetch_asks_for_each_page_once(prefetch: int) -> None:
    """Reading one page after the other costs one request for each."""
    history = History(list(range(40)))
    assert read(history, prefetch) == list(range(40))
    assert history.asked == list(range(1, 21))


@pytest.mark.parametrize("prefetch", [2, 3, 8])
def test_pager_with_prefetch_reads_ahead(prefetch: int) -> None:
    """From two on, as many pages as asked are under way at once."""
    history = History(list(range(400)), delays=(5,))
    assert read(history, prefetch) == list(range(400))
    assert history.most == prefetch


@pytest.mark.parametrize("prefetch", [0, 2, 8, 64])
@pytest.mark.parametrize("failing", [1, 2, 3, 7, 20])
def test_pager_error_surfaces_after_the_pages_before_it(prefetch: int, failing: int) -> None:
    """All pages before the one that cannot be read are yielded; then comes its error, and nothing is left running."""
    history = History(list(range(100)), 5, delays=(3, 0, 7), failing={failing: [ReadError("reset")]})
    numbers: list[int] = []

    async def collect() -> None:
        async for page in pager(history, prefetch).pages():
            numbers.extend(run.id for run in page.items)

    async def check() -> None:
        with pytest.raises(ReadError):
            await collect()
        assert_idle()

    asyncio.run(check())
    assert numbers == list(range(5 * (failing - 1)))


@pytest.mark.parametrize("prefetch", [2, 8, 64])
def test_pager_error_of_a_page_beyond_the_end_never_surfaces(prefetch: int) -> None:
    """Pages that exist only in `total_pages` may fail: nobody asked for them."""
    missing = NotFoundError(
        status=404, messages=(), method="GET", path="/runs", request_id=None, attempts=1, elapsed=0.0
    )
    history = History(list(range(10)), 2, total_pages=1000, failing={n: [missing] for n in range(6, 1001)})
    assert read(history, prefetch) == list(range(10))


@pytest.mark.parametrize("prefetch", [0, 2, 64])
async def test_pager_first_page_alone_is_one_request(prefetch: int) -> None:
    """Whoever stops after the first page has asked for no other."""
    history = History(list(range(100)))
    async with aclosing(pager(history, prefetch).pages()) as pages:
        await anext(pages)
    assert history.asked == [1]


@pytest.mark.parametrize("stop", [2, 5, 40])
async def test_pager_stopped_early_leaves_nothing_running(stop: int) -> None:
    """Whoever closes the pages leaves no request behind."""
    history = History(list(range(400)), delays=(3, 8))
    async with aclosing(pager(history, 8).pages()) as pages:
        for _ in range(stop):
            await anext(pages)
    assert history.live == 0
    assert_idle()


@pytest.mark.parametrize("stop", [2, 5, 40])
async def test_pager_whose_runs_are_closed_leaves_nothing_running(stop: int) -> None:
    """Whoever closes the iteration over runs leaves no request behind, at once."""
    history = History(list(range(400)), delays=(3, 8))
    async with aclosing(aiter(pager(history, 8))) as runs:
        for _ in range(stop):
            await anext(runs)
    assert history.live == 0
    assert_idle()


@pytest.mark.parametrize("stop", [2, 5, 40])
async def test_pager_whose_loop_is_left_leaves_nothing_running(stop: int) -> None:
    """Whoever leaves the loop over runs leaves no request behind, a few turns of the event loop later."""
    history = History(list(range(400)), delays=(3, 8))
    async for run in pager(history, 8):
        if run.id == stop:
            break
    for _ in range(100):
        await asyncio.sleep(0)
    assert history.live == 0
    assert_idle()


async def test_pager_iterates_anew_each_time() -> None:
    """A pager may be iterated twice; each time it begins at the first page."""
    runs = pager(History(list(range(5))), 0)
    assert [run.id async for run in runs] == [run.id async for run in runs] == list(range(5))
