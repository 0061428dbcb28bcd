"""Reading pages ahead without losing a run.

Pages read one after the other never lose a run: new runs only push others to later pages. Pages read side by side can: if
page 8 is answered before a new run arrives and page 7 after, the run that moved from 7 to 8 is in neither. So pages are
read in windows, and the last page of a window is read twice, before the others and after them. Had anything moved in
between, its runs would differ. A window in which they do, or in which anything fails, is read again page by page.

Windows overlap in time, so that the two readings of one cost nothing while another is being read. That stays sound: the
second reading of a window's last page comes before the second reading that closes the next window, so it lies either
before that window was opened, as in reading page by page, or inside it, where nothing moved.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any

import attrs

from warehouse_sync.errors import WarehouseSyncError
from warehouse_sync.models import Page

FetchPage = Callable[[int], Awaitable[Page]]
NumberedPage = tuple[int, Page]

MAX_WINDOWS = 3  # windows under way: one being opened, one being read, one being closed


@attrs.frozen
class Window:
    """Consecutive pages to read side by side.

    Attributes:
        first: The number of the first page.
        last: The number of the last page.
    """

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many pages it holds."""
        return self.last - self.first + 1


def next_window(after: int, size: int, announced: int) -> Window:
    """Return the window of `size` pages after a page, cut off where the server says that its pages end.

    Where it says so although a page follows, one page is read at a time.
    """
    return Window(after + 1, max(after + 1, min(after + size, announced)))


class PrefetchWindows:
    """Windows under way, in order.

    Attributes:
        untrusted_pages: How many pages the window held that ended the windows because it could not be trusted.
    """

    def __init__(self, fetch: FetchPage, limit: int) -> None:
        self.untrusted_pages: int = 0
        self._fetch = fetch
        # While a window is being read, one page of the next and one of the last are under way: all of it at once.
        self._largest = max(limit - 1, 2)
        self._size = 1
        self._places = asyncio.Semaphore(limit)
        self._reading = asyncio.Lock()
        self._under_way: deque[tuple[Window, asyncio.Task[list[Page]]]] = deque()

    async def pages(self, number: int, page: Page) -> AsyncGenerator[NumberedPage, None]:
        """Yield the pages after `page` until the last one, or until a window is in doubt."""
        while True:
            self._start_windows(number, page.total_pages or 0)
            window, task = self._under_way[0]
            pages = await _outcome(task)
            self._under_way.popleft()
            if pages is None:
                self.untrusted_pages = window.size
                return
            for number, page in enumerate(pages, window.first):  # noqa: PLR1704 - the last one decides what follows
                yield number, page
                if not page.has_next_page:
                    return

    async def stop(self) -> None:
        """Leave nothing running."""
        await _end(task for _, task in self._under_way)

    def _start_windows(self, number: int, announced: int) -> None:
        """Keep windows under way, each twice the size of the one before, up to the limit."""
        after = self._under_way[-1][0].last if self._under_way else number
        while not self._under_way or (len(self._under_way) < MAX_WINDOWS and after < announced):
            self._size = min(2 * self._size, self._largest)
            window = next_window(after, self._size, announced)
            before = self._under_way[-1][1] if self._under_way else None
            self._under_way.append((window, asyncio.create_task(self._read(window, before))))
            after = window.last

    async def _read(self, window: Window, before: "asyncio.Task[list[Page]] | None") -> list[Page]:
        if window.size == 1 and before is None:
            return [await self._fetch(window.first)]
        opening = await self._page(window.last)
        async with self._reading:
            pages = await _all(self._page(number) for number in range(window.first, window.last))
        if before is not None:
            await asyncio.wait([before])
        closing = await self._page(window.last)
        if not _nothing_moved(opening, closing):
            raise _RunsMovedError
        return [*pages, closing]

    async def _page(self, number: int) -> Page:
        async with self._places:
            return await self._fetch(number)


class _RunsMovedError(WarehouseSyncError):
    """Runs moved while a window was read."""


def _nothing_moved(opening: Page, closing: Page) -> bool:
    """Tell whether a page held the same runs twice. An empty page is no witness."""
    return bool(opening.items) and [run.id for run in opening.items] == [run.id for run in closing.items]


async def _all(pages: Iterable[Coroutine[None, None, Page]]) -> list[Page]:
    """Await all, and leave none running when one fails."""
    tasks = [asyncio.ensure_future(page) for page in pages]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        await _end(tasks)


async def _end(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    """Cancel what still runs, and wait until it has stopped."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


async def _outcome(task: "asyncio.Task[list[Page]]") -> list[Page] | None:
    """Return a window's pages, or `None` if it is in doubt. An error in it is raised again where it belongs."""
    try:
        return await task
    except WarehouseSyncError:
        return None


async def prefetch_pages(fetch: FetchPage, first: Page, limit: int) -> AsyncGenerator[NumberedPage, None]:
    """Yield the pages after the first in order, up to `limit` being read at once, until one says that none follows."""
    number, page, sequential_pages = 1, first, 0
    while page.has_next_page:
        windows, before = PrefetchWindows(fetch, limit), number
        try:
            async with aclosing(windows.pages(number, page)) as pages:
                async for number, page in pages:
                    yield number, page
        finally:
            await windows.stop()
        unstable = number == before  # try less often, then
        sequential_pages = windows.untrusted_pages + (2 * sequential_pages if unstable else 0)
        for _ in range(sequential_pages):
            number, page = number + 1, await fetch(number + 1)
            yield number, page
            if not page.has_next_page:
                return
