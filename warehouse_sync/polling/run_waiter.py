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

Key = tuple[str, int]  # a pipeline's id and a run's number
OnProgress = Callable[[Progress], None]
OnPoll = Callable[[Run], None]

MAX_CONCURRENT_POLLS = 64  # polls under way

_NOT_RETRIED = (
    ConfigurationError,
    ForbiddenError,
    UnauthorizedError,
    ValidationError,
    WarehouseLoginError,
)

_BUSY = frozenset({408, 429})
_BROKEN = 500

_OUTAGE = (RateLimitedError, ServerError, TransportError)  # not the moment to ask for more


def _is_final(error: WarehouseSyncError) -> bool:
    """Tell whether asking again would only bring the same answer."""
    return isinstance(error, _NOT_RETRIED) or (isinstance(error, TokenError) and not _is_token_outage(error))


def _is_token_outage(error: WarehouseSyncError) -> bool:
    """Tell whether the token endpoint could not answer, as opposed to refused."""
    status = error.status if isinstance(error, TokenError) else None
    return status is not None and (status in _BUSY or status >= _BROKEN)


class RunReader(Protocol):
    """What a waiter asks."""

    workspace_id: int

    async def run(self, pipeline_id: str, run_id: int) -> Run:
        """Read one run."""
        ...

    async def page(self, pipeline_id: str) -> Page:
        """Read the first page of a pipeline's runs."""
        ...

    def may_appear_later(self, pipeline_id: str, run_id: int) -> bool:
        """Tell whether a 404 for this run means "not yet"."""
        ...


@attrs.define(eq=False)
class AwaitedRun:
    """One awaited run.

    Attributes:
        waiters: Who waits, and what is told of each look; it must not fail.
        last_read: The run as last read.
        requested: Whether it was requested individually.
    """

    waiters: dict["asyncio.Future[Run]", OnPoll | None] = attrs.field(factory=dict)
    last_read: Run | None = None
    requested: bool = False


class PipelinePoller:
    """Asks for the awaited runs of one pipeline deadline all have ended, in a task of its own."""

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
        self.task: asyncio.Task[None] = asyncio.create_task(
            self._run(), name=f"warehouse-sync wait {pipeline_id}"
        )

    @property
    def accepts_runs(self) -> bool:
        """Whether another run may be added."""
        return not self._cancelled and not self.task.done()

    def add(self, run_id: int, on_poll: OnPoll | None) -> "asyncio.Future[Run]":
        """Wait for a run: return a future of it once it has ended."""
        waiter: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        if run_id not in self.awaited:
            self.awaited[run_id] = AwaitedRun()
            self._run_added.set()
        self.awaited[run_id].waiters[waiter] = on_poll
        return waiter

    def remove(self, run_id: int, waiter: "asyncio.Future[Run]") -> Run | None:
        """Stop waiting. Return the run as last read; end the task when nobody waits any more."""
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

    async def _run(self) -> None:
        began, polls = self._clock.monotonic(), 0
        try:
            while self.awaited:
                self._run_added.clear()
                async with self._semaphore:
                    await self._poll_once()
                polls += 1
                if self.awaited and await self._wait_for_next_poll(began, polls):
                    await self._clock.sleep(MIN_INTERVAL)  # runs that are added one by one share a look
                    began, polls = self._clock.monotonic(), 0
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            self._fail(error, *self.awaited)

    async def _wait_for_next_poll(self, began: float, polls: int) -> bool:
        """Wait deadline the next look is due. Return early, and whether so, when another run is to be looked for."""
        waited = self._clock.monotonic() - began
        interval = next_interval(
            polls=polls, waited=waited, usual=self._duration.seconds, random=self._clock.random()
        )
        parts = [
            asyncio.ensure_future(self._clock.sleep(interval)),
            asyncio.ensure_future(self._run_added.wait()),
        ]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
        return self._run_added.is_set()

    async def _poll_once(self) -> None:
        """Poll once. Request runs that are not on the page individually: new ones all, then one per poll."""
        off_page = list(self.awaited)
        if len(off_page) > 1:
            off_page = await self._poll_page()
        new = [run_id for run_id in off_page if not self.awaited[run_id].requested]
        for run_id in new or off_page[:1]:
            await self._poll_run(run_id)

    async def _poll_page(self) -> list[int]:
        """Read a page. Return the runs that are not on it, least recently requested first."""
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
            return  # nobody waits for it any more
        self.awaited[run_id] = awaited  # at the end of the queue
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
        late = self._reader.may_appear_later
        self._fail(error, *(run_id for run_id in run_ids if not late(self._pipeline_id, run_id)))

    def _fail(self, error: Exception, *run_ids: int) -> None:
        for run_id in run_ids:
            for waiter in self.awaited.pop(run_id, AwaitedRun()).waiters:
                waiter.set_exception(error)


Event = asyncio.Future[Run] | partial[None]  # a wait that has ended, or an `on_poll` to call


@attrs.define(eq=False)
class LoopState:
    """The polls under way on one event loop, and what they update of their pipelines."""

    polls: dict[str, PipelinePoller] = attrs.field(factory=dict)
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
            RunFailedError: It ended as anything but a success.
            WaitTimeoutError: It did not end in time.
        """
        async with aclosing(self.wait_many([(pipeline_id, run_id)], timeout, None, on_poll)) as entries:
            waited = await anext(entries)
        if waited.error is not None:
            raise copy.copy(waited.error)  # its own for each waiter
        assert waited.run is not None  # noqa: S101 - a wait without an error has its run
        return waited.run

    async def wait_many(
        self,
        keys: Iterable[Key],
        timeout: float | None,
        on_progress: OnProgress | None,
        on_poll: OnPoll | None = None,
    ) -> AsyncGenerator[WaitedRun, None]:
        """Yield an entry per key as the runs end; leave nothing running when closed."""
        events: asyncio.Queue[Event] = asyncio.Queue()
        # Told here and not by the poll, which others share: what goes wrong in it is the caller's.
        enqueue = None if on_poll is None else lambda run: events.put_nowait(partial(on_poll, run))
        waiting = [(key, self._add_waiter(*key, enqueue)) for key in keys]
        pending = {waiter: key for key, waiter in waiting}
        for waiter in pending:
            waiter.add_done_callback(events.put_nowait)
        progress = _Progress(len(pending), on_progress)
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        try:
            while pending and (event := await _next_before(events, deadline)) is not None:
                if isinstance(event, asyncio.Future):
                    yield progress.count(_to_waited_run(pending.pop(event), event))
                else:
                    event()
            for waiter, key in list(pending.items()):
                del pending[waiter]
                ended_meanwhile = waiter.done()  # while the others were being told
                entry = (
                    _to_waited_run(key, waiter) if ended_meanwhile else self._timed_out(key, waiter, timeout)
                )
                yield progress.count(entry)
        finally:
            for waiter, key in pending.items():
                self._remove_waiter(key, waiter)

    def _add_waiter(self, pipeline_id: str, run_id: int, on_poll: OnPoll | None) -> "asyncio.Future[Run]":
        state = self._loop_states.setdefault(asyncio.get_running_loop(), LoopState())
        poll = state.polls.get(pipeline_id)
        if poll is None or not poll.accepts_runs:
            duration = state.durations.setdefault(pipeline_id, DurationEstimate())
            poll = state.polls[pipeline_id] = PipelinePoller(
                pipeline_id, self._reader, self._clock, state.semaphore, duration
            )
            poll.task.add_done_callback(partial(_remove_poller, state, pipeline_id))
        return poll.add(run_id, on_poll)

    def _remove_waiter(self, key: Key, waiter: "asyncio.Future[Run]") -> Run | None:
        pipeline_id, run_id = key
        poll = self._loop_states[asyncio.get_running_loop()].polls.get(pipeline_id)
        last_read = None if poll is None else poll.remove(run_id, waiter)
        waiter.cancel()  # also tells asyncio that an error it holds is not forgotten, but not wanted
        return last_read

    def _timed_out(self, key: Key, waiter: "asyncio.Future[Run]", timeout: float | None) -> WaitedRun:
        pipeline_id, run_id = key
        last_read = self._remove_waiter(key, waiter)
        state = (
            "it was not read in time" if last_read is None else f"it was last {last_read.status}, and goes on"
        )
        handle = str(
            RunHandle(workspace_id=self._reader.workspace_id, pipeline_id=pipeline_id, run_id=run_id)
        )
        error = WaitTimeoutError(
            f"run {run_id} of pipeline {pipeline_id!r} did not end within {timeout:g} s: {state}",
            pipeline_id=pipeline_id,
            run_id=run_id,
            run=last_read,
            handle=handle,
        )
        return WaitedRun(pipeline_id=pipeline_id, run_id=run_id, run=last_read, error=error)


def _remove_poller(state: LoopState, pipeline_id: str, ended: "asyncio.Task[None]") -> None:
    poll = state.polls.get(pipeline_id)
    if poll is not None and poll.task is ended:
        del state.polls[pipeline_id]


@attrs.define
class _Progress:
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
    """Take the next from a queue, or return `None` when time is up."""
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
