"""What bulk polling, waiting and watching hand out: one entry per id, failures as values."""

from datetime import datetime

import attrs

from warehouse_sync.errors import WarehouseSyncError
from warehouse_sync.models.pipelines import PipelineReport
from warehouse_sync.models.runs import Run


@attrs.frozen(kw_only=True)
class PolledReport:
    """The answer for one of the ids given to `pipelines.reports`. Either `report` or `error` is set.

    Attributes:
        pipeline_id: The id as it was given.
        report: The report.
        error: Why there is none.
    """

    pipeline_id: str
    report: PipelineReport | None = None
    error: WarehouseSyncError | None = None


@attrs.frozen(kw_only=True)
class WaitedRun:
    """The end of one of the waits given to `runs.wait_many`.

    Attributes:
        pipeline_id: The pipeline as it was given.
        run_id: The run as it was given.
        run: The run as last read; `None` when no read succeeded.
        error: `None` for a run that succeeded; `RunFailedError`, `WaitTimeoutError` or what else ended the wait.
    """

    pipeline_id: str
    run_id: int
    run: Run | None = None
    error: WarehouseSyncError | None = None


@attrs.frozen(kw_only=True)
class StatusChange:
    """What `watch` saw change for one pipeline.

    Attributes:
        pipeline_id: The pipeline.
        report: The newest report; while `stale`, the last one that was read, or `None` if there was none.
        previous: The report before the change; `None` the first time.
        stale: Whether the newest poll failed, so that `report` may be out of date.
        error: Why the newest poll failed; set exactly when `stale`.
        observed_on: When the change was seen, in UTC.
    """

    pipeline_id: str
    report: PipelineReport | None
    previous: PipelineReport | None = None
    stale: bool = False
    error: WarehouseSyncError | None = None
    observed_on: datetime


@attrs.frozen(kw_only=True)
class Progress:
    """How far a bulk operation has come, as handed to `on_progress`.

    Attributes:
        done: How many entries have ended, failures included.
        failed: How many of those failed.
        total: How many there are, or `None` when the ids do not say how many they are.
    """

    done: int
    failed: int
    total: int | None = None
