"""The runs of the pipelines of a workspace."""

from collections.abc import AsyncGenerator, Callable, Iterable
from datetime import datetime, timedelta

from warehouse_sync.errors import DecodeError, ValidationError
from warehouse_sync.events import RunEnded, RunPolled
from warehouse_sync.models import Page, Progress, Run, RunHandle, RunStatus, WaitedRun
from warehouse_sync.models.common import check_iterable
from warehouse_sync.models.enums import RunStatusName
from warehouse_sync.models.references import (
    PipelineRef,
    RunRef,
    require_id,
    require_run_id,
    to_pipeline_id,
    to_run,
)
from warehouse_sync.polling.intervals import validate_wait
from warehouse_sync.polling.run_waiter import Key, RunWaiter, wait_for_all
from warehouse_sync.resources.pager import RunPager
from warehouse_sync.resources.paths import RUN, RUNS
from warehouse_sync.resources.run_query import RunQuery, list_runs
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.transport.observer import Observer
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.wire import fast

# Measured with 4, 8, 16, 32 and 64 and round trips of 5 and 50 ms: 64 is the fastest and needs the fewest requests for a
# whole history. Windows grow from 2 pages, so stopping after ten pages wastes no more requests than with 8.
DEFAULT_PREFETCH = 64


class Runs:
    """The runs of the pipelines of a workspace: list, get and wait for them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._reader = WorkspaceRunReader(workspace)
        self._waiter: RunWaiter = workspace.waiters.get(workspace.id) or RunWaiter(
            self._reader, workspace.clock
        )
        workspace.waiters[workspace.id] = self._waiter

    def list(  # noqa: PLR0913 - the filters of a listing
        self,
        pipeline_id: PipelineRef,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        status: RunStatusName | RunStatus | str | Iterable[RunStatusName | RunStatus | str] | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        prefetch: int = DEFAULT_PREFETCH,
    ) -> RunPager:
        """List the runs of a pipeline. Requests are sent while the pager is iterated over.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it.
            start: The earliest `logical_date`, as an aware datetime.
            end: The latest `logical_date`, as an aware datetime.
            status: Yield only runs with this status, or with one of these. The client filters.
            limit: The maximum number of runs to yield, at least 1.
            page_size: The number of runs per page, at least 1; the API's default is 50.
            prefetch: The maximum number of concurrent requests after the first page; 0 or 1 reads one page at a time.

        Returns:
            A pager: iterate over it for runs, or over its `pages()`. It yields each run once, in the API's order, also if
            runs are added meanwhile.

        Raises:
            ValidationError: An argument is invalid; nothing was sent.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs`, "Get a list of pipeline runs".
        """
        query = RunQuery(
            start=start, end=end, status=status, limit=limit, page_size=page_size, prefetch=prefetch
        )
        return list_runs(self._workspace, to_pipeline_id(pipeline_id), query)

    async def get(self, pipeline_id: PipelineRef, run_id: int) -> Run:
        """Get one run.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it.
            run_id: The number of the run.

        Returns:
            The run.

        Raises:
            ValidationError: An argument is invalid; nothing was sent.
            NotFoundError: The run does not exist, or is not visible yet.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs/{pipelineRunId}`, "Get a pipeline run".
        """
        return await self._reader.run(to_pipeline_id(pipeline_id), run_id)

    async def wait(
        self,
        pipeline_id: RunRef | PipelineRef,
        run_id: int | None = None,
        *,
        timeout: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        on_poll: Callable[[Run], None] | None = None,
    ) -> Run:
        """Wait until a run ends.

        All waits for runs of a pipeline share one poller. Its intervals grow with the time waited. The second poll lists the
        runs of the pipeline once, so that later polls are due when a run like the recent ones ends.
        The wait continues after a failed poll, except after the errors below, and after an unknown status.

        Args:
            pipeline_id: The id of the pipeline, or an object that has it; without `run_id` a triggered run, a run, a handle,
                or a pair of both ids.
            run_id: The number of the run.
            timeout: The maximum time to wait, in seconds or as a `timedelta`; no limit by default.
            poll_interval: The time between polls, in seconds or as a `timedelta`; by default it adapts to the run.
            on_poll: Called with the run after each poll, also if the run has not changed.

        Returns:
            The successful run.

        Raises:
            ValidationError: An argument is invalid; nothing was sent.
            RunFailedError: The run failed or was stopped.
            WaitTimeoutError: The run did not end in time. It continues; wait again with `resume(error.handle)`.
            NotFoundError: The run does not exist. Shortly after this client created it, a 404 is retried.
            UnauthorizedError: The API rejected the credential.
            ForbiddenError: The credential has no access to the workspace.
            TokenError: The token endpoint rejected the credential or returned an invalid response.
            WarehouseLoginError: The login to the warehouse failed.
            ConfigurationError: The client was closed.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs/{pipelineRunId}`, "Get a pipeline run".
        """
        return await self._wait(to_run(pipeline_id, run_id), timeout, poll_interval, on_poll)

    def wait_many(
        self,
        runs: Iterable[RunRef],
        *,
        timeout: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> AsyncGenerator[WaitedRun, None]:
        """Wait until many runs end, with one poller per pipeline.

        Args:
            runs: Triggered runs, runs, handles, or pairs of a pipeline id and a run number, also of other workspaces.
            timeout: The maximum time to wait for each run, in seconds or as a `timedelta`, from the start of the iteration;
                no limit by default.
            poll_interval: The time between polls, in seconds or as a `timedelta`; by default it adapts to the runs.
            on_progress: Called after each entry.

        Returns:
            One entry per run, in order of completion. Errors are values in `WaitedRun.error`. Close the generator, for
            example with `contextlib.aclosing`, to stop early.

        Raises:
            ValidationError: An argument is invalid; nothing was sent.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs`, "Get a list of pipeline runs".
        """
        problems = tuple(check_iterable("runs", runs))
        if problems:
            raise ValidationError("the request to wait", problems)
        handles = [to_run(run, field="runs") for run in runs]
        seconds, interval = validate_wait(timeout, poll_interval)
        awaited = [self._awaited(handle) for handle in handles]
        return wait_for_all(awaited, seconds, on_progress=on_progress, interval=interval)

    async def resume(
        self,
        handle: RunRef,
        *,
        timeout: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        on_poll: Callable[[Run], None] | None = None,
    ) -> Run:
        """Wait for the run of a handle.

        A `TriggeredRun.handle()` or a `WaitTimeoutError` of any process provides it.

        Args:
            handle: The handle, or a triggered run. Its workspace may be another one of the same credential.
            timeout: The maximum time to wait, in seconds or as a `timedelta`; no limit by default.
            poll_interval: The time between polls, in seconds or as a `timedelta`; by default it adapts to the run.
            on_poll: Called with the run after each poll, also if the run has not changed.

        Returns:
            The successful run.

        Raises:
            ValidationError: The string is not a handle; nothing was sent.
            RunFailedError: The run failed or was stopped.
            WaitTimeoutError: The run did not end in time.
            NotFoundError: The run does not exist, also after the time in which a new run may not be visible yet.
            UnauthorizedError: The API rejected the credential.
            ForbiddenError: The credential has no access to the workspace.
            TokenError: The token endpoint rejected the credential or returned an invalid response.
            WarehouseLoginError: The login to the warehouse failed.
            ConfigurationError: The client was closed.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs/{pipelineRunId}`, "Get a pipeline run".
        """
        parsed = RunHandle.parse(handle) if isinstance(handle, str) else to_run(handle, field="handle")
        return await self._wait(parsed, timeout, poll_interval, on_poll)

    async def _wait(
        self,
        handle: RunHandle,
        timeout: float | timedelta | None,
        poll_interval: float | timedelta | None,
        on_poll: Callable[[Run], None] | None,
    ) -> Run:
        seconds, interval = validate_wait(timeout, poll_interval)
        waiter, key = self._awaited(handle)
        return await waiter.wait(*key, seconds, on_poll, interval)

    def _awaited(self, handle: RunHandle) -> tuple[RunWaiter, Key]:
        """Return the waiter of the run's workspace, and the key of the run. The run of a handle may be a new one."""
        runs = self
        if handle.workspace_id:
            workspace = self._workspace.for_workspace(handle.workspace_id)
            workspace.mark_created(handle.pipeline_id, handle.run_id)
            runs = self if workspace is self._workspace else Runs(workspace)
        return runs._waiter, (handle.pipeline_id, handle.run_id)  # noqa: SLF001 - an instance of this class


class WorkspaceRunReader:
    """Sends the requests for the runs of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.workspace_id: int = workspace.id

    async def run(self, pipeline_id: str, run_id: int) -> Run:
        """Read one run.

        Raises:
            DecodeError: The server returned another run.
        """
        number = require_run_id(run_id)
        path = self._workspace.path(RUN, pipeline_id=require_id("pipeline_id", pipeline_id), run_id=number)
        run = await self._workspace.sender.send(ApiRequest("GET", path, fast.run, template=RUN))
        if run.id != number:
            raise DecodeError(f"GET {path}: the server returned run {run.id} instead of run {number}")
        return run

    async def page(self, pipeline_id: str) -> Page:
        """Read the first page of the runs of a pipeline."""
        path = self._workspace.path(RUNS, pipeline_id=require_id("pipeline_id", pipeline_id))
        return await self._workspace.sender.send(ApiRequest("GET", path, fast.page, template=RUNS))

    def report_poll(self, pipeline_id: str, run: Run) -> None:
        """Report a run that was read to the listeners of the client."""
        observer = self._workspace.sender.observer
        if observer is not None:
            report_poll(observer, self.workspace_id, pipeline_id, run)

    def may_appear_later(self, pipeline_id: str, run_id: int) -> bool:
        """Return whether a 404 is expected because the run or pipeline was just created."""
        was_just_created = self._workspace.was_just_created
        return was_just_created(pipeline_id, run_id) or was_just_created(pipeline_id)


def report_poll(observer: Observer, workspace_id: int, pipeline_id: str, run: Run) -> None:
    """Emit the events for a run that is waited for and was read."""
    observer.emit(
        RunPolled(workspace_id=workspace_id, pipeline_id=pipeline_id, run_id=run.id, status=run.status.value)
    )
    if run.status.is_terminal:
        started, ended = run.started_on, run.ended_on
        observer.emit(
            RunEnded(
                workspace_id=workspace_id,
                pipeline_id=pipeline_id,
                run_id=run.id,
                status=run.status.value,
                seconds=None if started is None or ended is None else (ended - started).total_seconds(),
                successful_records=run.successful_records,
                failed_records=run.failed_records,
            )
        )
