"""What openapi-generator's `python` generator makes with `library=asyncio`, written by hand in its structure.

No generator was run and none of its template's text is used. What costs time is reproduced: the three layers
(`Api` method under `validate_call`, `ApiClient.param_serialize` / `call_api` / `response_deserialize`,
`RESTClientObject` over an aiohttp session with `trust_env=True`), a timeout and a header dict per call, path
parameters filled in by `replace` and `quote`, the body decoded to text before `json.loads`, models built by nested
`from_dict` calls that validate each level, and an `ApiResponse` around the result.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from harness.answers import PAGE_SIZE, WORKSPACE_ID
from peers import place
from peers.generated.api import DataPipelinesApi
from peers.generated.api_client import ApiClient, Configuration

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Client:
    """The generated calls, reduced to the facts that are checked."""

    def __init__(self, api: DataPipelinesApi) -> None:
        self._api = api

    async def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return a report's pipeline and latest run."""
        report = await self._api.get_pipeline_report(WORKSPACE_ID, pipeline_id)
        return report.pipeline_id, report.latest_pipeline_run.id if report.latest_pipeline_run else 0

    async def page(self, pipeline_id: str) -> tuple[int, int, int]:
        """Return the size, the first and the last id of the first page of runs."""
        page = await self._api.list_pipeline_runs(WORKSPACE_ID, pipeline_id, page_size=PAGE_SIZE)
        return len(page.items), page.items[0].id, page.items[-1].id


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[Client]:
    """Open the API client."""
    api_client = ApiClient(Configuration(f"http://127.0.0.1:{port}", place.fetch_token(port)))
    try:
        yield Client(DataPipelinesApi(api_client))
    finally:
        await api_client.close()
