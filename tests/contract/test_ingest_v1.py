"""`client.ingest_v1`, as `AsyncClient` and `Client` both have it."""

from typing import Any

import pytest

from warehouse_sync import NotFoundError, ValidationError


@pytest.mark.parametrize("kind", ["connections", "models", "mappings", "pipelines"])
async def test_document_lives_from_create_to_delete(client: Any, kind: str) -> None:
    """Plain documents of every kind can be created, read, listed, changed and deleted."""
    resource = getattr(client.ingest_v1, kind)
    created = await resource.create({"slug": "one", "name": "One", "any": {"thing": [1]}})
    assert created["any"] == {"thing": [1]}
    assert await resource.get("one") == created
    assert await resource.list() == [created]
    assert (await resource.update("one", {"name": "Two"}))["name"] == "Two"
    assert await resource.delete("one") is None
    assert await resource.list() == []


async def test_pipeline_tells_its_status_and_runs(client: Any) -> None:
    """The draft's three status endpoints answer plain JSON."""
    await client.ingest_v1.pipelines.create({"slug": "once"})
    assert (await client.ingest_v1.pipelines.status("once"))["slug"] == "once"
    [run] = await client.ingest_v1.pipelines.run_statuses("once")
    assert (await client.ingest_v1.pipelines.run_status("once", run["id"]))["id"] == run["id"]
    with pytest.raises(NotFoundError):
        await client.ingest_v1.pipelines.status("nowhere")


@pytest.mark.parametrize("document", [None, [], "text", {"slug": object()}, {"slug": b"\xff", 1: {2j}}])
async def test_what_is_not_a_json_object_is_refused(client: Any, document: Any) -> None:
    """A document that cannot be sent is refused before a request."""
    with pytest.raises(ValidationError, match="document"):
        await client.ingest_v1.models.create(document)
    assert await client.ingest_v1.models.list() == []


async def test_wrong_slug_never_reaches_a_path(client: Any) -> None:
    """Nothing but a slug becomes part of an address."""
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
