"""Runs: each time a pipeline loads an interval.

Source: the reference's "Get a pipeline's report" (the fields), "Get a list of pipeline runs", "Trigger an on-demand pipeline".
"""

import re
from datetime import datetime
from typing import Self

import attrs

from warehouse_sync.errors import ValidationError
from warehouse_sync.models.common import ErrorMessage
from warehouse_sync.models.enums import RunStatus, RunType

_HANDLE = re.compile(r"wsr1:([0-9]{1,100}):([A-Za-z0-9_-]+):([0-9]{1,100})", re.ASCII)


@attrs.frozen(kw_only=True)
class Run:
    """One run of a pipeline.

    Attributes:
        id: Its number, unique within the workspace; numbers are not in the order of time.
        pipeline_id: The pipeline.
        type: `scheduled` or `manual`.
        status: `queued`, `running`, `retrying`, `success`, `failed` or `stopped`; see `RunStatus.is_terminal`.
        errors: Why it failed, in the server's order.
        logical_date: The start of its interval, in UTC.
        started_on: When it began, in UTC; `None` while queued.
        ended_on: When it finished, in UTC; `None` until then.
        range_start: The first moment of the data it loads, in UTC.
        range_end: The last moment of the data it loads, in UTC.
        successful_records: Rows loaded; `None` until known.
        failed_records: Rows that could not be loaded; `None` until known.
    """

    id: int
    pipeline_id: str
    type: RunType | None = None
    status: RunStatus
    errors: tuple[ErrorMessage, ...] = ()
    logical_date: datetime | None = None
    started_on: datetime | None = None
    ended_on: datetime | None = None
    range_start: datetime | None = None
    range_end: datetime | None = None
    successful_records: int | None = None
    failed_records: int | None = None


@attrs.frozen(kw_only=True)
class Page:
    """One page of a pipeline's runs.

    Attributes:
        items: The runs, in the server's order.
        current_page: The number of this page, from 1; `None` where the server does not say.
        page_size: How many runs a page holds at most.
        total_pages: How many pages the server believes there are; advisory.
        total_items: How many runs the server believes there are; advisory.
        has_previous_page: Whether a page comes before.
        has_next_page: Whether a page follows: this alone decides where a listing ends.
    """

    items: tuple[Run, ...] = ()
    current_page: int | None = None
    page_size: int | None = None
    total_pages: int | None = None
    total_items: int | None = None
    has_previous_page: bool = False
    has_next_page: bool


@attrs.frozen(kw_only=True)
class TriggeredRun:
    """The run that a trigger created.

    Attributes:
        pipeline_id: The pipeline.
        run_id: The run's number.
        status: The API's word for it, such as `attempt_requested`.
        inferred: Whether the answer was lost and this run was found by looking: the only new manual run since the trigger.
        workspace_id: The workspace, for `handle()`.
    """

    pipeline_id: str
    run_id: int
    status: str = "attempt_requested"
    inferred: bool = False
    workspace_id: int = 0

    def handle(self) -> str:
        """Return a short string without secrets from which `runs.resume` goes on waiting, in any process."""
        return str(
            RunHandle(workspace_id=self.workspace_id, pipeline_id=self.pipeline_id, run_id=self.run_id)
        )


@attrs.frozen(kw_only=True)
class RunHandle:
    """What a waiting handle holds. Its string form is `wsr1:WORKSPACE:PIPELINE:RUN`.

    Attributes:
        workspace_id: The workspace.
        pipeline_id: The pipeline.
        run_id: The run's number.
    """

    workspace_id: int
    pipeline_id: str
    run_id: int

    def __str__(self) -> str:
        return f"wsr1:{self.workspace_id}:{self.pipeline_id}:{self.run_id}"

    @classmethod
    def parse(cls, handle: str) -> Self:
        """Read a handle back.

        Raises:
            ValidationError: It is not one that `handle()` made.
        """
        match = _HANDLE.fullmatch(handle) if isinstance(handle, str) else None
        if match is None:
            raise ValidationError(
                "the request to wait", [("handle", "is not one that TriggeredRun.handle() made")]
            )
        return cls(workspace_id=int(match[1]), pipeline_id=match[2], run_id=int(match[3]))
