"""Assets that run pipelines, in Dagster's own processes of one."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse_sync import Client
from warehouse_sync.emulator import Emulator

if importlib.util.find_spec("dagster") is None:
    pytest.skip("Dagster is not installed here: run `make integrations`", allow_module_level=True)

import dagster as dg

from warehouse_sync.integrations.dagster import (
    WarehouseSyncComponent,
    WarehouseSyncResource,
    WarehouseSyncTranslator,
    build_polling_sensor,
    build_warehouse_sync_assets,
    load_warehouse_sync_asset_specs,
)
from warehouse_sync.integrations.dagster.state import read_workspace


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator whose runs take no time."""
    with Emulator(queued=0, running=0.1) as emulator:
        yield emulator


@pytest.fixture
def resource(emulator: Emulator) -> WarehouseSyncResource:
    """A workspace of the emulator."""
    return WarehouseSyncResource(
        **emulator.client_options(), dashboard_url="https://x/{pipeline_id}/{run_id}"
    )


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    """A client of the test's own."""
    with Client(**emulator.client_options()) as client:
        yield client


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """Dagster's storage, in memory."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def specs_of(client: Client) -> list[dg.AssetSpec]:
    """The specs of the workspace's pipelines."""
    return [WarehouseSyncTranslator().get_asset_spec(state) for state in read_workspace(client)]


def run_ids(client: Client, pipeline_id: str, kind: str = "manual") -> list[int]:
    """The runs of a pipeline, newest first."""
    return [run.id for run in client.runs.list(pipeline_id) if run.type == kind]


def test_each_pipeline_runs_once_and_is_materialized(
    emulator: Emulator, client: Client, resource: WarehouseSyncResource, instance: dg.DagsterInstance
) -> None:
    """A materialization has the run's number, its counts, its range and a link."""
    ids = emulator.seed(pipelines=3, runs=0)
    assets = build_warehouse_sync_assets(specs_of(client), resource)
    assert dg.materialize([assets], instance=instance).success
    for pipeline_id in ids:
        [run_id] = run_ids(client, pipeline_id)
        [record] = instance.fetch_materializations(dg.AssetKey(["mparticle", pipeline_id]), limit=9).records
        assert record.asset_materialization is not None
        metadata = {name: value.value for name, value in record.asset_materialization.metadata.items()}
        assert metadata["warehouse_sync/run_id"] == run_id
        assert metadata["warehouse_sync/link"] == f"https://x/{pipeline_id}/{run_id}"
        assert {"warehouse_sync/successful_records", "warehouse_sync/range_end"} <= set(metadata)


def test_selection_runs_no_other_pipeline(
    emulator: Emulator, client: Client, resource: WarehouseSyncResource, instance: dg.DagsterInstance
) -> None:
    """Assets that are not selected are not triggered."""
    first, second = emulator.seed(pipelines=2, runs=0)
    assets = build_warehouse_sync_assets(specs_of(client), resource)
    selection = dg.AssetSelection.assets(dg.AssetKey(["mparticle", second]))
    assert dg.materialize([assets], instance=instance, selection=selection).success
    assert (run_ids(client, first), len(run_ids(client, second))) == ([], 1)


def test_failure_names_each_pipeline_and_keeps_the_successes(
    emulator: Emulator, client: Client, resource: WarehouseSyncResource, instance: dg.DagsterInstance
) -> None:
    """The step fails with every error; what succeeded is materialized all the same."""
    good, bad = emulator.seed(pipelines=2, runs=0)
    emulator.fail_next_run(bad, message="No such table.")
    result = dg.materialize(
        [build_warehouse_sync_assets(specs_of(client), resource)], instance=instance, raise_on_error=False
    )
    assert not result.success
    [event] = result.get_step_failure_events()
    assert event.step_failure_data.user_failure_data is not None
    description = event.step_failure_data.user_failure_data.description or ""
    assert "1 of 2 pipelines failed" in description
    assert f"{bad}: " in description
    assert "No such table." in description
    assert instance.fetch_materializations(dg.AssetKey(["mparticle", good]), limit=9).records


def test_retried_step_triggers_only_what_failed(
    emulator: Emulator, client: Client, resource: WarehouseSyncResource, instance: dg.DagsterInstance
) -> None:
    """The retry of a step takes the runs that succeeded, and triggers the pipeline whose run failed."""
    good, bad = emulator.seed(pipelines=2, runs=0)
    emulator.fail_next_run(bad, message="No such table.")
    assets = build_warehouse_sync_assets(specs_of(client), resource).with_attributes()
    job = dg.Definitions(
        assets=[assets], jobs=[dg.define_asset_job("all", op_retry_policy=dg.RetryPolicy(max_retries=1))]
    ).resolve_job_def("all")
    assert job.execute_in_process(instance=instance).success
    assert (len(run_ids(client, good)), len(run_ids(client, bad))) == (1, 2)


def test_second_materialization_triggers_again(
    emulator: Emulator, client: Client, resource: WarehouseSyncResource, instance: dg.DagsterInstance
) -> None:
    """A new Dagster run is a new run, also where it carries the tags of an older one."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=0)
    assets = build_warehouse_sync_assets(specs_of(client), resource)
    first = dg.materialize([assets], instance=instance)
    tags = instance.get_run_by_id(first.run_id).tags
    assert f"warehouse_sync/{pipeline_id}" in tags
    assert dg.materialize([assets], instance=instance, tags=dict(tags)).success
    assert len(run_ids(client, pipeline_id)) == 2


def test_sensor_reports_the_schedules_runs_once(
    emulator: Emulator, client: Client, resource: WarehouseSyncResource, instance: dg.DagsterInstance
) -> None:
    """A run of the schedule is reported by one evaluation, also when its cursor was lost; a manual one by none."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=2)
    sensor = build_polling_sensor(specs_of(client), resource)

    def evaluate(cursor: str | None) -> dg.SensorResult:
        with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
            result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        return result

    baseline = evaluate(None)
    assert not baseline.asset_events
    client.pipelines.trigger_and_wait(pipeline_id)
    manual = evaluate(baseline.cursor)
    assert not manual.asset_events
    emulator.fault("GET */runs", new_runs=1)
    list(client.runs.list(pipeline_id))
    found = evaluate(manual.cursor)
    assert [event.metadata["warehouse_sync/run_id"].value for event in found.asset_events] == run_ids(
        client, pipeline_id, "scheduled"
    )[:1]
    instance.report_runless_asset_event(found.asset_events[0])
    assert not evaluate(found.cursor).asset_events
    assert not evaluate(manual.cursor).asset_events


def test_sensor_survives_an_outage(
    emulator: Emulator, client: Client, resource: WarehouseSyncResource, instance: dg.DagsterInstance
) -> None:
    """A pipeline that cannot be read keeps its cursor."""
    emulator.seed(pipelines=2, runs=1)
    sensor = build_polling_sensor(specs_of(client), resource)
    with dg.build_sensor_context(instance=instance) as context:
        before = sensor(context)
    emulator.fault("GET */report", status=403, count=None)
    with dg.build_sensor_context(instance=instance, cursor=before.cursor) as context:
        assert sensor(context).cursor == before.cursor


def test_specs_are_read_without_an_account(
    resource: WarehouseSyncResource, emulator: Emulator, tmp_path: Path
) -> None:
    """A state that was written once needs no API any more, and names the tables upstream."""
    emulator.seed(pipelines=2, runs=0)
    resource.write_state(tmp_path / "state.json")
    emulator.fault("* *", status=500, count=None)
    specs = load_warehouse_sync_asset_specs(tmp_path / "state.json")
    assert [spec.key.path[0] for spec in specs] == ["mparticle", "mparticle"]
    assert [dependency.asset_key.path for dependency in specs[0].deps]


@pytest.mark.parametrize("unset", [True, False])
def test_workspace_of_a_component_may_be_unset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, unset: bool
) -> None:
    """Code is loaded without the variables of the environment; a workspace that is not a number is an error."""
    monkeypatch.delenv("SHOP_WORKSPACE", raising=False)
    attributes = {"workspace": {"workspace_id": "{{ env.SHOP_WORKSPACE }}" if unset else "shop"}}
    if unset:
        component = WarehouseSyncComponent.from_attributes_dict(attributes=attributes)
        assert component.workspace.workspace_id is None
    else:
        with pytest.raises(Exception, match="workspace_id must be a number, not 'shop'"):
            WarehouseSyncComponent.from_attributes_dict(attributes=attributes)
