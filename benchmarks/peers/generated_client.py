"""The client that openapi-generator's `python` generator makes with `library=asyncio` from the emulator's OpenAPI document.

`generate_client.py` runs the generator. Its code is not part of this repository.
"""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from generate_client import FOLDER, PACKAGE
from harness.responses import PAGE_SIZE, WORKSPACE_ID
from peers import common

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

if not (FOLDER / PACKAGE).is_dir():
    raise ModuleNotFoundError(f"{FOLDER / PACKAGE} is missing: run `make bench`, which generates the client")
sys.path.insert(0, str(FOLDER))

import generated_client  # type: ignore[import-not-found]


class Client:
    """The generated methods, with their results reduced to what is checked."""

    def __init__(self, api: Any) -> None:  # noqa: ANN401 - a class of the generated client
        self._api = api

    async def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return the pipeline and the latest run of a report."""
        report = await self._api.get_pipeline_report(WORKSPACE_ID, pipeline_id)
        return report.pipeline_id, _number(report.latest_pipeline_run.id)

    async def page(self, pipeline_id: str) -> tuple[int, int, int]:
        """Return the number of runs of the first page, and the first and last of them."""
        page = await self._api.list_pipeline_runs(WORKSPACE_ID, pipeline_id, page_size=PAGE_SIZE)
        return len(page.items), _number(page.items[0].id), _number(page.items[-1].id)


def _number(run_id: Any) -> int:  # noqa: ANN401 - a class of the generated client
    """Return the number of a run: the document allows numbers and strings, and the generator wraps such values."""
    return int(run_id.actual_instance)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Client]:
    """Open the client."""
    configuration = generated_client.Configuration(host=base_url, access_token=common.fetch_token(base_url))
    async with generated_client.ApiClient(configuration) as api_client:
        yield Client(generated_client.PipelinesApi(api_client))
