"""Concurrent requests for the reports of many pipelines, in bounded memory."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Sized
from typing import Any

import attrs

from warehouse_sync.errors import RateLimitedError, WarehouseSyncError
from warehouse_sync.models import PipelineReport, PolledReport, Progress
from warehouse_sync.transport.limits import AdaptiveConcurrency

Ids = Iterable[str] | AsyncIterable[str]
Fetch = Callable[[str], Awaitable[PipelineReport]]
OnProgress = Callable[[Progress], None]

MAX_THROTTLED_ATTEMPTS = 6  # requests for one report while the server throttles
FIRST_DELAY = 1.0  # seconds before the second attempt, doubling
MAX_DELAY = 60.0
JITTER = 0.5  # the largest share by which a delay is made longer


Sleep = Callable[[float], Awaitable[None]]
NextId = Callable[[], Awaitable[Any]]

_END = object()


def _next_id_of(ids: Ids) -> NextId:
    """Return a function that returns the next id or `_END`, and that concurrent workers can share."""
    if isinstance(ids, AsyncIterable):
        return _next_id_of_async(ids)
    iterator = iter(ids)

    async def next_id() -> Any:  # noqa: ANN401 - an id, or the end
        return next(iterator, _END)

    return next_id


def _next_id_of_async(ids: AsyncIterable[str]) -> NextId:
    iterator, lock = aiter(ids), asyncio.Lock()

    async def next_id() -> Any:  # noqa: ANN401 - an id, or the end
        async with lock:  # an asynchronous generator does not support concurrent calls
            return await anext(iterator, _END)

    return next_id


@attrs.define(eq=False, kw_only=True)
class BulkReports:
    """The workers of a `pipelines.reports` call, and a bounded queue of their results.

    Attributes:
        ids: The ids of the pipelines, consumed one by one.
        fetch: Requests one report.
        concurrency: The maximum number of workers.
        limit: The limit on workers, shared by all bulk operations of a client.
        sleep: Sleeps for a number of seconds.
        random: Returns a number from 0 to 1, for the jitter.
        on_progress: Called after each entry.
    """

    ids: Ids
    fetch: Fetch
    concurrency: int
    limit: AdaptiveConcurrency
    sleep: Sleep
    random: Callable[[], float]
    on_progress: OnProgress | None = None
    _next_id: NextId = attrs.field(init=False)
    _total: int | None = attrs.field(init=False)
    _results: deque[PolledReport] = attrs.field(factory=deque, init=False)
    _workers: set["asyncio.Task[None]"] = attrs.field(factory=set, init=False)
    _active: int = attrs.field(default=0, init=False)  # workers that have not decided to end
    _result_ready: "asyncio.Future[None] | None" = attrs.field(default=None, init=False)
    _space_waiters: deque["asyncio.Future[None]"] = attrs.field(factory=deque, init=False)
    _exhausted: bool = attrs.field(default=False, init=False)
    _failure: BaseException | None = attrs.field(default=None, init=False)
    _done: int = attrs.field(default=0, init=False)
    _failed: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._next_id = _next_id_of(self.ids)
        self._total = len(self.ids) if isinstance(self.ids, Sized) else None

    async def results(self) -> AsyncGenerator[PolledReport, None]:
        """Yield one entry per id in order of completion.

        Closing the generator cancels the workers.
        """
        self._start_workers()
        try:
            while True:
                while self._results:
                    yield self._pop_result()
                if not self._workers:
                    break
                self._result_ready = asyncio.get_running_loop().create_future()
                await self._result_ready
        finally:
            await self._cancel_workers()
        if self._failure is not None:
            raise self._failure

    def ready(self) -> list[PolledReport]:
        """Return the available entries without waiting."""
        return [self._pop_result() for _ in range(len(self._results))]

    def _pop_result(self) -> PolledReport:
        result = self._results.popleft()
        if self._space_waiters:
            self._space_waiters.popleft().set_result(None)
        self._done += 1
        self._failed += result.error is not None
        if self.on_progress is not None:
            self.on_progress(Progress(done=self._done, failed=self._failed, total=self._total))
        return result

    def _start_workers(self) -> None:
        """Start workers up to the limit, at least one."""
        while (
            not self._exhausted
            and self._active < self.concurrency
            and (self._active == 0 or self.limit.has_room())
        ):
            self._active += 1
            self.limit.worker_started()
            worker = asyncio.create_task(self._run_worker())
            self._workers.add(worker)
            worker.add_done_callback(self._on_worker_done)

    def _on_worker_done(self, worker: "asyncio.Task[None]") -> None:
        self._workers.discard(worker)
        failure = asyncio.CancelledError() if worker.cancelled() else worker.exception()
        if failure is not None:
            self._failure = self._failure or failure
            self._exhausted = True
            self._release_worker()
        self._notify()

    def _release_worker(self) -> None:
        """Stop counting a worker before its task ends, so that not all workers end in one iteration of the event loop."""
        self._active -= 1
        self.limit.worker_stopped()

    async def _cancel_workers(self) -> None:
        self._exhausted = True
        workers = list(self._workers)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        self._results.clear()
        self._space_waiters.clear()

    async def _run_worker(self) -> None:
        """Request reports until there are no more ids, or until the number of workers exceeds the limit."""
        while not self._exhausted:
            pipeline_id = await self._next_id()
            if pipeline_id is _END:
                self._exhausted = True
                break
            self._results.append(await self._fetch_report(pipeline_id))
            self._notify()
            if self.limit.is_exceeded() and self._active > 1:
                break
            self._start_workers()
            while len(self._results) > self.concurrency:
                await self._wait_for_space()
        self._release_worker()

    def _notify(self) -> None:
        result_ready = self._result_ready
        if result_ready is not None and not result_ready.done():
            result_ready.set_result(None)

    async def _wait_for_space(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._space_waiters.append(waiter)
        await waiter

    async def _fetch_report(self, pipeline_id: str) -> PolledReport:
        delay = FIRST_DELAY
        for attempt in range(1, MAX_THROTTLED_ATTEMPTS + 1):
            try:
                report = await self.fetch(pipeline_id)
            except RateLimitedError as error:
                wait = max(delay, error.retry_after or 0.0)
                if attempt == MAX_THROTTLED_ATTEMPTS or wait > MAX_DELAY:
                    return PolledReport(pipeline_id=pipeline_id, error=error)
            except WarehouseSyncError as error:
                return PolledReport(pipeline_id=pipeline_id, error=error)
            else:
                self.limit.on_success()
                return PolledReport(pipeline_id=pipeline_id, report=report)
            await self.sleep(wait * (1 + JITTER * self.random()))
            delay *= 2
        raise AssertionError  # pragma: no cover - the last attempt returns
