"""The v1 draft."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api
    from warehouse_sync.emulator import VirtualClock


@pytest.fixture(autouse=True)
def draft(api: Api) -> None:
    """Let every path lie below the draft's base."""
    api.base = "/platform/v1/workspaces/5328/ingest"


@pytest.mark.parametrize("path", ["/connections", "/models", "/mappings", "/pipelines"])
async def test_document_of_any_shape_is_stored(api: Api, path: str) -> None:
    """A document exists from POST to DELETE under its slug, whatever its fields."""
    document = {"slug": "one", "anything": [1, {"deep": None}]}
    created = await api.post(path, document)
    assert created.status == 200
    assert created.document == {**created.document, **document}
    assert (await api.get(f"{path}/one")).document == created.document
    assert (await api.get(path)).document == [created.document]
    assert (await api.post(path, document)).status == 409
    assert (await api.put(f"{path}/one", {"anything": 2})).document["anything"] == 2
    assert (await api.put(f"{path}/one", {"slug": "two"})).status == 400
    assert (await api.delete(f"{path}/one")).status == 204
    assert (await api.get(f"{path}/one")).status == 404


@pytest.mark.parametrize("document", [{}, {"slug": "a b"}, {"id": 5}, {"slug": None}])
async def test_document_without_slug_is_rejected(api: Api, document: dict[str, object]) -> None:
    """A new document needs a slug, or an id in its place."""
    response = await api.post("/models", document)
    assert (response.status, len(response.messages)) == (400, 1)
    assert (await api.post("/models", {"id": "by-id"})).status == 200


@pytest.mark.parametrize("key", ["slug", "id"])
@pytest.mark.parametrize("update", [{"name": "Snow"}, {"name": "Snow", "slug": None}])
async def test_update_without_slug_keeps_it(api: Api, key: str, update: dict[str, object]) -> None:
    """A PUT may leave out the slug, or the id in its place: later reads still have it."""
    await api.post("/connections", {key: "snow"})
    assert (await api.put("/connections/snow", update)).document[key] == "snow"
    [listed] = (await api.get("/connections")).document
    assert (listed[key], listed["name"]) == ("snow", "Snow")
    assert (await api.put("/connections/snow", {"slug": "rain"})).status == 400


async def test_secrets_are_masked_at_any_depth(api: Api) -> None:
    """A secret anywhere in a document is masked."""
    document = {"slug": "one", "config": {"password": "s3cret", "users": [{"token": "t0ken", "name": "n"}]}}
    shown = (await api.post("/connections", document)).document
    mask = "************"
    assert shown["config"] == {"password": mask, "users": [{"token": mask, "name": "n"}]}


async def test_generations_share_nothing(api: Api) -> None:
    """A document of the draft is not in v2."""
    await api.post("/connections", {"slug": "one"})
    assert (await api.get("/platform/v2/workspaces/5328/connections")).document == []


async def test_pipeline_runs_once(api: Api, clock: VirtualClock) -> None:
    """A pipeline runs once at its creation; its status, runs and run can be read."""
    await api.post("/pipelines", {"slug": "p"})
    queued = (await api.get("/pipelines/p/status")).document
    assert (queued["slug"], queued["status"], queued["latest_pipeline_run"]["status"]) == (
        "p",
        "running",
        "queued",
    )
    clock.advance(timedelta(minutes=1))
    done = (await api.get("/pipelines/p/status")).document
    assert (done["status"], done["latest_pipeline_run"]["status"]) == ("idle", "success")
    runs = (await api.get("/pipelines/p/status/runs")).document
    assert runs == [done["latest_pipeline_run"]]
    assert (await api.get(f"/pipelines/p/status/runs/{runs[0]['id']}")).document == runs[0]


@pytest.mark.parametrize(
    "path", ["/pipelines/no/status", "/pipelines/no/status/runs", "/pipelines/p/status/runs/99"]
)
async def test_status_of_unknown_pipeline_is_404(api: Api, path: str) -> None:
    """An unknown pipeline or run is 404."""
    await api.post("/pipelines", {"slug": "p"})
    assert (await api.get(path)).status == 404
