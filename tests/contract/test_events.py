"""The events of both clients against the emulator."""

from typing import Any

import pytest

from tests.contract.conftest import Connect
from tests.contract.test_pipelines import SPEC, prepare
from warehouse_sync.emulator import Emulator
from warehouse_sync.events import AttemptEnded, Event, OperationEnded, RunEnded, RunPolled

V2 = "/platform/v2/workspaces/{workspace_id}"


@pytest.fixture
async def pipeline_id(client: Any) -> str:
    """A pipeline in the emulator."""
    await prepare(client)
    await client.pipelines.create(SPEC)
    return SPEC.id


@pytest.fixture
def events() -> list[Event]:
    """The received events."""
    return []


async def test_wait_reports_each_poll_and_the_end(
    connect: Connect, emulator: Emulator, events: list[Event], pipeline_id: str
) -> None:
    """A wait is one operation, whose run is polled until it ends."""
    async with connect(**emulator.client_options(), listeners=[events.append]) as client:
        run = await client.pipelines.trigger_and_wait(pipeline_id)
    operations = [event.operation for event in events if isinstance(event, OperationEnded)]
    assert operations[-1] == "pipelines.trigger_and_wait"
    polls = [event for event in events if isinstance(event, RunPolled)]
    assert polls[-1].status == "success"
    [ended] = [event for event in events if isinstance(event, RunEnded)]
    assert (ended.pipeline_id, ended.run_id, ended.status) == (pipeline_id, run.id, "success")
    assert ended.successful_records == run.successful_records
    assert ended.seconds is not None


async def test_path_templates_hold_no_ids(
    connect: Connect, emulator: Emulator, events: list[Event], pipeline_id: str
) -> None:
    """Each request has its template, also pages and the v1 draft; each belongs to an operation."""
    async with connect(**emulator.client_options(), listeners=[events.append]) as client:
        await client.pipelines.report(pipeline_id)
        run = await client.pipelines.trigger_and_wait(pipeline_id)
        await client.runs.get(pipeline_id, run.id)
        async for _ in client.runs.list(pipeline_id):
            pass
        async for _ in client.pipelines.reports([pipeline_id]):
            pass
        for resource in (client.connections, client.data_models, client.pipelines):
            for each in await resource.list():
                await resource.update((await resource.get(each.id)).to_spec())
        for resource in (client.ingest_v1.connections, client.ingest_v1.pipelines):
            await resource.list()
    seen = {
        (event.operation, event.method, event.url_template)
        for event in events
        if isinstance(event, AttemptEnded) and event.url_template != "/oauth/token"
    }
    pipelines = f"{V2}/inputs/data-pipelines"
    # A wait lists the runs if the first poll comes before the end of the run.
    seen.discard(("pipelines.trigger_and_wait", "GET", f"{pipelines}/{{pipeline_id}}/runs"))
    assert seen == {
        ("pipelines.report", "GET", f"{pipelines}/{{pipeline_id}}/report"),
        ("pipelines.trigger_and_wait", "POST", f"{pipelines}/trigger"),
        ("pipelines.trigger_and_wait", "GET", f"{pipelines}/{{pipeline_id}}/runs/{{run_id}}"),
        ("runs.get", "GET", f"{pipelines}/{{pipeline_id}}/runs/{{run_id}}"),
        ("runs.list", "GET", f"{pipelines}/{{pipeline_id}}/runs"),
        ("pipelines.list", "GET", pipelines),
        ("pipelines.get", "GET", f"{pipelines}/{{pipeline_id}}"),
        ("pipelines.update", "PUT", f"{pipelines}/{{pipeline_id}}"),
        ("connections.list", "GET", f"{V2}/connections"),
        ("connections.get", "GET", f"{V2}/connections/{{connection_id}}"),
        ("connections.update", "PUT", f"{V2}/connections/{{connection_id}}"),
        ("data_models.list", "GET", f"{V2}/data-models"),
        ("data_models.get", "GET", f"{V2}/data-models/{{data_model_id}}"),
        ("data_models.update", "PUT", f"{V2}/data-models/{{data_model_id}}"),
        ("ingest_v1.connections.list", "GET", "/platform/v1/workspaces/{workspace_id}/ingest/connections"),
        ("ingest_v1.pipelines.list", "GET", "/platform/v1/workspaces/{workspace_id}/ingest/pipelines"),
    }
    assert not any(pipeline_id in template for _, _, template in seen)


async def test_client_of_another_workspace_reports_its_number(
    connect: Connect, emulator: Emulator, events: list[Event]
) -> None:
    """The listeners of a client receive the events of its other workspaces."""
    async with connect(**emulator.client_options(), listeners=[events.append]) as client:
        await client.workspace(99).connections.list()
    ended = events[-1]
    assert isinstance(ended, OperationEnded)
    assert (ended.operation, ended.workspace_id) == ("connections.list", 99)


async def test_attempts_exclude_token_requests(
    connect: Connect, emulator: Emulator, events: list[Event]
) -> None:
    """The number of attempts is that of API requests."""
    async with connect(**emulator.client_options(), listeners=[events.append]) as client:
        await client.connections.list()
    ended: Any = events[-1]
    assert ended.attempts == 1
