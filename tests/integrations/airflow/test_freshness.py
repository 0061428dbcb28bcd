"""Whether a pipeline has loaded everything up to a moment."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from warehouse_sync import ConfigurationError, ErrorMessage, PipelineReport, PipelineStatus, Run, RunStatus
from warehouse_sync.integrations.airflow.freshness import latest_success, parse_datetime_text, pipeline_event

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(status: str = "success", end: datetime | None = NOON) -> Run:
    """A run that loaded up to a moment."""
    return Run(
        id=1,
        pipeline_id="p",
        status=RunStatus(status),
        range_end=end,
        errors=(ErrorMessage(message="No such table."),),
    )


def report(status: str = "idle", latest: Run | None = None) -> PipelineReport:
    """A pipeline's report."""
    return PipelineReport(
        pipeline_id="p",
        status=PipelineStatus(status),
        latest_pipeline_run=latest,
        data_model_errors=(ErrorMessage(message="No such table."), ErrorMessage(message="Nor that.")),
    )


@pytest.mark.parametrize(
    ("success", "since", "ends"),
    [
        (run(), NOON, True),
        (run(), NOON - HOUR, True),
        (run(), NOON + HOUR, False),
        (run(end=None), NOON, False),
        (None, NOON, False),
    ],
)
def test_wait_ends_when_a_success_reaches_the_moment(
    success: Run | None, since: datetime, *, ends: bool
) -> None:
    """The range of the last success counts, not when it ran."""
    event = pipeline_event(report(), success, since)
    assert (event is not None and event["status"] == "success") == ends


def test_faulted_pipeline_ends_the_wait_with_its_errors() -> None:
    """A faulted pipeline runs no more: waiting would never end. Each reason is given once."""
    event = pipeline_event(report("faulted", run("failed")), None, NOON)
    assert event is not None
    assert event["status"] == "error"
    assert event["message"].endswith("until it is updated: No such table.; Nor that.")


def test_success_counts_though_the_pipeline_is_faulted_now() -> None:
    """What was asked for is there."""
    event = pipeline_event(report("faulted"), run(), NOON)
    assert event is not None
    assert event["status"] == "success"


def test_only_a_success_is_the_latest_success() -> None:
    """A run that goes on, or failed, has loaded nothing to rely on."""
    assert latest_success(report(latest=run())) == run()
    assert latest_success(report(latest=run("running"))) is None
    assert latest_success(report()) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-01T12:00:00+00:00", NOON),
        ("2025-01-01 13:00:00+01:00", NOON),
        ("2025-01-01T12:00:00Z", NOON),
        ("2025-01-01T12:00:00", NOON),
        (NOON.astimezone(timezone(HOUR)), NOON),
    ],
)
def test_moment_is_read_as_templates_write_it(text: str | datetime, moment: datetime) -> None:
    """A rendered date has an offset, or is in UTC."""
    assert parse_datetime_text(text) == moment


def test_moment_that_is_none_is_refused() -> None:
    """`data_interval_end` renders to `None` in a run without an interval."""
    with pytest.raises(ConfigurationError, match="since must be a datetime in ISO 8601, not 'None'"):
        parse_datetime_text("None")
