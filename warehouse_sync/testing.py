"""The pytest plugin: a running emulator, and clients connected to it, as fixtures.

It is registered as a plugin of pytest by the installation; a test only names the fixtures it needs::

    async def test_report(warehouse_sync_emulator, warehouse_sync_client):
        [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1)
        report = await warehouse_sync_client.pipelines.report(pipeline_id)
        assert report.status == "idle"

Every test gets an emulator of its own, so that no state passes from one to the next. A test that names the fixture
`warehouse_sync_clock` turns the time itself, and its runs take none. A complete example, of code that creates an
hourly pipeline and answers for its health::

    from datetime import timedelta

    from warehouse_sync import (
        ConnectionSpec, DatabricksConfig, DataModelSpec, PipelineSpec, Schedule, SyncMode,
    )

    def create_hourly(client, start):  # your own code
        config = DatabricksConfig(provider="shop", schema="public")
        client.connections.create(ConnectionSpec(id="shop", name="Shop", state="active", config=config))
        sql = "SELECT email, plan, updated_at FROM shop.public.customers"
        client.data_models.create(DataModelSpec(id="customers", name="Customers", state="active", sql_query=sql))
        client.pipelines.create(
            PipelineSpec(
                id="customers", name="Customers", pipeline_type="user_attributes", connection_id="shop",
                data_model_id="customers", state="active", environment="development",
                sync_mode=SyncMode(type="incremental", iterator_field="updated_at", iterator_data_type="timestamp"),
                schedule=Schedule(type="interval", frequency="hourly", start=start),
            )
        )

    def is_healthy(client):  # your own code
        return client.pipelines.report("customers").status != "faulted"

    def test_hourly_pipeline(warehouse_sync_clock, warehouse_sync_emulator, warehouse_sync_sync_client):
        create_hourly(warehouse_sync_sync_client, start=warehouse_sync_clock.now() + timedelta(hours=1))
        warehouse_sync_clock.advance("3d")
        assert len(list(warehouse_sync_sync_client.runs.list("customers"))) == 72
        assert is_healthy(warehouse_sync_sync_client)
        warehouse_sync_emulator.fail_next_run("customers", message="No such table.")
        warehouse_sync_clock.advance("1h")
        assert not is_healthy(warehouse_sync_sync_client)
"""

from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

# Every run of pytest in an environment with this package imports this module: whatever is heavy waits for a fixture.
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from warehouse_sync import AsyncClient, Client
    from warehouse_sync.emulator import Emulator, VirtualClock


@pytest.fixture
def warehouse_sync_clock() -> "VirtualClock":
    """The emulator's clock, for tests that name it: it stands still at noon of 1 January 2025 until it is turned."""
    from warehouse_sync.emulator import VirtualClock  # noqa: PLC0415  # heavy

    return VirtualClock(datetime(2025, 1, 1, 12, tzinfo=UTC))


@pytest.fixture
def warehouse_sync_emulator(request: pytest.FixtureRequest) -> "Iterator[Emulator]":
    """A running emulator with nothing in it, in a thread of its own; for async and blocking tests."""
    from warehouse_sync.emulator import Emulator  # noqa: PLC0415  # heavy

    with Emulator(**_clock_settings(request)) as emulator:
        yield emulator


def _clock_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the virtual clock if the test names it; a wait for a run would never end unless runs then take no time."""
    if "warehouse_sync_clock" not in request.fixturenames:
        return {}
    return {"clock": request.getfixturevalue("warehouse_sync_clock"), "queued": 0, "running": 0}


@pytest.fixture
def warehouse_sync_sync_client(warehouse_sync_emulator: "Emulator") -> "Iterator[Client]":
    """A `Client` connected to the emulator."""
    from warehouse_sync import Client  # noqa: PLC0415  # heavy

    with Client(**warehouse_sync_emulator.client_options()) as client:
        yield client


def _async_fixture(function: "Callable[..., Any]") -> "Callable[..., Any]":
    """Make an async fixture with the plugin that is there to run it."""
    if find_spec("pytest_asyncio") is None:
        return pytest.fixture(function)  # anyio's plugin runs it for tests marked `anyio`
    import pytest_asyncio  # noqa: PLC0415  # pytest has imported it by now

    return pytest_asyncio.fixture(function)


@_async_fixture
async def warehouse_sync_client(warehouse_sync_emulator: "Emulator") -> "AsyncIterator[AsyncClient]":
    """An `AsyncClient` connected to the emulator."""
    from warehouse_sync import AsyncClient  # noqa: PLC0415  # heavy

    async with AsyncClient(**warehouse_sync_emulator.client_options()) as client:
        yield client


def patch_aioresponses() -> None:
    """Let aioresponses build answers under aiohttp 3.14; call it once, in `conftest.py`.

    aiohttp asks for the writer of each answer's request since 3.14, and aioresponses up to 0.7.9 names none (its issue 289).
    A release that names one is left to do so.
    """
    core: Any = import_module("aioresponses.core")  # the test's dependency, not ours
    written = SimpleNamespace(output_size=0)  # all that aiohttp reads of a writer that is done
    core.ClientResponse = partial(core.ClientResponse, stream_writer=written)
