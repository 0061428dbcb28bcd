"""The blocks and the flow, in a real Prefect with a server of its own."""

import asyncio
import importlib.util
import json
from collections.abc import Iterator
from typing import Any

import pytest

from warehouse_sync import Client, NotFoundError, PipelineBusyError, RunFailedError, WaitTimeoutError
from warehouse_sync.emulator import Emulator

if importlib.util.find_spec("prefect") is None:
    pytest.skip("Prefect is not installed here: run `make integrations`", allow_module_level=True)

from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.plugins import load_prefect_collections
from prefect.testing.utilities import prefect_test_harness

from warehouse_sync.integrations.prefect import (
    WarehouseSyncCredentials,
    WarehouseSyncPipeline,
    is_retriable,
    run_pipeline,
)
from warehouse_sync.integrations.prefect.flow_run_store import LabelStore


@pytest.fixture(scope="module", autouse=True)
def harness() -> Iterator[None]:
    """A server with an empty database."""
    with prefect_test_harness(server_startup_timeout=300):
        yield


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator whose runs take a moment."""
    with Emulator(queued=0, running=0.3) as emulator:
        yield emulator


@pytest.fixture
def patient_emulator() -> Iterator[Emulator]:
    """An emulator whose runs end when the test advances its clock."""
    with Emulator(clock="virtual") as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    """A client of the test's own."""
    with Client(**emulator.client_options()) as client:
        yield client


@pytest.fixture
def pipeline(emulator: Emulator) -> WarehouseSyncPipeline:
    """A pipeline without a past."""
    return new_pipeline(emulator)


def new_pipeline(emulator: Emulator) -> WarehouseSyncPipeline:
    """The block of a pipeline without a past."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=0)
    credentials = WarehouseSyncCredentials(**emulator.client_options(), dashboard_url="https://x/{run_id}")
    return WarehouseSyncPipeline(credentials=credentials, pipeline_id=pipeline_id)


def run_ids(client: Client, pipeline_id: str) -> list[int]:
    """The runs of a pipeline."""
    return [run.id for run in client.runs.list(pipeline_id)]


def artifacts(run_id: int) -> list[Any]:
    """The tables of a run, newest last: every emulator counts its runs from 1."""
    with get_client(sync_client=True) as prefect:
        found = prefect.request("POST", "/artifacts/filter", json={}).json()
    chosen = (each for each in found if f"Run {run_id}]" in (each["description"] or ""))
    return sorted(chosen, key=lambda artifact: str(artifact["created"]))


def test_flow_triggers_once_and_leaves_a_table(client: Client, pipeline: WarehouseSyncPipeline) -> None:
    """The flow returns the run, and its artifact links to it."""
    result = run_pipeline(pipeline.pipeline_id, pipeline.credentials)
    assert [result["id"]] == run_ids(client, pipeline.pipeline_id)
    artifact = artifacts(result["id"])[-1]
    assert f"https://x/{result['id']}" in artifact["description"]
    assert json.loads(artifact["data"])[0]["status"] == "success"


def test_blocks_are_saved_and_loaded(client: Client, pipeline: WarehouseSyncPipeline) -> None:
    """A saved pipeline triggers as it did; its secret is stored, and shown nowhere."""
    pipeline.credentials.save("mparticle", overwrite=True)
    secret = pipeline.credentials.client_secret.get_secret_value()
    assert secret not in repr(pipeline) + str(pipeline.model_dump()) + pipeline.model_dump_json()
    result = run_pipeline(pipeline.pipeline_id, "mparticle")
    assert result["status"] == "success"
    assert WarehouseSyncCredentials.load("mparticle").client_secret.get_secret_value() == secret


def test_asynchronous_flow_awaits_the_same_names(client: Client, pipeline: WarehouseSyncPipeline) -> None:
    """In asynchronous flows the methods are awaited."""

    @flow
    async def asynchronous() -> dict[str, Any]:
        run = await pipeline.trigger()
        await run.wait_for_completion()
        return dict(await run.fetch_result())

    assert [asyncio.run(asynchronous())["id"]] == run_ids(client, pipeline.pipeline_id)


def test_blocking_flow_in_an_event_loop_blocks(client: Client, pipeline: WarehouseSyncPipeline) -> None:
    """A blocking flow that an asynchronous one calls is no coroutine."""

    @flow
    async def outer() -> dict[str, Any]:
        return dict(run_pipeline(pipeline.pipeline_id, pipeline.credentials))

    assert [asyncio.run(outer())["id"]] == run_ids(client, pipeline.pipeline_id)


def test_outside_of_a_flow_it_works_all_the_same(client: Client, pipeline: WarehouseSyncPipeline) -> None:
    """A script needs no flow; each trigger is a run of its own."""
    for _ in range(2):
        run = pipeline.trigger()
        run.wait_for_completion()
    assert len(run_ids(client, pipeline.pipeline_id)) == 2
    assert run.fetch_result()["pipeline_id"] == pipeline.pipeline_id


def test_failed_run_raises_its_errors(
    emulator: Emulator, pipeline: WarehouseSyncPipeline, client: Client
) -> None:
    """What the warehouse said is in the error, and in the table."""
    emulator.fail_next_run(pipeline.pipeline_id, message="No such table.")
    with pytest.raises(RunFailedError, match=r"No such table\."):
        run_pipeline(pipeline.pipeline_id, pipeline.credentials)
    artifact = artifacts(run_ids(client, pipeline.pipeline_id)[0])[-1]
    assert "No such table." in artifact["data"]


def test_flow_retry_after_a_timeout_takes_the_same_run(patient_emulator: Emulator) -> None:
    """The first attempt does not wait long enough; the second waits for the same run."""
    pipeline = new_pipeline(patient_emulator)
    attempts: list[str] = []

    @flow(retries=1)
    def patient() -> dict[str, Any]:
        timeout = 0.01 if not attempts else None
        run = pipeline.model_copy(update={"timeout": timeout}).trigger()
        if attempts:
            patient_emulator.advance("1h")
        attempts.append(run.handle)
        run.wait_for_completion()
        return dict(run.fetch_result())

    result = patient()
    with Client(**patient_emulator.client_options()) as client:
        assert [result["id"]] == run_ids(client, pipeline.pipeline_id)
    assert attempts == [attempts[0]] * 2


def test_timeout_leaves_the_run_alone(patient_emulator: Emulator) -> None:
    """The error has a handle, and the run goes on."""
    run = new_pipeline(patient_emulator).model_copy(update={"timeout": 0.01}).trigger()
    with pytest.raises(WaitTimeoutError) as caught:
        run.wait_for_completion()
    patient_emulator.advance("1h")
    with Client(**patient_emulator.client_options()) as client:
        assert client.runs.resume(caught.value.handle).status == "success"


BUSY = "Pipeline p is already in progress."


@pytest.mark.parametrize(
    ("fault", "error", "attempts"),
    [
        ({"status": 400, "message": BUSY}, PipelineBusyError, 3),
        ({"status": 404, "message": "No such pipeline."}, NotFoundError, 1),
    ],
)
def test_final_errors_are_not_retried(
    emulator: Emulator,
    pipeline: WarehouseSyncPipeline,
    fault: dict[str, Any],
    error: type[Exception],
    attempts: int,
) -> None:
    """A busy pipeline is retried; one that does not exist is not."""
    counted: list[int] = []

    @task(retries=2, retry_condition_fn=is_retriable)
    def trigger() -> str:
        counted.append(1)
        return str(pipeline.trigger().handle)

    @flow
    def flow_of_it() -> str:
        return str(trigger())

    emulator.fault("POST */trigger", count=None, **fault)
    with pytest.raises(error):
        flow_of_it()
    assert len(counted) == attempts


def test_label_outlives_the_process(pipeline: WarehouseSyncPipeline) -> None:
    """A label keeps what was written, beside those of other pipelines."""

    @flow
    def empty() -> None:
        """A flow run to label."""

    flow_run_id = empty(return_state=True).state_details.flow_run_id
    first, second = LabelStore(flow_run_id, "warehouse_sync.a"), LabelStore(flow_run_id, "warehouse_sync.b")
    first.write({"handle": "1"})
    second.write({"handle": "2"})
    assert (first.read(), second.read()) == ({"handle": "1"}, {"handle": "2"})
    first.clear()
    assert (first.read(), second.read()) == ({}, {"handle": "2"})


def test_collection_is_found() -> None:
    """Prefect loads the blocks by the entry point."""
    assert not isinstance(load_prefect_collections()["warehouse_sync"], Exception)
