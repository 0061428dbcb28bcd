"""Results of bulk reports, waits and watches: an entry per id, errors as values."""

import copy
from datetime import datetime
from typing import TypeVar

import attrs

from warehouse_sync.base_model import BaseModel
from warehouse_sync.errors import WarehouseSyncError
from warehouse_sync.models.pipelines import PipelineReport
from warehouse_sync.models.runs import Run, TriggeredRun

T = TypeVar("T")


@attrs.frozen(kw_only=True, repr=False)
class PolledReport(BaseModel):
    """The result of `pipelines.reports` for one pipeline.

    Either `report` or `error` is set.

    Attributes:
        pipeline_id: The id that was passed.
        report: The report, or `None` if the request failed.
        error: The error of the last attempt, or `None`.
    """

    pipeline_id: str
    report: PipelineReport | None = None
    error: WarehouseSyncError | None = None

    def result(self) -> PipelineReport:
        """Return the report, or raise the error."""
        return _result(self.report, self.error)


@attrs.frozen(kw_only=True, repr=False)
class TriggeredEntry(BaseModel):
    """The result of `pipelines.trigger_many` for one pipeline.

    Either `triggered` or `error` is set.

    Attributes:
        pipeline_id: The id that was passed.
        triggered: The run that the trigger created, or `None` if the trigger failed.
        error: The error of the trigger, or `None`.
    """

    pipeline_id: str
    triggered: TriggeredRun | None = None
    error: WarehouseSyncError | None = None

    def result(self) -> TriggeredRun:
        """Return the triggered run, or raise the error."""
        return _result(self.triggered, self.error)


@attrs.frozen(kw_only=True, repr=False)
class WaitedRun(BaseModel):
    """The result of `runs.wait_many` for one run.

    Attributes:
        pipeline_id: The pipeline id that was passed.
        run_id: The run id that was passed.
        run: The run as last read; `None` if no read succeeded.
        error: `None` if the run succeeded, otherwise a `RunFailedError`, a `WaitTimeoutError` or the error of a request.
    """

    pipeline_id: str
    run_id: int
    run: Run | None = None
    error: WarehouseSyncError | None = None

    def result(self) -> Run:
        """Return the successful run, or raise the error."""
        return _result(self.run, self.error)


@attrs.frozen(kw_only=True, repr=False)
class StatusChange(BaseModel):
    """A change of one pipeline that `watch` observed.

    Attributes:
        pipeline_id: The id of the pipeline.
        report: The newest report; if `stale`, the last one that was read, or `None` if there is none.
        previous: The report before the change; `None` in the first entry.
        stale: Whether the newest poll failed, so that `report` may be out of date.
        error: The error of the newest poll; set if and only if `stale`.
        observed_on: When the change was observed, in UTC, by the clock of this machine.
    """

    pipeline_id: str
    report: PipelineReport | None
    previous: PipelineReport | None = None
    stale: bool = False
    error: WarehouseSyncError | None = None
    observed_on: datetime


@attrs.frozen(kw_only=True, repr=False)
class Progress(BaseModel):
    """The progress of a bulk operation, passed to `on_progress`.

    Attributes:
        done: The number of finished entries, including failed ones.
        failed: The number of failed entries.
        total: The number of all entries, or `None` if the iterable of ids has no length.
    """

    done: int
    failed: int
    total: int | None = None


def _result(value: T | None, error: WarehouseSyncError | None) -> T:
    if error is not None:
        raise copy.copy(error) from error.__cause__  # entries can share an error, but not its traceback
    assert value is not None  # noqa: S101 - without an error there is a value
    return value
