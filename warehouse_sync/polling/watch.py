"""Watch pipelines for changes between rounds of reports."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from datetime import UTC, datetime

import attrs

from warehouse_sync.errors import ConfigurationError, ValidationError
from warehouse_sync.models import PipelineReport, PolledReport, StatusChange
from warehouse_sync.models.common import check_iterable
from warehouse_sync.models.references import PipelineRef, to_pipeline_id
from warehouse_sync.settings import Clock

ReadReports = Callable[[Iterable[str]], AsyncGenerator[PolledReport, None]]


@attrs.define(eq=False, repr=False)
class WatchedPipeline:
    """The last observed state of one pipeline.

    Attributes:
        report: The last report that was read, or `None`.
        stale: Whether the newest poll failed.
    """

    report: PipelineReport | None = None
    stale: bool = False

    def update(self, polled: PolledReport, observed_on: datetime) -> StatusChange | None:
        """Update the state with the result of a poll.

        Return the change, or `None` if nothing watched changed.
        """
        previous, was_stale = self.report, self.stale
        self.stale = polled.report is None
        if polled.report is not None:
            self.report = polled.report
        if self.stale == was_stale and watched_state(previous) == watched_state(self.report):
            return None
        return StatusChange(
            pipeline_id=polled.pipeline_id,
            report=self.report,
            previous=previous,
            stale=self.stale,
            error=polled.error,
            observed_on=observed_on,
        )


def watched_state(report: PipelineReport | None) -> tuple[object, ...] | None:
    """Return the part of a report whose changes are yielded.

    It has the statuses, and the id and status of the latest run.
    """
    if report is None:
        return None
    run = report.latest_pipeline_run
    latest = (run.id, run.status) if run is not None else None
    return (report.status, report.connection_status, report.data_model_status, latest)


async def watch(
    read_reports: ReadReports, ids: Iterable[str], every: float, clock: Clock
) -> AsyncGenerator[StatusChange, None]:
    """Read the reports of all pipelines every `every` seconds, and yield the changes.

    The iterator ends only when it is closed or cancelled.
    """
    pipelines = {pipeline_id: WatchedPipeline() for pipeline_id in ids}
    while pipelines:
        started = clock.monotonic()
        async with aclosing(read_reports(list(pipelines))) as reports:
            async for polled in reports:
                if isinstance(polled.error, ConfigurationError):
                    raise polled.error  # permanent, for example because the client was closed
                change = pipelines[polled.pipeline_id].update(
                    polled, datetime.fromtimestamp(clock.wall(), UTC)
                )
                if change is not None:
                    yield change
        await clock.sleep(max(0.0, every - (clock.monotonic() - started)))


def validate_ids(pipeline_ids: Iterable[PipelineRef]) -> list[str]:
    """Return the ids to watch as a list.

    Raises:
        ValidationError: The value is not an iterable of ids.
    """
    problems = list(check_iterable("pipeline_ids", pipeline_ids))
    if problems:
        raise ValidationError("the request to watch", problems)
    return [to_pipeline_id(pipeline_id, "pipeline_ids") for pipeline_id in pipeline_ids]
