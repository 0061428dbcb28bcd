"""The runs of a workspace's pipelines."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from datetime import datetime, timedelta

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Page, Progress, Run, RunHandle, WaitedRun
from warehouse_sync.models.common import (
    check_date,
    check_iterable,
    check_whole_number,
    require_id,
    require_run_id,
    to_seconds,
    to_utc,
)
from warehouse_sync.polling.run_waiter import RunWaiter
from warehouse_sync.resources.pager import RunPager
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.wire import fast
from warehouse_sync.wire.dates import format_date

# Of 4, 8, 16, 32 and 64 the fastest from a server 5 and 50 ms away, and with the fewest requests for a whole history. Windows
# grow from 2 on, so whoever stops after ten pages has wasted no more requests than with 8.
DEFAULT_PREFETCH = 64


class Runs:
    """The runs of a workspace's pipelines: list, read and wait for them."""

    def __init__(self, workspace: Workspace, waiter: RunWaiter) -> None:
        self._workspace = workspace
        self._waiter = waiter

    def list(
        self,
        pipeline_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        page_size: int | None = None,
        prefetch: int = DEFAULT_PREFETCH,
    ) -> RunPager:
        """List a pipeline's runs. Nothing is requested until the pager is iterated.

        Args:
            pipeline_id: The pipeline.
            start: The earliest `logical_date`, an aware datetime.
            end: The latest `logical_date`, an aware datetime.
            page_size: Runs per page, from 1 on; the server's choice (50) when left out.
            prefetch: How many pages may be read at once after the first; 0 or 1 reads page by page.

        Returns:
            A pager: iterate over it for runs, or over its `pages()`. Runs come in the server's order, each once, also when
            new runs arrive meanwhile.

        Raises:
            ValidationError: An argument is wrong; nothing was sent.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs`, "Get a list of pipeline runs".
        """
        return run_pager(
            self._workspace, pipeline_id, start=start, end=end, page_size=page_size, prefetch=prefetch
        )

    async def get(self, pipeline_id: str, run_id: int) -> Run:
        """Read one run.

        Args:
            pipeline_id: The pipeline.
            run_id: The run's number.

        Returns:
            The run.

        Raises:
            ValidationError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such run, or none yet.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs/{pipelineRunId}`, "Get a pipeline run".
        """
        path = f"{_path(self._workspace, pipeline_id)}/{require_run_id(run_id)}"
        return await self._workspace.sender.send(ApiRequest("GET", path, fast.run))

    async def wait(
        self,
        pipeline_id: str,
        run_id: int,
        *,
        timeout: float | timedelta | None = None,
        on_poll: Callable[[Run], None] | None = None,
    ) -> Run:
        """Wait until a run has ended.

        However many wait, a pipeline is asked about once at a time, at intervals that grow and learn how long its runs take.
        A failed poll does not end the wait, nor does a status this release does not know.

        Args:
            pipeline_id: The pipeline.
            run_id: The run's number.
            timeout: Seconds, or a `timedelta`, to wait at most; without limit when left out.
            on_poll: Is told the run each time it was read, also when nothing has changed.

        Returns:
            The run, which succeeded.

        Raises:
            ValidationError: An argument is wrong; nothing was sent.
            RunFailedError: The run failed or was stopped.
            WaitTimeoutError: The run did not end in time. It goes on, and so can the wait: see its `handle`.
            NotFoundError: There is no such run. Just after a trigger or create of this client a 404 is not final.
            UnauthorizedError: The credential is refused; so is, as `ForbiddenError`, a workspace it may not read.
            TokenError: The token endpoint refuses the credential, or answers nonsense.
            WarehouseLoginError: The warehouse refuses its login.
            ConfigurationError: The client was closed. Every other failure of a poll is tried again.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs/{pipelineRunId}`, "Get a pipeline run".
        """
        key = (require_id("pipeline_id", pipeline_id), require_run_id(run_id))
        return await self._waiter.wait(*key, validate_timeout(timeout), on_poll)

    def wait_many(
        self,
        runs: Iterable[tuple[str, int]],
        *,
        timeout: float | timedelta | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> AsyncGenerator[WaitedRun, None]:
        """Wait until each of many runs has ended.

        Args:
            runs: Pairs of a pipeline's id and a run's number.
            timeout: Seconds, or a `timedelta`, to wait at most for each, from the first step of the iteration on; without
                limit when left out.
            on_progress: Is told after each entry.

        Returns:
            An entry per pair, in the order in which the waits end. Failures are values: see `WaitedRun.error`. Close it, as
            with `contextlib.aclosing`, to stop early.

        Raises:
            ValidationError: A pair is wrong; nothing was sent.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs`, "Get a list of pipeline runs".
        """
        problems = tuple(check_iterable("runs", runs))
        if problems:
            raise ValidationError("the request to wait", problems)
        keys = [_key(pair) for pair in runs]
        return self._waiter.wait_many(keys, validate_timeout(timeout), on_progress)

    async def resume(
        self,
        handle: str,
        *,
        timeout: float | timedelta | None = None,
        on_poll: Callable[[Run], None] | None = None,
    ) -> Run:
        """Go on waiting for a run, from a handle that `TriggeredRun.handle()` or a `WaitTimeoutError` gave in any process.

        Args:
            handle: The handle. It may belong to another workspace of the same credential.
            timeout: Seconds, or a `timedelta`, to wait at most; without limit when left out.
            on_poll: Is told the run each time it was read, also when nothing has changed.

        Returns:
            The run, which succeeded.

        Raises:
            ValidationError: This is not a handle; nothing was sent.
            RunFailedError: The run failed or was stopped.
            WaitTimeoutError: The run did not end in time.
            NotFoundError: There is no such run, also after the time that a new one may take to appear.

        Source: `GET /inputs/data-pipelines/{pipelineId}/runs/{pipelineRunId}`, "Get a pipeline run".
        """
        parsed = RunHandle.parse(handle)
        workspace = self._workspace.sibling(parsed.workspace_id)
        workspace.expect(f"{parsed.pipeline_id}/{parsed.run_id}")
        waiter = self._waiter if workspace is self._workspace else run_waiter(workspace)
        return await waiter.wait(parsed.pipeline_id, parsed.run_id, validate_timeout(timeout), on_poll)


class Source:
    """What the waiters of a workspace ask."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.workspace_id: int = workspace.id

    async def run(self, pipeline_id: str, run_id: int) -> Run:
        """Read one run."""
        return await self._workspace.sender.send(
            ApiRequest("GET", f"{_path(self._workspace, pipeline_id)}/{run_id}", fast.run)
        )

    async def page(self, pipeline_id: str) -> Page:
        """Read the first page of a pipeline's runs."""
        return await self._workspace.sender.send(
            ApiRequest("GET", _path(self._workspace, pipeline_id), fast.page)
        )

    def may_appear_later(self, pipeline_id: str, run_id: int) -> bool:
        """Tell whether a 404 for this run means "not yet"."""
        return self._workspace.expects(f"{pipeline_id}/{run_id}") or self._workspace.expects(pipeline_id)


def run_waiter(workspace: Workspace) -> RunWaiter:
    """Return a waiter for the runs of a workspace."""
    return RunWaiter(Source(workspace), workspace.clock)


def run_pager(  # noqa: PLR0913 - the filters of a listing
    workspace: Workspace,
    pipeline_id: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    page_size: int | None = None,
    prefetch: int = 0,
    on_headers: Callable[[Mapping[str, str]], None] | None = None,
) -> RunPager:
    """Return a pager over a pipeline's runs, after checking what it is asked for."""
    path = _path(workspace, pipeline_id)
    filters = _filters(to_utc(start), to_utc(end), page_size, prefetch)

    async def fetch(number: int) -> Page:
        query = f"currentPage={number}{filters}"
        return await workspace.sender.send(
            ApiRequest("GET", path, fast.page, query=query, on_headers=on_headers)
        )

    return RunPager(fetch, pipeline_id=pipeline_id, prefetch=prefetch)


def _path(workspace: Workspace, pipeline_id: str) -> str:
    return f"{workspace.path}/inputs/data-pipelines/{require_id('pipeline_id', pipeline_id)}/runs"


def _key(pair: object) -> tuple[str, int]:
    match pair:
        case (pipeline_id, run_id):
            return require_id("pipeline_id", pipeline_id), require_run_id(run_id)
        case _:
            raise ValidationError(
                "the request to wait",
                [("runs", f"must be pairs of a pipeline's id and a run's number, not {pair!r:.60}")],
            )


def _filters(start: datetime | None, end: datetime | None, page_size: int | None, prefetch: int) -> str:
    """Return what follows the page's number in the query. Nothing of it needs encoding."""
    problems = [*check_date("start", start), *check_date("end", end)]
    problems += [*check_whole_number("page_size", page_size), *check_whole_number("prefetch", prefetch)]
    if page_size == 0:
        problems.append(("page_size", "must be at least 1"))
    if problems:
        raise ValidationError("the request for runs", problems)
    size = "" if page_size is None else f"&pageSize={page_size}"
    since = "" if start is None else f"&startDate={format_date(start)}"
    until = "" if end is None else f"&endDate={format_date(end)}"
    return size + since + until


def validate_timeout(timeout: float | timedelta | None) -> float | None:
    """Return a wait's timeout in seconds.

    Raises:
        ValidationError: It is not one.
    """
    seconds = to_seconds(timeout)
    valid = seconds is None or (
        isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0
    )
    if not valid:
        raise ValidationError(
            "the request to wait",
            [("timeout", f"must be a number of seconds from 0 on, or None, not {timeout!r:.60}")],
        )
    return seconds
