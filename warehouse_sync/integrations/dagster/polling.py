"""Decisions about which scheduled runs are new. Does not import Dagster."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from warehouse_sync import PipelineReport, Run, RunStatus, RunType


@attrs.frozen(kw_only=True)
class PipelineCursor:
    """Position up to which a pipeline's runs have been read.

    Attributes:
        since: The logical date from which runs are read again: that of the oldest run that had not ended, or of the newest.
        seen: The runs from then on that ended and were reported.
        latest: The latest run and its status: where they are the same, there is nothing new.
    """

    since: datetime | None = None
    seen: frozenset[int] = frozenset()
    latest: str = ""

    @property
    def is_waiting(self) -> bool:
        """Whether the latest run had not ended."""
        return bool(self.latest) and not RunStatus(self.latest.partition(":")[2]).is_terminal


def read_cursors(text: str | None) -> dict[str, PipelineCursor]:
    """Read the cursors that `write_cursors` wrote, by pipeline."""
    document = json.loads(text) if text else {}
    return {pipeline_id: _read(entry) for pipeline_id, entry in document.items()}


def _read(entry: Mapping[str, Any]) -> PipelineCursor:
    since = entry["since"]
    return PipelineCursor(
        since=None if since is None else datetime.fromisoformat(since),
        seen=frozenset(entry["seen"]),
        latest=entry["latest"],
    )


def write_cursors(cursors: Mapping[str, PipelineCursor]) -> str:
    """Return the cursors as a text."""
    return json.dumps(
        {
            pipeline_id: {
                "since": None if cursor.since is None else cursor.since.isoformat(),
                "seen": sorted(cursor.seen),
                "latest": cursor.latest,
            }
            for pipeline_id, cursor in cursors.items()
        }
    )


def describe_latest(report: PipelineReport) -> str:
    """Return a report's latest run and its status."""
    run = report.latest_pipeline_run
    return "" if run is None else f"{run.id}:{run.status}"


def first_cursor(report: PipelineReport) -> PipelineCursor:
    """Return the cursor of a new pipeline: runs that have ended are not reported."""
    run = report.latest_pipeline_run
    if run is None:
        return PipelineCursor()
    seen = frozenset({run.id}) if run.status.is_terminal else frozenset[int]()
    return PipelineCursor(since=run.logical_date, seen=seen, latest=describe_latest(report))


def new_runs(runs: Iterable[Run], cursor: PipelineCursor, latest: str) -> tuple[list[Run], PipelineCursor]:
    """Return the new successes of the schedule, oldest first, and the next cursor.

    Manual runs are left out: Dagster reports those that it started itself.

    Args:
        runs: The pipeline's runs from `cursor.since` on.
        cursor: How far its runs have been read.
        latest: The latest run and its status.
    """
    dated = sorted((run.logical_date, run.id, run) for run in runs if run.logical_date is not None)
    ended = [run for _, _, run in dated if run.status.is_terminal]
    found = [
        run
        for run in ended
        if run.id not in cursor.seen and run.type == RunType.SCHEDULED and run.status == RunStatus.SUCCESS
    ]
    running = [date for date, _, run in dated if not run.status.is_terminal]
    since = min(running) if running else max((date for date, _, _ in dated), default=cursor.since)
    seen = frozenset(
        run.id for run in ended if run.logical_date is not None and _is_from(run.logical_date, since)
    )
    return found, PipelineCursor(since=since, seen=seen, latest=latest)


def _is_from(date: datetime, since: datetime | None) -> bool:
    return since is None or date >= since
