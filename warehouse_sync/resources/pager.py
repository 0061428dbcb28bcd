"""The runs of a pipeline, page by page, until `has_next_page` is false.

Each run is yielded once.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import attrs

from warehouse_sync.errors import PaginationError
from warehouse_sync.models import Page, Run
from warehouse_sync.resources.prefetch import FetchPage, NumberedPage, prefetch_pages

MAX_PAGES_WITHOUT_NEW = 2  # consecutive pages without a new run


@attrs.define(eq=False, repr=False)
class RunDeduplicator:
    """Removes repeated runs from pages, and detects endlessly repeated pages.

    New runs shift older ones to later pages, so a page may start with runs of earlier pages. These are removed, and each
    run that existed during the whole listing is kept exactly once. If `total_items` grows, as many pages as the new runs
    can have shifted may be without a new run.

    Attributes:
        pipeline_id: The id of the pipeline, for error messages.
        seen: The numbers of the runs so far.
    """

    pipeline_id: str
    seen: set[int] = attrs.field(factory=set)
    _last_page: int | None = None  # `current_page` of the last page
    _first_total: int | None = None  # `total_items` of the first page
    _page_size: int = 0  # the largest so far
    _pages_with_new: int = 0
    _pages_without_new: int = 0  # consecutive

    def accept(self, number: int, page: Page) -> Page:
        """Return the page without the runs of earlier pages.

        Raises:
            PaginationError: The server returns the same pages again.
        """
        if self._first_total is None:
            self._first_total = page.total_items
        self._check_page_number(number, page)
        self._check_page_size(number, page)
        new = without_repeated(page.items, self.seen)
        self._check_progress(number, page, new)
        return _with_items(page, new)

    def _check_page_number(self, number: int, page: Page) -> None:
        """Raise if the server returns the same wrong page number twice: it ignores the page parameter."""
        current, last = page.current_page, self._last_page
        self._last_page = current
        if last is not None and current == last and current != number:
            raise PaginationError(
                f"the server returned page {current} of the runs of pipeline {self.pipeline_id!r} again instead of page {number}",
                pipeline_id=self.pipeline_id,
                page=number,
            )

    def _check_page_size(self, number: int, page: Page) -> None:
        """Raise if the pages become larger: runs between the last page and this one would be missing."""
        size, known = max(page.page_size or 0, len(page.items)), self._page_size
        self._page_size = max(size, known)
        if size > known > 0 and page.page_size is not None:
            raise PaginationError(
                f"the pages of the runs of pipeline {self.pipeline_id!r} grew from {known} to {size} runs at page {number}: "
                "runs may be missing; list them again",
                pipeline_id=self.pipeline_id,
                page=number,
            )

    def _check_progress(self, number: int, page: Page, new: tuple[Run, ...]) -> None:
        if new:
            self._pages_with_new, self._pages_without_new = self._pages_with_new + 1, 0
            return
        self._pages_without_new += 1
        if page.has_next_page and self._pages_without_new >= MAX_PAGES_WITHOUT_NEW + self._shifted_pages(
            page
        ):
            raise PaginationError(
                f"pages {number - 1} and {number} of the runs of pipeline {self.pipeline_id!r} have no new run, "
                "but the server says that another page follows",
                pipeline_id=self.pipeline_id,
                page=number,
            )

    def _shifted_pages(self, page: Page) -> int:
        """Return how many pages without a new run the runs added meanwhile explain, at most the pages read before."""
        added = (page.total_items or 0) - (self._first_total or 0)
        return max(0, min(added // max(1, len(page.items)), self._pages_with_new))


def without_repeated(runs: tuple[Run, ...], seen: set[int]) -> tuple[Run, ...]:
    """Return the runs that are not in `seen`, each once, and add their numbers to it."""
    numbers = {run.id for run in runs}
    if len(numbers) == len(runs) and seen.isdisjoint(numbers):
        seen |= numbers
        return runs
    new: dict[int, Run] = {}
    for run in runs:
        if run.id not in seen:
            new.setdefault(run.id, run)
    seen |= numbers
    return tuple(new.values())


def _with_items(page: Page, items: tuple[Run, ...]) -> Page:
    return page if items is page.items else attrs.evolve(page, items=items)


class RunPager:
    """The runs of a pipeline.

    Iterate over the runs, or over `pages()`; each iteration starts from the first page.
    """

    def __init__(
        self,
        fetch: FetchPage,
        *,
        pipeline_id: str,
        prefetch: int,
        statuses: frozenset[str] | None = None,
        limit: int | None = None,
    ) -> None:
        self._fetch = fetch
        self._pipeline_id = pipeline_id
        self._prefetch = prefetch
        self._statuses = statuses
        self._limit = limit

    def __repr__(self) -> str:
        return f"<RunPager of pipeline {self._pipeline_id!r}: iterate over it, or over its pages()>"

    async def __aiter__(self) -> AsyncGenerator[Run, None]:
        """Yield each run once, in the API's order.

        Raises:
            PaginationError: The API returns the same pages again. The runs yielded so far are valid.
            APIError: The API returned an error for a page.
            TransportError: The connection failed or timed out, also after retries.
        """
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for run in page.items:
                    yield run

    async def first(self) -> Run | None:
        """Return the first run, or `None` if there is none.

        Pages are read one at a time, until one has a run.

        Raises:
            PaginationError: The API returns the same pages again.
            APIError: The API returned an error for a page.
            TransportError: The connection failed or timed out, also after retries.
        """
        pager = RunPager(self._fetch, pipeline_id=self._pipeline_id, prefetch=0, statuses=self._statuses)
        async with aclosing(aiter(pager)) as runs:
            return await anext(runs, None)

    async def pages(self) -> AsyncGenerator[Page, None]:
        """Yield the pages in order, without the runs of earlier pages.

        With a `status` or `limit`, pages have fewer runs or none.

        Raises:
            PaginationError: The API returns the same pages again. The pages yielded so far are valid.
            APIError: The API returned an error for a page.
            TransportError: The connection failed or timed out, also after retries.
        """
        page, remaining = await self._fetch(1), self._limit
        if not page.has_next_page:  # most often: another generator takes longer than sending the request
            yield self._filter(page, without_repeated(page.items, set()), remaining)
            return
        async with aclosing(self._all_pages(page)) as pages:
            async for page in pages:
                selected = self._filter(page, page.items, remaining)
                yield selected
                if remaining is not None:
                    remaining -= len(selected.items)
                    if remaining == 0:
                        return

    def _filter(self, page: Page, runs: tuple[Run, ...], limit: int | None) -> Page:
        """Return the page with those of the runs that have one of the statuses, at most `limit`."""
        statuses = self._statuses
        if statuses is not None:
            runs = tuple(run for run in runs if run.status in statuses)
        return _with_items(page, runs[:limit])

    async def _all_pages(self, first: Page) -> AsyncGenerator[Page, None]:
        """Yield the first page and those after it, without the runs of earlier pages."""
        deduplicator = RunDeduplicator(self._pipeline_id)
        yield deduplicator.accept(1, first)
        rest = (
            prefetch_pages(self._fetch, first, self._prefetch)
            if self._prefetch > 1
            else _one_by_one(self._fetch)
        )
        try:
            async for number, page in rest:
                yield deduplicator.accept(number, page)
        finally:
            await rest.aclose()


async def _one_by_one(fetch: FetchPage) -> AsyncGenerator[NumberedPage, None]:
    """Yield the pages after the first one, with one request at a time."""
    number, more = 2, True
    while more:
        page = await fetch(number)
        yield number, page
        number, more = number + 1, page.has_next_page
