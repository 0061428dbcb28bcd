"""What the three kinds of resources have in common: what is refused, sent, read and called unknown."""

from typing import Any

import attrs
import pytest

from tests.support.kinds import BASE, CONNECTION, SPEC
from tests.support.peer import Peer, reply
from warehouse_sync import (
    AsyncClient,
    ConnectionSpec,
    DecodeError,
    OutcomeUnknownError,
    SnowflakeConfig,
    ValidationError,
)

ITEM = f"{BASE}/connections/c1"


async def test_what_cannot_be_json_is_refused_before_a_request(client: AsyncClient, peer: Peer) -> None:
    """A value of `extra` that JSON does not know is named, and nothing is sent."""
    wrong = attrs.evolve(SPEC, extra={"more": {"deep": {1j}}})
    with pytest.raises(ValidationError, match="extra"):
        await client.connections.create(wrong)
    assert peer.arrivals == []


async def test_extra_nested_without_end_is_refused_before_a_request(client: AsyncClient, peer: Peer) -> None:
    """A value that contains itself is refused like any other that cannot be sent."""
    endless: dict[str, Any] = {}
    endless["again"] = endless
    with pytest.raises(ValidationError, match="extra"):
        await client.connections.update(attrs.evolve(SPEC, extra=endless))
    assert peer.arrivals == []


@pytest.mark.parametrize("wrong", [None, {}, "c1"])
async def test_what_is_no_spec_is_refused(client: AsyncClient, peer: Peer, wrong: Any) -> None:
    """The message names the class that is wanted, and the one that came."""
    with pytest.raises(ValidationError, match=f"must be a ConnectionSpec, not {type(wrong).__name__}"):
        await client.connections.create(wrong)
    assert peer.arrivals == []


async def test_problems_are_told_without_the_secret(client: AsyncClient) -> None:
    """A refused spec's secret is in no part of the error."""
    spec = ConnectionSpec(id="", name="n", config=SnowflakeConfig(password="hunter2"))
    with pytest.raises(ValidationError) as caught:
        await client.connections.create(spec)
    assert "hunter2" not in f"{caught.value!r} {caught.value} {caught.value.problems}"


async def test_update_sends_the_spec_and_reads_the_answer(client: AsyncClient, peer: Peer) -> None:
    """A PUT carries exactly the documented fields."""
    peer.serve(f"PUT {ITEM}", reply(200, CONNECTION))
    assert (await client.connections.update(SPEC)).to_spec() == SPEC
    [arrival] = peer.on(f"PUT {ITEM}")
    assert arrival.document == CONNECTION


async def test_update_whose_answer_cannot_be_read_is_unknown(client: AsyncClient, peer: Peer) -> None:
    """The API said yes, and not what there is now: that is neither success nor failure."""
    peer.serve(f"PUT {ITEM}", reply(200, b"<html>"))
    with pytest.raises(OutcomeUnknownError, match="update of connection 'c1'") as caught:
        await client.connections.update(SPEC)
    assert (caught.value.operation, caught.value.resource_id) == ("update connection", "c1")
    assert isinstance(caught.value.__cause__, DecodeError)
    assert peer.count() == 1


@pytest.mark.parametrize("answer", [reply(204), reply(200, b"ok"), reply(200, {"deleted": True})])
async def test_delete_does_not_mind_what_a_success_says(client: AsyncClient, peer: Peer, answer: Any) -> None:
    """Whatever the body of a success, the resource is gone."""
    peer.serve(f"DELETE {ITEM}", answer)
    await client.connections.delete("c1")
    assert peer.count() == 1


@pytest.mark.parametrize("document", [{}, {"id": "c1"}, [CONNECTION], "c1", None, 7])
async def test_answer_of_another_shape_is_a_decode_error(
    client: AsyncClient, peer: Peer, document: Any
) -> None:
    """What is not the documented object is never half a connection, and the client goes on working."""
    peer.serve(f"GET {ITEM}", reply(200, document), reply(200, CONNECTION))
    with pytest.raises(DecodeError):
        await client.connections.get("c1")
    assert (await client.connections.get("c1")).id == "c1"


async def test_list_of_another_shape_is_a_decode_error(client: AsyncClient, peer: Peer) -> None:
    """A listing is an array."""
    peer.serve(f"GET {BASE}/connections", reply(200, {"items": []}))
    with pytest.raises(DecodeError):
        await client.connections.list()
