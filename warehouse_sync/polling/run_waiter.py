"""Wait for runs with one poller per pipeline, shared by all waiters.

A poller with one awaited run requests that run. A poller with several requests a page of runs, which usually contains
them all. Runs that are not on the page are requested individually: each once at first, so that a run that ended long
ago is found immediately, and then one per poll in rotation.
"""

import asyncio
import copy
import weakref
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from functools import partial
from typing import Protocol

import attrs

from warehouse_sync.errors import (
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    RunFailedError,
    ServerError,
    TokenError,
    TransportError,
    UnauthorizedError,
    ValidationError,
    WaitTimeoutError,
    WarehouseLoginError,
    WarehouseSyncError,
)
from warehouse_sync.models import Page, Progress, Run, RunHandle, RunStatus, WaitedRun
from warehouse_sync.polling.intervals import MIN_INTERVAL, DurationEstimate, next_interval
from warehouse_sync.settings import Clock

Key = tuple[str, int]  # the id of a pipeline and the number of a run
OnProgress = Callable[[Progress], None]
OnPoll = Callable[[Run], None]

MAX_CONCURRENT_POLLS = 64

_NOT_RETRIED = (
    ConfigurationError,
    ForbiddenError,
    UnauthorizedError,
    ValidationError,
    WarehouseLoginError,
)
_OUTAGE = (RateLimitedError, ServerError, TransportError)
_TRANSIENT_TOKEN_STATUSES = frozenset({408, 429})
_SERVER_ERROR = 500


def _is_final(error: WarehouseSyncError) -> bool:
    """Return whether another poll would fail in the same way."""
    if isinstance(error, TokenError):
        return not _is_token_outage(error)
    return isinstance(error, _NOT_RETRIED)


def _is_token_outage(error: WarehouseSyncError) -> bool:
    """Return whether the token endpoint was unavailable, as opposed to rejecting the credential."""
    status = error.status if isinstance(error, TokenError) else None
    return status is not None and (status in _TRANSIENT_TOKEN_STATUSES or status >= _SERVER_ERROR)


class RunReader(Protocol):
    """The requests that a waiter sends."""

    workspace_id: int

    async def run(self, pipeline_id: str, run_id: int) -> Run:
        """Read one run."""
        ...

    async def page(self, pipeline_id: str) -> Page:
        """Read the first page of the runs of a pipeline."""
        ...

    def may_appear_later(self, pipeline_id: str, run_id: int) -> bool:
        """Return whether a 404 is expected because the run was created recently."""
        ...


@attrs.define(eq=False)
class AwaitedRun:
    """One run that has waiters.

    Attributes:
        waiters: The future of each waiter, with its callback for each poll. The callback must not raise.
        last_read: The run as last read.
        requested: Whether the run was requested individually.
    """

    waiters: dict["asyncio.Future[Run]", OnPoll | None] = attrs.field(factory=dict)
    last_read: Run | None = None
    requested: bool = False


class PipelinePoller:
    """Polls the awaited runs of one pipeline in its own task, until all have ended."""

    def __init__(
        self,
        pipeline_id: str,
        reader: RunReader,
        clock: Clock,
        semaphore: asyncio.Semaphore,
        duration: DurationEstimate,
    ) -> None:
        self.awaited: dict[int, AwaitedRun] = {}
        self._pipeline_id = pipeline_id
        self._reader = reader
        self._clock = clock
        self._semaphore = semaphore
        self._duration = duration
        self._run_added = asyncio.Event()
        self._cancelled = False
        self.task: asyncio.Task[None] = asyncio.create_task(self._poll_until_ended())

    @property
    def accepts_runs(self) -> bool:
        """Whether runs can still be added."""
        return not self._cancelled and not self.task.done()

    def add(self, run_id: int, on_poll: OnPoll | None) -> "asyncio.Future[Run]":
        """Add a waiter for a run.

        Return a future whose result is the run once it has ended.
        """
        waiter: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        if run_id not in self.awaited:
            self.awaited[run_id] = AwaitedRun()
            self._run_added.set()
        self.awaited[run_id].waiters[waiter] = on_poll
        return waiter

    def remove(self, run_id: int, waiter: "asyncio.Future[Run]") -> Run | None:
        """Remove a waiter, and cancel the task if it was the last one.

        Return the run as last read.
        """
        awaited = self.awaited.get(run_id)
        if awaited is None:
            return None
        awaited.waiters.pop(waiter, None)
        if not awaited.waiters:
            del self.awaited[run_id]
        if not self.awaited:
            self._cancelled = True
            self.task.cancel()
        return awaited.last_read

    async def _poll_until_ended(self) -> None:
        started, polls = self._clock.monotonic(), 0
        try:
            while self.awaited:
                self._run_added.clear()
                async with self._semaphore:
                    await self._poll()
                polls += 1
                if self.awaited and await self._wait_for_next_poll(started, polls):
                    await self._clock.sleep(MIN_INTERVAL)  # so that runs added one by one share a poll
                    started, polls = self._clock.monotonic(), 0
        except Exception as error:  # noqa: BLE001 - every error must reach the waiters
            self._fail(error, *self.awaited)

    async def _wait_for_next_poll(self, started: float, polls: int) -> bool:
        """Wait until the next poll is due or a run is added. Return whether a run was added."""
        waited = self._clock.monotonic() - started
        interval = next_interval(
            polls=polls, waited=waited, usual=self._duration.seconds, random=self._clock.random()
        )
        sleep = asyncio.ensure_future(self._clock.sleep(interval))
        run_added = asyncio.ensure_future(self._run_added.wait())
        try:
            await asyncio.wait([sleep, run_added], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            run_added.cancel()
        return self._run_added.is_set()

    async def _poll(self) -> None:
        """Read a page, then individually the runs that are not on it: all new ones, or else one per poll."""
        missing = list(self.awaited)
        if len(missing) > 1:
            missing = await self._poll_page()
        new = [run_id for run_id in missing if not self.awaited[run_id].requested]
        for run_id in new or missing[:1]:
            await self._poll_run(run_id)

    async def _poll_page(self) -> list[int]:
        """Read a page. Return the runs to request individually, the least recently requested first."""
        try:
            page = await self._reader.page(self._pipeline_id)
        except NotFoundError as error:
            self._handle_not_found(error, *self.awaited)
            return []
        except WarehouseSyncError as error:
            if _is_final(error):
                self._fail(error, *self.awaited)
            return [] if isinstance(error, _OUTAGE) or _is_token_outage(error) else list(self.awaited)
        for run in page.items:
            self._handle_run(run)
        on_page = {run.id for run in page.items}
        return [run_id for run_id in self.awaited if run_id not in on_page]

    async def _poll_run(self, run_id: int) -> None:
        awaited = self.awaited.pop(run_id, None)
        if awaited is None:
            return  # its last waiter was removed meanwhile
        self.awaited[run_id] = awaited  # at the end: the order is that of the last request
        awaited.requested = True
        try:
            self._handle_run(await self._reader.run(self._pipeline_id, run_id))
        except NotFoundError as error:
            self._handle_not_found(error, run_id)
        except WarehouseSyncError as error:
            if _is_final(error):
                self._fail(error, run_id)

    def _handle_run(self, run: Run) -> None:
        awaited = self.awaited.get(run.id)
        if awaited is None:
            return
        awaited.last_read = run
        for on_poll in filter(None, awaited.waiters.values()):
            on_poll(run)
        if run.status.is_terminal:
            self._duration.update(run)
            del self.awaited[run.id]
            for waiter in awaited.waiters:
                waiter.set_result(run)

    def _handle_not_found(self, error: NotFoundError, *run_ids: int) -> None:
        may_appear = self._reader.may_appear_later
        self._fail(error, *(run_id for run_id in run_ids if not may_appear(self._pipeline_id, run_id)))

    def _fail(self, error: Exception, *run_ids: int) -> None:
        for run_id in run_ids:
            for waiter in self.awaited.pop(run_id, AwaitedRun()).waiters:
                waiter.set_exception(error)


Event = asyncio.Future[Run] | partial[None]  # a finished wait, or a call of `on_poll`


@attrs.define(eq=False)
class LoopState:
    """The pollers of one event loop, and the duration estimates of their pipelines."""

    pollers: dict[str, PipelinePoller] = attrs.field(factory=dict)
    durations: dict[str, DurationEstimate] = attrs.field(factory=dict)
    semaphore: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(MAX_CONCURRENT_POLLS))


class RunWaiter:
    """Waits for the runs of one workspace."""

    def __init__(self, reader: RunReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._loop_states: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LoopState] = (
            weakref.WeakKeyDictionary()
        )

    async def wait(
        self, pipeline_id: str, run_id: int, timeout: float | None, on_poll: OnPoll | None = None
    ) -> Run:
        """Wait for one run.

        Raises:
            RunFailedError: The run ended with a status other than success.
            WaitTimeoutError: The run did not end within `timeout` seconds.
        """
        async with aclosing(self.wait_many([(pipeline_id, run_id)], timeout, None, on_poll)) as entries:
            waited = await anext(entries)
        if waited.error is not None:
            raise copy.copy(waited.error)  # waiters share the error, but not its traceback
        assert waited.run is not None  # noqa: S101 - without an error there is a run
        return waited.run

    async def wait_many(
        self,
        keys: Iterable[Key],
        timeout: float | None,
        on_progress: OnProgress | None,
        on_poll: OnPoll | None = None,
    ) -> AsyncGenerator[WaitedRun, None]:
        """Yield an entry per key as the runs end. Closing the generator stops all polls."""
        events: asyncio.Queue[Event] = asyncio.Queue()
        # `on_poll` is called here, not by the poller that other callers share, so that its errors reach its caller only.
        enqueue = None if on_poll is None else lambda run: events.put_nowait(partial(on_poll, run))
        waiting = [(key, self._add_waiter(*key, enqueue)) for key in keys]
        pending = {waiter: key for key, waiter in waiting}
        for waiter in pending:
            waiter.add_done_callback(events.put_nowait)
        progress = _ProgressCounter(len(pending), on_progress)
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        try:
            while pending and (event := await _next_before(events, deadline)) is not None:
                if isinstance(event, asyncio.Future):
                    yield progress.count(_to_waited_run(pending.pop(event), event))
                else:
                    event()
            for waiter, key in list(pending.items()):
                del pending[waiter]
                ended_meanwhile = waiter.done()  # while the caller handled another entry
                entry = (
                    _to_waited_run(key, waiter) if ended_meanwhile else self._time_out(key, waiter, timeout)
                )
                yield progress.count(entry)
        finally:
            for waiter, key in pending.items():
                self._remove_waiter(key, waiter)

    def _add_waiter(self, pipeline_id: str, run_id: int, on_poll: OnPoll | None) -> "asyncio.Future[Run]":
        state = self._loop_states.setdefault(asyncio.get_running_loop(), LoopState())
        poller = state.pollers.get(pipeline_id)
        if poller is None or not poller.accepts_runs:
            duration = state.durations.setdefault(pipeline_id, DurationEstimate())
            poller = state.pollers[pipeline_id] = PipelinePoller(
                pipeline_id, self._reader, self._clock, state.semaphore, duration
            )
            poller.task.add_done_callback(partial(_remove_poller, state, pipeline_id))
        return poller.add(run_id, on_poll)

    def _remove_waiter(self, key: Key, waiter: "asyncio.Future[Run]") -> Run | None:
        pipeline_id, run_id = key
        poller = self._loop_states[asyncio.get_running_loop()].pollers.get(pipeline_id)
        last_read = None if poller is None else poller.remove(run_id, waiter)
        waiter.cancel()  # also keeps asyncio from logging an exception that is never retrieved
        return last_read

    def _time_out(self, key: Key, waiter: "asyncio.Future[Run]", timeout: float | None) -> WaitedRun:
        pipeline_id, run_id = key
        last_read = self._remove_waiter(key, waiter)
        state = "no poll read it" if last_read is None else f"its last known status is {last_read.status}"
        error = WaitTimeoutError(
            f"run {run_id} of pipeline {pipeline_id!r} did not end within {timeout:g} s: {state}",
            pipeline_id=pipeline_id,
            run_id=run_id,
            run=last_read,
            handle=str(
                RunHandle(workspace_id=self._reader.workspace_id, pipeline_id=pipeline_id, run_id=run_id)
            ),
        )
        return WaitedRun(pipeline_id=pipeline_id, run_id=run_id, run=last_read, error=error)


def _remove_poller(state: LoopState, pipeline_id: str, ended: "asyncio.Task[None]") -> None:
    poller = state.pollers.get(pipeline_id)
    if poller is not None and poller.task is ended:
        del state.pollers[pipeline_id]


@attrs.define
class _ProgressCounter:
    total: int
    on_progress: OnProgress | None
    done: int = 0
    failed: int = 0

    def count(self, waited: WaitedRun) -> WaitedRun:
        self.done += 1
        self.failed += waited.error is not None
        if self.on_progress is not None:
            self.on_progress(Progress(done=self.done, failed=self.failed, total=self.total))
        return waited


async def _next_before(queue: "asyncio.Queue[Event]", deadline: float | None) -> "Event | None":
    """Return the next event of a queue, or `None` after the deadline."""
    try:
        async with asyncio.timeout_at(deadline):
            return await queue.get()
    except TimeoutError:
        return None


def _to_waited_run(key: Key, waiter: "asyncio.Future[Run]") -> WaitedRun:
    pipeline_id, run_id = key
    error = waiter.exception()
    if error is not None:
        if not isinstance(error, WarehouseSyncError):
            raise error
        return WaitedRun(pipeline_id=pipeline_id, run_id=run_id, error=error)
    run = waiter.result()
    failure = None if run.status == RunStatus.SUCCESS else RunFailedError(run)
    return WaitedRun(pipeline_id=pipeline_id, run_id=run_id, run=run, error=failure)
