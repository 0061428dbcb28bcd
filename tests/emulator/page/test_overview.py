"""The page's data, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document
    from warehouse_sync.emulator import Emulator


async def test_files_forbid_other_origins(emulator: Emulator) -> None:
    """The page's files have content types, and forbid the browser to load anything from elsewhere."""
    kinds = {"/": "text/html", "/_emulator/page.css": "text/css", "/_emulator/page.js": "text/javascript"}
    async with aiohttp.ClientSession() as session:
        for path, kind in kinds.items():
            async with session.get(emulator.url + path) as response:
                assert (response.status, response.content_type, response.charset) == (200, kind, "utf-8")
                assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
                assert (
                    "//"
                    not in (await response.text()).replace("http://www.w3.org/2000/svg", "").split("// ")[0]
                )


async def test_overview_is_one_screen(api: Api, emulator: Emulator) -> None:
    """Whatever exists, a response has 100 pipelines, and 60 runs of each that is opened."""
    emulator.seed(pipelines=300, runs=1000)
    seen = (await api.get("/_emulator/overview?skip=290&open=seeded-pipeline-00291,unknown")).document
    assert (seen["found"], len(seen["pipelines"])) == (300, 10)
    assert seen["pipelines"][0]["id"] == "seeded-pipeline-00291"
    assert (seen["pipelines"][0]["count"], len(seen["pipelines"][0]["recent"])) == (1000, 24)
    assert [(name, len(each["runs"])) for name, each in seen["details"].items()] == [
        ("seeded-pipeline-00291", 60)
    ]
    assert len((await api.get("/_emulator/overview")).document["pipelines"]) == 100
    assert (await api.get("/_emulator/overview?search=PIPELINE-00007")).document["found"] == 1


async def test_overview_is_filtered_and_sorted(stocked: Api, emulator: Emulator, pipeline: Document) -> None:
    """Pipelines are selected by status and by the ids they name, and sorted by each column."""
    emulator.seed(pipelines=2, runs=5)
    await stocked.post("/inputs/data-pipelines", {**pipeline, "state": "paused"})

    async def ids(query: str) -> list[str]:
        found = (await stocked.get(f"/_emulator/overview?{query}")).document["pipelines"]
        return [each["id"].removeprefix("seeded-pipeline-") for each in found]

    assert await ids("status=stopped") == ["example-pipeline"]
    assert await ids("status=idle&sort=-id") == ["00002", "00001"]
    assert await ids("search=example-data-model") == ["example-pipeline"]
    assert await ids("sort=status") == ["00001", "00002", "example-pipeline"]
    assert await ids("sort=runs") == ["example-pipeline", "00001", "00002"]
    assert await ids("sort=-latest") == ["00001", "00002", "example-pipeline"]
    assert await ids("sort=next") == ["example-pipeline", "00001", "00002"]
    statuses = (await stocked.get("/_emulator/overview?status=idle")).document["statuses"]
    assert statuses == {"faulted": 0, "running": 0, "idle": 2, "stopped": 1}


async def test_overview_of_an_unknown_workspace(api: Api) -> None:
    """An unknown workspace is shown as empty, and is not created by reading it."""
    seen = (await api.get("/_emulator/overview?workspace=77")).document
    assert (seen["workspace"], seen["found"], seen["connections"]) == ("77", 0, {"count": 0, "faulty": []})
    ids = [each["id"] for each in (await api.get("/_emulator/overview")).document["workspaces"]]
    assert ids == ["5328"]


@pytest.mark.parametrize(
    "query", ["skip=-1", "skip=x", "skip=", "skip=9999999999", "sort=name", "status=busy"]
)
async def test_invalid_view_is_rejected(api: Api, query: str) -> None:
    """An offset that is not a number, an unknown column or an unknown status is rejected."""
    assert (await api.get(f"/_emulator/overview?{query}")).status == 400


async def test_overview_shows_no_secret(stocked: Api, vector: Document, pipeline: Document) -> None:
    """The page's data has no password."""
    connection = vector("connections/create-snowflake.request")  # type: ignore[operator]  # the fixture's function
    await stocked.post("/connections", {**connection, "id": "snowflake"})
    created = await stocked.post("/inputs/data-pipelines", {**pipeline, "connection_id": "snowflake"})
    assert created.status == 200
    shown = str((await stocked.get(f"/_emulator/overview?open={pipeline['id']}")).document)
    assert "'connection': {'document': {'id': 'snowflake'" in shown
    assert "mParticleSecurePassword" not in shown
