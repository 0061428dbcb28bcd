"""warehouse_sync.Client, the SDK without `async`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from peers import sdk

import warehouse_sync

if TYPE_CHECKING:
    from collections.abc import Iterator


class Client:
    """The blocking SDK's calls, reduced to the facts that are checked."""

    def __init__(self, client: warehouse_sync.Client) -> None:
        self._client = client

    def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return a report's pipeline and latest run."""
        report = self._client.pipelines.report(pipeline_id)
        return report.pipeline_id, report.latest_pipeline_run.id if report.latest_pipeline_run else 0


@contextmanager
def connect_blocking(port: int) -> Iterator[Client]:
    """Open the client."""
    with warehouse_sync.Client(**sdk.options(port)) as client:
        yield Client(client)
