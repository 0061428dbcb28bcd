"""Reading a pipeline's runs page by page, each run once, to the end that `has_next_page` decides."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import attrs

from warehouse_sync.errors import PaginationError
from warehouse_sync.models import Page, Run
from warehouse_sync.resources.prefetch import FetchPage, NumberedPage, prefetch_pages

MAX_PAGES_WITHOUT_NEW = 2  # pages in a row without a new run


@attrs.define(eq=False)
class RunDeduplicator:
    """Accepts pages in order, drops the runs it has seen, and notices a server that repeats itself.

    New runs push older ones to later pages, so a page may begin with runs that were read before: they are dropped, and
    every run that existed throughout is kept exactly once. Where the server says how many runs have arrived, as many pages
    as they can have pushed along may hold nothing new.

    Attributes:
        pipeline_id: The pipeline, for messages.
        seen: The numbers of the runs read so far.
    """

    pipeline_id: str
    seen: set[int] = attrs.field(factory=set)
    _echoed: int | None = None
    _announced: int | None = None  # runs, on the first page
    _fruitful: int = 0  # pages with a new run
    _fruitless: int = 0  # pages without, in a row

    def accept(self, number: int, page: Page) -> Page:
        """Return the page without the runs already read.

        Raises:
            PaginationError: The server repeats itself.
        """
        if self._announced is None:
            self._announced = page.total_items
        self._check_echo(number, page)
        fresh = self._fresh(page)
        self._check_progress(number, page, fresh)
        return page if fresh is page.items else attrs.evolve(page, items=fresh)

    def _fresh(self, page: Page) -> tuple[Run, ...]:
        numbers = [run.id for run in page.items]
        distinct = set(numbers)
        if len(distinct) == len(numbers) and self.seen.isdisjoint(distinct):
            self.seen |= distinct
            return page.items
        return tuple(run for run in page.items if self._is_new(run))

    def _is_new(self, run: Run) -> bool:
        known = run.id in self.seen
        self.seen.add(run.id)
        return not known

    def _check_echo(self, number: int, page: Page) -> None:
        """A server that names another page than it was asked for, and the same as before, does not page."""
        echoed, before = page.current_page, self._echoed
        self._echoed = echoed
        if before is not None and echoed == before and echoed != number:
            raise PaginationError(
                f"page {number} of pipeline {self.pipeline_id!r} came back as page {echoed} again",
                pipeline_id=self.pipeline_id,
                page=number,
            )

    def _check_progress(self, number: int, page: Page, fresh: tuple[Run, ...]) -> None:
        if fresh:
            self._fruitful, self._fruitless = self._fruitful + 1, 0
            return
        self._fruitless += 1
        if page.has_next_page and self._fruitless >= MAX_PAGES_WITHOUT_NEW + self._pushed_along(page):
            raise PaginationError(
                f"pages {number - 1} and {number} of pipeline {self.pipeline_id!r} hold nothing new, and more are announced",
                pipeline_id=self.pipeline_id,
                page=number,
            )

    def _pushed_along(self, page: Page) -> int:
        """Count the pages read before that arrivals can have brought here: never more than were read, whatever it says."""
        arrived = (page.total_items or 0) - (self._announced or 0)
        return max(0, min(arrived // max(1, len(page.items)), self._fruitful))


class RunPager:
    """The runs of a pipeline, read as they are asked for. Iterate over runs, or over `pages()`; each iteration begins anew."""

    def __init__(self, fetch: FetchPage, *, pipeline_id: str, prefetch: int) -> None:
        self._fetch = fetch
        self._pipeline_id = pipeline_id
        self._prefetch = prefetch

    def __repr__(self) -> str:
        return f"<RunPager of pipeline {self._pipeline_id!r}: iterate over it, or over its pages()>"

    async def __aiter__(self) -> AsyncGenerator[Run, None]:
        """Yield each run once, in the server's order.

        Raises:
            PaginationError: The server repeats itself. The runs yielded so far stay valid.
            APIError: The API refused a page.
            TransportError: A page did not get through. Pages are retried.
        """
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for run in page.items:
                    yield run

    async def pages(self) -> AsyncGenerator[Page, None]:
        """Yield the pages in order, without the runs that an earlier page held.

        Raises:
            PaginationError: The server repeats itself. The pages yielded so far stay valid.
            APIError: The API refused a page.
            TransportError: A page did not get through. Pages are retried.
        """
        deduplicator = RunDeduplicator(self._pipeline_id)
        page = await self._fetch(1)
        yield deduplicator.accept(1, page)
        if not page.has_next_page:
            return
        rest = (
            prefetch_pages(self._fetch, page, self._prefetch)
            if self._prefetch > 1
            else _one_by_one(self._fetch)
        )
        try:
            async for number, page in rest:
                yield deduplicator.accept(number, page)
        finally:
            await rest.aclose()


async def _one_by_one(fetch: FetchPage) -> AsyncGenerator[NumberedPage, None]:
    """Yield the pages after the first, each read after the one before."""
    number, more = 2, True
    while more:
        page = await fetch(number)
        yield number, page
        number, more = number + 1, page.has_next_page
