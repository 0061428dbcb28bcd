"""A flow that runs a pipeline, and the check whether an error can be retried."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from warehouse_sync import WarehouseSyncError
from warehouse_sync.integrations.prefect.blocks import WarehouseSyncCredentials, WarehouseSyncPipeline
from warehouse_sync.integrations.runs import is_final


@flow(name="run-pipeline")
def run_pipeline(
    pipeline_id: str, credentials: WarehouseSyncCredentials | str, timeout: float | None = None
) -> dict[str, Any]:
    """Trigger a pipeline, wait for the run, and return it as a dict.

    Args:
        pipeline_id: The pipeline.
        credentials: The credential, or the name of its block.
        timeout: Seconds to wait at most; without limit when left out.

    Raises:
        RunFailedError: The run failed or was stopped.
        WarehouseSyncError: The pipeline cannot be triggered, or its run cannot be waited for.
    """
    if isinstance(credentials, str):
        credentials = WarehouseSyncCredentials.load(credentials)
    run = WarehouseSyncPipeline(credentials=credentials, pipeline_id=pipeline_id, timeout=timeout).trigger()
    run.wait_for_completion()
    result: dict[str, Any] = run.fetch_result()
    return result


def is_retriable(task: Any, task_run: Any, state: State[Any]) -> bool:  # noqa: ANN401, ARG001 - Prefect's signature
    """Return whether another attempt of a task may succeed: a `retry_condition_fn`."""
    error = state.result(raise_on_failure=False)
    return not (isinstance(error, WarehouseSyncError) and is_final(error))
