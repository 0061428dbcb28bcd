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
    """Whatever exists, a response has 25 pipelines with their 60 newest runs."""
    emulator.seed(pipelines=300, runs=1000)
    seen = (await api.get("/_emulator/overview?skip=290")).document
    assert (seen["found"], len(seen["pipelines"])) == (300, 10)
    assert seen["pipelines"][0]["id"] == "seeded-pipeline-00291"
    assert (seen["pipelines"][0]["count"], len(seen["pipelines"][0]["runs"])) == (1000, 60)
    assert len((await api.get("/_emulator/overview")).document["pipelines"]) == 25
    assert (await api.get("/_emulator/overview?search=PIPELINE-00007")).document["found"] == 1


async def test_overview_of_an_unknown_workspace(api: Api) -> None:
    """An unknown workspace is shown as empty, and is not created by reading it."""
    seen = (await api.get("/_emulator/overview?workspace=77")).document
    assert (seen["workspace"], seen["found"], seen["connections"]) == ("77", 0, {"count": 0, "faulty": []})
    ids = [each["id"] for each in (await api.get("/_emulator/overview")).document["workspaces"]]
    assert ids == ["5328"]


@pytest.mark.parametrize("skip", ["-1", "x", ""])
async def test_skip_must_be_a_number(api: Api, skip: str) -> None:
    """An offset that is not a number is rejected."""
    assert (await api.get(f"/_emulator/overview?skip={skip}")).status == 400


async def test_overview_shows_no_secret(api: Api, vector: Document) -> None:
    """The page's data has no password."""
    await api.post("/connections", vector("connections/create-snowflake.request"))  # type: ignore[operator]  # the fixture's function
    assert "mParticleSecurePassword" not in str((await api.get("/_emulator/overview")).document)
