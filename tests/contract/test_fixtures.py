"""The fixtures for users in this test run; `tests/test_testing.py` runs them in separate processes."""

import pytest

from warehouse_sync import AsyncClient, Client, testing
from warehouse_sync.emulator import Emulator, VirtualClock


async def test_async_client_is_connected_to_the_emulator(
    warehouse_sync_emulator: Emulator, warehouse_sync_client: AsyncClient
) -> None:
    """An asynchronous test has a client of its own emulator."""
    warehouse_sync_emulator.seed(pipelines=2)
    assert len(await warehouse_sync_client.pipelines.list()) == 2


def test_sync_client_is_connected_to_the_emulator(
    warehouse_sync_clock: VirtualClock, warehouse_sync_emulator: Emulator, warehouse_sync_sync_client: Client
) -> None:
    """A blocking test has one too; a requested clock is that of the emulator."""
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1)
    warehouse_sync_clock.advance("1d")
    run = warehouse_sync_sync_client.pipelines.trigger_and_wait(pipeline_id)
    assert run.ended_on == warehouse_sync_clock.now()


def test_async_fixture_without_pytest_asyncio_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin of anyio can run the fixture."""
    monkeypatch.setattr(testing, "find_spec", lambda _: None)

    async def function() -> int:
        return 1

    assert testing._async_fixture(function).__class__ is pytest.fixture(function).__class__
