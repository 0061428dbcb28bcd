"""Concurrent requests for many pipelines, in bounded memory.

A request that is throttled (429) also after the retries of `transport/retry.py` is sent again from here: it is one of many, and
the others go on with fewer workers meanwhile (`AdaptiveConcurrency`).
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Iterator, Sized
from typing import Any, Final, Generic, Protocol, TypeVar

import attrs

from warehouse_sync.errors import RateLimitedError, ValidationError, WarehouseSyncError
from warehouse_sync.models import Progress
from warehouse_sync.models.common import check_iterable, check_whole_number
from warehouse_sync.models.references import PipelineRef, check_references, pipeline_text
from warehouse_sync.running_loop import running_loop
from warehouse_sync.transport.limits import UNLIMITED, AdaptiveConcurrency


class BulkEntry(Protocol):
    """The result of one request, or its error."""

    @property
    def error(self) -> WarehouseSyncError | None:
        """The error, or `None`."""
        ...


T = TypeVar("T")
EntryT = TypeVar("EntryT", bound=BulkEntry)

Ids = Iterable[PipelineRef] | AsyncIterable[PipelineRef]
OnProgress = Callable[[Progress], None]

MAX_WITHOUT_ID = 64  # workers that have no id yet; more start once these have one
MAX_THROTTLED_ATTEMPTS = 6  # requests for one pipeline while the server throttles
FIRST_DELAY = 1.0  # seconds before the second attempt, doubling
MAX_DELAY = 60.0
JITTER = 0.5  # the largest share by which a delay is made longer

Sleep = Callable[[float], Awaitable[None]]

_END: Final[Any] = object()


def validate_bulk(pipeline_ids: object, concurrency: object) -> None:
    """Check the arguments of a bulk call.

    Raises:
        ValidationError: An argument is invalid.
    """
    problems = list(check_iterable("pipeline_ids", pipeline_ids, Iterable | AsyncIterable))
    problems += check_references("pipeline_ids", pipeline_ids)
    problems += check_whole_number("concurrency", concurrency, 1, required=True)
    if problems:
        raise ValidationError("the request", problems)


class _AsyncIds:
    """The ids of an asynchronous iterable, for concurrent workers: an asynchronous generator does not support them."""

    def __init__(self, ids: AsyncIterable[PipelineRef]) -> None:
        self._iterator = aiter(ids)
        self._lock = asyncio.Lock()

    async def next(self) -> PipelineRef:
        """Return the next id, or `_END`."""
        async with self._lock:
            return await anext(self._iterator, _END)


@attrs.define(eq=False, repr=False, kw_only=True)
class BulkRequests(Generic[T, EntryT]):
    """The workers of a bulk call and a bounded queue of their results.

    Attributes:
        ids: The pipelines, consumed one by one.
        fetch: Sends the request for one pipeline.
        to_entry: Returns the entry for a pipeline and its result or error.
        concurrency: The maximum number of workers.
        limit: The limit on workers, shared by all bulk operations of a client.
        sleep: Sleeps for a number of seconds.
        random: Returns a number from 0 to 1, for the jitter.
        on_progress: Called after each entry.
    """

    ids: Ids
    fetch: Callable[[str], Awaitable[T]]
    to_entry: Callable[[str, T | None, WarehouseSyncError | None], EntryT]
    concurrency: int
    limit: AdaptiveConcurrency
    sleep: Sleep
    random: Callable[[], float]
    on_progress: OnProgress | None = None
    _ids: Iterator[PipelineRef] = attrs.field(init=False)
    _async_ids: _AsyncIds | None = attrs.field(init=False)
    _total: int | None = attrs.field(init=False)
    _results: deque[EntryT] = attrs.field(factory=deque, init=False)
    _workers: set["asyncio.Task[None]"] = attrs.field(factory=set, init=False)
    _active: int = attrs.field(default=0, init=False)  # workers that have not decided to end
    _without_id: int = attrs.field(default=0, init=False)  # workers that have not taken an id
    _starting: bool = attrs.field(default=False, init=False)
    _result_ready: "asyncio.Future[None] | None" = attrs.field(default=None, init=False)
    _space_waiters: deque["asyncio.Future[None]"] = attrs.field(factory=deque, init=False)
    _exhausted: bool = attrs.field(default=False, init=False)
    _failure: BaseException | None = attrs.field(default=None, init=False)
    _done: int = attrs.field(default=0, init=False)
    _failed: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        if isinstance(self.ids, AsyncIterable):
            self._ids, self._async_ids = iter(()), _AsyncIds(self.ids)
        else:
            self._ids, self._async_ids = iter(self.ids), None
        self._total = len(self.ids) if isinstance(self.ids, Sized) else None

    async def results(self) -> AsyncGenerator[EntryT, None]:
        """Yield one entry per id in order of completion.

        Closing the generator cancels the workers.
        """
        running_loop()  # so that the error is raised before a coroutine is created
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

    def ready(self) -> list[EntryT]:
        """Return the available entries without waiting."""
        return [self._pop_result() for _ in range(len(self._results))]

    def _pop_result(self) -> EntryT:
        result = self._results.popleft()
        if self._space_waiters:
            self._space_waiters.popleft().set_result(None)
        if self.on_progress is not None:
            self._done += 1
            self._failed += result.error is not None
            self.on_progress(Progress(done=self._done, failed=self._failed, total=self._total))
        return result

    def _start_workers(self) -> None:
        """Start workers up to the limit, at least one, and few more than there may be ids."""
        if self._starting:  # pragma: no cover - only eager tasks, which Python 3.11 does not have
            return  # called by an eager task, inside the loop below, which goes on to start workers
        self._starting = True
        while (
            not self._exhausted
            and self._active < self.concurrency
            and self._without_id < MAX_WITHOUT_ID
            and (self._active == 0 or self.limit.has_room())
        ):
            self._active += 1
            self._without_id += 1
            self.limit.worker_started()
            worker = asyncio.create_task(self._run_worker())
            self._workers.add(worker)
            worker.add_done_callback(self._on_worker_done)
        self._starting = False

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
        """Send requests until there are no more ids, or until the number of workers exceeds the limit."""
        limit, results = self.limit, self._results
        without_id = True
        while not self._exhausted:
            item = next(self._ids, _END) if self._async_ids is None else await self._async_ids.next()
            if item is _END:
                self._exhausted = True
                break
            pipeline_id = item if type(item) is str else pipeline_text(item)
            if without_id:
                without_id = False
                self._without_id -= 1
                self._start_workers()
            try:
                # Not in `_retry_throttled`: another coroutine would cost as much as decoding.
                result = await self.fetch(pipeline_id)
            except WarehouseSyncError as error:
                results.append(await self._retry_throttled(pipeline_id, error))
            else:
                limit.on_success()
                results.append(self.to_entry(pipeline_id, result, None))
            # Both calls would do nothing for most results, and take longer than the comparisons.
            if self._result_ready is not None:
                self._notify()
            if limit.limit != UNLIMITED and limit.is_exceeded() and self._active > 1:
                break
            if self._active < self.concurrency:
                self._start_workers()
            while len(self._results) > self.concurrency:
                await self._wait_for_space()
        self._release_worker()

    def _notify(self) -> None:
        result_ready, self._result_ready = self._result_ready, None
        if result_ready is not None and not result_ready.done():
            result_ready.set_result(None)

    async def _wait_for_space(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._space_waiters.append(waiter)
        await waiter

    async def _retry_throttled(self, pipeline_id: str, error: WarehouseSyncError) -> EntryT:
        """Retry a request while the error is a 429, with growing delays. Any other error is final."""
        delay = FIRST_DELAY
        try:
            for _ in range(MAX_THROTTLED_ATTEMPTS - 1):
                if not isinstance(error, RateLimitedError):
                    break
                wait = max(delay, error.retry_after or 0.0)
                if wait > MAX_DELAY:
                    break
                await self.sleep(wait * (1 + JITTER * self.random()))
                delay *= 2
                try:
                    result = await self.fetch(pipeline_id)
                except WarehouseSyncError as latest:
                    error = latest
                else:
                    self.limit.on_success()
                    return self.to_entry(pipeline_id, result, None)
            return self.to_entry(pipeline_id, None, error)
        finally:
            del error  # its traceback holds this frame
