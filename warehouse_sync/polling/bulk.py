"""Reports of very many pipelines, as they come in, in bounded memory, as fast as the server likes."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Sized
from typing import Any

import attrs

from warehouse_sync.errors import RateLimitedError, WarehouseSyncError
from warehouse_sync.models import PipelineReport, PolledReport, Progress
from warehouse_sync.transport.pace import Pace

Ids = Iterable[str] | AsyncIterable[str]
Fetch = Callable[[str], Awaitable[PipelineReport]]
OnProgress = Callable[[Progress], None]

THROTTLED_TRIES = 6  # how often one report is asked for while the server throttles, each after a longer pause
FIRST_PAUSE = 1.0  # seconds, doubling
LONGEST_PAUSE = 60.0
SPREAD = 0.5  # of a pause, by which it may be longer


Sleep = Callable[[float], Awaitable[None]]
Draw = Callable[[], Awaitable[Any]]

_END = object()


def _drawer(ids: Ids) -> Draw:
    """Return what draws the next id, or `_END`; safe for many workers at once."""
    if isinstance(ids, AsyncIterable):
        return _async_drawer(ids)
    iterator = iter(ids)

    async def draw() -> Any:  # noqa: ANN401 - an id, or the end
        return next(iterator, _END)

    return draw


def _async_drawer(ids: AsyncIterable[str]) -> Draw:
    iterator, turn = aiter(ids), asyncio.Lock()

    async def draw() -> Any:  # noqa: ANN401 - an id, or the end
        async with turn:  # an async generator cannot be asked twice at once
            return await anext(iterator, _END)

    return draw


@attrs.define(eq=False, kw_only=True)
class BulkPoll:
    """One bulk poll: workers that share the ids, and a short queue of what they bring.

    Attributes:
        ids: What to ask for; drawn one by one as workers come free.
        fetch: Asks for one report.
        concurrency: The most workers.
        pace: The client's pace, shared by its bulk operations.
        sleep: Waits.
        chance: A number from 0 to 1, so that those who pause do not come back all at once.
        on_progress: Is told after each entry.
    """

    ids: Ids
    fetch: Fetch
    concurrency: int
    pace: Pace
    sleep: Sleep
    chance: Callable[[], float]
    on_progress: OnProgress | None = None
    _draw: Draw = attrs.field(init=False)
    _total: int | None = attrs.field(init=False)
    _results: deque[PolledReport] = attrs.field(factory=deque, init=False)
    _workers: set["asyncio.Task[None]"] = attrs.field(factory=set, init=False)
    _staff: int = attrs.field(default=0, init=False)  # workers but for those that are about to end
    _arrival: "asyncio.Future[None] | None" = attrs.field(default=None, init=False)
    _room: deque["asyncio.Future[None]"] = attrs.field(factory=deque, init=False)
    _exhausted: bool = attrs.field(default=False, init=False)
    _failure: BaseException | None = attrs.field(default=None, init=False)
    _done: int = attrs.field(default=0, init=False)
    _failed: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._draw = _drawer(self.ids)
        self._total = len(self.ids) if isinstance(self.ids, Sized) else None

    async def results(self) -> AsyncGenerator[PolledReport, None]:
        """Yield an entry per id as they complete; leave nothing running when closed."""
        self._hire()
        try:
            while True:
                while self._results:
                    yield self._deliver()
                if not self._workers:
                    break
                self._arrival = asyncio.get_running_loop().create_future()
                await self._arrival
        finally:
            await self._dismiss()
        if self._failure is not None:
            raise self._failure

    def ready(self) -> list[PolledReport]:
        """Return the entries that have come already, without waiting."""
        return [self._deliver() for _ in range(len(self._results))]

    def _deliver(self) -> PolledReport:
        result = self._results.popleft()
        if self._room:
            self._room.popleft().set_result(None)
        self._done += 1
        self._failed += result.error is not None
        if self.on_progress is not None:
            self.on_progress(Progress(done=self._done, failed=self._failed, total=self._total))
        return result

    def _hire(self) -> None:
        """Start workers while the pace allows; always at least one."""
        while (
            not self._exhausted
            and self._staff < self.concurrency
            and (self._staff == 0 or self.pace.has_room())
        ):
            self._staff += 1
            self.pace.began()
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._left)

    def _left(self, worker: "asyncio.Task[None]") -> None:
        self._workers.discard(worker)
        failure = asyncio.CancelledError() if worker.cancelled() else worker.exception()
        if failure is not None:
            self._failure = self._failure or failure
            self._exhausted = True
            self._sign_off()
        self._announce()

    def _sign_off(self) -> None:
        """Uncount a worker at once: several may end in the same turn of the loop, and not all may."""
        self._staff -= 1
        self.pace.ended()

    async def _dismiss(self) -> None:
        self._exhausted = True
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._results.clear()
        self._room.clear()

    async def _work(self) -> None:
        """Ask for one report after the other, until there are no more ids or the pace says that there are too many workers."""
        while not self._exhausted:
            pipeline_id = await self._draw()
            if pipeline_id is _END:
                self._exhausted = True
                break
            self._results.append(await self._ask(pipeline_id))
            self._announce()
            if self.pace.is_over() and self._staff > 1:
                break
            self._hire()
            while len(self._results) > self.concurrency:
                await self._wait_for_room()
        self._sign_off()

    def _announce(self) -> None:
        arrival = self._arrival
        if arrival is not None and not arrival.done():
            arrival.set_result(None)

    async def _wait_for_room(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._room.append(waiter)
        await waiter

    async def _ask(self, pipeline_id: str) -> PolledReport:
        pause = FIRST_PAUSE
        for tries in range(1, THROTTLED_TRIES + 1):
            try:
                report = await self.fetch(pipeline_id)
            except RateLimitedError as error:
                wait = max(pause, error.retry_after or 0.0)
                if tries == THROTTLED_TRIES or wait > LONGEST_PAUSE:
                    return PolledReport(pipeline_id=pipeline_id, error=error)
            except WarehouseSyncError as error:
                return PolledReport(pipeline_id=pipeline_id, error=error)
            else:
                self.pace.answered()
                return PolledReport(pipeline_id=pipeline_id, report=report)
            await self.sleep(wait * (1 + SPREAD * self.chance()))
            pause *= 2
        raise AssertionError  # pragma: no cover - the last try returns
