"""Runs, pages of runs, triggered runs and run handles.

Source: reference, "Get a pipeline's report" (the fields), "Get a list of pipeline runs", "Trigger an on-demand pipeline".
"""

import re
from datetime import datetime
from typing import Self

import attrs

from warehouse_sync.base_model import BaseModel
from warehouse_sync.errors import ValidationError
from warehouse_sync.models.common import ErrorMessage
from warehouse_sync.models.enums import RunStatus, RunType

_HANDLE = re.compile(r"wsr1:([0-9]{1,100}):([A-Za-z0-9_-]+):([0-9]{1,100})", re.ASCII)


@attrs.frozen(kw_only=True, repr=False)
class Run(BaseModel):
    """One run of a pipeline.

    Attributes:
        id: The number of the run, unique within the workspace. Numbers are not in chronological order.
        pipeline_id: The id of the pipeline.
        type: `scheduled` or `manual`.
        status: `queued`, `running`, `retrying`, `success`, `failed` or `stopped`; see `RunStatus.is_terminal`.
        errors: The reasons of a failure, in the API's order.
        logical_date: The start of the interval that the run loads, in UTC.
        started_on: When the run started, in UTC; `None` while queued.
        ended_on: When the run ended, in UTC; `None` until then.
        range_start: The start of the range of data that the run loads, in UTC.
        range_end: The end of the range of data that the run loads, in UTC.
        successful_records: The number of rows loaded; `None` if unknown.
        failed_records: The number of rows that failed to load; `None` if unknown.
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


@attrs.frozen(kw_only=True, repr=False)
class Page(BaseModel):
    """One page of a pipeline's runs.

    Attributes:
        items: The runs, in the API's order.
        current_page: The number of this page, from 1; `None` if the API does not send it.
        page_size: The maximum number of runs on a page.
        total_pages: The number of pages; advisory, because runs are added meanwhile.
        total_items: The number of runs; advisory, because runs are added meanwhile.
        has_previous_page: Whether there is a page before this one.
        has_next_page: Whether there is a page after this one. A listing ends where it is false.
    """

    items: tuple[Run, ...] = ()
    current_page: int | None = None
    page_size: int | None = None
    total_pages: int | None = None
    total_items: int | None = None
    has_previous_page: bool = False
    has_next_page: bool


@attrs.frozen(kw_only=True, repr=False)
class TriggeredRun(BaseModel):
    """The run that a trigger created.

    Attributes:
        pipeline_id: The id of the pipeline.
        run_id: The number of the run.
        status: The status that the API returned, such as `attempt_requested`.
        inferred: Whether the response was lost and the run was found in the list of runs, as the only new manual one.
        workspace_id: The number of the workspace, for `handle()`.
    """

    pipeline_id: str
    run_id: int
    status: str = "attempt_requested"
    inferred: bool = False
    workspace_id: int = 0

    def handle(self) -> str:
        """Return a short string with which `runs.resume` waits in any process.

        It contains no secrets.
        """
        return str(
            RunHandle(workspace_id=self.workspace_id, pipeline_id=self.pipeline_id, run_id=self.run_id)
        )


@attrs.frozen(kw_only=True, repr=False)
class RunHandle(BaseModel):
    """A run in any workspace. Its string form is `wsr1:WORKSPACE:PIPELINE:RUN`.

    Attributes:
        workspace_id: The number of the workspace.
        pipeline_id: The id of the pipeline.
        run_id: The number of the run.
    """

    workspace_id: int
    pipeline_id: str
    run_id: int

    def __str__(self) -> str:
        return f"wsr1:{self.workspace_id}:{self.pipeline_id}:{self.run_id}"

    @classmethod
    def parse(cls, handle: str) -> Self:
        """Parse the string form of a handle.

        Raises:
            ValidationError: The string is not a handle.
        """
        match = _HANDLE.fullmatch(handle) if isinstance(handle, str) else None
        if match is None:
            raise ValidationError(
                "the request to wait",
                [("handle", "is not a run handle: pass the string that TriggeredRun.handle() returns")],
            )
        return cls(workspace_id=int(match[1]), pipeline_id=match[2], run_id=int(match[3]))
