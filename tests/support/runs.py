"""A server of runs that end at given times."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from datetime import UTC, datetime, timedelta

import attrs

from tests.support.virtual import now, virtual_clock
from warehouse_sync.errors import NotFoundError
from warehouse_sync.models import Page, Progress, Run, RunStatus, WaitedRun
from warehouse_sync.polling.run_waiter import Key, RunWaiter, wait_for_all

NEVER = float("inf")


@attrs.frozen
class Fate:
    """The course of a run.

    Attributes:
        ends: The time of its end.
        how: Its final status.
        until_then: Its status before the end.
        exists: The time from which on it exists.
        on_page: Whether it is on the first page of the pipeline's runs.
        took: Its duration, if it did not start at 0.
    """

    ends: float = 1.0
    how: str = "success"
    until_then: str = "running"
    exists: float = 0.0
    on_page: bool = True
    took: float | None = None


@attrs.define(eq=False)
class Server:
    """Responds with runs.

    Attributes:
        fates: The course of each run.
        late: The pipelines for whose runs a 404 is temporary.
        failing: Start, end and error of failures, of `page`, `run` or both.
        latency: Seconds until the response.
        asked: The time, pipeline and run id of each request; `None` for a page.
        most: The maximum number of concurrent requests.
    """

    fates: dict[Key, Fate]
    late: set[str] = attrs.field(factory=set)
    failing: list[tuple[float, float, str, Exception]] = attrs.field(factory=list)
    latency: float = 0.05
    asked: list[tuple[float, str, int | None]] = attrs.field(factory=list)
    most: int = 0
    workspace_id: int = 7
    _live: int = 0
    _by_pipeline: dict[str, dict[int, Fate]] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        for (pipeline_id, run_id), fate in self.fates.items():
            self._by_pipeline.setdefault(pipeline_id, {})[run_id] = fate

    async def run(self, pipeline_id: str, run_id: int) -> Run:
        """Read one run."""
        await self._answer(pipeline_id, run_id, "run")
        fate = self.fates.get((pipeline_id, run_id))
        if fate is None or now() < fate.exists:
            raise NotFoundError(status=404, path=f"/{pipeline_id}/runs/{run_id}")
        return self._seen(pipeline_id, run_id, fate)

    async def page(self, pipeline_id: str) -> Page:
        """Read the first page of a pipeline's runs."""
        await self._answer(pipeline_id, None, "page")
        if pipeline_id not in self._by_pipeline:
            raise NotFoundError(status=404, path=f"/{pipeline_id}/runs")
        fates = self._by_pipeline[pipeline_id].items()
        runs = [self._seen(pipeline_id, run_id, fate) for run_id, fate in fates if fate.on_page]
        return Page(items=tuple(runs), has_next_page=False)

    def report_poll(self, pipeline_id: str, run: Run) -> None:
        """Ignore a run that was read."""

    def may_appear_later(self, pipeline_id: str, run_id: int) -> bool:
        """Return whether a 404 for this run is temporary."""
        return pipeline_id in self.late

    async def _answer(self, pipeline_id: str, run_id: int | None, kind: str) -> None:
        self.asked.append((now(), pipeline_id, run_id))
        self._live += 1
        self.most = max(self.most, self._live)
        try:
            await asyncio.sleep(self.latency)
        finally:
            self._live -= 1
        for begins, ends, kinds, error in self.failing:
            if begins <= now() < ends and kind in kinds:
                raise error

    def _seen(self, pipeline_id: str, run_id: int, fate: Fate) -> Run:
        ended = now() >= fate.ends
        began = datetime(2026, 1, 1, tzinfo=UTC)
        return Run(
            id=run_id,
            pipeline_id=pipeline_id,
            status=RunStatus(fate.how if ended else fate.until_then),
            started_on=began,
            ended_on=began + timedelta(seconds=fate.ends if fate.took is None else fate.took)
            if ended
            else None,
        )


def waiter(server: Server) -> RunWaiter:
    """Return a waiter."""
    return RunWaiter(server, virtual_clock())


def wait_for_keys(
    waiter: RunWaiter,
    keys: Iterable[Key],
    timeout: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> AsyncGenerator[WaitedRun, None]:
    """Wait for runs of one workspace."""
    return wait_for_all([(waiter, key) for key in keys], timeout, on_progress=on_progress)


async def waited(
    server: Server, keys: Iterable[Key], timeout: float | None = None
) -> dict[Key, tuple[float, WaitedRun]]:
    """Return when each wait ended, and how."""
    entries = wait_for_keys(waiter(server), keys, timeout)
    return {(entry.pipeline_id, entry.run_id): (now(), entry) async for entry in entries}
