"""The work of a client process in one slice. It checks every response; a wrong one ends the benchmark."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from harness import responses
from harness.measure import resident_mib

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

_IN_FLIGHT = 64
_RUN_PIPELINE = 1
RUNS_BEFORE = 9
"""Number of earlier runs of each pipeline that `wait_for_each` waits for."""


class WrongResponseError(Exception):
    """A client returned something other than the response of the server."""


async def report_poll(
    client: Any,  # noqa: ANN401 - any peer
    size: int,
    *,
    pipelines: int = 1000,
    in_flight: int = _IN_FLIGHT,
) -> None:
    """Get `size` reports, of each pipeline in turn."""

    async def get_report(number: int) -> None:
        pipeline = number % pipelines
        _check(await client.report(responses.pipeline_id(pipeline)), _expected_report(pipeline))

    await _run_concurrently(get_report, range(size), in_flight)


def report_poll_in_threads(client: Any, size: int) -> None:  # noqa: ANN401 - a blocking peer
    """Get `size` reports with 64 threads."""

    def get_report(number: int) -> None:
        pipeline = number % 1000
        _check(client.report(responses.pipeline_id(pipeline)), _expected_report(pipeline))

    if not hasattr(client, "threads"):
        client.threads = ThreadPoolExecutor(_IN_FLIGHT)
    for _ in client.threads.map(get_report, range(size)):
        pass


async def run_page(client: Any, size: int) -> None:  # noqa: ANN401 - any peer
    """Read the 50 runs of `size` pipelines, 64 at a time."""

    async def get_page(number: int) -> None:
        pipeline = number % 100
        _check(await client.page(responses.pipeline_id(pipeline)), _expected_page(pipeline))

    await _run_concurrently(get_page, range(size), _IN_FLIGHT)


async def sequential_await(client: Any, size: int) -> None:  # noqa: ANN401 - any peer
    """Get `size` reports, one after the other."""
    for number in range(size):
        pipeline = number % 100
        _check(await client.report(responses.pipeline_id(pipeline)), _expected_report(pipeline))


def sequential(client: Any, size: int) -> None:  # noqa: ANN401 - a blocking peer
    """Get `size` reports with one blocking call after the other."""
    for number in range(size):
        pipeline = number % 100
        _check(client.report(responses.pipeline_id(pipeline)), _expected_report(pipeline))


async def history(client: Any, size: int, *, prefetch: int | None = None) -> None:  # noqa: ANN401 - any peer
    """Read `size` runs of one pipeline in order, and keep none of them."""
    expected = responses.run_id(_RUN_PIPELINE, 0)
    last = expected + size
    async with aclosing(client.run_ids(responses.pipeline_id(_RUN_PIPELINE), prefetch=prefetch)) as run_ids:
        async for run_id in run_ids:
            _check(run_id, expected)
            expected += 1
            if expected == last:
                return
    raise WrongResponseError(f"the history ended {last - expected} runs early")


async def bulk_poll(
    client: Any,  # noqa: ANN401 - the SDK
    size: int,
    *,
    per_call: int | None = None,
    in_flight: int = _IN_FLIGHT,
) -> None:
    """Get the reports of `size` pipelines with the bulk method, `per_call` pipelines per call, and keep none of them."""
    count = min(size, per_call or size)
    for _ in range(size // count):
        await _poll_all(client, count, in_flight)


async def _poll_all(client: Any, count: int, in_flight: int) -> None:  # noqa: ANN401 - the SDK
    seen = bytearray(count)
    ids = (responses.pipeline_id(number) for number in range(count))
    async for polled in client.reports(ids, in_flight):  # not in a generator: `report_poll` has none either
        report = polled.result()
        number = responses.pipeline_number(report.pipeline_id)
        _check((report.pipeline_id, report.latest_pipeline_run.id), _expected_report(number))
        _check(seen[number], 0)
        seen[number] = 1
    _check(seen.count(1), count)


async def wait_many(client: Any, size: int, *, pipelines: int) -> None:  # noqa: ANN401 - the SDK
    """Wait for `size` unfinished runs of `pipelines` pipelines."""
    waiting = {(number % pipelines, number // pipelines) for number in range(size)}
    pairs = [
        (responses.pipeline_id(pipeline), responses.run_id(pipeline, index)) for pipeline, index in waiting
    ]
    missing = {run_id for _, run_id in pairs}
    async for run_id in client.finished_runs(pairs):
        missing.remove(run_id)
    _check(len(missing), 0)


async def wait_for_each(client: Any, size: int, *, how: str) -> None:  # noqa: ANN401 - the triggers
    """Wait for the last run of each of `size` pipelines at once, with the method `how` of the client."""
    wait = getattr(client, how)

    async def wait_for(number: int) -> None:
        run_id = responses.run_id(number, RUNS_BEFORE)
        _check(await wait(responses.pipeline_id(number), run_id), (run_id, "success"))

    await asyncio.gather(*(wait_for(number) for number in range(size)))


async def hold_runs(client: Any, size: int) -> dict[str, float]:  # noqa: ANN401 - any peer
    """Read `size` runs, keep all of them, and return the memory per run."""
    slug = responses.pipeline_id(_RUN_PIPELINE)
    await client.report(slug)  # opens the connection, and imports what the first request imports
    gc.collect()
    before = resident_mib()
    held = await client.held_runs(slug, size)
    gc.collect()
    resident = (resident_mib() - before) * (1 << 20) / size
    _check((len(held), len({id(run) for run in held})), (size, size))
    del held
    return {"rss_bytes_per_run": resident, "traced_bytes_per_run": await _traced(client, slug, size)}


async def _traced(client: Any, slug: str, size: int) -> float:  # noqa: ANN401 - any peer
    gc.collect()
    tracemalloc.start()
    try:
        held = await client.held_runs(slug, size)
        gc.collect()
        _check(len(held), size)
        return tracemalloc.get_traced_memory()[0] / size
    finally:
        tracemalloc.stop()


async def serve(server: Any, size: int) -> None:  # noqa: ANN401 - a server under load
    """Respond to `size` requests of a load process, which checks the responses."""
    await server.serve(size)


async def _run_concurrently(
    handle: Callable[[int], Awaitable[None]], numbers: Iterable[int], in_flight: int
) -> None:
    """Process the numbers with as many workers as requests in flight, which share one iterator."""
    shared = iter(numbers)

    async def work() -> None:
        for number in shared:
            await handle(number)

    async with asyncio.TaskGroup() as workers:
        for _ in range(in_flight):
            workers.create_task(work())


def _expected_report(pipeline: int) -> tuple[str, int]:
    return responses.pipeline_id(pipeline), responses.run_id(pipeline, responses.PAGE_SIZE - 1)


def _expected_page(pipeline: int) -> tuple[int, int, int]:
    last = responses.PAGE_SIZE - 1
    return responses.PAGE_SIZE, responses.run_id(pipeline, 0), responses.run_id(pipeline, last)


def _check(actual: object, expected: object) -> None:
    if actual != expected:
        raise WrongResponseError(f"expected {expected!r}, got {actual!r}")
