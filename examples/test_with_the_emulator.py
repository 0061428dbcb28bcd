"""Test code that uses the SDK with the fixtures of its pytest plugin: no account, no mocks.

pytest test_with_the_emulator.py
"""

from warehouse_sync import Client
from warehouse_sync.emulator import Emulator


def count_faulted(client: Client) -> int:  # the code under test
    """Count the pipelines that are faulted."""
    ids = [pipeline.id for pipeline in client.pipelines.list()]
    return sum(
        polled.report is not None and polled.report.status == "faulted"
        for polled in client.pipelines.reports(ids)
    )


def test_new_pipelines_are_healthy(
    warehouse_sync_emulator: Emulator, warehouse_sync_sync_client: Client
) -> None:
    """Pipelines whose runs succeed do not count."""
    warehouse_sync_emulator.seed(pipelines=3, runs=2)
    assert count_faulted(warehouse_sync_sync_client) == 0


def test_failed_run_counts(warehouse_sync_emulator: Emulator, warehouse_sync_sync_client: Client) -> None:
    """A pipeline whose run fails counts, also when the API answers 503 once."""
    pipeline_id, *_ = warehouse_sync_emulator.seed(pipelines=3)
    warehouse_sync_emulator.fail_next_run(pipeline_id, message="No such table.")
    run = warehouse_sync_sync_client.pipelines.trigger(pipeline_id)
    list(warehouse_sync_sync_client.runs.wait_many([(run.pipeline_id, run.run_id)], timeout=30))
    warehouse_sync_emulator.fault("GET */report", status=503, count=1)
    assert count_faulted(warehouse_sync_sync_client) == 1
