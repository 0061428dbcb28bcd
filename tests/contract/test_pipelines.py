"""`client.pipelines` of `AsyncClient` and `Client`."""

from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest

from tests.support.peer import Peer, reply
from warehouse_sync import (
    BadRequestError,
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    NotFoundError,
    Pipeline,
    PipelineBusyError,
    PipelineReport,
    PipelineSpec,
    PolledReport,
    Run,
    RunFailedError,
    Schedule,
    SyncMode,
    TriggeredRun,
    ValidationError,
)
from warehouse_sync.emulator import Emulator
from warehouse_sync.secret import MASK

SPEC = PipelineSpec(
    id="customers",
    name="Customers",
    pipeline_type="user_attributes",
    connection_id="raw",
    data_model_id="model",
    sync_mode=SyncMode(type="incremental", iterator_field="updated_at", iterator_data_type="timestamp"),
    schedule=Schedule(type="on_demand"),
    environment="development",
)


async def prepare(client: Any) -> None:
    """Create the resources that the pipeline refers to."""
    await client.connections.create(
        ConnectionSpec(id="raw", name="Raw", config=DatabricksConfig(provider="p", schema="s"))
    )
    await client.data_models.create(DataModelSpec(id="model", name="Model", sql_query="SELECT 1 FROM a.b.c"))


async def test_pipeline_create_get_list_update_and_delete(client: Any) -> None:
    """A pipeline can be created, read, listed, updated and deleted."""
    await prepare(client)
    created = await client.pipelines.create(SPEC)
    assert isinstance(created, Pipeline)
    assert (created.id, created.schedule.type, created.status) == ("customers", "on_demand", "idle")
    assert await client.pipelines.get("customers") == created
    assert await client.pipelines.list() == [created]
    paused = await client.pipelines.update(attrs.evolve(created.to_spec(), state="paused"))
    assert paused.state == "paused"
    assert await client.pipelines.delete("customers") is None
    assert await client.pipelines.list() == []


async def test_pipeline_with_missing_references_raises(client: Any) -> None:
    """A missing reference raises a 400 with the message of the server."""
    with pytest.raises(BadRequestError) as caught:
        await client.pipelines.create(SPEC)
    assert "raw" in " ".join(caught.value.messages)


async def test_trigger_starts_a_run(client: Any) -> None:
    """A trigger returns the run it created; the run can be read and waited for."""
    await prepare(client)
    await client.pipelines.create(SPEC)
    triggered = await client.pipelines.trigger("customers")
    assert isinstance(triggered, TriggeredRun)
    assert (triggered.pipeline_id, triggered.workspace_id, triggered.inferred) == ("customers", 5328, False)
    assert (await client.runs.get("customers", triggered.run_id)).type == "manual"
    run = await client.runs.wait(triggered.pipeline_id, triggered.run_id, timeout=30)
    assert (run.id, run.status) == (triggered.run_id, "success")


async def test_trigger_of_a_busy_pipeline_raises(connect: Any) -> None:
    """A second trigger during a run is sent once and raises its own error."""
    with Emulator(running=600) as emulator:
        [pipeline_id] = emulator.seed(pipelines=1, runs=0)
        async with connect(**emulator.client_options()) as client:
            await client.pipelines.trigger(pipeline_id)
            with pytest.raises(PipelineBusyError) as caught:
                await client.pipelines.trigger(pipeline_id)
    assert caught.value.attempts == 1


async def test_trigger_and_wait_returns_the_run(client: Any, emulator: Emulator) -> None:
    """One call starts a run and waits until it ends."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=1)
    run = await client.pipelines.trigger_and_wait(pipeline_id, timeout=30)
    assert isinstance(run, Run)
    assert (run.pipeline_id, run.status) == (pipeline_id, "success")


async def test_trigger_and_wait_raises_when_the_run_fails(client: Any, emulator: Emulator) -> None:
    """A failed run raises an error with the run and its messages."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=1)
    emulator.fail_next_run(pipeline_id, message="no such table")
    with pytest.raises(RunFailedError, match="no such table") as caught:
        await client.pipelines.trigger_and_wait(pipeline_id)
    assert caught.value.run.status == "failed"


async def test_report_has_the_status_and_the_latest_run(client: Any, emulator: Emulator) -> None:
    """A report contains the status of the pipeline and its latest run."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=3)
    report = await client.pipelines.report(pipeline_id)
    assert isinstance(report, PipelineReport)
    assert (report.pipeline_id, report.status) == (pipeline_id, "idle")
    assert report.latest_pipeline_run is not None
    assert report.latest_pipeline_run.id == report.latest_successful_pipeline_run_id


@pytest.mark.parametrize("source", ["list", "generator", "async generator"])
async def test_reports_yields_one_entry_per_id(client: Any, emulator: Emulator, source: str) -> None:
    """Each id of any kind of iterable has one entry, with errors as values, and `on_progress` is called."""
    ids = [*emulator.seed(pipelines=5, runs=2), "nowhere", "not an id"]
    calls: list[Any] = []
    polled = [
        entry
        async for entry in client.pipelines.reports(
            _source(source, ids), concurrency=3, on_progress=calls.append
        )
    ]
    assert all(isinstance(entry, PolledReport) for entry in polled)
    assert sorted(entry.pipeline_id for entry in polled) == sorted(ids)
    errors = {entry.pipeline_id: type(entry.error) for entry in polled if entry.error}
    assert errors == {"nowhere": NotFoundError, "not an id": ValidationError}
    assert (calls[-1].done, calls[-1].failed) == (7, 2)
    assert calls[-1].total == (7 if source == "list" else None)


def _source(name: str, ids: list[str]) -> Any:
    async def drawn() -> AsyncIterator[str]:
        for pipeline_id in ids:
            yield pipeline_id

    return {"list": ids, "generator": iter(ids), "async generator": drawn()}[name]


async def test_reports_can_be_left_early(client: Any, emulator: Emulator) -> None:
    """The client keeps working after the loop is left early."""
    ids = emulator.seed(pipelines=20, runs=1)
    reports = client.pipelines.reports(ids, concurrency=4)
    async for _ in reports:
        break
    await reports.aclose()
    assert (await client.pipelines.report(ids[0])).status == "idle"


@pytest.mark.parametrize("concurrency", [0, -1, True, 1.5, "4", None])
async def test_reports_with_invalid_concurrency_raises(client: Any, concurrency: Any) -> None:
    """An invalid argument raises at the call, not at the first entry."""
    with pytest.raises(ValidationError, match="concurrency"):
        client.pipelines.reports([], concurrency=concurrency)


@pytest.mark.parametrize("ids", ["customers", None, 7])
async def test_reports_without_an_iterable_raises(client: Any, ids: Any) -> None:
    """A string is not an iterable of one-letter ids, and other values are reported."""
    with pytest.raises(ValidationError, match="pipeline_ids: must be an iterable"):
        client.pipelines.reports(ids)


async def seeded(client: Any, emulator: Emulator, count: int) -> list[Pipeline]:
    """Return new pipelines."""
    emulator.seed(pipelines=count, runs=0)
    return list(await client.pipelines.list())


async def test_pipeline_objects_are_accepted_as_ids(client: Any, emulator: Emulator) -> None:
    """Where an id is asked for, an object that has it will do."""
    pipelines = await seeded(client, emulator, 2)
    pipeline = pipelines[0]
    for reference in (pipeline, pipeline.to_spec(), await client.pipelines.report(pipeline)):
        assert (await client.pipelines.report(reference)).pipeline_id == pipeline.id
        assert await client.pipelines.get(reference) == pipeline
    triggered = await client.pipelines.trigger(pipeline)
    run = await client.runs.wait(triggered.pipeline_id, triggered.run_id, timeout=30)
    assert (await client.pipelines.report(run)).latest_pipeline_run == run
    assert (await client.runs.get(triggered, run.id)) == run
    assert [found.id async for found in client.runs.list(pipeline)] == [run.id]
    entries = [entry async for entry in client.pipelines.reports(pipelines)]
    assert {entry.pipeline_id for entry in entries} == {each.id for each in pipelines}
    assert {entry.result().status for entry in entries} == {"idle"}
    async for change in client.watch([pipeline], every=60):
        assert change.pipeline_id == pipeline.id
        break
    await client.pipelines.delete(pipeline)
    model, connection = (await client.data_models.list())[0], (await client.connections.list())[0]
    assert await client.data_models.get(model) == model
    assert await client.connections.get(connection.to_spec()) == connection


@pytest.mark.parametrize("wrong", [7, None, {"id": "p"}, DatabricksConfig(provider="p", schema="s")])
async def test_objects_without_an_id_raise(client: Any, wrong: Any) -> None:
    """They are rejected before anything is sent, not reported as values."""
    with pytest.raises(ValidationError, match="must be an id"):
        await client.pipelines.report(wrong)
    for method in (client.pipelines.reports, client.pipelines.trigger_many):
        with pytest.raises(ValidationError, match=r"pipeline_ids\[1\]: must be an id"):
            method(["p", wrong])
        with pytest.raises(ValidationError, match="must be an id"):
            _ = [entry async for entry in method(iter([wrong]))]
        with pytest.raises(ValidationError, match="not a string"):
            method("customers")
    with pytest.raises(ValidationError, match="must be an id"):
        client.watch([wrong], every=1)


async def test_object_of_another_kind_raises(client: Any, emulator: Emulator) -> None:
    """A pipeline is not accepted where a connection is meant."""
    [pipeline] = await seeded(client, emulator, 1)
    with pytest.raises(ValidationError, match="must be a string, not Pipeline"):
        await client.connections.delete(pipeline)


async def test_trigger_many_yields_one_entry_per_pipeline(client: Any, emulator: Emulator) -> None:
    """Each entry has the triggered run or the error, and errors do not stop the others."""
    pipelines = await seeded(client, emulator, 5)
    updates: list[Any] = []
    ids = [*pipelines, "missing"]
    entries = [
        entry async for entry in client.pipelines.trigger_many(ids, concurrency=3, on_progress=updates.append)
    ]
    assert {entry.pipeline_id for entry in entries} == {*(each.id for each in pipelines), "missing"}
    [failed] = [entry for entry in entries if entry.error is not None]
    assert (failed.pipeline_id, failed.triggered) == ("missing", None)
    with pytest.raises((BadRequestError, NotFoundError)):
        failed.result()
    runs = [entry.result() for entry in entries if entry.error is None]
    assert (updates[-1].done, updates[-1].failed, updates[-1].total) == (6, 1, 6)
    assert len({run.run_id for run in runs}) == 5
    with pytest.raises(ValidationError, match="concurrency"):
        client.pipelines.trigger_many(ids, concurrency=0)


async def test_pause_and_resume_change_the_state_only(client: Any, emulator: Emulator) -> None:
    """The pipeline is read, changed and put back."""
    [pipeline] = await seeded(client, emulator, 1)
    paused = await client.pipelines.pause(pipeline)
    assert paused.state == "paused"
    assert attrs.evolve(paused.to_spec(), state="active") == pipeline.to_spec()
    resumed = await client.pipelines.resume(pipeline.id)
    assert resumed.to_spec() == pipeline.to_spec()
    with pytest.raises(NotFoundError):
        await client.pipelines.pause("missing")


STORED = {
    "id": "p",
    "name": "",
    "pipeline_type": "audiences",
    "connection_id": "a connection",
    "data_model_id": "m",
    "state": "active",
    "sync_mode": {"type": "incremental", "iterator_data_type": "varchar", "until": "2020-01-01T00:00:00Z"},
    "schedule": {"type": "interval", "frequency": "yearly", "delay": "a while"},
    "environment": "staging",
    "data_plan_id": "plan",
    "region": "eu",
}


@pytest.mark.parametrize(("method", "state"), [("pause", "paused"), ("resume", "active")])
async def test_pause_and_resume_send_back_fields_that_the_sdk_refuses(
    connect: Any, method: str, state: str
) -> None:
    """The other fields are sent as they were read, whatever they hold."""
    with Peer() as peer:
        peer.serve("GET */p", reply(200, STORED))
        peer.serve("PUT */p", reply(200, {**STORED, "state": state}))
        async with connect(**peer.options()) as client:
            changed = await getattr(client.pipelines, method)("p")
    [put] = peer.on("PUT *")
    assert put.document == {**STORED, "state": state}
    assert changed.state == state


async def test_pause_sends_no_masked_secret(connect: Any) -> None:
    """A masked feed key is refused: it would replace the real one."""
    with Peer() as peer:
        peer.serve("GET */p", reply(200, {**STORED, "partner_feed_key": MASK}))
        async with connect(**peer.options()) as client:
            with pytest.raises(ValidationError, match="partner_feed_key") as caught:
                await client.pipelines.pause("p")
    assert [field for field, _ in caught.value.problems] == ["partner_feed_key"]
    assert peer.count("PUT *") == 0


async def test_update_sends_back_values_that_were_read(connect: Any) -> None:
    """Values that the SDK does not know are sent back if they were read, and refused if they are typed."""
    stored = {**STORED, "name": "P", "connection_id": "c", "data_plan_version": 1}
    stored["sync_mode"] = {"type": "newest", "iterator_field": "at", "iterator_data_type": "varchar"}
    stored["schedule"] = {"type": "lunar", "delay": "a while"}
    with Peer() as peer:
        peer.serve("GET */p", reply(200, stored))
        peer.serve("PUT */p", reply(200, stored))
        async with connect(**peer.options()) as client:
            spec = attrs.evolve((await client.pipelines.get("p")).to_spec(), name="Q")
            await client.pipelines.update(spec)
            typed = attrs.evolve(
                spec,
                sync_mode=attrs.evolve(spec.sync_mode, iterator_data_type="varchar"),
                schedule=attrs.evolve(spec.schedule, delay="a while"),
                environment="staging",
            )
            with pytest.raises(ValidationError) as caught:
                await client.pipelines.update(typed)
    [put] = peer.on("PUT *")
    assert put.document == {**stored, "name": "Q"}
    assert {field for field, _ in caught.value.problems} == {
        "environment",
        "schedule.delay",
        "sync_mode.iterator_data_type",
    }
