"""Reports of imaginary pipelines."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import attrs

from tests.support.virtual import now
from warehouse_sync.errors import RateLimitedError
from warehouse_sync.models import PipelineReport, PipelineStatus, PolledReport, Progress
from warehouse_sync.polling.bulk_requests import BulkRequests, Ids
from warehouse_sync.resources.pipelines import to_polled_report
from warehouse_sync.transport.limits import AdaptiveConcurrency

Bulk = BulkRequests[PipelineReport, PolledReport]


def report(pipeline_id: str) -> PipelineReport:
    """Return a report."""
    return PipelineReport(pipeline_id=pipeline_id, status=PipelineStatus.IDLE)


@attrs.define(eq=False)
class Reports:
    """Returns reports after a while.

    Attributes:
        latency: Seconds until the response, by id.
        failing: Errors by id; each is raised once, the last one always. `None` is a success.
        pace: The limit that is lowered by throttling, as by the sender.
        live: The number of requests in flight.
        most: The maximum of `live` since the last reset.
        asked: The start of each request.
    """

    latency: Callable[[str], float] = lambda _: 0.1
    failing: dict[str, list[Any]] = attrs.field(factory=dict)
    limit: AdaptiveConcurrency = attrs.field(factory=AdaptiveConcurrency)
    live: int = 0
    most: int = 0
    asked: list[float] = attrs.field(factory=list)

    async def fetch(self, pipeline_id: str) -> PipelineReport:
        """Return one report."""
        self.live += 1
        self.most = max(self.most, self.live)
        self.asked.append(now())
        try:
            await asyncio.sleep(self.latency(pipeline_id))
        finally:
            self.live -= 1
        errors = self.failing.get(pipeline_id)
        if errors:
            error = errors.pop(0) if len(errors) > 1 else errors[0]
            if isinstance(error, RateLimitedError):
                self.limit.on_throttled()
            if error is not None:
                raise error
        return report(pipeline_id)

    def poll(self, ids: Ids, concurrency: int = 8, **options: Any) -> Bulk:
        """A poll of these."""
        return poll(ids, self.fetch, concurrency, limit=self.limit, **options)


def poll(
    ids: Ids,
    fetch: Callable[[str], Awaitable[PipelineReport]],
    concurrency: int = 8,
    *,
    limit: AdaptiveConcurrency | None = None,
    random: Callable[[], float] = lambda: 0.0,
    on_progress: Callable[[Progress], None] | None = None,
) -> Bulk:
    """A poll."""
    return BulkRequests(
        ids=ids,
        fetch=fetch,
        to_entry=to_polled_report,
        concurrency=concurrency,
        limit=limit or AdaptiveConcurrency(),
        sleep=asyncio.sleep,
        random=random,
        on_progress=on_progress,
    )


async def collected(bulk: Bulk) -> list[PolledReport]:
    """Return all entries."""
    return [entry async for entry in bulk.results()]


def names(count: int) -> list[str]:
    """Return a number of ids."""
    return [f"p{number}" for number in range(count)]


async def from_queue(ids: Iterable[str]) -> AsyncIterator[str]:
    """Yield ids that take a while."""
    for pipeline_id in ids:
        await asyncio.sleep(0.01)
        yield pipeline_id


def throttled(retry_after: float | None = None) -> RateLimitedError:
    """Return a 429."""
    return RateLimitedError(status=429, retry_after=retry_after)


async def take(entries: AsyncIterator[PolledReport], count: int) -> None:
    """Return a number of entries."""
    for _ in range(count):
        await anext(entries)
