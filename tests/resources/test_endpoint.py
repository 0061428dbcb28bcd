"""The operations that connections, data models and pipelines share: validation, requests, responses and unknown outcomes."""

from typing import Any

import attrs
import pytest

from tests.support.kinds import BASE, CONNECTION, SPEC
from tests.support.peer import Peer, refusal, reply
from warehouse_sync import (
    AsyncClient,
    ConnectionSpec,
    DecodeError,
    ForbiddenError,
    OutcomeUnknownError,
    SnowflakeConfig,
    ValidationError,
)
from warehouse_sync.resources.endpoint import _differences

ITEM = f"{BASE}/connections/c1"


def nested(levels: int | None) -> dict[str, Any]:
    """Return this many nested objects, or one that contains itself."""
    inner: dict[str, Any] = {}
    if levels is None:
        inner["again"] = inner
    for _ in range(levels or 0):
        inner = {"again": inner}
    return inner


async def test_update_of_read_fields_is_not_validated(client: AsyncClient, peer: Peer) -> None:
    """What the API sent can be sent back, whatever this release knows of it."""
    peer.serve(f"PUT {ITEM}", reply(200, CONNECTION))
    read = attrs.evolve(SPEC, name="")
    endpoint = client.connections._endpoint
    with pytest.raises(ValidationError, match="name"):
        await endpoint.update(read)
    assert (await endpoint.update(read, was_read=True)).id == "c1"
    assert peer.count(f"PUT {ITEM}") == 1


async def test_resource_is_accepted_as_its_id(client: AsyncClient, peer: Peer) -> None:
    """A resource that was read, and a spec, stand for their id."""
    peer.serve(f"GET {ITEM}", reply(200, CONNECTION))
    read = await client.connections.get(SPEC)
    assert (await client.connections.get(read)).id == "c1"
    assert peer.count(f"GET {ITEM}") == 2


async def test_extra_that_is_not_json_raises_before_a_request(client: AsyncClient, peer: Peer) -> None:
    """A value in `extra` that is not JSON is reported, and nothing is sent."""
    wrong = attrs.evolve(SPEC, extra={"more": {"deep": {1j}}})
    with pytest.raises(ValidationError) as caught:
        await client.connections.create(wrong)
    assert str(caught.value) == (
        "connection 'c1' was not sent: extra: contains a value that is not JSON (TypeError)"
    )
    assert peer.arrivals == []


@pytest.mark.parametrize("deep", [nested(None), nested(5000)], ids=["without end", "too deep"])
@pytest.mark.parametrize("place", ["spec", "config"])
async def test_extra_nested_too_deeply_raises_before_a_request(
    client: AsyncClient, peer: Peer, place: str, deep: dict[str, Any]
) -> None:
    """A value that contains itself, or too many levels, is reported, and nothing is sent."""
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
def test_differences_are_paths_of_fields(sent: Any, there: Any, different: list[str]) -> None:
    """Fields that were sent and differ are listed; fields that the server adds are not."""
    assert list(_differences(sent, there)) == different


@pytest.mark.parametrize("wrong", [None, {}, "c1"])
async def test_spec_of_another_class_raises(client: AsyncClient, peer: Peer, wrong: Any) -> None:
    """The message contains the expected and the actual class."""
    with pytest.raises(ValidationError) as caught:
        await client.connections.create(wrong)
    wanted = f"must be a ConnectionSpec, not {type(wrong).__name__}"
    assert str(caught.value) == f"the connection was not sent: spec: {wanted}"
    assert peer.arrivals == []


async def test_read_model_as_spec_raises_with_a_hint(client: AsyncClient, peer: Peer) -> None:
    """The error for a read model in place of a spec mentions `to_spec()`."""
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
async def test_api_error_has_the_method_and_path(
    client: AsyncClient, peer: Peer, make: Any, method: str, path: str
) -> None:
    """An API error contains the method and path of its request."""
    peer.serve("* /platform/*", refusal(403, "No."))
    with pytest.raises(ForbiddenError) as caught:
        await make(client)
    assert (caught.value.method, caught.value.path) == (method, f"{BASE}/connections{path}")


@pytest.mark.parametrize("verb", ["get", "delete"])
async def test_invalid_id_is_reported_under_its_argument(client: AsyncClient, verb: str) -> None:
    """An invalid id is reported under the argument `id`."""
    with pytest.raises(ValidationError) as caught:
        await getattr(client.connections, verb)("../x")
    assert caught.value.fields == ("id",)


async def test_validation_error_does_not_contain_the_secret(client: AsyncClient) -> None:
    """No part of a validation error contains the secret of the spec."""
    spec = ConnectionSpec(id="", name="n", config=SnowflakeConfig(password="hunter2"))
    with pytest.raises(ValidationError) as caught:
        await client.connections.create(spec)
    assert str(caught.value).startswith("connection '' was not sent: id: ")
    assert "hunter2" not in f"{caught.value!r} {caught.value} {caught.value.problems}"


async def test_update_sends_the_spec_and_returns_the_response(client: AsyncClient, peer: Peer) -> None:
    """A PUT contains exactly the documented fields."""
    peer.serve(f"PUT {ITEM}", reply(200, CONNECTION))
    assert (await client.connections.update(SPEC)).to_spec() == SPEC
    [arrival] = peer.on(f"PUT {ITEM}")
    assert arrival.document == {key: value for key, value in CONNECTION.items() if key != "created_on"}


async def test_update_with_an_invalid_response_is_unknown(client: AsyncClient, peer: Peer) -> None:
    """An update that was accepted but has an invalid response is neither a success nor a failure."""
    peer.serve(f"PUT {ITEM}", reply(200, b"<html>"))
    text = "update of connection 'c1' is unknown: it was accepted, but the response cannot be decoded"
    with pytest.raises(OutcomeUnknownError, match=text) as caught:
        await client.connections.update(SPEC)
    assert (caught.value.operation, caught.value.resource_id) == ("update connection", "c1")
    assert isinstance(caught.value.__cause__, DecodeError)
    assert peer.count() == 1


@pytest.mark.parametrize("outcome", [reply(204), reply(200, b"ok"), reply(200, {"deleted": True})])
async def test_delete_ignores_the_body_of_a_success(client: AsyncClient, peer: Peer, outcome: Any) -> None:
    """A successful delete may have any body."""
    peer.serve(f"DELETE {ITEM}", outcome)
    await client.connections.delete("c1")
    assert peer.count() == 1


@pytest.mark.parametrize("document", [{}, {"id": "c1"}, [CONNECTION], "c1", None, 7])
async def test_response_of_another_shape_is_a_decode_error(
    client: AsyncClient, peer: Peer, document: Any
) -> None:
    """A response that is not the documented object raises an error, and the client keeps working."""
    peer.serve(f"GET {ITEM}", reply(200, document), reply(200, CONNECTION))
    with pytest.raises(DecodeError):
        await client.connections.get("c1")
    assert (await client.connections.get("c1")).id == "c1"


async def test_list_of_another_shape_is_a_decode_error(client: AsyncClient, peer: Peer) -> None:
    """A list is a JSON array."""
    peer.serve(f"GET {BASE}/connections", reply(200, {"items": []}))
    with pytest.raises(DecodeError):
        await client.connections.list()


@pytest.mark.parametrize(
    ("path", "document", "call", "message"),
    [
        ("connections/a", {**CONNECTION, "id": "b"}, lambda c: c.connections.get("a"), "the connection 'b'"),
        (
            "inputs/data-pipelines/a/report",
            {"pipeline_id": "b", "status": "idle", "pipeline_state": "active"},
            lambda c: c.pipelines.report("a"),
            "the report of 'b'",
        ),
    ],
)
async def test_response_about_another_resource_is_an_error(  # noqa: PLR0917 - pytest's
    client: AsyncClient, peer: Peer, path: str, document: dict[str, Any], call: Any, message: str
) -> None:
    """A server or cache that mixes up responses is noticed, before the resource is changed and put back."""
    peer.serve(f"GET {BASE}/{path}", reply(200, document))
    with pytest.raises(DecodeError, match=f"{path}: the server returned {message} instead"):
        await call(client)
