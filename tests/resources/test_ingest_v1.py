"""The v1 draft: paths, lost responses and responses of another shape. `tests/contract` has the successes."""

from typing import Any

import pytest

from tests.support.peer import Answer, Peer, reply, reset
from warehouse_sync import AsyncClient, DecodeError, NotFoundError, OutcomeUnknownError

BASE = "/platform/v1/workspaces/1/ingest"


@pytest.mark.parametrize("kind", ["connections", "models", "mappings", "pipelines"])
async def test_paths_are_the_consistent_ones(client: AsyncClient, peer: Peer, kind: str) -> None:
    """Every kind of resource has its own path, also where the draft shows another."""
    peer.serve("* /platform/*", reply(200, {}))
    resource = getattr(client.ingest_v1, kind)
    await resource.get("a")
    await resource.create({"b": 1})
    await resource.update("a", {"b": 2})
    await resource.delete("a")
    routes = [(arrival.route, arrival.body) for arrival in peer.on("* /platform/*")]
    assert routes == [
        (f"GET {BASE}/{kind}/a", b""),
        (f"POST {BASE}/{kind}", b'{"b":1}'),
        (f"PUT {BASE}/{kind}/a", b'{"b":2}'),
        (f"DELETE {BASE}/{kind}/a", b""),
    ]


@pytest.mark.parametrize("failure", [reset(), reply(503, {}), reply(200, b"<html>"), reply(200, [])])
async def test_create_with_a_lost_response_is_unknown_and_sent_once(
    client: AsyncClient, peer: Peer, failure: Answer
) -> None:
    """The draft has no way to find the resource, so the outcome is unknown."""
    peer.serve(f"POST {BASE}/models", failure)
    with pytest.raises(OutcomeUnknownError, match="'m1' in /models") as caught:
        await client.ingest_v1.models.create({"slug": "m1"})
    assert (caught.value.operation, caught.value.resource_id) == ("create models", "m1")
    assert caught.value.__cause__ is not None
    assert peer.count() == 1


async def test_create_with_an_error_response_raises_it(client: AsyncClient, peer: Peer) -> None:
    """An error response is not a lost response."""
    peer.serve(f"POST {BASE}/models", reply(404, {}))
    with pytest.raises(NotFoundError):
        await client.ingest_v1.models.create({"id": "m1"})


async def test_update_with_an_invalid_response_is_unknown(client: AsyncClient, peer: Peer) -> None:
    """The update was accepted, but the result is unknown."""
    peer.serve(f"PUT {BASE}/models/m1", reply(200, b"ok"))
    with pytest.raises(OutcomeUnknownError, match="update of 'm1'"):
        await client.ingest_v1.models.update("m1", {})


@pytest.mark.parametrize("document", [[], "text", 7, None])
async def test_response_that_is_not_an_object_is_a_decode_error(
    client: AsyncClient, peer: Peer, document: Any
) -> None:
    """Where the draft documents an object, other JSON raises an error."""
    peer.serve("* /platform/*", reply(200, document))
    with pytest.raises(DecodeError):
        await client.ingest_v1.mappings.get("a")


async def test_list_that_is_not_an_array_is_a_decode_error(client: AsyncClient, peer: Peer) -> None:
    """Where the draft documents a list, other JSON raises an error."""
    peer.serve("* /platform/*", reply(200, {}))
    with pytest.raises(DecodeError):
        await client.ingest_v1.mappings.list()


@pytest.mark.parametrize("document", [[], {"items": []}])
async def test_run_statuses_are_returned_as_they_are(client: AsyncClient, peer: Peer, document: Any) -> None:
    """The draft does not say whether it is a list or a page, so either is passed on."""
    peer.serve(f"GET {BASE}/pipelines/p1/status/runs", reply(200, document))
    assert await client.ingest_v1.pipelines.run_statuses("p1") == document
