"""What the page shows, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document
    from warehouse_sync.emulator import Emulator


async def test_files_are_sealed(emulator: Emulator) -> None:
    """The page's files say what they are, and forbid the browser anything from elsewhere."""
    kinds = {"/": "text/html", "/_emulator/page.css": "text/css", "/_emulator/page.js": "text/javascript"}
    async with aiohttp.ClientSession() as session:
        for path, kind in kinds.items():
            async with session.get(emulator.url + path) as answer:
                assert (answer.status, answer.content_type, answer.charset) == (200, kind, "utf-8")
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
                assert (
                    "//"
                    not in (await answer.text()).replace("http://www.w3.org/2000/svg", "").split("// ")[0]
                )


async def test_overview_is_a_screenful(api: Api, emulator: Emulator) -> None:
    """However many pipelines and runs there are, one answer has 25 of them with their 60 newest runs."""
    emulator.seed(pipelines=300, runs=1000)
    seen = (await api.get("/_emulator/overview?skip=290")).document
    assert (seen["found"], len(seen["pipelines"])) == (300, 10)
    assert seen["pipelines"][0]["id"] == "seeded-pipeline-00291"
    assert (seen["pipelines"][0]["count"], len(seen["pipelines"][0]["runs"])) == (1000, 60)
    assert len((await api.get("/_emulator/overview")).document["pipelines"]) == 25
    assert (await api.get("/_emulator/overview?search=PIPELINE-00007")).document["found"] == 1


async def test_overview_of_a_workspace_nobody_used(api: Api) -> None:
    """A workspace without anything in it is shown as such, and does not come to be by being looked at."""
    seen = (await api.get("/_emulator/overview?workspace=77")).document
    assert (seen["workspace"], seen["found"], seen["connections"]) == ("77", 0, {"count": 0, "faulty": []})
    ids = [each["id"] for each in (await api.get("/_emulator/overview")).document["workspaces"]]
    assert ids == ["5328"]


@pytest.mark.parametrize("skip", ["-1", "x", ""])
async def test_skip_is_a_number(api: Api, skip: str) -> None:
    """A place to start that is none is refused."""
    assert (await api.get(f"/_emulator/overview?skip={skip}")).status == 400


async def test_overview_shows_no_secret(api: Api, vector: Document) -> None:
    """No password is in what the page is told."""
    await api.post("/connections", vector("connections/create-snowflake.request"))  # type: ignore[operator]  # the fixture's function
    assert "mParticleSecurePassword" not in str((await api.get("/_emulator/overview")).document)
