"""The fixtures for users, in this test run; `tests/test_testing.py` tries them in runs of their own."""

import pytest

from warehouse_sync import AsyncClient, Client, testing
from warehouse_sync.emulator import Emulator, VirtualClock


async def test_async_client_is_connected_to_the_emulator(
    warehouse_sync_emulator: Emulator, warehouse_sync_client: AsyncClient
) -> None:
    """An async test has a client of an emulator of its own."""
    warehouse_sync_emulator.seed(pipelines=2)
    assert len(await warehouse_sync_client.pipelines.list()) == 2


def test_sync_client_is_connected_to_the_emulator(
    warehouse_sync_clock: VirtualClock, warehouse_sync_emulator: Emulator, warehouse_sync_sync_client: Client
) -> None:
    """So has a blocking one; a clock that is named is the emulator's."""
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1)
    warehouse_sync_clock.advance("1d")
    run = warehouse_sync_sync_client.pipelines.trigger_and_wait(pipeline_id)
    assert run.ended_on == warehouse_sync_clock.now()


def test_async_fixture_without_pytest_asyncio_is_a_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where anyio's plugin runs async tests, it finds a fixture that it can run."""
    monkeypatch.setattr(testing, "find_spec", lambda _: None)

    async def function() -> int:
        return 1

    assert testing._async_fixture(function).__class__ is pytest.fixture(function).__class__
