"""Wait for runs with one poller per pipeline, shared by all waiters."""

import asyncio
import weakref
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import partial

import attrs

from warehouse_sync.errors import RunFailedError, WaitTimeoutError, WarehouseSyncError
from warehouse_sync.models import Progress, Run, RunHandle, RunStatus, WaitedRun
from warehouse_sync.polling.bulk_requests import OnProgress
from warehouse_sync.polling.intervals import DurationHistory
from warehouse_sync.polling.pipeline_poller import OnPoll, PipelinePoller, PolledRun, RunReader, WaitOptions
from warehouse_sync.running_loop import running_loop
from warehouse_sync.settings import Clock

Key = tuple[str, int]  # the id of a pipeline and the number of a run

MAX_CONCURRENT_POLLS = 64

WaitEvent = asyncio.Future[Run] | partial[None]  # a finished wait, or a call of `on_poll`


@attrs.define(eq=False, repr=False)
class LoopState:
    """The pollers of one event loop.

    Attributes:
        pollers: The poller of each pipeline.
        new: Those of them that are not started.
        durations: The durations of earlier runs of each pipeline.
        semaphore: Limits concurrent polls.
    """

    pollers: dict[str, PipelinePoller] = attrs.field(factory=dict)
    new: dict[str, PipelinePoller] = attrs.field(factory=dict)
    durations: dict[str, DurationHistory] = attrs.field(factory=dict)
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
        self,
        pipeline_id: str,
        run_id: int,
        timeout: float | None,
        on_poll: OnPoll | None = None,
        interval: float | None = None,
    ) -> Run:
        """Wait for one run.

        Raises:
            RunFailedError: The run ended with a status other than success.
            WaitTimeoutError: The run did not end within `timeout` seconds.
        """
        awaited = [(self, (pipeline_id, run_id))]
        async with aclosing(wait_for_all(awaited, timeout, on_poll=on_poll, interval=interval)) as entries:
            waited = await anext(entries)
        return waited.result()

    def add_waiter(self, pipeline_id: str, run_id: int, options: WaitOptions) -> "asyncio.Future[Run]":
        """Add a waiter for a run; `start_pollers` starts to poll.

        Return a future whose result is the run once it has ended.
        """
        state = self._state()
        poller = state.pollers.get(pipeline_id)
        if poller is None or not poller.accepts_runs:
            durations = state.durations.setdefault(pipeline_id, DurationHistory())
            poller = PipelinePoller(pipeline_id, self._reader, self._clock, state.semaphore, durations)
            state.pollers[pipeline_id] = state.new[pipeline_id] = poller
        return poller.add(run_id, options)

    def start_pollers(self) -> None:
        """Start the new pollers, once all their runs are added."""
        state = self._state()
        while state.new:
            pipeline_id, poller = state.new.popitem()
            poller.start().add_done_callback(partial(_remove_poller, state, pipeline_id, poller))

    def _state(self) -> LoopState:
        return self._loop_states.setdefault(running_loop(), LoopState())

    def remove_waiter(self, key: Key, waiter: "asyncio.Future[Run]") -> PolledRun | None:
        """Remove a waiter, and return the run that it waited for if it has not ended."""
        pipeline_id, run_id = key
        poller = self._state().pollers.get(pipeline_id)
        awaited = None if poller is None else poller.remove(run_id, waiter)
        waiter.cancel()  # also keeps asyncio from logging an exception that is never retrieved
        return awaited

    def time_out(self, key: Key, waiter: "asyncio.Future[Run]", timeout: float | None) -> WaitedRun:
        """Remove a waiter, and return the entry of a run that did not end in time."""
        pipeline_id, run_id = key
        awaited = self.remove_waiter(key, waiter) or PolledRun()
        last_read, last_error = awaited.last_read, awaited.last_error
        state = "no poll read it" if last_read is None else f"its last known status is {last_read.status}"
        reason = "" if last_error is None else f"; the last poll failed: {last_error}"
        error = WaitTimeoutError(
            f"run {run_id} of pipeline {pipeline_id!r} did not end within {timeout:g} s: {state}{reason}",
            pipeline_id=pipeline_id,
            run_id=run_id,
            run=last_read,
            handle=str(
                RunHandle(workspace_id=self._reader.workspace_id, pipeline_id=pipeline_id, run_id=run_id)
            ),
        )
        error.__cause__ = last_error
        return WaitedRun(pipeline_id=pipeline_id, run_id=run_id, run=last_read, error=error)


async def wait_for_all(
    awaited: Iterable[tuple[RunWaiter, Key]],
    timeout: float | None,
    *,
    on_progress: OnProgress | None = None,
    on_poll: OnPoll | None = None,
    interval: float | None = None,
) -> AsyncGenerator[WaitedRun, None]:
    """Yield an entry per run as the runs end. Closing the generator stops all polls.

    Args:
        awaited: The keys of the runs, each with the waiter of its workspace.
        timeout: The maximum time to wait, in seconds; `None` for no limit.
        on_progress: Called after each entry.
        on_poll: Called with a run after each of its polls.
        interval: Seconds between polls; by default they adapt to the runs.
    """
    events: asyncio.Queue[WaitEvent] = asyncio.Queue()
    # `on_poll` is called here, not by the poller that other callers share, so that its errors reach its caller only.
    enqueue = None if on_poll is None else lambda run: events.put_nowait(partial(on_poll, run))
    options = WaitOptions(enqueue, interval)
    pending = {source.add_waiter(*key, options): (source, key) for source, key in awaited}
    for source in {source for source, _ in pending.values()}:
        source.start_pollers()
    for waiter in pending:
        waiter.add_done_callback(events.put_nowait)
    progress = _ProgressCounter(len(pending), on_progress)
    deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
    try:
        while pending and (event := await _next_before(events, deadline)) is not None:
            if isinstance(event, asyncio.Future):
                _, key = pending.pop(event)
                yield progress.count(_to_waited_run(key, event))
            else:
                event()
        for waiter, (source, key) in list(pending.items()):
            del pending[waiter]
            ended_meanwhile = waiter.done()  # while the caller handled another entry
            entry = _to_waited_run(key, waiter) if ended_meanwhile else source.time_out(key, waiter, timeout)
            yield progress.count(entry)
    finally:
        for waiter, (source, key) in pending.items():
            source.remove_waiter(key, waiter)


def _remove_poller(
    state: LoopState, pipeline_id: str, poller: PipelinePoller, _: "asyncio.Task[None]"
) -> None:
    if state.pollers.get(pipeline_id) is poller:
        del state.pollers[pipeline_id]


@attrs.define(eq=False, repr=False)
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


async def _next_before(queue: "asyncio.Queue[WaitEvent]", deadline: float | None) -> "WaitEvent | None":
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
