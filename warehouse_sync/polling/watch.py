"""Watching pipelines: what changes between two rounds of reports."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import attrs

from warehouse_sync.errors import ConfigurationError, ValidationError
from warehouse_sync.models import PipelineReport, PolledReport, StatusChange
from warehouse_sync.models.common import check_iterable, require_id, to_seconds
from warehouse_sync.settings import Clock

if TYPE_CHECKING:
    from warehouse_sync.polling.stream import Stream

Poll = Callable[[Iterable[str]], AsyncIterator[PolledReport]]


@attrs.define
class WatchedPipeline:
    """What is known of one pipeline.

    Attributes:
        report: The last report that was read.
        stale: Whether the newest poll failed.
    """

    report: PipelineReport | None = None
    stale: bool = False

    def update(self, polled: PolledReport, observed_on: datetime) -> StatusChange | None:
        """Take in a poll. Return what changed, if anything worth telling did."""
        previous, was_stale = self.report, self.stale
        self.stale = polled.report is None
        if polled.report is not None:
            self.report = polled.report
        told = self.stale != was_stale or watched_state(previous) != watched_state(self.report)
        if not told:
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
    """Return what of a report is worth telling when it changes: the statuses, and which run is the latest."""
    if report is None:
        return None
    run = report.latest_pipeline_run
    latest = (run.id, run.status) if run is not None else None
    return (report.status, report.connection_status, report.data_model_status, latest)


async def watch(
    poll: Poll, ids: Iterable[str], every: float, clock: Clock
) -> AsyncGenerator[StatusChange, None]:
    """Yield changes, polling all pipelines every so many seconds, until closed or cancelled."""
    known = {pipeline_id: WatchedPipeline() for pipeline_id in ids}
    while known:
        began = clock.monotonic()
        reports = cast("Stream[PolledReport]", poll(list(known)))  # typed as what users need of it
        async with aclosing(reports):
            async for polled in reports:
                if isinstance(polled.error, ConfigurationError):
                    raise polled.error  # the client was closed, say: no outage, but the end
                change = known[polled.pipeline_id].update(polled, datetime.fromtimestamp(clock.wall(), UTC))
                if change is not None:
                    yield change
        await clock.sleep(max(0.0, every - (clock.monotonic() - began)))


def validate_ids(pipeline_ids: Iterable[str]) -> list[str]:
    """Return the ids to watch.

    Raises:
        ValidationError: One is not an id; nothing was sent.
    """
    problems = list(check_iterable("pipeline_ids", pipeline_ids))
    if problems:
        raise ValidationError("the request to watch", problems)
    return [require_id("pipeline_ids", pipeline_id) for pipeline_id in pipeline_ids]


def validate_interval(every: float | timedelta) -> float:
    """Return the seconds between two rounds.

    Raises:
        ValidationError: They are not above 0; nothing was sent.
    """
    seconds = to_seconds(every)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds < float("inf"):
        raise ValidationError(
            "the request to watch", [("every", f"must be a number of seconds above 0, not {every!r:.60}")]
        )
    return seconds
