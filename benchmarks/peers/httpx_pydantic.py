"""httpx with pydantic models, in its fastest setting: one `AsyncClient` per concurrent request.

A single `AsyncClient` is many times slower with 64 requests in flight, because its pool searches a list. Here a client returns to a
stack after each request, so 64 requests in flight use 64 clients with one connection each.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from enum import StrEnum

import httpx
from peers import common
from pydantic import BaseModel

_CLIENTS = 64


class Status(StrEnum):
    """Status of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    STOPPED = "stopped"
    RETRYING = "retrying"


class Message(BaseModel):
    """An entry of an `errors` list."""

    message: str


class Run(BaseModel):
    """A pipeline run."""

    id: int
    pipeline_id: str
    type: str
    status: Status
    errors: list[Message]
    logical_date: datetime | None
    started_on: datetime | None
    ended_on: datetime | None
    range_start: datetime | None
    range_end: datetime | None
    successful_records: int | None
    failed_records: int | None


class Report(BaseModel):
    """A pipeline report."""

    pipeline_id: str
    status: str
    errors: list[Message]
    connection_status: str
    connection_errors: list[Message]
    data_model_status: str
    data_model_errors: list[Message]
    latest_successful_pipeline_run_id: int | None
    latest_pipeline_run: Run


class Page(BaseModel):
    """A page of runs."""

    items: list[Run]
    current_page: int
    page_size: int
    total_pages: int
    total_items: int
    has_previous_page: bool
    has_next_page: bool


class Client:
    """Typed requests, each with a client of its own."""

    def __init__(self, clients: list[httpx.AsyncClient], base_url: str) -> None:
        self._idle = clients
        self._base = common.pipelines_url(base_url)

    async def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return the pipeline and the latest run of a report."""
        report = Report.model_validate_json(await self._get(f"{self._base}/{pipeline_id}/report"))
        return report.pipeline_id, report.latest_pipeline_run.id

    async def page(self, pipeline_id: str) -> tuple[int, int, int]:
        """Return the number of runs of the first page, and the first and last of them."""
        page = Page.model_validate_json(await self._get(f"{self._base}/{pipeline_id}/runs?pageSize=50"))
        return len(page.items), page.items[0].id, page.items[-1].id

    async def _get(self, url: str) -> bytes:
        client = self._idle.pop()
        try:
            response = await client.get(url)
        finally:
            self._idle.append(client)
        return response.raise_for_status().content


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Client]:
    """Open the clients."""
    headers = {"Authorization": f"Bearer {common.fetch_token(base_url)}"}
    async with AsyncExitStack() as stack:
        clients = [httpx.AsyncClient(headers=headers, trust_env=False) for _ in range(_CLIENTS)]
        yield Client([await stack.enter_async_context(client) for client in clients], base_url)
