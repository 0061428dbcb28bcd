"""What every orchestrator reads of a run and of an error."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from warehouse_sync import (
    ConfigurationError,
    ConnectError,
    DecodeError,
    ErrorMessage,
    ForbiddenError,
    NotFoundError,
    OutcomeUnknownError,
    PipelineBusyError,
    RateLimitedError,
    Run,
    RunFailedError,
    RunStatus,
    RunType,
    ServerError,
    TokenError,
    UnauthorizedError,
    ValidationError,
    WaitTimeoutError,
    WarehouseLoginError,
    WarehouseSyncError,
)
from warehouse_sync.integrations.runs import is_final, manual_runs_since, run_to_dict

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
FAILED = Run(id=7, pipeline_id="p", status=RunStatus.FAILED, errors=(ErrorMessage(message="No such table."),))
UNKNOWN = OutcomeUnknownError("unknown", operation="trigger pipeline", resource_id="p")
TIMED_OUT = WaitTimeoutError("late", pipeline_id="p", run_id=7, handle="wsr1:1:p:7")


def test_run_becomes_plain_json() -> None:
    """A run is strings, numbers and lists, so that any orchestrator can store it."""
    run = Run(
        id=7,
        pipeline_id="p",
        type=RunType.MANUAL,
        status=RunStatus.FAILED,
        errors=FAILED.errors,
        range_end=NOON,
    )
    document = run_to_dict(run)
    assert json.loads(json.dumps(document)) == document
    assert type(document["status"]) is str
    assert (document["status"], document["type"], document["errors"]) == (
        "failed",
        "manual",
        ["No such table."],
    )
    assert (document["range_end"], document["started_on"]) == ("2025-01-01T12:00:00Z", None)


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("wrong"),
        ValidationError("it", [("id", "wrong")]),
        UnauthorizedError(status=401),
        ForbiddenError(status=403),
        NotFoundError(status=404),
        TokenError("refused", status=401),
        WarehouseLoginError(status=505),
        UNKNOWN,
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_that_repeats_itself_is_final(error: WarehouseSyncError) -> None:
    """Trying again would fail in the same way, lock an account, or trigger twice."""
    assert is_final(error)


@pytest.mark.parametrize(
    "error",
    [
        PipelineBusyError(status=400),
        RateLimitedError(status=429),
        ServerError(status=503),
        ConnectError("refused"),
        DecodeError("a proxy's page"),
        TokenError("outage", status=503),
        TokenError("nonsense"),
        RunFailedError(FAILED),
        TIMED_OUT,
    ],
    ids=str,
)
def test_error_that_may_pass_is_not_final(error: WarehouseSyncError) -> None:
    """A later attempt may succeed."""
    assert not is_final(error)


@pytest.mark.parametrize(
    ("kind", "created", "found"),
    [
        ("manual", NOON + timedelta(seconds=1), [7]),
        ("manual", NOON - timedelta(seconds=4), [7]),
        ("manual", NOON - timedelta(seconds=6), []),
        ("scheduled", NOON + timedelta(seconds=1), []),
    ],
)
def test_lost_run_is_a_manual_one_since(kind: str, created: datetime, found: list[int]) -> None:
    """Only manual runs that began after the request, but for a few seconds between two clocks, may be its own."""
    run = Run(
        id=7,
        pipeline_id="p",
        type=RunType(kind),
        status=RunStatus.RUNNING,
        range_end=created,
        logical_date=created - timedelta(days=1),
    )
    assert manual_runs_since([run], NOON) == found


def test_run_without_dates_is_not_taken_for_a_lost_one() -> None:
    """A run that does not say when it began is somebody else's."""
    assert (
        manual_runs_since([Run(id=7, pipeline_id="p", type=RunType.MANUAL, status=RunStatus.QUEUED)], NOON)
        == []
    )
