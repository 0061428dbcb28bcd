"""The operator and the sensors as Airflow runs them, by `dag.test()`."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.integrations.airflow.deployment import connection_json
from warehouse_sync import Client
from warehouse_sync.emulator import Emulator
from warehouse_sync.integrations import airflow as provider

pytest.importorskip("airflow", reason="Airflow is not installed here: run `make integrations`")

from warehouse_sync.integrations.airflow.compat import AirflowException

DAG = """
from airflow.sdk import DAG
from warehouse_sync.integrations.airflow import *

with DAG("{dag_id}", schedule=None) as dag:
    {tasks}
"""
OPERATOR = "WarehouseSyncTriggerOperator(task_id='sync', pipeline_id={pipeline!r}, deferrable={deferrable})"


@pytest.fixture(params=[True, False], ids=["deferred", "in the worker"])
def deferrable(request: pytest.FixtureRequest) -> bool:
    """Each test runs both ways."""
    return bool(request.param)


@pytest.fixture
def pipeline(emulator: Emulator) -> str:
    """A pipeline without a past."""
    return emulator.seed(pipelines=1, runs=0)[0]


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    """A client of the test's own."""
    with Client(**emulator.client_options()) as client:
        yield client


class Dags:
    """Runs DAGs: each is a file, as Airflow serializes none that it cannot find again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def run(self, *tasks: str) -> tuple[str, dict[str, Any]]:
        """Run a DAG of these tasks; return its state, and what each task returned."""
        self._count += 1
        dag_id = f"{self._folder.parent.name.replace('-', '_')}_{self._count}_{abs(hash(tasks))}"
        (self._folder / f"{dag_id}.py").write_text(
            DAG.format(dag_id=dag_id, tasks="\n    ".join(tasks)), encoding="utf-8"
        )
        importlib.invalidate_caches()
        run = importlib.import_module(dag_id).dag.test()
        instances = run.get_task_instances()
        assert {instance.task_id for instance in instances}
        return str(run.state), {ti.task_id: ti.xcom_pull(task_ids=ti.task_id) for ti in instances}


@pytest.fixture
def dags(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Dags:
    """What runs DAGs."""
    monkeypatch.syspath_prepend(str(airflow_home / "dags"))
    return Dags(airflow_home / "dags")


def manual_runs(client: Client, pipeline: str) -> list[int]:
    """The manual runs of a pipeline."""
    return [run.id for run in client.runs.list(pipeline) if run.type == "manual"]


def test_operator_returns_its_run(client: Client, pipeline: str, dags: Dags, *, deferrable: bool) -> None:
    """A task triggers once, waits, and returns the run as a dict."""
    state, values = dags.run(OPERATOR.format(pipeline=pipeline, deferrable=deferrable))
    assert state == "success"
    assert [values["sync"]["id"]] == manual_runs(client, pipeline)
    assert values["sync"]["status"] == "success"


def test_templates_are_rendered(client: Client, pipeline: str, dags: Dags) -> None:
    """The pipeline and the workspace of a task may be templates."""
    arguments = f"""task_id="sync", pipeline_id='{{{{ "{pipeline}" }}}}', workspace_id="{{{{ 5328 }}}}\""""
    state, values = dags.run(f"WarehouseSyncTriggerOperator({arguments})")
    assert state == "success"
    assert [values["sync"]["id"]] == manual_runs(client, pipeline)


def test_sensor_waits_for_the_run_of_an_operator(
    client: Client, pipeline: str, dags: Dags, *, deferrable: bool
) -> None:
    """A task that does not wait hands its handle on."""
    state, values = dags.run(
        f"t = WarehouseSyncTriggerOperator(task_id='sync', pipeline_id={pipeline!r}, wait_for_completion=False)",
        f"s = WarehouseSyncRunSensor(task_id='wait', handle=t.output['handle'], deferrable={deferrable}, poke_interval=0.2)",
        "t >> s",
    )
    assert state == "success"
    assert values["wait"]["id"] == values["sync"]["run_id"]
    assert len(manual_runs(client, pipeline)) == 1


def test_pipeline_sensor_waits_for_the_schedule(
    client: Client, pipeline: str, dags: Dags, *, deferrable: bool
) -> None:
    """The sensor ends with the run whose range reaches the moment."""
    done = client.pipelines.trigger_and_wait(pipeline)
    state, values = dags.run(
        f"WarehouseSyncPipelineSensor(task_id='fresh', pipeline_id={pipeline!r}, since={str(done.range_end)!r}, "
        f"deferrable={deferrable}, poke_interval=0.2)"
    )
    assert state == "success"
    assert values["fresh"]["id"] == done.id


def test_failed_run_fails_the_task_with_its_errors(
    emulator: Emulator, pipeline: str, dags: Dags, capfd: pytest.CaptureFixture[str], *, deferrable: bool
) -> None:
    """What the warehouse said is in the task's log."""
    emulator.fail_next_run(pipeline, message="No such table SHOP.USERS.")
    state, _ = dags.run(OPERATOR.format(pipeline=pipeline, deferrable=deferrable))
    assert state == "failed"
    written = "".join(capfd.readouterr())
    assert "No such table SHOP.USERS." in written


def test_refusal_is_final(dags: Dags, emulator: Emulator, capfd: pytest.CaptureFixture[str]) -> None:
    """A pipeline that does not exist is not tried again, whatever the retries."""
    state, _ = dags.run("WarehouseSyncTriggerOperator(task_id='sync', pipeline_id='no-such', retries=5)")
    assert state == "failed"
    assert "AirflowFailException" in "".join(capfd.readouterr())


def test_timeout_leaves_the_run_alone(
    pipeline: str, dags: Dags, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    """A wait in the worker that times out fails the task; the run goes on."""
    with Emulator(queued=0, running=3600) as slow:
        monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_SYNC_DEFAULT", connection_json(slow.client_options()))
        [slow_pipeline] = slow.seed(pipelines=1, runs=0)
        state, _ = dags.run(
            f"WarehouseSyncTriggerOperator(task_id='sync', pipeline_id={slow_pipeline!r}, timeout=0.5, deferrable=False)"
        )
        assert state == "failed"
        with Client(**slow.client_options()) as its_client:
            assert its_client.pipelines.report(slow_pipeline).status == "running"


def test_deferred_wait_that_times_out_names_the_run(emulator: Emulator) -> None:
    """Airflow resumes a task whose wait timed out only to fail it: the error says which run goes on."""
    operator = provider.WarehouseSyncTriggerOperator(task_id="a", pipeline_id="p", timeout=90)
    store = {"warehouse_sync_run": {"handle": "wsr1:5328:p:2"}}
    context = {"ti": SimpleNamespace(dag_id="d", run_id="r", task_id="a", map_index=-1)}
    with pytest.raises(
        AirflowException, match="WaitTimeoutError: run 2 of pipeline 'p' did not end within 90 s"
    ):
        operator.resume_execution(
            "__fail__", {"error": "Trigger timeout"}, {**context, "task_state_store": store}
        )
    with pytest.raises(AirflowException, match="Trigger timeout"):
        operator.resume_execution(
            "__fail__", {"error": "Trigger timeout"}, {**context, "task_state_store": {}}
        )


def test_killed_task_says_that_its_run_goes_on(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The API has no call that ends a run."""
    operator = provider.WarehouseSyncTriggerOperator(task_id="a", pipeline_id="p")
    operator.on_kill()
    assert "cannot cancel" not in "".join(capfd.readouterr())
    operator._handle = "wsr1:5328:p:2"
    operator.on_kill()
    assert "The API cannot cancel runs: wsr1:5328:p:2 goes on." in "".join(capfd.readouterr())


def test_trigger_survives_the_database(emulator: Emulator) -> None:
    """A trigger's arguments are plain JSON without secrets, and make the same trigger again."""
    for trigger in (
        provider.WarehouseSyncRunTrigger("wsr1:1:p:2", end_from_trigger=True),
        provider.WarehouseSyncPipelineTrigger("p", "2025-01-01T00:00:00Z", workspace_id=7),
    ):
        path, arguments = trigger.serialize()
        module, _, name = path.rpartition(".")
        copy = getattr(importlib.import_module(module), name)(**json.loads(json.dumps(arguments)))
        assert copy.serialize() == (path, arguments)


def test_connection_can_be_tested(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The button in Airflow's UI says what works, and what does not."""
    emulator.seed(pipelines=2, runs=0)
    assert provider.WarehouseSyncHook().test_connection() == (True, "Workspace 5328 has 2 pipelines.")
    options = {**emulator.client_options(), "client_secret": "wr0ng"}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_SYNC_DEFAULT", connection_json(options))
    works, message = provider.WarehouseSyncHook().test_connection()
    assert not works
    assert "wr0ng" not in message


def test_deferrable_follows_airflows_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """`[operators] default_deferrable` holds for all, and an argument comes before it."""
    assert not provider.WarehouseSyncTriggerOperator(task_id="a", pipeline_id="p").deferrable
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", "True")
    assert provider.WarehouseSyncTriggerOperator(task_id="a", pipeline_id="p").deferrable
    assert provider.WarehouseSyncRunSensor(task_id="a", handle="wsr1:1:p:2").deferrable
    assert not provider.WarehouseSyncRunSensor(task_id="a", handle="wsr1:1:p:2", deferrable=False).deferrable


def test_only_waits_start_in_the_triggerer() -> None:
    """A task that triggers a pipeline needs a worker first, which stores the handle; a wait needs none."""
    assert not provider.WarehouseSyncTriggerOperator(
        task_id="a", pipeline_id="p", deferrable=True
    ).start_from_trigger
    sensor = provider.WarehouseSyncRunSensor(
        task_id="a", handle="wsr1:1:p:2", deferrable=True, start_from_trigger=True
    )
    assert sensor.start_from_trigger
    assert sensor.start_trigger_args is not None


def test_parsing_a_dag_calls_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DAG's file needs no connection, and no network, to be read."""
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_SYNC_DEFAULT", "not a connection")
    tasks = [
        OPERATOR.format(pipeline="p", deferrable=True),
        "WarehouseSyncRunSensor(task_id='run', handle='{{ x }}')",
    ]
    source = DAG.format(dag_id="parsed", tasks="\n    ".join(tasks))
    script = f"""
import socket
from warehouse_sync.integrations import airflow
def refuse(*_):
    raise AssertionError("a connection")
socket.socket.connect = refuse
{source}
assert set(dag.task_ids) == {{"sync", "run"}}
"""
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)  # noqa: S603 - our own


def test_provider_is_listed(airflow_home: Path) -> None:
    """Airflow knows the provider, its connection type and its link."""
    airflow = str(Path(sys.executable).parent / "airflow")
    listed = {
        command: subprocess.run(  # noqa: S603 - our own
            [airflow, "providers", command, "--output", "json"], capture_output=True, text=True, check=True
        ).stdout
        for command in ("list", "hooks", "links")
    }
    assert "warehouse-sync" in listed["list"]
    assert "warehouse_sync.integrations.airflow.hooks.WarehouseSyncHook" in listed["hooks"]
    assert "warehouse_sync.integrations.airflow.links.WarehouseSyncRunLink" in listed["links"]


def test_lineage_is_reported_to_openlineage(emulator: Emulator, pipeline: str) -> None:
    """The provider's own extractor finds the tables of the query and the workspace."""
    base = pytest.importorskip(
        "airflow.providers.openlineage.extractors.base", reason="the OpenLineage provider is not installed"
    )
    operator = provider.WarehouseSyncTriggerOperator(task_id="sync", pipeline_id=pipeline)
    lineage = base.DefaultExtractor(operator).extract_on_complete(None)
    assert [(each.namespace, each.name) for each in lineage.outputs] == [("mparticle", "workspaces/5328")]
    assert [each.name for each in lineage.inputs] == ["analytics.public.customers"]
    assert "customers" in lineage.job_facets["sql"].query
