"""The practical limit with types: raw connections, and msgspec into the classes that the SDK returns."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from peers import raw_protocol

from warehouse_sync import Page, PipelineReport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_report = msgspec.json.Decoder(PipelineReport)
_page = msgspec.json.Decoder(Page)


class Client(raw_protocol.Client):
    """Typed reports and pages."""

    async def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return the pipeline and the latest run of a report."""
        report = _report.decode(await self.get(pipeline_id, "report"))
        return report.pipeline_id, report.latest_pipeline_run.id if report.latest_pipeline_run else 0

    async def page(self, pipeline_id: str) -> tuple[int, int, int]:
        """Return the number of runs of the first page, and the first and last of them."""
        runs = _page.decode(await self.get(pipeline_id, "runs?pageSize=50")).items
        return len(runs), runs[0].id, runs[-1].id


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Client]:
    """Return a client."""
    client = Client(base_url)
    try:
        yield client
    finally:
        client.close()
