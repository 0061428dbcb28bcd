"""Concurrent requests for pages that miss no run.

Sequential requests miss no run, because a new run only shifts others to later pages. Concurrent requests can: if page 8
is read before a run is added, and page 7 after, the run that was shifted from page 7 to page 8 is on neither. Pages are
therefore read in windows, and the last page of a window is read twice: before and after the other pages. If its runs are
the same, no run was shifted in between. Otherwise, or if a request fails, the pages of the window are read sequentially.

Windows overlap in time, so that the first and second read of one window happen during another. This is safe: the second
read of a window's last page happens before the second read of the next window's last page. So it happens either before
the next window starts, as with sequential requests, or during that window, in which no run was shifted.
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

MAX_WINDOWS = 3  # concurrent windows: one in its first read, one in its other pages, one in its second read


@attrs.frozen(eq=False, repr=False)
class Window:
    """Consecutive pages that are read concurrently.

    Attributes:
        first: The number of the first page.
        last: The number of the last page.
    """

    first: int
    last: int

    @property
    def size(self) -> int:
        """The number of pages."""
        return self.last - self.first + 1


def next_window(after: int, size: int, announced: int) -> Window:
    """Return the window of up to `size` pages after a page.

    It ends at the announced number of pages, but has at least one page.
    """
    return Window(after + 1, max(after + 1, min(after + size, announced)))


class PrefetchWindows:
    """Reads consecutive windows concurrently and yields their pages in order.

    Attributes:
        untrusted_pages: The number of pages of the window that failed or in which runs were shifted; 0 if there is none.
    """

    def __init__(self, fetch: FetchPage, limit: int) -> None:
        self.untrusted_pages: int = 0
        self._fetch = fetch
        # Together with the single reads of the windows before and after it, a full window uses all concurrent requests.
        self._max_size = max(limit - 1, 2)
        self._size = 1
        self._semaphore = asyncio.Semaphore(limit)
        self._reading = asyncio.Lock()
        self._active: deque[tuple[Window, asyncio.Task[list[Page]]]] = deque()

    async def pages(self, number: int, page: Page) -> AsyncGenerator[NumberedPage, None]:
        """Yield the pages after `page` until the end or an untrusted window."""
        while True:
            self._start_windows(number, page.total_pages or 0)
            window, task = self._active[0]
            pages = await _result(task)
            self._active.popleft()
            if pages is None:
                self.untrusted_pages = window.size
                return
            for number, page in enumerate(pages, window.first):  # noqa: PLR1704 - the next windows follow the last one
                yield number, page
                if not page.has_next_page:
                    return

    async def stop(self) -> None:
        """Cancel the requests of all windows."""
        await _cancel(task for _, task in self._active)

    def _start_windows(self, number: int, announced: int) -> None:
        """Start windows up to `MAX_WINDOWS`, each twice as large as the one before, up to the maximum size."""
        after = self._active[-1][0].last if self._active else number
        while not self._active or (len(self._active) < MAX_WINDOWS and after < announced):
            self._size = min(2 * self._size, self._max_size)
            window = next_window(after, self._size, announced)
            before = self._active[-1][1] if self._active else None
            self._active.append((window, asyncio.create_task(self._read(window, before))))
            after = window.last

    async def _read(self, window: Window, before: "asyncio.Task[list[Page]] | None") -> list[Page]:
        """Read the pages of a window.

        Raises:
            _RunsShiftedError: The two reads of the last page differ.
        """
        if window.size == 1 and before is None:
            return [await self._fetch(window.first)]
        first_read = await self._page(window.last)
        async with self._reading:
            pages = await _all(self._page(number) for number in range(window.first, window.last))
        if before is not None:
            await asyncio.wait([before])
        second_read = await self._page(window.last)
        if not _same_runs(first_read, second_read):
            raise _RunsShiftedError
        return [*pages, second_read]

    async def _page(self, number: int) -> Page:
        async with self._semaphore:
            return await self._fetch(number)


class _RunsShiftedError(WarehouseSyncError):
    """Runs were shifted while a window was read."""


def _same_runs(first_read: Page, second_read: Page) -> bool:
    """Return whether two reads of a page contain the same runs. An empty page proves nothing."""
    ids = [run.id for run in first_read.items]
    return bool(ids) and ids == [run.id for run in second_read.items]


async def _all(pages: Iterable[Coroutine[None, None, Page]]) -> list[Page]:
    """Read pages concurrently. If one fails, cancel the others."""
    tasks = [asyncio.ensure_future(page) for page in pages]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        await _cancel(tasks)


async def _cancel(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    """Cancel tasks, and wait until they have ended."""
    cancelled = list(tasks)
    for task in cancelled:
        task.cancel()
    await asyncio.gather(*cancelled, return_exceptions=True)


async def _result(task: "asyncio.Task[list[Page]]") -> list[Page] | None:
    """Return the pages of a window, or `None` if it failed: the sequential requests raise a permanent error again."""
    try:
        return await task
    except WarehouseSyncError:
        return None


async def prefetch_pages(fetch: FetchPage, first: Page, limit: int) -> AsyncGenerator[NumberedPage, None]:
    """Yield the pages after the first one, with up to `limit` concurrent requests."""
    number, page, sequential_pages = 1, first, 0
    while page.has_next_page:
        windows, before = PrefetchWindows(fetch, limit), number
        try:
            async with aclosing(windows.pages(number, page)) as pages:
                async for number, page in pages:
                    yield number, page
        finally:
            await windows.stop()
        # If not even the first window could be trusted, read more pages before the next.
        unstable = number == before
        sequential_pages = windows.untrusted_pages + (2 * sequential_pages if unstable else 0)
        for _ in range(sequential_pages):
            number, page = number + 1, await fetch(number + 1)
            yield number, page
            if not page.has_next_page:
                return
