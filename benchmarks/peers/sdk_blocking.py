"""`warehouse_sync.Client`, the blocking SDK."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from peers import sdk

import warehouse_sync

if TYPE_CHECKING:
    from collections.abc import Iterator


class Client:
    """The methods of the blocking SDK, with their results reduced to what is checked."""

    def __init__(self, client: warehouse_sync.Client) -> None:
        self._client = client

    def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return the pipeline and the latest run of a report."""
        report = self._client.pipelines.report(pipeline_id)
        return report.pipeline_id, report.latest_pipeline_run.id if report.latest_pipeline_run else 0


@contextmanager
def connect_blocking(base_url: str) -> Iterator[Client]:
    """Open the client."""
    with warehouse_sync.Client(**sdk.options(base_url)) as client:
        yield Client(client)
