"""One run per task: its handle is stored where it survives the worker."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from warehouse_sync import Client, NotFoundError, OutcomeUnknownError, RunHandle, RunStatus
from warehouse_sync.integrations.runs import LOOK_BACK, manual_runs_since


class RunStore(Protocol):
    """Storage for a small document, from one attempt of a task to the next."""

    def read(self) -> Mapping[str, str]:
        """Return the document; empty where there is none."""
        ...

    def write(self, document: Mapping[str, str]) -> None:
        """Replace the document."""
        ...

    def clear(self) -> None:
        """Delete the document."""
        ...


def run_of_task(client: Client, pipeline_id: str, store: RunStore) -> str:
    """Return the handle of the task's run; trigger it unless an earlier attempt did.

    The time of the request is stored before it is sent, and the handle before the wait. An attempt that finds only the time
    takes the only manual run since then for its own.

    Raises:
        OutcomeUnknownError: Several runs may be the task's own. Nothing was triggered.
        WarehouseSyncError: The pipeline could not be triggered.
    """
    document = store.read()
    handle = document.get("handle") or _run_of_lost_request(client, pipeline_id, document.get("requested_at"))
    if handle is None or not _is_running_or_succeeded(client, handle):
        handle = _trigger(client, pipeline_id, store)
    store.write({"handle": handle})
    return handle


def _trigger(client: Client, pipeline_id: str, store: RunStore) -> str:
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
            f"an earlier attempt was interrupted while it triggered pipeline {pipeline_id!r}, and any of the runs {found} may be "
            "its own. It was not triggered again.",
            operation="trigger pipeline",
            resource_id=pipeline_id,
            candidates=found,
        )
    return str(RunHandle(workspace_id=client.workspace_id, pipeline_id=pipeline_id, run_id=found[0]))


def _is_running_or_succeeded(client: Client, handle: str) -> bool:
    run = RunHandle.parse(handle)
    try:
        status = client.runs.get(run.pipeline_id, run.run_id).status
    except NotFoundError:
        return True  # a new run may take a moment to appear; the wait reports one that never does
    return not status.is_terminal or status == RunStatus.SUCCESS
