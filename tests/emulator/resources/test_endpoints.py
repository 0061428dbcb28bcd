"""The endpoints that every type of resource has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Vector

TYPES = [
    ("/connections", "connections/create-databricks.request"),
    ("/data-models", "data-models/create.request"),
]


@pytest.mark.parametrize(("path", "example"), TYPES)
async def test_resource_exists_from_post_to_delete(api: Api, vector: Vector, path: str, example: str) -> None:
    """A resource exists after POST, is gone after DELETE (204, no body), and is 404 before and after."""
    body = vector(example)
    one = f"{path}/{body['id']}"
    assert (
        (await api.get(one)).status
        == (await api.delete(one)).status
        == (await api.put(one, body)).status
        == 404
    )
    await api.post(path, body)
    assert (await api.get(one)).document["name"] == body["name"]
    deleted = await api.delete(one)
    assert (deleted.status, deleted.document) == (204, None)
    assert (await api.get(one)).status == 404
    assert (await api.get(path)).document == []


@pytest.mark.parametrize(("path", "example"), TYPES)
async def test_create_with_taken_id_is_409(api: Api, vector: Vector, path: str, example: str) -> None:
    """A second POST with an id is 409 and changes nothing."""
    body = vector(example)
    await api.post(path, body)
    response = await api.post(path, {**body, "name": "Second"})
    assert response.status == 409
    assert body["id"] in response.messages[0]
    assert (await api.get(f"{path}/{body['id']}")).document["name"] == body["name"]


@pytest.mark.parametrize(("path", "example"), TYPES)
async def test_update_with_other_id_is_rejected(api: Api, vector: Vector, path: str, example: str) -> None:
    """A PUT whose body has another id than its path is 400 and changes nothing."""
    body = vector(example)
    await api.post(path, body)
    response = await api.put(f"{path}/{body['id']}", {**body, "id": "other", "name": "Second"})
    assert response.status == 400
    assert response.messages == ["The id in the body, other, is not the id in the path."]
    assert (await api.get(f"{path}/{body['id']}")).document["name"] == body["name"]


async def test_server_set_fields_are_ignored(api: Api, vector: Vector) -> None:
    """Fields that only the server sets are ignored in requests."""
    body = {
        **vector("data-models/create.request"),
        "status": "invalid",
        "created_by": "me",
        "created_on": "now",
    }
    response = await api.post("/data-models", body)
    shown = response.document
    assert (shown["status"], shown["errors"], shown["created_by"]) == ("valid", [], "emu_client")
    assert shown["created_on"] == "2023-02-03T23:53:08.413Z"


async def test_unknown_fields_are_stored(api: Api, vector: Vector) -> None:
    """Undocumented fields are returned as they were sent."""
    body = {**vector("data-models/create.request"), "brand_new": {"a": [1, None]}}
    await api.post("/data-models", body)
    assert (await api.get("/data-models/example-data-model")).document["brand_new"] == {"a": [1, None]}


async def test_lists_keep_the_order_of_creation(api: Api, vector: Vector) -> None:
    """A list has the order of creation, also after an update."""
    body = vector("data-models/create.request")
    for name in ("b", "a", "c"):
        await api.post("/data-models", {**body, "id": name})
    await api.put("/data-models/b", {**body, "id": "b", "name": "Changed"})
    assert [model["id"] for model in (await api.get("/data-models")).document] == ["b", "a", "c"]


async def test_workspaces_share_nothing(api: Api, vector: Vector) -> None:
    """A resource of one workspace is not in another; any workspace id is valid."""
    await api.post("/data-models", vector("data-models/create.request"))
    api.base = "/platform/v2/workspaces/another_one-2"
    assert (await api.get("/data-models")).document == []
    assert (await api.post("/data-models", vector("data-models/create.request"))).status == 200
