"""Decisions about how far a pipeline has loaded. Does not import Airflow."""

from datetime import UTC, datetime
from typing import Any

from warehouse_sync import ConfigurationError, PipelineReport, PipelineStatus, Run, RunStatus
from warehouse_sync.integrations.runs import run_to_dict


def parse_datetime_text(text: str | datetime) -> datetime:
    """Return the datetime that a template rendered; one without an offset is in UTC.

    Raises:
        ConfigurationError: The text is not a datetime.
    """
    if isinstance(text, datetime):
        parsed = text
    else:
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError as error:
            raise ConfigurationError(f"since must be a datetime in ISO 8601, not {text!r:.60}") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def latest_success(report: PipelineReport) -> Run | None:
    """Return the latest run of a report if it succeeded."""
    run = report.latest_pipeline_run
    return run if run is not None and run.status == RunStatus.SUCCESS else None


def pipeline_event(report: PipelineReport, run: Run | None, since: datetime) -> dict[str, Any] | None:
    """Return what ends the wait for a pipeline, or `None` to go on waiting.

    Args:
        report: The pipeline's report.
        run: Its latest run that succeeded, if any.
        since: Up to when the data must be loaded.
    """
    if run is not None and run.range_end is not None and run.range_end >= since:
        return {"status": "success", "run": run_to_dict(run)}
    if report.status != PipelineStatus.FAULTED:
        return None
    reasons = [*report.errors, *report.connection_errors, *report.data_model_errors]
    latest = report.latest_pipeline_run
    if latest is not None:
        reasons.extend(latest.errors)
    listed = "; ".join(dict.fromkeys(reason.message for reason in reasons)) or "the API gives no reason"
    message = f"pipeline {report.pipeline_id} is faulted, and runs no more until it is updated: {listed}"
    return {"status": "error", "message": message, "final": False}
