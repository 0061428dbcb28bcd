"""Clients without an asyncio event loop: under trio, and in coroutines that nothing runs."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from warehouse_sync import AsyncClient, Client, ConfigurationError

trio = pytest.importorskip("trio")

OPTIONS: Any = {
    "workspace_id": 1,
    "client_id": "a",
    "client_secret": "b",
    "api_url": "http://127.0.0.1:9",
    "token_url": "http://127.0.0.1:9/token",
}


async def enter(client: AsyncClient) -> None:
    """Enter the client."""
    async with client:
        pass


async def report(client: AsyncClient) -> None:
    """Send one request."""
    await client.pipelines.report("p")


async def bulk(client: AsyncClient) -> None:
    """Send requests for several pipelines."""
    async for _ in client.pipelines.reports(["p", "q"]):
        pass


async def wait(client: AsyncClient) -> None:
    """Wait for a run."""
    await client.runs.wait("p", 1)


async def wait_many(client: AsyncClient) -> None:
    """Wait for several runs."""
    async for _ in client.runs.wait_many([("p", 1)], timeout=1):
        pass


async def history(client: AsyncClient) -> None:
    """List runs."""
    async for _ in client.runs.list("p"):
        pass


async def watch(client: AsyncClient) -> None:
    """Watch a pipeline."""
    async for _ in client.watch(["p"], every=1):
        pass


async def close(client: AsyncClient) -> None:
    """Close the client."""
    await client.close()


@pytest.mark.parametrize("call", [enter, report, bulk, wait, wait_many, history, watch, close])
def test_async_client_under_trio_names_the_blocking_client(
    call: Callable[[AsyncClient], Awaitable[None]],
) -> None:
    """Every use raises an error that says to call `Client` in a thread."""
    with pytest.raises(ConfigurationError, match=r"trio: call the methods of Client in a thread"):
        trio.run(call, AsyncClient(**OPTIONS))


def test_blocking_client_in_a_trio_task_is_an_error() -> None:
    """It would block the event loop; in a thread it works."""

    async def main() -> None:
        with Client(**OPTIONS, timeout=5) as client:
            with pytest.raises(ConfigurationError, match=r"Client blocks, .* trio\.to_thread\.run_sync"):
                client.connections.list()
            with pytest.raises(Exception, match="no connection"):
                await trio.to_thread.run_sync(client.connections.list)

    trio.run(main)


@pytest.mark.parametrize("imported", [True, False])
def test_coroutine_without_an_event_loop_names_asyncio(
    monkeypatch: pytest.MonkeyPatch, *, imported: bool
) -> None:
    """A coroutine that is driven by hand has no event loop, whether trio was imported or not."""
    if not imported:
        monkeypatch.delitem(sys.modules, "trio")
    with pytest.raises(ConfigurationError, match=r"no asyncio event loop runs here: .* asyncio\.run\(\)"):
        report(AsyncClient(**OPTIONS)).send(None)
