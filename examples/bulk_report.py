"""Read the reports of all pipelines at once, and print those that need attention."""

import asyncio

from warehouse_sync import AsyncClient


async def main() -> None:
    """Read 64 reports at a time; a report that cannot be read is a value, not an exception."""
    healthy, unhealthy = 0, []
    async with AsyncClient() as client:
        ids = [pipeline.id for pipeline in await client.pipelines.list()]
        async for polled in client.pipelines.reports(ids, concurrency=64):
            if polled.report is None:
                unhealthy.append((polled.pipeline_id, "unknown", str(polled.error)))
            elif polled.report.status == "faulted":
                reasons = [
                    *polled.report.errors,
                    *polled.report.connection_errors,
                    *polled.report.data_model_errors,
                ]
                unhealthy.append(
                    (polled.pipeline_id, "faulted", "; ".join(reason.message for reason in reasons))
                )
            else:
                healthy += 1
    for pipeline_id, status, reason in sorted(unhealthy):
        print(f"{pipeline_id:30} {status:8} {reason}")
    print(f"{healthy} healthy, {len(unhealthy)} not")


if __name__ == "__main__":
    asyncio.run(main())
