"""The usual handwritten client: one aiohttp session with a bearer header, `get`, `read` and `json.loads`."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
from peers import common

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Client:
    """Untyped requests over a shared session."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._base = common.pipelines_url(base_url)

    async def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return the pipeline and the latest run of a report."""
        report = await self._get(f"{self._base}/{pipeline_id}/report")
        return report["pipeline_id"], report["latest_pipeline_run"]["id"]

    async def page(self, pipeline_id: str) -> tuple[int, int, int]:
        """Return the number of runs of the first page, and the first and last of them."""
        runs = (await self._get(f"{self._base}/{pipeline_id}/runs?pageSize=50"))["items"]
        return len(runs), runs[0]["id"], runs[-1]["id"]

    async def run_ids(self, pipeline_id: str, *, prefetch: int | None) -> AsyncIterator[int]:
        """Yield the ids of all runs, with one request at a time: handwritten clients rarely prefetch."""
        del prefetch
        async for page in self._pages(pipeline_id):
            for run in page["items"]:
                yield run["id"]

    async def held_runs(self, pipeline_id: str, count: int) -> list[dict[str, Any]]:
        """Return all runs as dicts."""
        runs = [run async for page in self._pages(pipeline_id) for run in page["items"]]
        return runs[:count]

    async def _pages(self, pipeline_id: str) -> AsyncIterator[dict[str, Any]]:
        number, more = 1, True
        while more:
            page = await self._get(f"{self._base}/{pipeline_id}/runs?currentPage={number}&pageSize=50")
            yield page
            number, more = number + 1, page["has_next_page"]

    async def _get(self, url: str) -> Any:  # noqa: ANN401 - JSON
        async with self._session.get(url) as response:
            response.raise_for_status()
            return json.loads(await response.read())


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Client]:
    """Open the session with a token."""
    headers = {"Authorization": f"Bearer {common.fetch_token(base_url)}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield Client(session, base_url)
