"""A Prometheus exporter for the pipelines of workspaces.

It reads the reports in rounds; a scrape sends no request. Needs the extra `prometheus`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from warehouse_sync import (
    Clock,
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    PipelineReport,
    Run,
    RunStatus,
    TokenError,
    UnauthorizedError,
    WarehouseSyncError,
)
from warehouse_sync.observability.pipeline_metrics import PipelineSnapshot, pipeline_metrics

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient

CONCURRENCY = 8  # requests at once
_LATE_ROUNDS = 3  # intervals without the end of a round, after which the exporter is unhealthy
_LONGEST_ROUND = 300.0  # seconds that a round may take, however short the interval
# Errors of the first round that waiting does not correct.
_PERMANENT = (TokenError, UnauthorizedError, ForbiddenError, NotFoundError)

OnError = Callable[[int, WarehouseSyncError], None]


@attrs.frozen(kw_only=True)
class WorkspaceSnapshot:
    """The latest state of a workspace.

    Attributes:
        read_on: When its pipelines were listed, on the monotonic clock; before that, the start of the exporter.
        pipelines: The pipelines by id.
    """

    read_on: float
    pipelines: Mapping[str, PipelineSnapshot] = attrs.field(factory=dict)


def new_registry() -> CollectorRegistry:
    """Return an empty registry."""
    return CollectorRegistry()


class Exporter(Collector):
    """Reads the pipelines of workspaces, and collects their metrics.

    Pipelines that are deleted lose their metrics. If a report cannot be read, the last one stays, and its age grows.

    Args:
        clients: A client for each workspace.
        every: The interval between the starts of two rounds, in seconds or as a `timedelta`.
        on_error: Called with the number of a workspace and the error, when its pipelines cannot be read.
        clock: The time.
    """

    def __init__(
        self,
        clients: "list[AsyncClient]",
        *,
        every: float | timedelta,
        on_error: OnError = lambda _workspace_id, _error: None,
        clock: Clock | None = None,
    ) -> None:
        self._clients = clients
        self._every = every.total_seconds() if isinstance(every, timedelta) else float(every)
        self._on_error = on_error
        self._clock = clock or Clock()
        now = self._clock.monotonic()
        self._workspaces = {client.workspace_id: WorkspaceSnapshot(read_on=now) for client in clients}
        self._last_round: float | None = None

    async def run(self) -> None:
        """Read the pipelines in rounds, until cancelled.

        Raises:
            WarehouseSyncError: The first round was refused, for example because the credential is wrong; or the client is closed.
        """
        while True:
            started = self._clock.monotonic()
            await self.read()
            await self._clock.sleep(max(0.0, self._every - (self._clock.monotonic() - started)))

    async def read(self) -> None:
        """Read the pipelines of each workspace once.

        Raises:
            WarehouseSyncError: See `run`.
        """
        for client in self._clients:
            try:
                await self._read_workspace(client)
            except ConfigurationError:
                raise
            except WarehouseSyncError as error:
                if self._last_round is None and isinstance(error, _PERMANENT):
                    raise
                self._on_error(client.workspace_id, error)
        self._last_round = self._clock.monotonic()

    async def _read_workspace(self, client: "AsyncClient") -> None:
        known = self._workspaces[client.workspace_id].pipelines
        listed = await client.pipelines.list()
        now = self._clock.monotonic()
        states = {
            pipeline.id: attrs.evolve(known[pipeline.id], pipeline=pipeline)
            if pipeline.id in known
            else PipelineSnapshot(pipeline=pipeline, read_on=now)
            for pipeline in listed
        }
        async with aclosing(client.pipelines.reports(listed, concurrency=CONCURRENCY)) as polls:
            async for polled in polls:
                if polled.error is not None:
                    self._report(client, polled.error)
                    continue
                report, state = polled.result(), states[polled.pipeline_id]
                last_success = await self._last_success(client, state, report)
                now = self._clock.monotonic()
                states[polled.pipeline_id] = state.with_report(report, last_success, now)
        workspace = WorkspaceSnapshot(read_on=self._clock.monotonic(), pipelines=states)
        # A new dictionary, because another thread may iterate over the old one.
        self._workspaces = {**self._workspaces, client.workspace_id: workspace}

    async def _last_success(
        self, client: "AsyncClient", state: PipelineSnapshot, report: PipelineReport
    ) -> Run | None:
        """Return the last successful run, which is read once if it is not the latest run."""
        latest, run_id = report.latest_pipeline_run, report.latest_successful_pipeline_run_id
        if latest is not None and latest.status == RunStatus.SUCCESS:
            return latest
        if run_id is None or (state.last_success is not None and state.last_success.id == run_id):
            return state.last_success
        try:
            return await client.runs.get(report.pipeline_id, run_id)
        except WarehouseSyncError as error:
            self._report(client, error)
            return state.last_success  # the next round retries

    def _report(self, client: "AsyncClient", error: WarehouseSyncError) -> None:
        """Report the error of one pipeline, unless it concerns all requests."""
        if isinstance(error, ConfigurationError):
            raise error
        self._on_error(client.workspace_id, error)

    def is_healthy(self) -> bool:
        """Return whether rounds end in time, also if the API cannot be read."""
        last = self._last_round
        longest = max(_LONGEST_ROUND, _LATE_ROUNDS * self._every)
        return last is not None and self._clock.monotonic() - last <= longest

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics. May be called in any thread."""
        workspaces = self._workspaces
        states = (
            (workspace_id, state)
            for workspace_id, workspace in workspaces.items()
            for state in workspace.pipelines.values()
        )
        yield from pipeline_metrics(states, self._clock)
        interval = GaugeMetricFamily(
            "warehouse_sync_exporter_interval_seconds",
            "Seconds between two rounds of the exporter.",
            labels=("workspace_id",),
        )
        age = GaugeMetricFamily(
            "warehouse_sync_workspace_seconds_since_read",
            "Seconds since the pipelines of a workspace were listed, or since the start of the exporter.",
            labels=("workspace_id",),
        )
        now = self._clock.monotonic()
        for workspace_id, workspace in workspaces.items():
            interval.add_metric((str(workspace_id),), self._every)
            age.add_metric((str(workspace_id),), max(0.0, now - workspace.read_on))
        yield from (interval, age)
