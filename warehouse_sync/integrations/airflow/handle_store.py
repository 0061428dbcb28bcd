"""Where a task keeps the handle of its run from one try to the next. Imports Airflow only where it has no task state store."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import attrs

from warehouse_sync import Client, NotFoundError, OutcomeUnknownError, RunHandle, RunStatus
from warehouse_sync.integrations.runs import LOOK_BACK, manual_runs_since

KEY = "warehouse_sync_run"


@attrs.define
class HandleStore:
    """A small document that survives the retries of a task, and its worker.

    It is kept in the task state store of Airflow 3.3 and later. Earlier releases have none, and clear a task's XComs before a
    retry: there it is an Airflow variable, deleted when the run has ended.

    Attributes:
        state: The task state store, or `None` where there is none.
        variable: The name of the variable.
    """

    state: Any
    variable: str

    @classmethod
    def of(cls, context: Any) -> "HandleStore":  # noqa: ANN401 - a mapping of Airflow's
        """Return the store of the task instance that a context belongs to."""
        ti = context["ti"]
        identity = json.dumps([ti.dag_id, ti.run_id, ti.task_id, ti.map_index])
        digest = hashlib.sha256(identity.encode()).hexdigest()[:32]  # names are at most 250 characters
        return cls(context.get("task_state_store"), f"{KEY}_{digest}")

    def read(self) -> dict[str, str]:
        """Return the document; empty where there is none."""
        if self.state is not None:
            return dict(self.state.get(KEY) or {})
        return dict(json.loads(_variables().get(self.variable, default="{}")))

    def write(self, document: dict[str, str]) -> None:
        """Replace the document."""
        if self.state is not None:
            self.state.set(KEY, document)
        else:
            _variables().set(self.variable, json.dumps(document), description="The run of a task under way.")

    def clear(self) -> None:
        """Delete the document: the run has ended, so that a task that is cleared later starts another."""
        if self.state is not None:
            self.state.delete(KEY)
        elif self.read():
            _variables().delete(self.variable)


def _variables() -> Any:  # noqa: ANN401 - a class of Airflow's
    from airflow.sdk import Variable  # noqa: PLC0415 - for releases without a task state store

    return Variable


def run_of_task(client: Client, pipeline_id: str, store: HandleStore) -> str:
    """Return the handle of the task's run, which an earlier try may have triggered; trigger one if there is none.

    The time of the request is stored before it is sent, and the handle before anyone waits. A try that finds the time alone
    takes the only manual run since then for its own.

    Raises:
        OutcomeUnknownError: Several runs may be the task's own. Nothing was triggered.
        WarehouseSyncError: The pipeline could not be triggered.
    """
    document = store.read()
    handle = document.get("handle") or _run_of_lost_request(client, pipeline_id, document.get("requested_at"))
    if handle is None or not _goes_on_or_succeeded(client, handle):
        handle = _trigger(client, pipeline_id, store)
    store.write({"handle": handle})
    return handle


def _trigger(client: Client, pipeline_id: str, store: HandleStore) -> str:
    store.write({"requested_at": datetime.now(UTC).isoformat()})
    try:
        return client.pipelines.trigger(pipeline_id).handle()
    except OutcomeUnknownError:
        raise  # the time stays stored: a task that is cleared later looks for the run again
    except Exception:
        store.clear()
        raise


def _run_of_lost_request(client: Client, pipeline_id: str, requested_at: str | None) -> str | None:
    if requested_at is None:
        return None
    since = datetime.fromisoformat(requested_at)
    found = manual_runs_since(client.runs.list(pipeline_id, start=since - LOOK_BACK), since)
    if not found:
        return None
    if len(found) > 1:
        raise OutcomeUnknownError(
            f"an earlier try was interrupted while it triggered pipeline {pipeline_id!r}, and any of the runs {found} may be "
            "its own. It was not triggered again.",
            operation="trigger pipeline",
            resource_id=pipeline_id,
            candidates=found,
        )
    return str(RunHandle(workspace_id=client.workspace_id, pipeline_id=pipeline_id, run_id=found[0]))


def _goes_on_or_succeeded(client: Client, handle: str) -> bool:
    run = RunHandle.parse(handle)
    try:
        status = client.runs.get(run.pipeline_id, run.run_id).status
    except NotFoundError:
        return True  # a new run may take a moment to appear; the wait reports one that never does
    return not status.is_terminal or status == RunStatus.SUCCESS
