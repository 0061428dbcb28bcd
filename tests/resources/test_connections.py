"""Connections: the filter of the list."""

from typing import Any

import pytest

from tests.support.kinds import BASE, CONNECTION
from tests.support.peer import Peer, reply
from warehouse_sync import AsyncClient, ServiceProvider, ValidationError
from warehouse_sync.base_model import Table

ROUTE = f"GET {BASE}/connections"
OTHER = {**CONNECTION, "id": "c2", "service_provider": "Teradata", "config": {"host": "h"}}


@pytest.mark.parametrize("wanted", ["Databricks", ServiceProvider.DATABRICKS])
async def test_list_filters_the_response_again(
    client: AsyncClient, peer: Peer, wanted: ServiceProvider | str
) -> None:
    """The filter is sent, and the client applies it too if the server ignores it."""
    peer.serve(ROUTE, reply(200, [CONNECTION, OTHER]))
    assert [found.id for found in await client.connections.list(wanted)] == ["c1"]
    assert peer.on(ROUTE)[0].target.endswith("/connections?serviceProvider=Databricks")


async def test_list_filters_by_an_unknown_provider(client: AsyncClient, peer: Peer) -> None:
    """The list can be filtered by a provider that this release does not know."""
    peer.serve(ROUTE, reply(200, [CONNECTION, OTHER]))
    assert [found.id for found in await client.connections.list("Teradata")] == ["c2"]
    assert await client.connections.list("a&b=ä") == []
    assert peer.on(ROUTE)[1].target.endswith("?serviceProvider=a%26b%3D%C3%A4")


async def test_list_without_a_filter_sends_none(client: AsyncClient, peer: Peer) -> None:
    """Without a filter the request has no query."""
    peer.serve(ROUTE, reply(200, [CONNECTION, OTHER]))
    assert len(await client.connections.list()) == 2
    assert "?" not in peer.on(ROUTE)[0].target


@pytest.mark.parametrize("wrong", [7, b"Snowflake", ["Snowflake"], ""])
async def test_list_with_an_invalid_provider_raises(client: AsyncClient, peer: Peer, wrong: Any) -> None:
    """An invalid filter raises an error before anything is sent."""
    with pytest.raises(ValidationError, match="service_provider"):
        await client.connections.list(wrong)
    assert peer.arrivals == []


async def test_lists_are_tables_in_notebooks(client: AsyncClient, peer: Peer) -> None:
    """A list of models is a list that notebooks show as a table."""
    peer.serve(ROUTE, reply(200, [CONNECTION, OTHER]))
    for found in (await client.connections.list(), await client.connections.list("Teradata")):
        assert isinstance(found, Table)
        assert found == list(found)
