"""A pipeline's runs on a server that answers in any order, and to which runs come and go between two answers."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from warehouse_sync.models import Page, Run, RunStatus


def a_run(number: int, *, status: RunStatus = RunStatus.SUCCESS) -> Run:
    """A run of the pipeline `p`."""
    return Run(id=number, pipeline_id="p", status=status)


@attrs.frozen
class Change:
    """What happens to the runs before an answer.

    Attributes:
        answer: Before which, counted from 0.
        place: Where: 0 is before the first run, 1 after the last.
        arrivals: How many runs arrive there; below 0 so many go.
    """

    answer: int
    place: float
    arrivals: int


@attrs.define(eq=False)
class History:
    """Answers for pages.

    Attributes:
        numbers: The runs, the first page's first.
        page_size: How many a page holds.
        changes: What happens meanwhile.
        delays: How many turns of the loop requests take before and after they are answered, in turn.
        total_pages: What is said of the number of pages; the truth when left out.
        total_items: The same of the number of runs.
        failing: Errors by page.
        live: Requests under way.
        most: The most that were.
        asked: The pages asked for, in order.
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
        """Answer for one page."""
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
    """Changes anywhere, early enough to matter."""
    change = st.builds(Change, st.integers(0, 40), st.sampled_from([0.0, 0.0, 0.2, 0.5, 0.9, 1.0]), arrivals)
    return st.lists(change, max_size=most)


def delays() -> st.SearchStrategy[list[int]]:
    """Ways that overtake each other."""
    return st.lists(st.integers(0, 12), min_size=1, max_size=9)


def run_through(work: Callable[[], AsyncGenerator[Any, None]]) -> list[Any]:
    """Collect what is yielded, on a loop of its own, and check that nothing is left running."""

    async def collect() -> list[Any]:
        items = [item async for item in work()]
        assert_idle()
        return items

    return asyncio.run(collect())


def assert_idle() -> None:
    """Nothing runs but the test."""
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def settle() -> None:
    """Let the loop run what is due."""
    for _ in range(50):
        await asyncio.sleep(0)


def numbers_of(runs: AsyncIterator[Run]) -> AsyncGenerator[int, None]:
    """The runs' numbers."""

    async def numbers() -> AsyncGenerator[int, None]:
        async for run in runs:
            yield run.id

    return numbers()
