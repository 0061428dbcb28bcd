"""Clients derived from one client: shared state and validation, with both kinds of client."""

import inspect
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from warehouse_sync import AsyncClient, Client, ConfigurationError, ValidationError
from warehouse_sync.emulator import Emulator


@pytest.fixture(params=[AsyncClient, Client])
async def client(request: pytest.FixtureRequest, warehouse_sync_emulator: Emulator) -> AsyncIterator[Any]:
    """Each kind of client."""
    options = warehouse_sync_emulator.client_options()
    if request.param is Client:
        with Client(**options) as blocking:
            yield blocking
    else:
        async with AsyncClient(**options) as asynchronous:
            yield asynchronous


async def done(value: Any) -> Any:
    """Return the result of a call of either client."""
    return await value if inspect.isawaitable(value) else value


async def take(items: Any) -> Any:
    """Return the next item of an iteration of either client."""
    return await anext(items) if hasattr(items, "__anext__") else next(items)


async def test_derived_clients_share_recently_created_runs(
    client: Any, warehouse_sync_emulator: Emulator
) -> None:
    """A 404 right after a trigger is retried by a client with other options, or one returned to the workspace."""
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=1)
    triggered = await done(client.pipelines.trigger(pipeline_id))
    for relative in (client, client.with_options(), client.workspace(77).workspace(client.workspace_id)):
        warehouse_sync_emulator.fault(f"GET *runs/{triggered.run_id}", status=404)
        assert (await done(relative.runs.wait(pipeline_id, triggered.run_id))).id == triggered.run_id


@pytest.mark.parametrize("wrong", [{"timeout": "5"}, {"timeout": 0}, {"retry": 3}])
async def test_options_of_another_type_raise(client: Any, wrong: dict[str, Any]) -> None:
    """A value that is no timeout or no retry policy raises an error."""
    with pytest.raises(ConfigurationError):
        client.with_options(**wrong)


async def test_invalid_timeout_raises_before_the_trigger(
    client: Any, warehouse_sync_emulator: Emulator
) -> None:
    """An invalid timeout raises before the pipeline is triggered."""
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=0)
    with pytest.raises(ValidationError):
        await done(client.pipelines.trigger_and_wait(pipeline_id, timeout=-1))
    assert (await done(client.pipelines.report(pipeline_id))).latest_pipeline_run is None


@pytest.mark.parametrize("pair", ["pipe", ("pipe",), ("pipe", 1, 2), None, 5])
async def test_wait_many_without_pairs_raises_before_a_request(client: Any, pair: Any) -> None:
    """Pairs are validated before anything is sent."""
    with pytest.raises(ValidationError) as caught:
        client.runs.wait_many([("pipe", 1), pair])
    assert caught.value.fields == ("runs",)


async def test_watch_of_a_closed_client_raises(client: Any, warehouse_sync_emulator: Emulator) -> None:
    """A closed client is not an outage: the watch raises an error."""
    ids = warehouse_sync_emulator.seed(pipelines=1, runs=1)
    changes = client.watch(ids, every=timedelta(milliseconds=1))
    assert not (await take(changes)).stale
    await done(client.close())
    with pytest.raises(ConfigurationError, match="closed"):
        await take(changes)
