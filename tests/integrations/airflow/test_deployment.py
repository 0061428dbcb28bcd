"""The provider in a whole Airflow: its processes are killed, and each pipeline still runs once."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.airflow.deployment import (
    Deployment,
    manual_runs,
    open_connections,
    running,
    wait_until,
)
from warehouse_sync import Client
from warehouse_sync.emulator import Emulator

pytest.importorskip("airflow", reason="Airflow is not installed here: run `make integrations`")

PIPELINES = 20
SCALE = int(os.environ.get("WAITS", "500"))
# Seconds that a run of the large test takes: long enough that all tasks are deferred before the first run ends.
LENGTH = float(os.environ.get("LENGTH", "240"))

OPERATORS = """
from datetime import timedelta
from airflow.sdk import dag
from warehouse_sync.integrations.airflow import WarehouseSyncTriggerOperator


@dag(schedule=None, default_args={"retries": 1, "retry_delay": timedelta(seconds=1)})
def operators():
    WarehouseSyncTriggerOperator.partial(task_id="sync", deferrable=True).expand(pipeline_id=IDS)


operators()
"""
WORKERS = """
from datetime import timedelta
from airflow.sdk import dag
from warehouse_sync.integrations.airflow import WarehouseSyncPipelineSensor, WarehouseSyncTriggerOperator


@dag(schedule=None, default_args={"retries": 1, "retry_delay": timedelta(seconds=1)})
def workers():
    sync = WarehouseSyncTriggerOperator(task_id="sync", deferrable=False, pipeline_id=PIPELINE)
    sync >> WarehouseSyncPipelineSensor(
        task_id="fresh",
        pipeline_id=PIPELINE,
        since="{{ dag_run.run_after }}",  # rendered in the triggerer: no worker runs this task
        deferrable=True,
        start_from_trigger=True,
        end_from_trigger=True,
    )


workers()
"""
SENSORS = """
from airflow.sdk import dag
from warehouse_sync.integrations.airflow import WarehouseSyncRunSensor


@dag(schedule=None, max_active_tasks=1000)
def sensors():
    for number, handle in enumerate(HANDLES):
        WarehouseSyncRunSensor(
            task_id=f"wait_{number}", handle=handle, deferrable=True, start_from_trigger=True, end_from_trigger=True
        )


sensors()
"""
SLEEPS = """
from datetime import timedelta
from airflow.sdk import dag, BaseSensorOperator
from airflow.triggers.base import StartTriggerArgs


class Sleep(BaseSensorOperator):
    start_from_trigger = True

    def __init__(self, *, until, **kwargs):
        super().__init__(**kwargs)
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls="tests.integrations.airflow.sleep_trigger.SleepTrigger",
            trigger_kwargs={"until": until},
            next_method="execute_complete",
        )


@dag(schedule=None, max_active_tasks=1000)
def sleeps():
    for number in range(WAITS):
        Sleep(task_id=f"wait_{number}", until=UNTIL)


sleeps()
"""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator whose runs end when the test advances its clock."""
    with Emulator(clock="virtual") as emulator:
        yield emulator


def say(figures: str) -> None:
    """Show figures: they are half of what these tests are for."""
    print(f"\n{figures}", end="")  # noqa: T201 - see above


@pytest.mark.large
def test_killed_processes_resume_every_run(emulator: Emulator, tmp_path: Path) -> None:
    """The triggerer is killed while tasks wait, and a worker in its wait: each pipeline has run once."""
    *ids, last = emulator.seed(pipelines=PIPELINES + 1, runs=0)
    deployment = Deployment.create(tmp_path, emulator.client_options())
    with running(deployment):
        deployment.add_dag("operators", f"IDS = {ids!r}\n{OPERATORS}")
        began = time.monotonic()
        deployment.trigger("operators", "first")
        wait_until(lambda: deployment.states("operators") == {"deferred": PIPELINES}, 900)
        deployment.kill("triggerer")
        deployment.start("triggerer")
        emulator.advance("1h")
        wait_until(lambda: deployment.run_state("operators") in {"success", "failed"}, 900)
        say(f"{PIPELINES} operators: {time.monotonic() - began:.0f} s")
        _kill_a_worker(deployment, emulator, last)
    assert deployment.states("operators") == {"success": PIPELINES}
    assert deployment.states("workers") == {"success": 2}
    assert manual_runs(emulator, [*ids, last]) == dict.fromkeys([*ids, last], 1)


def _kill_a_worker(deployment: Deployment, emulator: Emulator, pipeline_id: str) -> None:
    """Kill the process of a task that waits in it; the retry must wait for the same run."""
    deployment.add_dag("workers", f"PIPELINE = {pipeline_id!r}\n{WORKERS}")
    deployment.trigger("workers", "first")

    def attempts() -> int:
        return deployment.task_logs("workers").count("The run of pipeline")

    wait_until(lambda: attempts() == 1, 300)
    os.kill(deployment.worker_of("workers"), signal.SIGKILL)
    wait_until(lambda: attempts() == 2, 600)
    emulator.advance("1h")
    wait_until(lambda: deployment.run_state("workers") in {"success", "failed"}, 600)


@pytest.fixture
def slow_emulator() -> Iterator[Emulator]:
    """An emulator whose runs all take minutes."""
    with Emulator(queued=1, running=LENGTH - 1) as emulator:
        yield emulator


@pytest.mark.large
def test_many_waits_take_little_longer_than_sleeps(slow_emulator: Emulator, tmp_path: Path) -> None:
    """Waits by the hundred share a client: few connections, and not much longer than sleeping as long."""
    ids = slow_emulator.seed(pipelines=SCALE, runs=0)
    deployment = Deployment.create(
        tmp_path, slow_emulator.client_options(), AIRFLOW__TRIGGERER__CAPACITY="1000"
    )
    with running(deployment):
        slept = _seconds(deployment, "sleeps", f"WAITS = {SCALE}\nUNTIL = {time.time() + LENGTH}\n{SLEEPS}")
        with Client(**slow_emulator.client_options()) as client:
            began = time.time()
            handles = [client.pipelines.trigger(pipeline_id).handle() for pipeline_id in ids]
        say(f"{SCALE} triggers: {time.time() - began:.1f} s")
        waited = _seconds(deployment, "sensors", f"HANDLES = {handles!r}\n{SENSORS}", port=slow_emulator.port)
    assert deployment.states("sensors") == {"success": SCALE}
    assert waited <= 1.2 * slept
    assert manual_runs(slow_emulator, ids) == dict.fromkeys(ids, 1)


def _seconds(deployment: Deployment, dag_id: str, source: str, port: int = 0) -> float:
    """How long a DAG takes from now until it has succeeded, with the most connections to a port meanwhile."""
    began, most = time.monotonic(), 0
    deployment.add_dag(dag_id, source)
    deployment.trigger(dag_id, "first")
    say(f"{dag_id}: triggered after {time.monotonic() - began:.0f} s")

    def ended() -> bool:
        nonlocal most
        most = max(most, open_connections(port))
        return deployment.run_state(dag_id) in {"success", "failed"}

    wait_until(ended, 1800)
    seconds = time.monotonic() - began
    say(f"{dag_id}: {seconds:.0f} s, at most {most} connections")
    assert most <= 100
    return seconds
