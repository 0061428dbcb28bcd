"""Write the runs of all pipelines in a range of days to a CSV file: `python export_runs.py runs.csv 30`.

Pages are read ahead, and memory stays flat however many runs there are.
"""

import asyncio
import csv
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse_sync import AsyncClient

COLUMNS = (
    "pipeline_id",
    "id",
    "type",
    "status",
    "started_on",
    "ended_on",
    "successful_records",
    "failed_records",
)


async def main(path: Path, days: int) -> None:
    """Write one line for each run."""
    start, count = datetime.now(UTC) - timedelta(days=days), 0
    async with AsyncClient() as client:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for pipeline in await client.pipelines.list():
                async for run in client.runs.list(pipeline.id, start=start):
                    writer.writerow([getattr(run, column) for column in COLUMNS])
                    count += 1
    print(f"{count} runs written to {path}")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
