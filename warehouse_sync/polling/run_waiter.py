"""Wait for runs with one poller per pipeline, shared by all waiters."""

import asyncio
import copy
import weakref
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from functools import partial

import attrs

from warehouse_sync.errors import RunFailedError, WaitTimeoutError, WarehouseSyncError
from warehouse_sync.models import Progress, Run, RunHandle, RunStatus, WaitedRun
from warehouse_sync.polling.intervals import DurationEstimate
from warehouse_sync.polling.pipeline_poller import OnPoll, PipelinePoller, RunReader
from warehouse_sync.settings import Clock

Key = tuple[str, int]  # the id of a pipeline and the number of a run
OnProgress = Callable[[Progress], None]

MAX_CONCURRENT_POLLS = 64

Event = asyncio.Future[Run] | partial[None]  # a finished wait, or a call of `on_poll`


@attrs.define(eq=False)
class LoopState:
    """The pollers of one event loop.

    Attributes:
        pollers: The poller of each pipeline.
        new: Those of them that are not started.
        durations: The duration estimate of each pipeline.
        semaphore: Limits concurrent polls.
    """

    pollers: dict[str, PipelinePoller] = attrs.field(factory=dict)
    new: dict[str, PipelinePoller] = attrs.field(factory=dict)
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
        self._start_pollers()
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
        state = self._state()
        poller = state.pollers.get(pipeline_id)
        if poller is None or not poller.accepts_runs:
            duration = state.durations.setdefault(pipeline_id, DurationEstimate())
            poller = PipelinePoller(pipeline_id, self._reader, self._clock, state.semaphore, duration)
            state.pollers[pipeline_id] = state.new[pipeline_id] = poller
        return poller.add(run_id, on_poll)

    def _start_pollers(self) -> None:
        """Start the new pollers, once all their runs are added."""
        state = self._state()
        while state.new:
            pipeline_id, poller = state.new.popitem()
            poller.start().add_done_callback(partial(_remove_poller, state, pipeline_id, poller))

    def _state(self) -> LoopState:
        return self._loop_states.setdefault(asyncio.get_running_loop(), LoopState())

    def _remove_waiter(self, key: Key, waiter: "asyncio.Future[Run]") -> Run | None:
        pipeline_id, run_id = key
        poller = self._state().pollers.get(pipeline_id)
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


def _remove_poller(
    state: LoopState, pipeline_id: str, poller: PipelinePoller, _: "asyncio.Task[None]"
) -> None:
    if state.pollers.get(pipeline_id) is poller:
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
