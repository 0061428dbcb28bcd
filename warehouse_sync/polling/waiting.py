"""Waiting for runs: however many wait, each pipeline is asked about once at a time.

A pipeline with one awaited run is asked for that run, one with several for a page of its runs, which answers most waits
at once; runs the page does not hold are asked for by themselves, each once at first, so that one that ended long ago is
found at once, and then one at a time in turn.
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
from warehouse_sync.polling.intervals import SHORTEST, Habit, next_interval
from warehouse_sync.settings import Clock

Key = tuple[str, int]  # a pipeline's id and a run's number
OnProgress = Callable[[Progress], None]
OnLook = Callable[[Run], None]

MOST_AT_ONCE = 64  # polls under way

_FINAL = (
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
    return isinstance(error, _FINAL) or (isinstance(error, TokenError) and not _is_token_outage(error))


def _is_token_outage(error: WarehouseSyncError) -> bool:
    """Tell whether the token endpoint could not answer, as opposed to refused."""
    status = error.status if isinstance(error, TokenError) else None
    return status is not None and (status in _BUSY or status >= _BROKEN)


class RunSource(Protocol):
    """What a waiter asks."""

    workspace_id: int

    async def run(self, pipeline_id: str, run_id: int) -> Run:
        """Read one run."""
        ...

    async def page(self, pipeline_id: str) -> Page:
        """Read the first page of a pipeline's runs."""
        ...

    def may_be_late(self, pipeline_id: str, run_id: int) -> bool:
        """Tell whether a 404 for this run means "not yet"."""
        ...


@attrs.define(eq=False)
class Watched:
    """One awaited run.

    Attributes:
        waiters: Who waits, and what is told of each look; it must not fail.
        seen: The run as last read.
        asked: Whether it was asked for by itself.
    """

    waiters: dict["asyncio.Future[Run]", OnLook | None] = attrs.field(factory=dict)
    seen: Run | None = None
    asked: bool = False


class PipelinePoll:
    """Asks for the awaited runs of one pipeline until all have ended, in a task of its own."""

    def __init__(
        self, pipeline_id: str, source: RunSource, clock: Clock, places: asyncio.Semaphore, habit: Habit
    ) -> None:
        self.watched: dict[int, Watched] = {}
        self._pipeline_id = pipeline_id
        self._source = source
        self._clock = clock
        self._places = places
        self._habit = habit
        self._news = asyncio.Event()
        self._abandoned = False
        self.task: asyncio.Task[None] = asyncio.create_task(
            self._poll(), name=f"warehouse-sync wait {pipeline_id}"
        )

    @property
    def takes_more(self) -> bool:
        """Whether another run may be added."""
        return not self._abandoned and not self.task.done()

    def add(self, run_id: int, tell: OnLook | None) -> "asyncio.Future[Run]":
        """Wait for a run: return a future of it once it has ended."""
        waiter: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
        if run_id not in self.watched:
            self.watched[run_id] = Watched()
            self._news.set()
        self.watched[run_id].waiters[waiter] = tell
        return waiter

    def remove(self, run_id: int, waiter: "asyncio.Future[Run]") -> Run | None:
        """Stop waiting. Return the run as last read; end the task when nobody waits any more."""
        watched = self.watched.get(run_id)
        if watched is None:
            return None
        watched.waiters.pop(waiter, None)
        if not watched.waiters:
            del self.watched[run_id]
        if not self.watched:
            self._abandoned = True
            self.task.cancel()
        return watched.seen

    async def _poll(self) -> None:
        began, polls = self._clock.monotonic(), 0
        try:
            while self.watched:
                self._news.clear()
                async with self._places:
                    await self._look()
                polls += 1
                if self.watched and await self._pause(began, polls):
                    await self._clock.sleep(SHORTEST)  # runs that are added one by one share a look
                    began, polls = self._clock.monotonic(), 0
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            self._fail(error, *self.watched)

    async def _pause(self, began: float, polls: int) -> bool:
        """Wait until the next look is due. Return early, and whether so, when another run is to be looked for."""
        waited = self._clock.monotonic() - began
        interval = next_interval(
            polls=polls, waited=waited, usual=self._habit.seconds, chance=self._clock.random()
        )
        parts = [asyncio.ensure_future(self._clock.sleep(interval)), asyncio.ensure_future(self._news.wait())]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
        return self._news.is_set()

    async def _look(self) -> None:
        """Ask once. Runs that a page does not hold are asked for by themselves: each once at first, then one in turn."""
        off_page = list(self.watched)
        if len(off_page) > 1:
            off_page = await self._look_at_page()
        new = [run_id for run_id in off_page if not self.watched[run_id].asked]
        for run_id in new or off_page[:1]:
            await self._look_at_run(run_id)

    async def _look_at_page(self) -> list[int]:
        """Read a page. Return the runs that are not on it, in the order in which they were last asked for."""
        try:
            page = await self._source.page(self._pipeline_id)
        except NotFoundError as error:
            self._missed(error, *self.watched)
            return []
        except WarehouseSyncError as error:
            if _is_final(error):
                self._fail(error, *self.watched)
            return [] if isinstance(error, _OUTAGE) or _is_token_outage(error) else list(self.watched)
        for run in page.items:
            self._saw(run)
        on_page = {run.id for run in page.items}
        return [run_id for run_id in self.watched if run_id not in on_page]

    async def _look_at_run(self, run_id: int) -> None:
        watched = self.watched.pop(run_id, None)
        if watched is None:
            return  # nobody waits for it any more
        self.watched[run_id] = watched  # at the end of the queue
        watched.asked = True
        try:
            self._saw(await self._source.run(self._pipeline_id, run_id))
        except NotFoundError as error:
            self._missed(error, run_id)
        except WarehouseSyncError as error:
            if _is_final(error):
                self._fail(error, run_id)

    def _saw(self, run: Run) -> None:
        watched = self.watched.get(run.id)
        if watched is None:
            return
        watched.seen = run
        for tell in filter(None, watched.waiters.values()):
            tell(run)
        if run.status.is_terminal:
            self._habit.learn(run)
            del self.watched[run.id]
            for waiter in watched.waiters:
                waiter.set_result(run)

    def _missed(self, error: NotFoundError, *run_ids: int) -> None:
        late = self._source.may_be_late
        self._fail(error, *(run_id for run_id in run_ids if not late(self._pipeline_id, run_id)))

    def _fail(self, error: Exception, *run_ids: int) -> None:
        for run_id in run_ids:
            for waiter in self.watched.pop(run_id, Watched()).waiters:
                waiter.set_exception(error)


Event = asyncio.Future[Run] | partial[None]  # a wait that has ended, or a look to tell of


@attrs.define(eq=False)
class Board:
    """The polls under way on one event loop, and what they learn of their pipelines."""

    polls: dict[str, PipelinePoll] = attrs.field(factory=dict)
    habits: dict[str, Habit] = attrs.field(factory=dict)
    places: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))


class RunWaiter:
    """Waits for the runs of one workspace."""

    def __init__(self, source: RunSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._boards: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Board] = (
            weakref.WeakKeyDictionary()
        )

    async def wait(
        self, pipeline_id: str, run_id: int, timeout: float | None, on_look: OnLook | None = None
    ) -> Run:
        """Wait for one run.

        Raises:
            RunFailedError: It ended as anything but a success.
            WaitTimeoutError: It did not end in time.
        """
        async with aclosing(self.wait_many([(pipeline_id, run_id)], timeout, None, on_look)) as entries:
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
        on_look: OnLook | None = None,
    ) -> AsyncGenerator[WaitedRun, None]:
        """Yield an entry per key as the runs end; leave nothing running when closed."""
        events: asyncio.Queue[Event] = asyncio.Queue()
        # Told here and not by the poll, which others share: what goes wrong in it is the caller's.
        tell = None if on_look is None else lambda run: events.put_nowait(partial(on_look, run))
        waiting = [(key, self._watch(*key, tell)) for key in keys]
        pending = {waiter: key for key, waiter in waiting}
        for waiter in pending:
            waiter.add_done_callback(events.put_nowait)
        progress = _Progress(len(pending), on_progress)
        until = None if timeout is None else asyncio.get_running_loop().time() + timeout
        try:
            while pending and (event := await _next_before(events, until)) is not None:
                if isinstance(event, asyncio.Future):
                    yield progress.count(_waited(pending.pop(event), event))
                else:
                    event()
            for waiter, key in list(pending.items()):
                del pending[waiter]
                ended_meanwhile = waiter.done()  # while the others were being told
                entry = _waited(key, waiter) if ended_meanwhile else self._gave_up(key, waiter, timeout)
                yield progress.count(entry)
        finally:
            for waiter, key in pending.items():
                self._forget(key, waiter)

    def _watch(self, pipeline_id: str, run_id: int, tell: OnLook | None) -> "asyncio.Future[Run]":
        board = self._boards.setdefault(asyncio.get_running_loop(), Board())
        poll = board.polls.get(pipeline_id)
        if poll is None or not poll.takes_more:
            habit = board.habits.setdefault(pipeline_id, Habit())
            poll = board.polls[pipeline_id] = PipelinePoll(
                pipeline_id, self._source, self._clock, board.places, habit
            )
            poll.task.add_done_callback(partial(_remove, board, pipeline_id))
        return poll.add(run_id, tell)

    def _forget(self, key: Key, waiter: "asyncio.Future[Run]") -> Run | None:
        pipeline_id, run_id = key
        poll = self._boards[asyncio.get_running_loop()].polls.get(pipeline_id)
        seen = None if poll is None else poll.remove(run_id, waiter)
        waiter.cancel()  # also tells asyncio that an error it holds is not forgotten, but not wanted
        return seen

    def _gave_up(self, key: Key, waiter: "asyncio.Future[Run]", timeout: float | None) -> WaitedRun:
        pipeline_id, run_id = key
        seen = self._forget(key, waiter)
        state = "it was not read in time" if seen is None else f"it was last {seen.status}, and goes on"
        handle = str(
            RunHandle(workspace_id=self._source.workspace_id, pipeline_id=pipeline_id, run_id=run_id)
        )
        error = WaitTimeoutError(
            f"run {run_id} of pipeline {pipeline_id!r} did not end within {timeout:g} s: {state}",
            pipeline_id=pipeline_id,
            run_id=run_id,
            run=seen,
            handle=handle,
        )
        return WaitedRun(pipeline_id=pipeline_id, run_id=run_id, run=seen, error=error)


def _remove(board: Board, pipeline_id: str, ended: "asyncio.Task[None]") -> None:
    poll = board.polls.get(pipeline_id)
    if poll is not None and poll.task is ended:
        del board.polls[pipeline_id]


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


async def _next_before(queue: "asyncio.Queue[Event]", until: float | None) -> "Event | None":
    """Take the next from a queue, or return `None` when time is up."""
    try:
        async with asyncio.timeout_at(until):
            return await queue.get()
    except TimeoutError:
        return None


def _waited(key: Key, waiter: "asyncio.Future[Run]") -> WaitedRun:
    pipeline_id, run_id = key
    error = waiter.exception()
    if error is not None:
        if not isinstance(error, WarehouseSyncError):
            raise error
        return WaitedRun(pipeline_id=pipeline_id, run_id=run_id, error=error)
    run = waiter.result()
    failure = None if run.status == RunStatus.SUCCESS else RunFailedError(run)
    return WaitedRun(pipeline_id=pipeline_id, run_id=run_id, run=run, error=failure)
