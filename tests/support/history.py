"""The runs of a pipeline on a server that responds in any order, and whose runs change meanwhile."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from warehouse_sync.models import Page, Run, RunStatus


def a_run(number: int, *, status: RunStatus = RunStatus.SUCCESS) -> Run:
    """Return a run of the pipeline `p`."""
    return Run(id=number, pipeline_id="p", status=status)


def page(
    number: int, *run_ids: int, total: int | None = None, more: bool = True, echo: int | None = None
) -> Page:
    """Return a page as a server may return it."""
    return Page(
        items=tuple(map(a_run, run_ids)),
        current_page=number if echo is None else echo,
        total_items=total,
        has_next_page=more,
    )


@attrs.frozen
class Change:
    """A change of the runs before a response.

    Attributes:
        answer: The number of the response, from 0 on.
        place: The position: 0 is before the first run, 1 after the last.
        arrivals: The number of runs added there; if negative, removed.
    """

    answer: int
    place: float
    arrivals: int


@attrs.define(eq=False)
class History:
    """Responds with pages of runs.

    Attributes:
        numbers: The ids of the runs, in the order of the pages.
        page_size: The number of runs on a page.
        changes: The changes between responses.
        delays: The iterations of the event loop before and after each response.
        total_pages: The reported number of pages; by default the real one.
        total_items: The reported number of runs; by default the real one.
        failing: The errors by page.
        live: The number of requests in flight.
        most: The maximum of `live`.
        asked: The requested pages, in order.
    """

    numbers: list[int]
    page_size: int = 2
    changes: Sequence[Change] = ()
    delays: Sequence[int] = (0,)
    total_pages: int | None = None
    total_items: int | None = None
    failing: dict[int, list[Exception]] = attrs.field(factory=dict)
    live: int = 0
    most: int = 0
    asked: list[int] = attrs.field(factory=list)
    answered: int = 0
    _next: int = 1_000_000

    async def fetch(self, number: int) -> Page:
        """Respond with one page."""
        turn = len(self.asked)
        self.asked.append(number)
        self.live += 1
        self.most = max(self.most, self.live)
        try:
            await self._travel(2 * turn)
            page = self._answer(number)
            await self._travel(2 * turn + 1)
        finally:
            self.live -= 1
        return page

    async def _travel(self, leg: int) -> None:
        for _ in range(self.delays[leg % len(self.delays)]):
            await asyncio.sleep(0)

    def _answer(self, number: int) -> Page:
        for change in self.changes:
            if change.answer == self.answered:
                self._apply(change)
        self.answered += 1
        if self.failing.get(number):
            errors = self.failing[number]
            raise errors.pop(0) if len(errors) > 1 else errors[0]
        first, count = (number - 1) * self.page_size, len(self.numbers)
        return Page(
            items=tuple(map(a_run, self.numbers[first : first + self.page_size])),
            current_page=number,
            total_pages=-(-count // self.page_size) if self.total_pages is None else self.total_pages,
            total_items=count if self.total_items is None else self.total_items,
            has_next_page=first + self.page_size < count,
        )

    def _apply(self, change: Change) -> None:
        place = round(change.place * len(self.numbers))
        if change.arrivals < 0:
            del self.numbers[place : place - change.arrivals]
            return
        self.numbers[place:place] = range(self._next, self._next + change.arrivals)
        self._next += change.arrivals


def changes(arrivals: st.SearchStrategy[int], *, most: int = 8) -> st.SearchStrategy[list[Change]]:
    """Changes at any location, early enough to matter."""
    change = st.builds(Change, st.integers(0, 40), st.sampled_from([0.0, 0.0, 0.2, 0.5, 0.9, 1.0]), arrivals)
    return st.lists(change, max_size=most)


def delays() -> st.SearchStrategy[list[int]]:
    """Delays that let requests overtake each other."""
    return st.lists(st.integers(0, 12), min_size=1, max_size=9)


def run_through(work: Callable[[], AsyncGenerator[Any, None]]) -> list[Any]:
    """Collect the items of an iterator in a new event loop, and check that no task remains."""

    async def collect() -> list[Any]:
        items = [item async for item in work()]
        assert_idle()
        return items

    return asyncio.run(collect())


def assert_idle() -> None:
    """Check that only the test's task runs."""
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(50):
        await asyncio.sleep(0)


def numbers_of(runs: AsyncIterator[Run]) -> AsyncGenerator[int, None]:
    """Return the ids of runs."""

    async def numbers() -> AsyncGenerator[int, None]:
        async for run in runs:
            yield run.id

    return numbers()
