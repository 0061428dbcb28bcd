"""What clients made from one client share with it, and what they check, through both kinds."""

import inspect
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from warehouse_sync import AsyncClient, Client, ConfigurationError, ValidationError
from warehouse_sync.emulator import Emulator


@pytest.fixture(params=[AsyncClient, Client])
async def client(request: pytest.FixtureRequest, warehouse_sync_emulator: Emulator) -> AsyncIterator[Any]:
    """Each kind of client, one after the other."""
    options = warehouse_sync_emulator.client_options()
    if request.param is Client:
        with Client(**options) as blocking:
            yield blocking
    else:
        async with AsyncClient(**options) as asynchronous:
            yield asynchronous


async def done(value: Any) -> Any:
    """Return what a call of either client returns."""
    return await value if inspect.isawaitable(value) else value


async def take(items: Any) -> Any:
    """Return the next item of what either client can be iterated for."""
    return await anext(items) if hasattr(items, "__anext__") else next(items)


async def test_family_shares_what_may_be_late(client: Any, warehouse_sync_emulator: Emulator) -> None:
    """A 404 right after a trigger does not end a wait with other options, nor one that came back to the workspace."""
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=1)
    triggered = await done(client.pipelines.trigger(pipeline_id))
    for relative in (client, client.with_options(), client.workspace(77).workspace(client.workspace_id)):
        warehouse_sync_emulator.fault(f"GET *runs/{triggered.run_id}", status=404)
        assert (await done(relative.runs.wait(pipeline_id, triggered.run_id))).id == triggered.run_id


@pytest.mark.parametrize("wrong", [{"timeout": 5}, {"retry": 3}])
async def test_family_options_of_a_wrong_type_are_refused(client: Any, wrong: dict[str, Any]) -> None:
    """A number is no `Timeout`, and is refused where it is given."""
    with pytest.raises(ConfigurationError):
        client.with_options(**wrong)


async def test_family_wrong_timeout_triggers_nothing(client: Any, warehouse_sync_emulator: Emulator) -> None:
    """A timeout that is none is refused before the pipeline is triggered."""
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=0)
    with pytest.raises(ValidationError):
        await done(client.pipelines.trigger_and_wait(pipeline_id, timeout=-1))
    assert (await done(client.pipelines.report(pipeline_id))).latest_pipeline_run is None


@pytest.mark.parametrize("pair", ["pipe", ("pipe",), ("pipe", 1, 2), None, 5])
async def test_family_wait_for_what_is_no_pair_is_refused(client: Any, pair: Any) -> None:
    """Pairs are checked before a request, and named."""
    with pytest.raises(ValidationError) as caught:
        client.runs.wait_many([("pipe", 1), pair])
    assert caught.value.fields == ("runs",)


async def test_family_watch_of_a_closed_client_ends(client: Any, warehouse_sync_emulator: Emulator) -> None:
    """A client that was closed is no outage: the watch ends instead of going on stale for ever."""
    ids = warehouse_sync_emulator.seed(pipelines=1, runs=1)
    changes = client.watch(ids, every=timedelta(milliseconds=1))
    assert not (await take(changes)).stale
    await done(client.close())
    with pytest.raises(ConfigurationError, match="closed"):
        await take(changes)
