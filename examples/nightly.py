"""Run pipelines one group after the other, for cron or any scheduler: `python nightly.py customers,products orders`.

Each argument is a group of pipelines that run side by side; the next group starts when all of them succeeded.
If a pipeline fails or is running already, no further group starts and the exit code is 1.
"""

import asyncio
import sys

from warehouse_sync import AsyncClient, WarehouseSyncError


async def run_group(client: AsyncClient, ids: list[str]) -> bool:
    """Run pipelines side by side; return whether all succeeded."""
    triggered, succeeded = [], True
    for pipeline_id in ids:
        try:
            run = await client.pipelines.trigger(pipeline_id)
        except WarehouseSyncError as error:
            print(f"{pipeline_id}: {error}")
            succeeded = False
        else:
            triggered.append((run.pipeline_id, run.run_id))
    async for waited in client.runs.wait_many(triggered, timeout=4 * 3600):
        print(f"{waited.pipeline_id}: {waited.error or 'success'}")
        succeeded = succeeded and waited.error is None
    return succeeded


async def main(groups: list[list[str]]) -> int:
    """Run the groups in order; return the exit code."""
    async with AsyncClient() as client:
        for ids in groups:
            if not await run_group(client, ids):
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main([argument.split(",") for argument in sys.argv[1:]])))
