"""One client per event loop and settings."""

import asyncio
import gc

import attrs
import pytest

from warehouse_sync import AsyncClient, ConfigurationError, Secret
from warehouse_sync.emulator import Emulator
from warehouse_sync.integrations import shared_clients
from warehouse_sync.integrations.settings import ClientSettings
from warehouse_sync.integrations.shared_clients import shared_client


def settings_of(emulator: Emulator) -> ClientSettings:
    """The settings of a client of an emulator."""
    options = emulator.client_options()
    return ClientSettings(**{**options, "client_secret": Secret(options["client_secret"])})


async def use(settings: ClientSettings, count: int = 1) -> list[AsyncClient]:
    """Ask for a client from as many tasks, and use each."""

    async def one() -> AsyncClient:
        client = await shared_client(settings)
        await client.connections.list()
        return client

    return await asyncio.gather(*(one() for _ in range(count)))


def test_tasks_of_a_loop_share_a_client() -> None:
    """However many ask at once, there is one client."""
    with Emulator() as emulator:
        assert len({id(client) for client in asyncio.run(use(settings_of(emulator), 20))}) == 1


def test_workspaces_and_loops_have_their_own() -> None:
    """Another workspace is another client, and so is another event loop."""

    async def both(settings: ClientSettings) -> list[AsyncClient]:
        return [*await use(settings), *await use(attrs.evolve(settings, workspace_id=2))]

    with Emulator() as emulator:
        settings = settings_of(emulator)
        found = [*asyncio.run(both(settings)), *asyncio.run(both(settings))]
    assert len({id(client) for client in found}) == 4
    assert [client.workspace_id for client in found] == [5328, 2, 5328, 2]


def test_client_is_closed_with_its_loop() -> None:
    """Nobody closes the client, and its session is closed all the same: a loop that ends closes it."""
    with Emulator() as emulator:
        [client] = asyncio.run(use(settings_of(emulator)))
        with pytest.raises(ConfigurationError, match="closed"):
            asyncio.run(client.connections.list())
    del client
    gc.collect()
    assert not list(shared_clients._loops)


def test_loop_that_fails_closes_its_client() -> None:
    """A loop that ends by an error closes its clients, too."""
    kept: list[AsyncClient] = []

    async def fail(settings: ClientSettings) -> None:
        kept.extend(await use(settings))
        raise RuntimeError("the triggerer stops")

    with Emulator() as emulator, pytest.raises(RuntimeError, match="the triggerer stops"):
        asyncio.run(fail(settings_of(emulator)))
    with pytest.raises(ConfigurationError, match="closed"):
        asyncio.run(kept[0].connections.list())
