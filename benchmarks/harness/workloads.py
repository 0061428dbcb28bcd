"""What a client process does in a slice. Every answer is checked; a wrong one ends the benchmark."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from harness import answers
from harness.measure import resident_mib

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

_IN_FLIGHT = 64
_RUN_PIPELINE = 1


class WrongAnswerError(Exception):
    """A client did not return what the server sent."""


async def report_poll(client: Any, size: int, *, pipelines: int = 1000) -> None:  # noqa: ANN401  # any peer
    """Ask for `size` reports, 64 at a time, going round the pipelines."""

    async def ask(number: int) -> None:
        pipeline = number % pipelines
        _check(await client.report(answers.pipeline_id(pipeline)), _expected_report(pipeline))

    await _fan_out(ask, range(size))


async def run_page(client: Any, size: int) -> None:  # noqa: ANN401  # any peer
    """Read the 50 runs of `size` pipelines, 64 at a time."""

    async def ask(number: int) -> None:
        pipeline = number % 100
        _check(await client.page(answers.pipeline_id(pipeline)), _expected_page(pipeline))

    await _fan_out(ask, range(size))


async def sequential_await(client: Any, size: int) -> None:  # noqa: ANN401  # any peer
    """Ask for `size` reports, one after the other."""
    for number in range(size):
        pipeline = number % 100
        _check(await client.report(answers.pipeline_id(pipeline)), _expected_report(pipeline))


def sequential(client: Any, size: int) -> None:  # noqa: ANN401  # any blocking peer
    """Ask for `size` reports, one blocking call after the other."""
    for number in range(size):
        pipeline = number % 100
        _check(client.report(answers.pipeline_id(pipeline)), _expected_report(pipeline))


async def history(client: Any, size: int, *, prefetch: int | None = None) -> None:  # noqa: ANN401  # any peer
    """Read `size` runs of one pipeline in order and keep none."""
    expected = answers.run_id(_RUN_PIPELINE, 0)
    last = expected + size
    async with aclosing(client.run_ids(answers.pipeline_id(_RUN_PIPELINE), prefetch=prefetch)) as run_ids:
        async for run_id in run_ids:
            _check(run_id, expected)
            expected += 1
            if expected == last:
                return
    raise WrongAnswerError(f"the history ended {last - expected} runs early")


async def bulk_poll(client: Any, size: int, *, at_once: int | None = None) -> None:  # noqa: ANN401  # the SDK
    """Poll `size` pipelines through the bulk call, `at_once` to a call, keeping nothing."""
    per_call = min(size, at_once or size)
    for _ in range(size // per_call):
        await _poll_all(client, per_call)


async def _poll_all(client: Any, count: int) -> None:  # noqa: ANN401  # the SDK
    seen = bytearray(count)
    async for slug, run_id in client.reports(answers.pipeline_id(number) for number in range(count)):
        number = answers.pipeline_number(slug)
        _check((slug, run_id, seen[number]), (*_expected_report(number), 0))
        seen[number] = 1
    _check(seen.count(1), count)


async def wait_many(client: Any, size: int, *, pipelines: int) -> None:  # noqa: ANN401  # the SDK
    """Wait for `size` unfinished runs spread evenly over `pipelines` pipelines."""
    waiting = {(number % pipelines, number // pipelines) for number in range(size)}
    pairs = [(answers.pipeline_id(pipeline), answers.run_id(pipeline, index)) for pipeline, index in waiting]
    unseen = {run_id for _, run_id in pairs}
    async for run_id in client.finished_runs(pairs):
        unseen.remove(run_id)
    _check(len(unseen), 0)


async def hold_runs(client: Any, size: int) -> dict[str, float]:  # noqa: ANN401  # any peer
    """Read `size` runs, keep them all, and tell what one costs in memory."""
    slug = answers.pipeline_id(_RUN_PIPELINE)
    await client.report(slug)  # opens the connection and imports what a first call imports
    gc.collect()
    before = resident_mib()
    held = await client.held_runs(slug, size)
    gc.collect()
    resident = (resident_mib() - before) * (1 << 20) / size
    _check((len(held), len({id(run) for run in held})), (size, size))
    del held
    return {"rss_bytes_per_run": resident, "traced_bytes_per_run": await _traced(client, slug, size)}


async def _traced(client: Any, slug: str, size: int) -> float:  # noqa: ANN401  # any peer
    gc.collect()
    tracemalloc.start()
    try:
        held = await client.held_runs(slug, size)
        gc.collect()
        _check(len(held), size)
        return tracemalloc.get_traced_memory()[0] / size
    finally:
        tracemalloc.stop()


async def be_asked(server: Any, size: int) -> None:  # noqa: ANN401  # a server under load
    """Answer `size` requests of a load process, which checks the answers."""
    await server.be_asked(size)


async def _fan_out(handle: Callable[[int], Awaitable[None]], numbers: Iterable[int]) -> None:
    """Work off the numbers with 64 workers on one iterator, the cheapest way there is."""
    shared = iter(numbers)

    async def work() -> None:
        for number in shared:
            await handle(number)

    async with asyncio.TaskGroup() as workers:
        for _ in range(_IN_FLIGHT):
            workers.create_task(work())


def _expected_report(pipeline: int) -> tuple[str, int]:
    return answers.pipeline_id(pipeline), answers.run_id(pipeline, answers.PAGE_SIZE - 1)


def _expected_page(pipeline: int) -> tuple[int, int, int]:
    last = answers.PAGE_SIZE - 1
    return answers.PAGE_SIZE, answers.run_id(pipeline, 0), answers.run_id(pipeline, last)


def _check(got: object, expected: object) -> None:
    if got != expected:
        raise WrongAnswerError(f"expected {expected!r}, got {got!r}")
