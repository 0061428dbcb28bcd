"""Count the pipelines of several workspaces at once: `python several_workspaces.py 5328 5329`.

The clients of one credential share connections, the limit of requests in flight, and the token.
"""

import asyncio
import sys
from collections import Counter

from warehouse_sync import AsyncClient


async def count(client: AsyncClient, workspace_id: str) -> tuple[str, Counter[str]]:
    """Count a workspace's pipelines by status."""
    workspace = client.workspace(workspace_id)
    ids = [pipeline.id for pipeline in await workspace.pipelines.list()]
    statuses = Counter[str]()
    async for polled in workspace.pipelines.reports(ids):
        statuses[str(polled.report.status) if polled.report else "unknown"] += 1
    return workspace_id, statuses


async def main(workspace_ids: list[str]) -> None:
    """Ask all workspaces at the same time."""
    async with AsyncClient() as client:
        for workspace_id, statuses in await asyncio.gather(*(count(client, each) for each in workspace_ids)):
            print(workspace_id, dict(statuses))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
