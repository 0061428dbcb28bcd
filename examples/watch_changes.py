"""Print each change of a pipeline's status until Ctrl-C, and say when the watch cannot see it: `python watch_changes.py 30`."""

import asyncio
import sys

from warehouse_sync import AsyncClient


async def main(every: float) -> None:
    """Ask for all reports every so many seconds."""
    async with AsyncClient() as client:
        ids = [pipeline.id for pipeline in await client.pipelines.list()]
        async for change in client.watch(ids, every=every):
            now = change.report.status if change.report else "unknown"
            before = change.previous.status if change.previous else "new"
            note = f" (not up to date: {change.error})" if change.stale else ""
            print(f"{change.observed_on:%H:%M:%S} {change.pipeline_id}: {before} -> {now}{note}", flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main(float(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(0)
