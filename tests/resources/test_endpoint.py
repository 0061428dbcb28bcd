"""What the three kinds of resources have in common: what is refused, sent, read and called unknown."""

from typing import Any

import attrs
import pytest

from tests.support.kinds import BASE, CONNECTION, SPEC
from tests.support.peer import Peer, refusal, reply
from warehouse_sync import (
    APIError,
    AsyncClient,
    ConflictError,
    ConnectError,
    ConnectionSpec,
    DecodeError,
    ForbiddenError,
    OutcomeUnknownError,
    RateLimitedError,
    ReadError,
    ServerError,
    SnowflakeConfig,
    TokenError,
    ValidationError,
    WarehouseLoginError,
    WarehouseSyncError,
)
from warehouse_sync.resources.endpoint import _differences, is_ambiguous

ITEM = f"{BASE}/connections/c1"


def nested(levels: int | None) -> dict[str, Any]:
    """So many objects within each other, or one within itself."""
    inner: dict[str, Any] = {}
    if levels is None:
        inner["again"] = inner
    for _ in range(levels or 0):
        inner = {"again": inner}
    return inner


async def test_what_cannot_be_json_is_refused_before_a_request(client: AsyncClient, peer: Peer) -> None:
    """A value of `extra` that JSON does not know is named, and nothing is sent."""
    wrong = attrs.evolve(SPEC, extra={"more": {"deep": {1j}}})
    with pytest.raises(ValidationError) as caught:
        await client.connections.create(wrong)
    assert str(caught.value) == (
        "connection 'c1' was not sent: extra: contains a value that is not JSON (TypeError)"
    )
    assert peer.arrivals == []


@pytest.mark.parametrize("deep", [nested(None), nested(5000)], ids=["without end", "too deep"])
@pytest.mark.parametrize("place", ["spec", "config"])
async def test_extra_nested_too_deeply_is_refused_before_a_request(
    client: AsyncClient, peer: Peer, place: str, deep: dict[str, Any]
) -> None:
    """A value that contains itself, or too many others, is named like any other that cannot be sent."""
    config = attrs.evolve(SPEC.config, extra=deep)
    spec = attrs.evolve(SPEC, extra=deep) if place == "spec" else attrs.evolve(SPEC, config=config)
    with pytest.raises(ValidationError, match=r"extra: is nested too deeply to be sent as JSON$"):
        await client.connections.update(spec)
    assert peer.arrivals == []


@pytest.mark.parametrize(
    ("sent", "there", "different"),
    [
        ({"a": 1}, {"a": 1, "more": 2}, []),
        ({"a": 1, "b": 2}, {"a": 3}, ["a", "b"]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, ["a.b.c"]),
        ({"a": {"b": 1}}, {"a": 1}, ["a"]),
        ({"a": 1}, {"a": {"b": 1}}, ["a"]),
    ],
)
def test_differences_are_named_by_their_paths(sent: Any, there: Any, different: list[str]) -> None:
    """What was sent and is not there is told; what the server adds is not."""
    assert list(_differences(sent, there)) == different


@pytest.mark.parametrize("wrong", [None, {}, "c1"])
async def test_what_is_no_spec_is_refused(client: AsyncClient, peer: Peer, wrong: Any) -> None:
    """The message names the class that is wanted, and the one that came."""
    with pytest.raises(ValidationError) as caught:
        await client.connections.create(wrong)
    wanted = f"must be a ConnectionSpec, not {type(wrong).__name__}"
    assert str(caught.value) == f"the connection was not sent: spec: {wanted}"
    assert peer.arrivals == []


async def test_what_was_read_is_refused_with_the_way_to_send_it(client: AsyncClient, peer: Peer) -> None:
    """Whoever sends what was read, and not a spec, learns how to make one of it."""
    peer.serve(f"GET {ITEM}", reply(200, CONNECTION))
    there: Any = await client.connections.get("c1")
    with pytest.raises(ValidationError, match=r"ConnectionSpec, not Connection; pass its \.to_spec\(\)$"):
        await client.connections.update(there)


@pytest.mark.parametrize(
    ("make", "method", "path"),
    [
        (lambda client: client.connections.list(), "GET", ""),
        (lambda client: client.connections.get("c1"), "GET", "/c1"),
        (lambda client: client.connections.create(SPEC), "POST", ""),
        (lambda client: client.connections.update(SPEC), "PUT", "/c1"),
        (lambda client: client.connections.delete("c1"), "DELETE", "/c1"),
    ],
    ids=["list", "get", "create", "update", "delete"],
)
async def test_refusal_names_the_call(
    client: AsyncClient, peer: Peer, make: Any, method: str, path: str
) -> None:
    """An error answer tells which request it is about."""
    peer.serve("* /platform/*", refusal(403, "No."))
    with pytest.raises(ForbiddenError) as caught:
        await make(client)
    assert (caught.value.method, caught.value.path) == (method, f"{BASE}/connections{path}")


@pytest.mark.parametrize("verb", ["get", "delete"])
async def test_id_that_is_none_is_named(client: AsyncClient, verb: str) -> None:
    """What is wrong with an id is told of the argument `id`."""
    with pytest.raises(ValidationError) as caught:
        await getattr(client.connections, verb)("../x")
    assert caught.value.fields == ("id",)


@pytest.mark.parametrize(
    ("error", "ambiguous"),
    [
        (ReadError("x"), True),
        (ConnectError("x"), False),
        (DecodeError("x"), True),
        (ServerError(status=500), True),
        (ServerError(status=501), True),
        (WarehouseLoginError(status=505), False),
        (APIError(status=408), True),
        (ConflictError(status=409), False),
        (RateLimitedError(status=429), False),
        (TokenError("x"), False),
    ],
)
def test_failure_is_ambiguous_where_the_server_may_have_acted(
    error: WarehouseSyncError, *, ambiguous: bool
) -> None:
    """A create or trigger is looked for after these failures, and after no others."""
    assert is_ambiguous(error) is ambiguous


async def test_problems_are_told_without_the_secret(client: AsyncClient) -> None:
    """A refused spec's secret is in no part of the error."""
    spec = ConnectionSpec(id="", name="n", config=SnowflakeConfig(password="hunter2"))
    with pytest.raises(ValidationError) as caught:
        await client.connections.create(spec)
    assert str(caught.value).startswith("connection '' was not sent: id: ")
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
    said = "update of connection 'c1' is unknown: it was accepted, but the response cannot be decoded"
    with pytest.raises(OutcomeUnknownError, match=said) as caught:
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
