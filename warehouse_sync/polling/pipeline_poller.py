"""Poll the awaited runs of one pipeline.

A poller with one awaited run requests that run. Once per pipeline, the second request is for a page of runs instead: it
also has the durations of earlier runs, by which later polls are timed. A poller with several runs requests a page, which
usually contains them all. Runs that are not on the page are requested individually: each once at first, so that a run
that ended long ago is found immediately, and then one per poll in rotation.
"""

import asyncio
import copy
from collections.abc import Callable
from typing import Protocol

import attrs

from warehouse_sync.errors import (
    APIError,
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    TokenError,
    TransportError,
    UnauthorizedError,
    ValidationError,
    WarehouseLoginError,
    WarehouseSyncError,
)
from warehouse_sync.models import Page, Run
from warehouse_sync.polling.intervals import MIN_INTERVAL, DurationHistory, next_interval
from warehouse_sync.settings import Clock

OnPoll = Callable[[Run], None]

_NOT_RETRIED = (
    ConfigurationError,
    ForbiddenError,
    UnauthorizedError,
    ValidationError,
    WarehouseLoginError,
)


def _is_final(error: WarehouseSyncError) -> bool:
    """Return whether another poll would fail in the same way."""
    if isinstance(error, TokenError):
        return not error.is_transient
    return isinstance(error, _NOT_RETRIED)


def _is_outage(error: WarehouseSyncError) -> bool:
    """Return whether the API or the token endpoint is unavailable."""
    if isinstance(error, APIError | TokenError):
        return error.is_transient
    return isinstance(error, TransportError)


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

    def report_poll(self, pipeline_id: str, run: Run) -> None:
        """Report a run that was read to the listeners of the client."""
        ...


@attrs.frozen(eq=False, repr=False)
class WaitOptions:
    """The options of one waiter.

    Attributes:
        on_poll: Called with the run after each poll. It must not raise.
        interval: Seconds between polls, or `None` for intervals that adapt to the run.
    """

    on_poll: OnPoll | None = None
    interval: float | None = None


@attrs.define(eq=False, repr=False)
class PolledRun:
    """One run that has waiters.

    Attributes:
        waiters: The future of each waiter, with its options.
        last_read: The run as last read.
        last_error: The error of the last poll, or `None` if it succeeded.
        requested: Whether the run was requested individually.
    """

    waiters: dict["asyncio.Future[Run]", WaitOptions] = attrs.field(factory=dict)
    last_read: Run | None = None
    last_error: WarehouseSyncError | None = None
    requested: bool = False

    @property
    def adapts(self) -> bool:
        """Whether a waiter has no interval of its own."""
        return any(options.interval is None for options in self.waiters.values())


class PipelinePoller:
    """Polls the awaited runs of one pipeline in its own task, until all have ended."""

    def __init__(
        self,
        pipeline_id: str,
        reader: RunReader,
        clock: Clock,
        semaphore: asyncio.Semaphore,
        durations: DurationHistory,
    ) -> None:
        self.awaited: dict[int, PolledRun] = {}
        self._pipeline_id = pipeline_id
        self._reader = reader
        self._clock = clock
        self._semaphore = semaphore
        self._durations = durations
        self._run_added = asyncio.Event()
        self._ended = False
        self._task: asyncio.Task[None]

    @property
    def accepts_runs(self) -> bool:
        """Whether runs can still be added."""
        return not self._ended

    def start(self) -> "asyncio.Task[None]":
        """Start to poll, and return the task.

        An eager task polls at once, so add the runs first.
        """
        self._task = asyncio.create_task(self._poll_until_ended())
        return self._task

    def add(self, run_id: int, options: WaitOptions) -> "asyncio.Future[Run]":
        """Add a waiter for a run.

        Return a future whose result is the run once it has ended.
        """
        waiter: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        if run_id not in self.awaited:
            self.awaited[run_id] = PolledRun()
            self._run_added.set()
        elif options.interval is not None:
            self._run_added.set()  # it may be shorter than the current one
        self.awaited[run_id].waiters[waiter] = options
        return waiter

    def remove(self, run_id: int, waiter: "asyncio.Future[Run]") -> PolledRun | None:
        """Remove a waiter, and cancel the task if it was the last one.

        Return the run.
        """
        awaited = self.awaited.get(run_id)
        if awaited is None:
            return None
        awaited.waiters.pop(waiter, None)
        if not awaited.waiters:
            del self.awaited[run_id]
        if not self.awaited:
            self._ended = True
            self._task.cancel()
        return awaited

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
        finally:
            self._ended = True

    async def _wait_for_next_poll(self, started: float, polls: int) -> bool:
        """Wait until the next poll is due or a run is added. Return whether a run was added."""
        waited = self._clock.monotonic() - started
        adaptive = next_interval(
            polls=polls,
            waited=waited,
            expected=self._durations.expected(),
            random=self._clock.random(),
        )
        wanted = [options.interval for run in self.awaited.values() for options in run.waiters.values()]
        interval = min(adaptive if each is None else each for each in wanted)
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
        if len(missing) > 1 or self._should_read_durations():
            missing = await self._poll_page()
        new = [run_id for run_id in missing if not self.awaited[run_id].requested]
        for run_id in new or missing[:1]:
            await self._poll_run(run_id)

    def _should_read_durations(self) -> bool:
        """Return whether to request a page instead of the only run: once, after the run was read."""
        if self._durations.requested:
            return False
        return all(run.last_read and run.adapts for run in self.awaited.values())

    async def _poll_page(self) -> list[int]:
        """Read a page. Return the runs to request individually, the least recently requested first."""
        first, self._durations.requested = not self._durations.requested, True
        try:
            page = await self._reader.page(self._pipeline_id)
        except WarehouseSyncError as error:
            return self._handle_page_error(error)
        if first:
            self._durations.add(run for run in page.items if run.id not in self.awaited)
        for run in page.items:
            self._handle_run(run)
        on_page = {run.id for run in page.items}
        return [run_id for run_id in self.awaited if run_id not in on_page]

    def _handle_page_error(self, error: WarehouseSyncError) -> list[int]:
        """Handle the error of a page. Return the runs to request individually."""
        if len(self.awaited) == 1:
            return list(self.awaited)  # the page was requested for its durations only
        if isinstance(error, NotFoundError):
            self._handle_not_found(error, *self.awaited)
            return []
        self._handle_error(error, *self.awaited)
        return [] if _is_outage(error) else list(self.awaited)

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
            self._handle_error(error, run_id)

    def _handle_run(self, run: Run) -> None:
        awaited = self.awaited.get(run.id)
        if awaited is None:
            return
        awaited.last_read, awaited.last_error = run, None
        self._reader.report_poll(self._pipeline_id, run)
        for options in awaited.waiters.values():
            if options.on_poll is not None:
                options.on_poll(run)
        if run.status.is_terminal:
            self._durations.add([run])
            del self.awaited[run.id]
            for waiter in awaited.waiters:
                waiter.set_result(run)

    def _handle_not_found(self, error: NotFoundError, *run_ids: int) -> None:
        may_appear = self._reader.may_appear_later
        self._record(error, *run_ids)
        self._fail(error, *(run_id for run_id in run_ids if not may_appear(self._pipeline_id, run_id)))

    def _handle_error(self, error: WarehouseSyncError, *run_ids: int) -> None:
        if _is_final(error):
            self._fail(error, *run_ids)
        else:
            self._record(error, *run_ids)

    def _record(self, error: WarehouseSyncError, *run_ids: int) -> None:
        """Keep an error for the message of a timeout, without its traceback, which holds requests."""
        for run_id in run_ids:
            if run_id in self.awaited:
                self.awaited[run_id].last_error = copy.copy(error)

    def _fail(self, error: Exception, *run_ids: int) -> None:
        for run_id in run_ids:
            for waiter in self.awaited.pop(run_id, PolledRun()).waiters:
                waiter.set_exception(error)
