"""Runs and errors as orchestrators need them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from warehouse_sync import (
    APIError,
    ConfigurationError,
    OutcomeUnknownError,
    PipelineBusyError,
    RateLimitedError,
    Run,
    RunType,
    TokenError,
    ValidationError,
    WarehouseSyncError,
)

LOOK_BACK = timedelta(days=1)  # how far before its trigger a run's logical date may lie
CLOCK_SKEW = timedelta(seconds=5)  # between the machine that wrote the time of a request and the server


def run_to_dict(run: Run) -> dict[str, Any]:
    """Return a run as plain JSON: the names of its fields, dates in ISO 8601."""
    return {**run.to_dict(), "errors": [error.message for error in run.errors]}


def is_final(error: WarehouseSyncError) -> bool:
    """Return whether another attempt of the same task would fail in the same way."""
    match error:
        case PipelineBusyError() | RateLimitedError():
            return False
        case TokenError():
            return error.status is not None and not error.is_transient
        case APIError() if error.status:
            return not error.is_transient
        case _:
            return isinstance(error, ConfigurationError | OutcomeUnknownError | ValidationError)


def manual_runs_since(runs: Iterable[Run], since: datetime) -> list[int]:
    """Return the ids of the manual runs that were created since a time."""
    return [run.id for run in runs if run.type == RunType.MANUAL and _created(run) >= since - CLOCK_SKEW]


def _created(run: Run) -> datetime:
    """Return when a manual run was created: its range ends then, and it may start much later."""
    return run.range_end or run.logical_date or run.started_on or datetime.min.replace(tzinfo=UTC)
