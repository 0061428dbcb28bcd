"""The pytest plugin: a running emulator, and clients connected to it, as fixtures.

It is registered as a plugin of pytest by the installation; a test only names the fixtures it needs::

    async def test_report(warehouse_sync_emulator, warehouse_sync_client):
        [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1)
        report = await warehouse_sync_client.pipelines.report(pipeline_id)
        assert report.status == "idle"

Every test gets an emulator of its own, so that no state passes from one to the next.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

# Every run of pytest in an environment with this package imports this module: whatever is heavy waits for a fixture.
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from warehouse_sync import AsyncClient, Client
    from warehouse_sync.emulator import Emulator


@pytest.fixture
def warehouse_sync_emulator() -> "Iterator[Emulator]":
    """A running emulator with nothing in it, in a thread of its own; for async and blocking tests."""
    from warehouse_sync.emulator import Emulator  # noqa: PLC0415  # heavy

    with Emulator() as emulator:
        yield emulator


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
