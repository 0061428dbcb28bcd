"""The pager on a server whose page size changes, and for callers who want a part of the runs."""

import attrs
import pytest

from tests.support.history import History, page
from warehouse_sync.errors import PaginationError
from warehouse_sync.models import Page, RunStatus
from warehouse_sync.resources.pager import RunDeduplicator, RunPager


@pytest.mark.parametrize("prefetch", [0, 8])
async def test_pager_raises_if_the_pages_grow(prefetch: int) -> None:
    """Runs between the last small page and the first large one would be missing."""

    async def fetch(number: int) -> Page:
        size = 2 if number < 3 else 4
        first = (number - 1) * size
        read = page(number, *range(first, first + size), more=number < 4)
        return attrs.evolve(read, page_size=size, total_pages=4)

    runs: list[int] = []
    with pytest.raises(PaginationError) as caught:
        await collect(RunPager(fetch, pipeline_id="p", prefetch=prefetch), runs)
    assert (runs, caught.value.pipeline_id, caught.value.page) == ([0, 1, 2, 3], "p", 3)
    assert str(caught.value) == (
        "the pages of the runs of pipeline 'p' grew from 2 to 4 runs at page 3: runs may be missing; list them again"
    )


async def collect(runs: RunPager, into: list[int]) -> None:
    """Append the ids of the runs."""
    async for run in runs:
        into.append(run.id)  # noqa: PERF401 - also those before an error


def test_pager_raises_if_pages_of_one_run_grow() -> None:
    """Pages may be as small as one run."""
    deduplicator = RunDeduplicator("p")
    deduplicator.accept(1, attrs.evolve(page(1, 1), page_size=1))
    with pytest.raises(PaginationError, match="grew from 1 to 2 runs at page 2"):
        deduplicator.accept(2, attrs.evolve(page(2, 2, 3), page_size=2))


def test_pager_accepts_any_size_after_an_empty_page_without_one() -> None:
    """A page without a size and without runs says nothing about the size."""
    deduplicator = RunDeduplicator("p")
    deduplicator.accept(1, page(1))
    assert len(deduplicator.accept(2, attrs.evolve(page(2, 1, 2), page_size=2)).items) == 2


def test_pager_accepts_pages_that_shrink() -> None:
    """Their runs are repeated, not missing. Without a size, the number of runs on a page may vary."""
    shrinking: dict[int, tuple[int, ...]] = {4: (0, 1, 2, 3), 2: (2, 3), 3: (4, 5, 6)}
    deduplicator = RunDeduplicator("p")
    for number, (size, ids) in enumerate(shrinking.items(), 1):
        deduplicator.accept(number, attrs.evolve(page(number, *ids), page_size=size))
    varying: list[tuple[int, ...]] = [(), (1,), (2, 3)]
    deduplicator = RunDeduplicator("p")
    for number, ids in enumerate(varying, 1):
        deduplicator.accept(number, page(number, *ids))


async def test_first_is_the_first_run_or_none() -> None:
    """Pages are read until one has a run; without any, the result is `None`."""
    history = History([7, 8, 9])
    first = await RunPager(history.fetch, pipeline_id="p", prefetch=8).first()
    assert first is not None
    assert (first.id, history.asked) == (7, [1])
    assert await RunPager(History([]).fetch, pipeline_id="p", prefetch=0).first() is None
    queued = frozenset([RunStatus.QUEUED])
    assert await RunPager(history.fetch, pipeline_id="p", prefetch=0, statuses=queued).first() is None


async def test_first_raises_for_repeated_pages() -> None:
    """The error has the id of the pipeline."""

    async def fetch(number: int) -> Page:
        return page(number)

    with pytest.raises(PaginationError, match="of the runs of pipeline 'p' have no new run") as caught:
        await RunPager(fetch, pipeline_id="p", prefetch=0).first()
    assert caught.value.pipeline_id == "p"


async def test_pages_within_the_limit_are_not_copied() -> None:
    """Only a page that loses runs is a new page."""
    whole = page(1, 1, 2, more=False)

    async def fetch(number: int) -> Page:
        return whole

    [same] = [each async for each in RunPager(fetch, pipeline_id="p", prefetch=0, limit=3).pages()]
    assert same is whole
    [part] = [each async for each in RunPager(fetch, pipeline_id="p", prefetch=0, limit=1).pages()]
    assert [run.id for run in part.items] == [1]
