"""The query of a list of runs: its checks and its parameters."""

from collections.abc import Awaitable, Iterable, Iterator
from datetime import datetime

import attrs

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Page, RunStatus
from warehouse_sync.models.common import FieldProblem, check_date, check_whole_number, to_utc
from warehouse_sync.numeric import shorten
from warehouse_sync.resources.pager import RunPager
from warehouse_sync.resources.paths import RUNS
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.transport.request import ApiRequest, OnHeaders
from warehouse_sync.wire import fast
from warehouse_sync.wire.dates import format_date

DEFAULT_PAGE_SIZE = 50  # of the API


@attrs.define(kw_only=True, eq=False, repr=False)
class RunQuery:
    """The arguments of `Runs.list`, which are not changed afterwards.

    The API filters by date. The client filters by status.

    Raises:
        ValidationError: Arguments are invalid. The error names all of them.
    """

    start: datetime | None = None
    end: datetime | None = None
    status: object = None
    limit: int | None = None
    page_size: int | None = None
    prefetch: int = 0

    def __attrs_post_init__(self) -> None:
        # Most listings have none of the first four, and a check takes longer than the comparison.
        problems: list[FieldProblem] = []
        if self.start is not None:
            self.start = to_utc(self.start)
            problems += check_date("start", self.start)
        if self.end is not None:
            self.end = to_utc(self.end)
            problems += check_date("end", self.end)
        if self.status is not None:
            self.status = _to_statuses(self.status)
            problems += _status_problems(self.status)
        if self.limit is not None:
            problems += check_whole_number("limit", self.limit, 1)
        problems += check_whole_number("page_size", self.page_size, 1)
        problems += check_whole_number("prefetch", self.prefetch, required=True)
        if problems:
            raise ValidationError("the request for runs", problems)

    def parameters(self, page: int) -> str:
        """Return the encoded query of a page. The values need no encoding."""
        size, parameters = self._requested_page_size, f"currentPage={page}"
        if size is not None:
            parameters += f"&pageSize={size}"
        if self.start is not None:
            parameters += f"&startDate={format_date(self.start)}"
        if self.end is not None:
            parameters += f"&endDate={format_date(self.end)}"
        return parameters

    @property
    def statuses(self) -> frozenset[str] | None:
        """The statuses to yield; `None` for all."""
        return frozenset(map(str, self.status)) if isinstance(self.status, tuple) else None

    @property
    def concurrency(self) -> int:
        """The maximum number of concurrent requests, at most the pages that `limit` needs."""
        if self.limit is None or self.status is not None:
            return self.prefetch
        return min(self.prefetch, self.limit // (self._requested_page_size or DEFAULT_PAGE_SIZE))

    @property
    def _requested_page_size(self) -> int | None:
        """The number of runs per page: with a low limit no more than that; `None` for the API's default."""
        if self.page_size is None and self.status is None and self.limit in range(1, DEFAULT_PAGE_SIZE):
            return self.limit
        return self.page_size


def _to_statuses(value: object) -> object:
    """Return the statuses as a tuple, or a value of another type unchanged: validation reports it."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, Iterable) else value


def _status_problems(value: object) -> Iterator[FieldProblem]:
    if isinstance(value, tuple):
        for each in value:
            if not isinstance(each, RunStatus) and each not in list(RunStatus):
                yield "status", f"must be one of {', '.join(RunStatus)}, not {shorten(each)}"
    else:
        yield "status", f"must be a status or several, not {type(value).__name__}"


def list_runs(
    workspace: Workspace,
    pipeline_id: str,
    query: RunQuery,
    *,
    on_headers: OnHeaders | None = None,
) -> RunPager:
    """Return a pager over the runs of a pipeline.

    Args:
        workspace: The workspace of the pipeline.
        pipeline_id: The validated id of the pipeline.
        query: Which runs to list.
        on_headers: Called with the headers of each response.
    """
    path = f"{workspace.pipelines_path}/{pipeline_id}/runs"

    def fetch(number: int) -> Awaitable[Page]:
        request = ApiRequest(
            "GET", path, fast.page, query=query.parameters(number), on_headers=on_headers, template=RUNS
        )
        return workspace.sender.send(request)

    return RunPager(
        workspace.observed("runs.list", fetch),
        pipeline_id=pipeline_id,
        prefetch=query.concurrency,
        statuses=query.statuses,
        limit=query.limit,
    )
