"""warehouse_sync.AsyncClient, used as its documentation says."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from harness.answers import PAGE_SIZE, WORKSPACE_ID

from warehouse_sync import AsyncClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from warehouse_sync import Run


class Client:
    """The SDK's calls, reduced to the facts that are checked."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return a report's pipeline and latest run."""
        report = await self._client.pipelines.report(pipeline_id)
        return report.pipeline_id, report.latest_pipeline_run.id if report.latest_pipeline_run else 0

    async def page(self, pipeline_id: str) -> tuple[int, int, int]:
        """Return the size, the first and the last id of a history of one page."""
        pager = self._client.runs.list(pipeline_id, page_size=PAGE_SIZE)
        runs = [run async for page in pager.pages() for run in page.items]
        return len(runs), runs[0].id, runs[-1].id

    async def run_ids(self, pipeline_id: str, *, prefetch: int | None) -> AsyncIterator[int]:
        """Yield the ids of all runs; `None` leaves the SDK its default prefetch."""
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

    async def reports(self, ids: Iterable[str]) -> AsyncIterator[tuple[str, int]]:
        """Yield each pipeline with its latest run, as the reports arrive."""
        async for polled in self._client.pipelines.reports(ids):
            if polled.report is None or polled.report.latest_pipeline_run is None:
                raise polled.error or LookupError(polled.pipeline_id)
            yield polled.report.pipeline_id, polled.report.latest_pipeline_run.id

    async def finished_runs(self, pairs: list[tuple[str, int]]) -> AsyncIterator[int]:
        """Yield the ids of the runs as they finish, whether well or badly."""
        async for waited in self._client.runs.wait_many(pairs):
            if waited.run is None:
                raise waited.error or LookupError(waited.run_id)
            yield waited.run.id


def options(port: int) -> dict[str, Any]:
    """Return the arguments that point a client at the benchmark server."""
    address = f"http://127.0.0.1:{port}"
    return {
        "workspace_id": WORKSPACE_ID,
        "client_id": "bench",
        "client_secret": "bench",
        "api_url": address,
        "token_url": f"{address}/oauth/token",
    }


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[Client]:
    """Open the client."""
    async with AsyncClient(**options(port)) as client:
        yield Client(client)
