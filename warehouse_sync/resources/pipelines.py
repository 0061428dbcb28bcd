"""The pipelines of a workspace."""

import builtins
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import attrs

from warehouse_sync.errors import DecodeError, WarehouseSyncError
from warehouse_sync.fork_lock import FORK_LOCK
from warehouse_sync.models import (
    Pipeline,
    PipelineReport,
    PipelineSpec,
    PipelineState,
    PolledReport,
    Progress,
    Run,
    TriggeredEntry,
    TriggeredRun,
)
from warehouse_sync.models.references import PipelineRef, to_pipeline_id
from warehouse_sync.polling.bulk_requests import BulkRequests, EntryT, Ids, validate_bulk
from warehouse_sync.polling.intervals import validate_wait
from warehouse_sync.polling.stream import Stream
from warehouse_sync.resources.endpoint import ResourceEndpoint
from warehouse_sync.resources.paths import PIPELINES, REPORT
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.wire import fast

if TYPE_CHECKING:
    from warehouse_sync.resources.runs import Runs

DEFAULT_CONCURRENCY = 64
DEFAULT_TRIGGER_CONCURRENCY = 16  # each trigger starts a run in the warehouse

T = TypeVar("T")


class Pipelines:
    """The pipelines of a workspace, their triggers and their reports."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._runs: Runs | None = None  # created for the first wait
        self._endpoint = ResourceEndpoint(
            workspace=workspace,
            template=PIPELINES,
            noun="pipeline",
            model=Pipeline,
            spec=PipelineSpec,
        )

    async def list(self) -> builtins.list[Pipeline]:
        """List the pipelines of the workspace.

        Returns:
            The pipelines, in the API's order.

        Raises:
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `GET /inputs/data-pipelines`, "Get all pipelines".
        """
        return await self._endpoint.list_all()

    async def get(self, pipeline_id: PipelineRef) -> Pipeline:
        """Get one pipeline.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it.

        Returns:
            The pipeline.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The pipeline does not exist.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `GET /inputs/data-pipelines/{pipelineId}`, "Get a pipeline".
        """
        return await self._endpoint.get(to_pipeline_id(pipeline_id))

    async def create(self, spec: PipelineSpec) -> Pipeline:
        """Create a pipeline. A pipeline with a `once` schedule starts a run immediately.

        The request is not repeated once it may have reached the API. If the response is lost, the client reads the id
        until the pipeline appears, and returns it if all its fields are the same.

        Args:
            spec: The fields of the pipeline.

        Returns:
            The created pipeline. Its report is not available (404) for about a minute.

        Raises:
            ValidationError: Fields of the spec are invalid. The error lists all of them; nothing was sent.
            ConflictError: A pipeline with this id exists already.
            OutcomeUnknownError: The response was lost, and the pipeline was not found.
            APIError: The API returned another error, for example because the connection does not exist.
            TransportError: The request could not be sent, also after retries; nothing was created.

        Source: `POST /inputs/data-pipelines`, "Create a pipeline".
        """
        return await self._endpoint.create(spec)

    async def update(self, spec: PipelineSpec) -> Pipeline:
        """Replace all fields of a pipeline, and clear its fault.

        It then runs at its next interval.

        Args:
            spec: The fields of the pipeline.

        Returns:
            The updated pipeline.

        Raises:
            ValidationError: Fields of the spec are invalid. The error lists all of them; nothing was sent.
            NotFoundError: The pipeline does not exist.
            OutcomeUnknownError: The API accepted the request, but its response cannot be decoded.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `PUT /inputs/data-pipelines/{pipelineId}`, "Update a pipeline".
        """
        return await self._endpoint.update(spec)

    async def delete(self, pipeline_id: PipelineRef) -> None:
        """Delete a pipeline.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The pipeline does not exist. After an attempt with a lost response this counts as success instead.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `DELETE /inputs/data-pipelines/{pipelineId}`, "Delete a pipeline".
        """
        await self._endpoint.delete(to_pipeline_id(pipeline_id))

    async def trigger(self, pipeline_id: PipelineRef, *, baseline: bool = False) -> TriggeredRun:
        """Start a run now.

        An on-demand pipeline loads the data from its last successful run until now.

        The request is not repeated once it may have reached the API. If the response is lost, the client searches the
        runs of the pipeline for a new manual run. If there is exactly one, it is returned with `inferred=True`. A run that
        another process triggered in the same seconds cannot be distinguished.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it.
            baseline: Whether to read the runs of the last day before the trigger, at the cost of a request, so that none of
                them is mistaken for the new run if the response is lost.

        Returns:
            The created run; wait for it with `runs.wait`.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            PipelineBusyError: A run of the pipeline is in progress.
            NotFoundError: The pipeline does not exist.
            OutcomeUnknownError: The response was lost, and not exactly one new manual run was found; see its `candidates`.
            APIError: The API returned another error.
            TransportError: The request could not be sent, also after retries; nothing was triggered.

        Source: `POST /inputs/data-pipelines/trigger`, "Trigger an on-demand pipeline".
        """
        with FORK_LOCK:
            from warehouse_sync.resources.trigger import trigger  # noqa: PLC0415 - most clients only list and poll
        return await trigger(self._workspace, to_pipeline_id(pipeline_id), baseline=baseline)

    async def trigger_and_wait(
        self,
        pipeline_id: PipelineRef,
        *,
        timeout: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        on_poll: Callable[[Run], None] | None = None,
    ) -> Run:
        """Start a run now and wait until it ends, as `trigger` and `runs.wait` do.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it.
            timeout: The maximum time to wait after the trigger, in seconds or as a `timedelta`; no limit by default.
            poll_interval: The time between polls, in seconds or as a `timedelta`; by default it adapts to the run.
            on_poll: Called with the run after each poll, also if the run has not changed.

        Returns:
            The successful run.

        Raises:
            ValidationError: An argument is invalid; nothing was sent.
            PipelineBusyError: A run of the pipeline is in progress.
            RunFailedError: The run failed or was stopped.
            WaitTimeoutError: The run did not end in time. It continues; wait again with `runs.resume(error.handle)`.
            OutcomeUnknownError: The response was lost, and not exactly one new manual run was found; see its `candidates`.
            APIError: The API returned another error.
            TransportError: The request could not be sent, also after retries; nothing was triggered.

        Source: `POST /inputs/data-pipelines/trigger`, "Trigger an on-demand pipeline".
        """
        validate_wait(timeout, poll_interval)  # before anything is sent
        triggered = await self.trigger(pipeline_id)
        with FORK_LOCK:
            from warehouse_sync.resources.runs import Runs  # noqa: PLC0415 - same
        self._runs = self._runs or Runs(self._workspace)
        return await self._runs.wait(
            triggered.pipeline_id,
            triggered.run_id,
            timeout=timeout,
            poll_interval=poll_interval,
            on_poll=on_poll,
        )

    def trigger_many(
        self,
        pipeline_ids: Iterable[PipelineRef] | AsyncIterable[PipelineRef],
        *,
        concurrency: int = DEFAULT_TRIGGER_CONCURRENCY,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> AsyncGenerator[TriggeredEntry, None]:
        """Start a run of many pipelines with concurrent requests, each as `trigger` does.

        A throttled request is sent again up to 5 more times, with growing delays, because nothing was triggered.

        Args:
            pipeline_ids: The pipelines, as ids or as objects that have one, in an iterable or asynchronous iterable that is
                consumed lazily. A pipeline that is passed twice is triggered twice.
            concurrency: The maximum number of concurrent requests, at least 1.
            on_progress: Called after each entry.

        Returns:
            One entry per pipeline, as the API accepts them; pass their `triggered` to `runs.wait_many`. Errors are values in
            `TriggeredEntry.error`. If the generator is closed early, requests in flight may have started runs.

        Raises:
            ValidationError: An argument is invalid; nothing was sent.

        Source: `POST /inputs/data-pipelines/trigger`, "Trigger an on-demand pipeline".
        """
        return self._bulk(pipeline_ids, self.trigger, _triggered_entry, concurrency, on_progress)

    async def pause(self, pipeline_id: PipelineRef) -> Pipeline:
        """Stop the schedule of a pipeline.

        The pipeline is read, and updated with the state `paused`. Its other fields are sent as they were read. A run in
        progress continues.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it.

        Returns:
            The updated pipeline.

        Raises:
            ValidationError: The id is not valid, or the API masks a secret of the pipeline; the pipeline is unchanged.
            NotFoundError: The pipeline does not exist.
            OutcomeUnknownError: The API accepted the request, but its response cannot be decoded.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `PUT /inputs/data-pipelines/{pipelineId}`, "Update a pipeline".
        """
        return await self._set_state(pipeline_id, PipelineState.PAUSED)

    async def resume(self, pipeline_id: PipelineRef) -> Pipeline:
        """Start the schedule of a pipeline again.

        The pipeline is read, and updated with the state `active`. Its other fields are sent as they were read.

        Clears the fault of a faulted pipeline, which then runs at its next interval.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it.

        Returns:
            The updated pipeline.

        Raises:
            ValidationError: The id is not valid, or the API masks a secret of the pipeline; the pipeline is unchanged.
            NotFoundError: The pipeline does not exist.
            OutcomeUnknownError: The API accepted the request, but its response cannot be decoded.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `PUT /inputs/data-pipelines/{pipelineId}`, "Update a pipeline".
        """
        return await self._set_state(pipeline_id, PipelineState.ACTIVE)

    async def _set_state(self, pipeline_id: PipelineRef, state: PipelineState) -> Pipeline:
        pipeline = await self.get(pipeline_id)
        return await self._endpoint.update(attrs.evolve(pipeline.to_spec(), state=state), was_read=True)

    async def report(self, pipeline_id: PipelineRef) -> PipelineReport:
        """Get the report of a pipeline: its status and its latest run.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it.

        Returns:
            The report.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The pipeline does not exist, or was created less than about a minute ago.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `GET /inputs/data-pipelines/{pipelineId}/report`, "Get a pipeline's report".
        """
        checked_id = to_pipeline_id(pipeline_id)
        path = f"{self._workspace.pipelines_path}/{checked_id}/report"
        report = await self._workspace.sender.send(ApiRequest("GET", path, fast.report, REPORT))
        if report.pipeline_id != checked_id:
            raise DecodeError(
                f"GET {path}: the server returned the report of {report.pipeline_id!r:.80} instead"
            )
        return report

    def reports(
        self,
        pipeline_ids: Iterable[PipelineRef] | AsyncIterable[PipelineRef],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> AsyncGenerator[PolledReport, None]:
        """Get the reports of many pipelines with concurrent requests, in constant memory.

        The concurrency falls while the API throttles or reports that its rate limit is nearly used, and rises again
        afterwards. A throttled request is retried up to 5 more times, with growing delays.

        Args:
            pipeline_ids: The pipelines, as ids or as objects that have one, in an iterable or asynchronous iterable that is
                consumed lazily. The blocking client iterates over it and calls `on_progress` on its background thread; pass a list if the
                iterable must stay on your thread, such as a database cursor.
            concurrency: The maximum number of concurrent requests, at least 1.
            on_progress: Called after each entry.

        Returns:
            One entry per id, in order of completion. Errors are values in `PolledReport.error`. Close the generator, for
            example with `contextlib.aclosing`, to stop early and cancel the outstanding requests.

        Raises:
            ValidationError: An argument is invalid; nothing was sent.

        Source: `GET /inputs/data-pipelines/{pipelineId}/report`, "Get a pipeline's report".
        """
        return self._bulk(pipeline_ids, self.report, to_polled_report, concurrency, on_progress)

    def _bulk(
        self,
        ids: Ids,
        fetch: Callable[[str], Awaitable[T]],
        to_entry: Callable[[str, T | None, WarehouseSyncError | None], EntryT],
        concurrency: int,
        on_progress: Callable[[Progress], None] | None,
    ) -> AsyncGenerator[EntryT, None]:
        validate_bulk(ids, concurrency)
        sender = self._workspace.sender
        bulk = BulkRequests(
            ids=ids,
            fetch=fetch,
            to_entry=to_entry,
            concurrency=concurrency,
            limit=sender.concurrency,
            sleep=sender.clock.sleep,
            random=sender.clock.random,
            on_progress=on_progress,
        )
        return Stream(bulk.results(), bulk.ready)


def to_polled_report(
    pipeline_id: str, report: PipelineReport | None, error: WarehouseSyncError | None
) -> PolledReport:
    """Return the entry of a pipeline in `reports`."""
    return PolledReport(pipeline_id=pipeline_id, report=report, error=error)


def _triggered_entry(
    pipeline_id: str, triggered: TriggeredRun | None, error: WarehouseSyncError | None
) -> TriggeredEntry:
    return TriggeredEntry(pipeline_id=pipeline_id, triggered=triggered, error=error)
