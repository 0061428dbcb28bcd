"""Errors of the SDK as Airflow's: retryable and final ones."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from warehouse_sync import Run, RunFailedError, WarehouseSyncError
from warehouse_sync.integrations.airflow.compat import AirflowException, AirflowFailException
from warehouse_sync.integrations.runs import is_final, run_to_dict

TriggerPayload = dict[str, Any]


def success_event(run: Run) -> TriggerPayload:
    """Return the payload with which a trigger resumes its task after a success."""
    return {"status": "success", "run": run_to_dict(run)}


def failure_event(error: WarehouseSyncError) -> TriggerPayload:
    """Return the payload with which a trigger resumes its task after an error."""
    event: TriggerPayload = {"status": "error", "message": _message(error), "final": is_final(error)}
    if isinstance(error, RunFailedError):
        event |= {"status": "failed", "run": run_to_dict(error.run)}
    return event


def run_of_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run of a trigger's event.

    Raises:
        AirflowException: The event has a retryable error.
        AirflowFailException: The event has a final error.
    """
    if event["status"] == "success":
        return dict(event["run"])
    raise _airflow_error(event["message"], final=event["final"])


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Raise the SDK's errors as Airflow's."""
    try:
        yield
    except WarehouseSyncError as error:
        raise _airflow_error(_message(error), final=is_final(error)) from error


def _airflow_error(message: str, *, final: bool) -> Exception:
    error: Exception = (AirflowFailException if final else AirflowException)(message)
    return error


def _message(error: WarehouseSyncError) -> str:
    return f"{type(error).__name__}: {error}"
