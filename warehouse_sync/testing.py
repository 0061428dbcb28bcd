"""The pytest plugin: fixtures for a running emulator and connected clients.

pytest loads it automatically once the package is installed. A test requests the fixtures by name::

    async def test_report(warehouse_sync_emulator, warehouse_sync_client):
        [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1)
        report = await warehouse_sync_client.pipelines.report(pipeline_id)
        assert report.status == "idle"

Each test gets its own emulator, so tests share no state. A test that requests `warehouse_sync_clock` controls the time of
the emulator, and its runs take no time. A complete example, for code that creates an hourly pipeline and checks its
health::

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
from inspect import signature
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

# pytest imports this module in every run, so slow imports are inside the fixtures.
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from warehouse_sync import AsyncClient, Client
    from warehouse_sync.emulator import Emulator, VirtualClock


@pytest.fixture
def warehouse_sync_clock() -> "VirtualClock":
    """The clock of the emulator.

    It stands at noon UTC of 1 January 2025 until the test advances it.
    """
    from warehouse_sync.emulator import VirtualClock  # noqa: PLC0415 - slow to import

    return VirtualClock(datetime(2025, 1, 1, 12, tzinfo=UTC))


@pytest.fixture
def warehouse_sync_emulator(request: pytest.FixtureRequest) -> "Iterator[Emulator]":
    """A running, empty emulator in its own thread, for all kinds of tests."""
    from warehouse_sync.emulator import Emulator  # noqa: PLC0415 - slow to import

    with Emulator(**_clock_settings(request)) as emulator:
        yield emulator


def _clock_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the virtual clock if the test requests it, and runs that take no time: waits for others would not end."""
    if "warehouse_sync_clock" not in request.fixturenames:
        return {}
    return {"clock": request.getfixturevalue("warehouse_sync_clock"), "queued": 0, "running": 0}


@pytest.fixture
def warehouse_sync_environment(
    warehouse_sync_emulator: "Emulator", monkeypatch: pytest.MonkeyPatch
) -> "Emulator":
    """The emulator, named by the `WAREHOUSE_SYNC_*` variables of the environment.

    Code that creates a client without arguments connects to it.
    """
    for name, value in warehouse_sync_emulator.client_options().items():
        monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
    return warehouse_sync_emulator


@pytest.fixture
def warehouse_sync_sync_client(warehouse_sync_emulator: "Emulator") -> "Iterator[Client]":
    """A `Client` connected to the emulator."""
    from warehouse_sync import Client  # noqa: PLC0415 - slow to import

    with Client(**warehouse_sync_emulator.client_options()) as client:
        yield client


def _async_fixture(function: "Callable[..., Any]") -> "Callable[..., Any]":
    """Create an asynchronous fixture for the installed plugin, pytest-asyncio or anyio."""
    if find_spec("pytest_asyncio") is None:
        return pytest.fixture(function)  # the plugin of anyio runs it for tests marked `anyio`
    import pytest_asyncio  # noqa: PLC0415 - an optional dependency

    return pytest_asyncio.fixture(function)


@_async_fixture
async def warehouse_sync_client(warehouse_sync_emulator: "Emulator") -> "AsyncIterator[AsyncClient]":
    """An `AsyncClient` connected to the emulator."""
    from warehouse_sync import AsyncClient  # noqa: PLC0415 - slow to import

    async with AsyncClient(**warehouse_sync_emulator.client_options()) as client:
        yield client


def forget_tokens() -> None:
    """Make clients that are created from now on fetch new tokens.

    Clients of one credential share a token. Call it before a test that counts or mocks token requests.
    """
    from warehouse_sync.transport import token_source  # noqa: PLC0415 - slow to import

    token_source.forget_tokens()


def patch_aioresponses() -> None:
    """Make aioresponses work with aiohttp 3.14. Call it once, in `conftest.py`.

    Earlier versions need no change. Since 3.14, aiohttp requires the stream writer of each response, which aioresponses up to
    0.7.9 does not pass (its issue 289). A release that passes it is not changed.
    """
    core: Any = import_module("aioresponses.core")  # a dependency of the tests that call this
    if "stream_writer" not in signature(core.ClientResponse).parameters:
        return
    written = SimpleNamespace(output_size=0)  # the only attribute that aiohttp reads
    core.ClientResponse = partial(core.ClientResponse, stream_writer=written)
