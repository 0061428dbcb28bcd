"""Cancellation at any step of everything else: sessions, queues, caches, pagers, waits and reports."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stepping import STEPS, attempt, cancelled_at, cancelled_at_any, check_whole, quiet
from tests.support.clock import FakeClock
from tests.support.internals import loop_session
from tests.support.kinds import BASE, CONNECTION, KINDS, READ, TRIGGER, Kind
from tests.support.peer import TOKEN, HeldResponses, Peer, refusal, reply, reset, token
from warehouse_sync import AsyncClient
from warehouse_sync.transport import aiohttp_internals, token_source
from warehouse_sync.transport.token_cache import FileLock, read_file

PLACES = 4
PIPELINES = f"{BASE}/inputs/data-pipelines"
RUN = {"id": 7, "pipeline_id": "p1", "type": "manual", "status": "success"}

Work = Callable[[AsyncClient], Coroutine[Any, Any, None]]


async def drain(items: AsyncIterator[Any]) -> None:
    """Iterate to the end."""
    async with aclosing(items) as closing:  # type: ignore[type-var]  # generators, all of them
        async for _ in closing:
            pass


async def read_runs(client: AsyncClient) -> None:
    """Read all runs, page by page."""
    assert len([run async for run in client.runs.list("p1", prefetch=0)]) == len(PAGES)


async def read_runs_ahead(client: AsyncClient) -> None:
    """Read all runs, several pages at once."""
    assert len([run async for run in client.runs.list("p1", prefetch=PLACES)]) == len(PAGES)


async def read_reports(client: AsyncClient) -> None:
    """Read reports with several workers, one of which is throttled first."""
    await drain(client.pipelines.reports(["p1", "p2", "p3", "p4", "p5"], concurrency=3))


async def wait_for_a_run(client: AsyncClient) -> None:
    """Wait for one run."""
    await client.runs.wait("p1", 7, timeout=1000)


async def wait_for_many(client: AsyncClient) -> None:
    """Wait for runs of two pipelines."""
    await drain(client.runs.wait_many([("p1", 7), ("p1", 8), ("p2", 9)]))


async def trigger_and_wait(client: AsyncClient) -> None:
    """Trigger a pipeline, and wait for its run."""
    await client.pipelines.trigger_and_wait("p1")


async def watch(client: AsyncClient) -> None:
    """Watch pipelines until one has changed."""
    async with aclosing(client.watch(["p1", "p2"], every=5)) as changes:
        async for change in changes:
            if change.previous is not None:
                return


PAGES = [
    {
        "items": [{**RUN, "id": number}],
        "current_page": number,
        "total_pages": 7,
        "total_items": 7,
        "has_next_page": number < 7,
    }
    for number in range(1, 8)
]


def serve_all(peer: Peer) -> None:
    """Respond to all of these, not always at the first attempt."""

    async def page(connection: Any) -> None:
        number = int(peer.arrivals[-1].target.partition("currentPage=")[2].partition("&")[0] or 1)
        await reply(200, PAGES[number - 1])(connection)

    report = {"pipeline_id": "p1", "status": "idle", "latest_pipeline_run": RUN}
    peer.serve(TOKEN, token())
    peer.serve(f"GET {PIPELINES}/*/report", reply(200, report))
    peer.serve(
        f"GET {PIPELINES}/p2/report",
        refusal(429),
        reply(200, {**report, "pipeline_id": "p2"}),
        reply(200, {**report, "pipeline_id": "p2", "status": "running"}),
    )
    peer.serve(f"GET {PIPELINES}/*/runs", page)
    for number, pipeline_id in ((7, "p1"), (8, "p1"), (9, "p2")):
        run = {**RUN, "id": number, "pipeline_id": pipeline_id}
        route = f"GET {PIPELINES}/{pipeline_id}/runs/{number}"
        peer.serve(route, reply(200, {**run, "status": "running"}), refusal(503), reply(200, run))
    peer.serve(TRIGGER.route, TRIGGER.success)


@pytest.mark.parametrize(
    "work",
    [read_runs, read_runs_ahead, read_reports, wait_for_a_run, wait_for_many, trigger_and_wait, watch],
)
async def test_many_requests_cancelled_at_any_step_leave_nothing(
    peer: Peer, clock: FakeClock, work: Work
) -> None:
    """Whichever of the tasks waits for the k-th time, for every k, the caller is cancelled and nothing continues."""
    step, reached = 0, True
    async with AsyncClient(**peer.options(clock=clock.as_clock(), max_connections=PLACES)) as client:
        serve_all(peer)
        await work(client)
        before = asyncio.all_tasks()
        while reached and step < STEPS:
            step += 1
            serve_all(peer)
            reached = await cancelled_at_any(step, work(client))
            await asyncio.sleep(0)
            assert asyncio.all_tasks() <= before
            check_whole(client, PLACES)
            gc.collect(0)
        serve_all(peer)
        await work(client)
    assert 3 < step < STEPS


@pytest.mark.parametrize(
    "trouble", [(), (reset(),), (refusal(401),), (refusal(429),)], ids=["at once", "reset", "401", "429"]
)
@pytest.mark.parametrize("warm", [False, True])
async def test_session_read_cancelled_at_any_step_leaves_nothing(
    peer: Peer, clock: FakeClock, trouble: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch, *, warm: bool
) -> None:
    """A GET without the fast path, on a new connection and on a keep-alive one, for every k."""
    monkeypatch.setattr(aiohttp_internals, "SUPPORTED_AIOHTTP", "another version")
    step, reached = 0, True
    while reached and step < STEPS:
        step += 1
        peer.serve(READ.route, READ.success)
        async with AsyncClient(
            **{**peer.options(clock=clock.as_clock(), max_connections=1), "client_secret": f"{warm}{step}"}
        ) as client:
            assert loop_session(client).fast_get is None
            if warm:
                await READ.call(client)
            before = asyncio.all_tasks()
            peer.serve(READ.route, *trouble, READ.success)
            reached = await cancelled_at(step, attempt(READ.call(client)))
            await quiet(client)
            check_whole(client)
            assert asyncio.all_tasks() <= before
            peer.serve(READ.route, READ.success)
            await READ.call(client)
    assert 1 < step < STEPS


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_queued_call_cancelled_at_any_step_leaves_nothing(
    peer: Peer, clock: FakeClock, kind: Kind
) -> None:
    """A call that waits for the only slot, for every k: the slot always becomes free."""
    step, reached = 0, True
    async with AsyncClient(**peer.options(clock=clock.as_clock(), max_connections=1)) as client:
        peer.serve(TOKEN, token())
        peer.serve("GET *", READ.success)
        await READ.call(client)
        slots = loop_session(client).limiter
        before = asyncio.all_tasks()
        while reached and step < STEPS:
            step += 1
            held_responses, held = HeldResponses(), f"GET {BASE}/connections/held"
            peer.serve(held, held_responses.hold(reply(200, {**CONNECTION, "id": "held"})))
            peer.serve(READ.route, READ.success)
            peer.serve(kind.route, kind.success)
            holding = asyncio.create_task(client.connections.get("held"))
            await peer.arrived(step, held)

            async def queue(held_responses: HeldResponses = held_responses) -> None:
                asyncio.get_running_loop().call_soon(held_responses.release)
                await kind.call(client)

            reached = await cancelled_at(step, queue())
            await holding
            check_whole(client)
            assert asyncio.all_tasks() <= before
            assert slots is loop_session(client).limiter
        await kind.call(client)
    assert 2 < step < STEPS


async def test_cached_token_cancelled_at_any_step_leaves_no_lock(
    peer: Peer, clock: FakeClock, tmp_path: Path
) -> None:
    """A caller that is cancelled during the cache lookup, for every k: the fetch continues, stores the token and unlocks."""
    step, reached = 0, True
    peer.serve(READ.route, READ.success)
    while reached and step < STEPS:
        step += 1
        folder = tmp_path / str(step)
        async with AsyncClient(**peer.options(clock=clock.as_clock(), token_cache=folder)) as client:
            before = asyncio.all_tasks()
            reached = await cancelled_at(step, READ.call(client))
            await quiet(client)
            check_whole(client, 100)
            assert asyncio.all_tasks() <= before
        key = next(iter(folder.glob("*.json"))).stem
        assert b"token-1" in read_file(folder, f"{key}.json")
        lock = FileLock(folder, f"{key}.lock")
        assert lock.try_acquire()
        lock.close()
        token_source._sources.clear()  # as in another process
    assert 1 < step < STEPS


async def test_cached_fetch_cancelled_at_any_step_leaves_no_lock(
    peer: Peer, clock: FakeClock, tmp_path: Path
) -> None:
    """A fetch whose event loop ends, for every k: the next caller gets the lock and a token."""
    step, reached = 0, True
    while reached and step < STEPS:
        step += 1
        async with AsyncClient(
            **peer.options(clock=clock.as_clock(), token_cache=tmp_path / str(step))
        ) as client:
            fetch = client._sender._fetch_token
            reached = await cancelled_at(step, fetch(None))
            gc.collect(0)
            check_whole(client, 100)
            assert (await fetch(None)).access_token == "token-1"
            assert clock.sleeps == []
    assert 4 < step < STEPS
