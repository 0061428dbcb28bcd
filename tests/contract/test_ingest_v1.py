"""`client.ingest_v1` of `AsyncClient` and `Client`."""

from typing import Any

import pytest

from warehouse_sync import NotFoundError, ValidationError


@pytest.mark.parametrize("kind", ["connections", "models", "mappings", "pipelines"])
async def test_document_create_get_list_update_and_delete(client: Any, kind: str) -> None:
    """Documents of each kind can be created, read, listed, updated and deleted."""
    resource = getattr(client.ingest_v1, kind)
    created = await resource.create({"slug": "one", "name": "One", "any": {"thing": [1]}})
    assert created["any"] == {"thing": [1]}
    assert await resource.get("one") == created
    assert await resource.list() == [created]
    assert (await resource.update("one", {"name": "Two"}))["name"] == "Two"
    assert await resource.delete("one") is None
    assert await resource.list() == []


async def test_pipeline_status_and_run_statuses(client: Any) -> None:
    """The three status endpoints of the draft return JSON."""
    await client.ingest_v1.pipelines.create({"slug": "once"})
    assert (await client.ingest_v1.pipelines.status("once"))["slug"] == "once"
    [run] = await client.ingest_v1.pipelines.run_statuses("once")
    assert (await client.ingest_v1.pipelines.run_status("once", run["id"]))["id"] == run["id"]
    with pytest.raises(NotFoundError):
        await client.ingest_v1.pipelines.status("nowhere")


@pytest.mark.parametrize("document", [None, [], "text", {"slug": object()}, {"slug": b"\xff", 1: {2j}}])
async def test_document_that_is_not_json_raises(client: Any, document: Any) -> None:
    """A document that is not a JSON object raises before anything is sent."""
    with pytest.raises(ValidationError, match="document"):
        await client.ingest_v1.models.create(document)
    assert await client.ingest_v1.models.list() == []


async def test_invalid_slug_raises_before_a_request(client: Any) -> None:
    """Only a slug becomes part of a path."""
    pipelines = client.ingest_v1.pipelines
    for call in (
        pipelines.get("a/b"),
        pipelines.update("..", {}),
        pipelines.delete(""),
        pipelines.status("a?b"),
        pipelines.run_statuses("%2f"),
        pipelines.run_status("a b", 1),
    ):
        with pytest.raises(ValidationError):
            await call
    with pytest.raises(ValidationError, match="run_id"):
        await pipelines.run_status("one", "7")
