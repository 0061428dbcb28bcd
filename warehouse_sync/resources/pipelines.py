"""The pipelines of a workspace."""

import builtins
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from datetime import timedelta

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import (
    Pipeline,
    PipelineReport,
    PipelineSpec,
    PolledReport,
    Progress,
    Run,
    TriggeredRun,
)
from warehouse_sync.models.common import check_iterable, require_id
from warehouse_sync.polling.bulk_reports import BulkReports
from warehouse_sync.polling.stream import Stream
from warehouse_sync.resources.endpoint import ResourceEndpoint
from warehouse_sync.resources.runs import Runs, validate_timeout
from warehouse_sync.resources.trigger import trigger
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.wire import fast

DEFAULT_CONCURRENCY = 64


class Pipelines:
    """The pipelines of a workspace: what is loaded from where, how and when."""

    def __init__(self, workspace: Workspace, runs: Runs) -> None:
        self._workspace = workspace
        self._runs = runs
        self._endpoint = ResourceEndpoint(
            workspace=workspace,
            path="/inputs/data-pipelines",
            noun="pipeline",
            model=Pipeline,
            spec=PipelineSpec,
        )

    async def list(self) -> builtins.list[Pipeline]:
        """List the workspace's pipelines.

        Returns:
            All of them, in the server's order.

        Raises:
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `GET /inputs/data-pipelines`, "Get all pipelines".
        """
        return await self._endpoint.list_all()

    async def get(self, pipeline_id: str) -> Pipeline:
        """Read one pipeline.

        Args:
            pipeline_id: Its id.

        Returns:
            The pipeline.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is no such pipeline.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `GET /inputs/data-pipelines/{pipelineId}`, "Get a pipeline".
        """
        return await self._endpoint.get(pipeline_id)

    async def create(self, spec: PipelineSpec) -> Pipeline:
        """Create a pipeline. A `once` pipeline runs at once.

        The request is never sent twice. When its answer is lost, the id is read until it appears: a pipeline with the same
        fields is the one that was asked for.

        Args:
            spec: The pipeline.

        Returns:
            The pipeline as created. Its report answers 404 for about a minute.

        Raises:
            ValidationError: Fields are wrong, all of them named; nothing was sent.
            ConflictError: A pipeline with this id exists.
            OutcomeUnknownError: The answer was lost, and the pipeline cannot be found.
            APIError: The API refused, for instance because the connection or the data model does not exist.
            TransportError: The request did not get through; it was not acted on.

        Source: `POST /inputs/data-pipelines`, "Create a pipeline".
        """
        return await self._endpoint.create(spec)

    async def update(self, spec: PipelineSpec) -> Pipeline:
        """Replace a pipeline. This clears its fault: it runs at its next interval.

        Args:
            spec: The pipeline.

        Returns:
            The pipeline as it is now.

        Raises:
            ValidationError: Fields are wrong, all of them named; nothing was sent.
            NotFoundError: There is no such pipeline.
            OutcomeUnknownError: The API accepted it, and its answer cannot be read.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `PUT /inputs/data-pipelines/{pipelineId}`, "Update a pipeline".
        """
        return await self._endpoint.update(spec)

    async def delete(self, pipeline_id: str) -> None:
        """Delete a pipeline.

        Args:
            pipeline_id: Its id.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is no such pipeline. When an earlier attempt's answer was lost, that is success instead.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `DELETE /inputs/data-pipelines/{pipelineId}`, "Delete a pipeline".
        """
        await self._endpoint.delete(pipeline_id)

    async def trigger(self, pipeline_id: str) -> TriggeredRun:
        """Start a run now. An on-demand pipeline loads from the end of its last successful run to this moment.

        The request is never sent twice. When its answer is lost, the pipeline's runs are searched for a new manual one: if
        there is exactly one, it is returned with `inferred=True`.

        Args:
            pipeline_id: The pipeline.

        Returns:
            The run that was created; wait for it with `runs.wait`.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            PipelineBusyError: The pipeline is not idle.
            NotFoundError: There is no such pipeline.
            OutcomeUnknownError: The answer was lost; see its `candidates`.
            APIError: The API refused.
            TransportError: The request did not get through; it was not acted on.

        Source: `POST /inputs/data-pipelines/trigger`, "Trigger an on-demand pipeline".
        """
        return await trigger(self._workspace, pipeline_id)

    async def trigger_and_wait(
        self,
        pipeline_id: str,
        *,
        timeout: float | timedelta | None = None,
        on_poll: Callable[[Run], None] | None = None,
    ) -> Run:
        """Start a run now, and wait until it has ended.

        Args:
            pipeline_id: The pipeline.
            timeout: Seconds, or a `timedelta`, to wait at most, from the moment the run was created; without limit when
                left out.
            on_poll: Is told the run each time it was read, also when nothing has changed.

        Returns:
            The run, which succeeded.

        Raises:
            ValidationError: An argument is wrong; nothing was sent.
            PipelineBusyError: The pipeline is not idle.
            RunFailedError: The run failed or was stopped.
            WaitTimeoutError: The run did not end in time. It goes on, and so can the wait: see its `handle`.
            OutcomeUnknownError: The trigger's answer was lost; see its `candidates`.
            APIError: The API refused.
            TransportError: The trigger did not get through; it was not acted on.

        Source: `POST /inputs/data-pipelines/trigger`, "Trigger an on-demand pipeline".
        """
        validate_timeout(timeout)  # while nothing is sent yet
        triggered = await self.trigger(pipeline_id)
        return await self._runs.wait(
            triggered.pipeline_id, triggered.run_id, timeout=timeout, on_poll=on_poll
        )

    async def report(self, pipeline_id: str) -> PipelineReport:
        """Read what a pipeline is doing, and how its latest run went.

        Args:
            pipeline_id: The pipeline.

        Returns:
            The report.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is no such pipeline, or it was created less than about a minute ago.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `GET /inputs/data-pipelines/{pipelineId}/report`, "Get a pipeline's report".
        """
        path = f"{self._workspace.path}/inputs/data-pipelines/{require_id('pipeline_id', pipeline_id)}/report"
        return await self._workspace.sender.send(ApiRequest("GET", path, fast.report))

    def reports(
        self,
        pipeline_ids: Iterable[str] | AsyncIterable[str],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> AsyncGenerator[PolledReport, None]:
        """Read the reports of many pipelines, in memory that does not grow with their number.

        Fewer are asked for at once when the server throttles or says that its limit is nearly used, and more again when it
        no longer does. A throttled report is asked for again, a few times, each after a longer pause.

        Args:
            pipeline_ids: The pipelines: any iterable, also an asynchronous one, read as it is needed. The blocking client
                reads it, and calls `on_progress`, on its background thread: make a list of what belongs to yours, such as
                a database's cursor.
            concurrency: How many to ask for at once at most, from 1 on.
            on_progress: Is told after each entry.

        Returns:
            An entry per id, in the order in which the answers come. Failures are values: see `PolledReport.error`. Close it,
            as with `contextlib.aclosing`, to stop early; what is under way is then cancelled.

        Raises:
            ValidationError: An argument is wrong; nothing was sent.

        Source: `GET /inputs/data-pipelines/{pipelineId}/report`, "Get a pipeline's report".
        """
        problems = list(check_iterable("pipeline_ids", pipeline_ids, Iterable | AsyncIterable))
        if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
            problems.append(("concurrency", f"must be a whole number from 1 on, not {concurrency!r:.60}"))
        if problems:
            raise ValidationError("the request for reports", problems)
        sender = self._workspace.sender
        poll = BulkReports(
            ids=pipeline_ids,
            fetch=self.report,
            concurrency=concurrency,
            limit=sender.concurrency,
            sleep=sender.clock.sleep,
            random=sender.clock.random,
            on_progress=on_progress,
        )
        return Stream(poll.results(), poll.ready)
