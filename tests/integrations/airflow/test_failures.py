"""Failures in a whole Airflow: the page's alert, a wait that times out, and pipelines that are fresh or faulted."""

from collections.abc import Iterator

import pytest

from tests.integrations.airflow.deployment import Deployment, manual_runs, running, wait_until
from tests.integrations.airflow.page import nightly_dag
from warehouse_sync import Client
from warehouse_sync.emulator import Emulator

pytest.importorskip("airflow", reason="Airflow is not installed here: run `make integrations`")

MISSING = "No such table SHOP.USERS."
TIMEOUTS = """
from datetime import timedelta
from airflow.sdk import dag
from warehouse_sync.integrations.airflow import WarehouseSyncTriggerOperator


@dag(schedule=None, default_args={"retries": 50, "retry_delay": timedelta(0)})
def timeouts():
    WarehouseSyncTriggerOperator(task_id="sync", pipeline_id=PIPELINE, deferrable=True, timeout=5)


timeouts()
"""
KILLED = """
from airflow.sdk import dag
from warehouse_sync.integrations.airflow import WarehouseSyncTriggerOperator


@dag(schedule=None)
def killed():
    WarehouseSyncTriggerOperator(task_id="sync", pipeline_id=PIPELINE, deferrable=False)


killed()
"""
FRESHNESS = """
from airflow.sdk import dag
from warehouse_sync.integrations.airflow import WarehouseSyncPipelineSensor


@dag(schedule=None, default_args={"deferrable": True, "poke_interval": 1, "since": SINCE})
def freshness():
    WarehouseSyncPipelineSensor(task_id="loaded", pipeline_id=LOADED)
    WarehouseSyncPipelineSensor(task_id="faulted", pipeline_id=FAULTED)


freshness()
"""


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An emulator whose runs end when a test advances its clock."""
    with Emulator(clock="virtual") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def deployment(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment that looks for expired waits every second."""
    deployment = Deployment.create(
        tmp_path_factory.mktemp("airflow") / "home",
        emulator.client_options(),
        AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL="1",
    )
    with running(deployment):
        yield deployment


@pytest.mark.large
def test_page_alerts_once_a_pipeline_failed_for_good(deployment: Deployment, emulator: Emulator) -> None:
    """The callback is called after the last retry, for the failed pipeline alone, with the errors of its run."""
    good, bad = emulator.seed(pipelines=2, runs=0)
    for _ in range(2):
        emulator.fail_next_run(bad, message=MISSING)
    deployment.add_dag("nightly_sync", nightly_dag([good, bad]))
    deployment.trigger("nightly_sync", "first")

    def has_ended() -> bool:
        emulator.advance("1h")
        return deployment.run_state("nightly_sync") in {"success", "failed"}

    wait_until(has_ended, 600)
    assert deployment.run_state("nightly_sync") == "failed"
    assert manual_runs(emulator, [good, bad]) == {good: 1, bad: 2}
    logs = deployment.task_logs("nightly_sync")
    [alert] = [line for line in logs.splitlines() if "ALERT" in line]
    assert "ALERT sync 1 RunFailedError" in alert
    assert MISSING in alert


@pytest.mark.large
def test_retry_after_a_timeout_waits_for_the_same_run(deployment: Deployment, emulator: Emulator) -> None:
    """A deferred wait that times out fails with a message that names the run; a retry triggers no other."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=0)
    deployment.add_dag("timeouts", f"PIPELINE = {pipeline_id!r}\n{TIMEOUTS}")
    deployment.trigger("timeouts", "first")
    [run_id] = wait_until(lambda: run_ids(emulator, pipeline_id), 300)
    message = f"WaitTimeoutError: run {run_id} of pipeline '{pipeline_id}' did not end within 5 s"
    wait_until(lambda: message in deployment.task_logs("timeouts"), 300)
    emulator.advance("1h")
    wait_until(lambda: deployment.run_state("timeouts") in {"success", "failed"}, 600)
    assert deployment.states("timeouts") == {"success": 1}
    assert run_ids(emulator, pipeline_id) == [run_id]
    links = deployment.call_api("GET", "dags/timeouts/dagRuns/first/taskInstances/sync/links")
    assert links["extra_links"] == {"Warehouse Sync": f"https://x/{pipeline_id}/{run_id}"}


@pytest.mark.large
def test_killed_task_says_that_its_run_goes_on(deployment: Deployment, emulator: Emulator) -> None:
    """A task that a user marks as failed ends, and its log says what becomes of the run."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=0)
    deployment.add_dag("killed", f"PIPELINE = {pipeline_id!r}\n{KILLED}")
    deployment.trigger("killed", "first")
    wait_until(lambda: "The run of pipeline" in deployment.task_logs("killed"), 300)
    task = "dags/killed/dagRuns/first/taskInstances/sync"
    deployment.call_api("PATCH", task, {"new_state": "failed"})
    wait_until(lambda: "The API cannot cancel runs" in deployment.task_logs("killed"), 300)
    with Client(**emulator.client_options()) as client:
        assert client.pipelines.report(pipeline_id).status == "running"


@pytest.mark.large
def test_sensor_tells_fresh_from_faulted(deployment: Deployment, emulator: Emulator) -> None:
    """A pipeline that has loaded up to the time passes; a faulted one fails its sensor with the reason."""
    loaded, faulted = emulator.seed(pipelines=2, runs=0)
    emulator.fail_next_run(faulted, message=MISSING)
    with Client(**emulator.client_options()) as client:
        triggered = [client.pipelines.trigger(each) for each in (loaded, faulted)]
        emulator.advance("1h")
        since = client.runs.get(loaded, triggered[0].run_id).range_end
    source = f"LOADED, FAULTED, SINCE = {loaded!r}, {faulted!r}, {str(since)!r}\n{FRESHNESS}"
    deployment.add_dag("freshness", source)
    deployment.trigger("freshness", "first")
    wait_until(lambda: deployment.run_state("freshness") in {"success", "failed"}, 300)
    assert deployment.task_states("freshness") == {"loaded": "success", "faulted": "failed"}
    logs = deployment.task_logs("freshness")
    assert f"pipeline {faulted} is faulted" in logs
    assert MISSING in logs


def run_ids(emulator: Emulator, pipeline_id: str) -> list[int]:
    """The runs of a pipeline."""
    with Client(**emulator.client_options()) as client:
        return [run.id for run in client.runs.list(pipeline_id)]
