"""`warehouse_sync.AsyncClient`, as its documentation shows it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from harness.responses import PAGE_SIZE, WORKSPACE_ID

from warehouse_sync import AsyncClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from warehouse_sync import PolledReport, Run


class Client:
    """The methods of the SDK, with their results reduced to what is checked."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return the pipeline and the latest run of a report."""
        report = await self._client.pipelines.report(pipeline_id)
        return report.pipeline_id, report.latest_pipeline_run.id if report.latest_pipeline_run else 0

    async def page(self, pipeline_id: str) -> tuple[int, int, int]:
        """Return the number of runs of a listing with one page, and the first and last of them."""
        pager = self._client.runs.list(pipeline_id, page_size=PAGE_SIZE)
        [page] = [page async for page in pager.pages()]
        runs = page.items  # not copied, as the other clients copy none
        return len(runs), runs[0].id, runs[-1].id

    async def run_ids(self, pipeline_id: str, *, prefetch: int | None) -> AsyncIterator[int]:
        """Yield the ids of all runs; `None` means the default of `prefetch`."""
        runs = self._client.runs
        if prefetch is None:
            pager = runs.list(pipeline_id, page_size=PAGE_SIZE)
        else:
            pager = runs.list(pipeline_id, page_size=PAGE_SIZE, prefetch=prefetch)
        async for run in pager:
            yield run.id

    async def held_runs(self, pipeline_id: str, count: int) -> list[Run]:
        """Return all runs."""
        runs = [run async for run in self._client.runs.list(pipeline_id, page_size=PAGE_SIZE)]
        return runs[:count]

    def reports(self, ids: Iterable[str], concurrency: int) -> AsyncIterator[PolledReport]:
        """Return the entries in the order of the responses."""
        return self._client.pipelines.reports(ids, concurrency=concurrency)

    async def finished_runs(self, pairs: list[tuple[str, int]]) -> AsyncIterator[int]:
        """Yield the ids of the runs in the order in which they finish."""
        async for waited in self._client.runs.wait_many(pairs):
            if waited.run is None:
                raise waited.error or LookupError(waited.run_id)
            yield waited.run.id


def options(base_url: str) -> dict[str, Any]:
    """Return the arguments of a client of the benchmark server."""
    return {
        "workspace_id": WORKSPACE_ID,
        "client_id": "bench",
        "client_secret": "bench",
        "api_url": base_url,
        "token_url": f"{base_url}/oauth/token",
    }


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Client]:
    """Open the client."""
    async with AsyncClient(**options(base_url), max_connections=256) as client:
        yield Client(client)
