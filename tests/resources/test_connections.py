"""What is particular to connections."""

from typing import Any

import pytest

from tests.support.kinds import BASE, CONNECTION
from tests.support.peer import Peer, reply
from warehouse_sync import AsyncClient, ServiceProvider, ValidationError

ROUTE = f"GET {BASE}/connections"
OTHER = {**CONNECTION, "id": "c2", "service_provider": "Teradata", "config": {"host": "h"}}


@pytest.mark.parametrize("wanted", ["Databricks", ServiceProvider.DATABRICKS])
async def test_list_filters_again_what_the_server_did_not(
    client: AsyncClient, peer: Peer, wanted: ServiceProvider | str
) -> None:
    """The filter is sent, and holds also where the server ignores it."""
    peer.serve(ROUTE, reply(200, [CONNECTION, OTHER]))
    assert [found.id for found in await client.connections.list(wanted)] == ["c1"]
    assert peer.on(ROUTE)[0].target.endswith("/connections?serviceProvider=Databricks")


async def test_list_filters_by_a_provider_it_does_not_know(client: AsyncClient, peer: Peer) -> None:
    """A warehouse that came after this release can be asked for, whatever its name."""
    peer.serve(ROUTE, reply(200, [CONNECTION, OTHER]))
    assert [found.id for found in await client.connections.list("Teradata")] == ["c2"]
    assert await client.connections.list("a&b=ä") == []
    assert peer.on(ROUTE)[1].target.endswith("?serviceProvider=a%26b%3D%C3%A4")


async def test_list_without_a_filter_sends_none(client: AsyncClient, peer: Peer) -> None:
    """All connections are asked for without a query."""
    peer.serve(ROUTE, reply(200, [CONNECTION, OTHER]))
    assert len(await client.connections.list()) == 2
    assert "?" not in peer.on(ROUTE)[0].target


@pytest.mark.parametrize("wrong", [7, b"Snowflake", ["Snowflake"], ""])
async def test_list_refuses_a_provider_that_is_no_string(client: AsyncClient, peer: Peer, wrong: Any) -> None:
    """A wrong filter is named before a request."""
    with pytest.raises(ValidationError, match="service_provider"):
        await client.connections.list(wrong)
    assert peer.arrivals == []
