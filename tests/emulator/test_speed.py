"""The promised speeds, in CPU time, because the machine may be busy."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.emulator.conftest import Api, Document
    from warehouse_sync.emulator import Emulator

    Act = Callable[[], Awaitable[object]]

PIPELINES = "/inputs/data-pipelines"
HOURLY = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}
ROUNDS = 7
MOST_ROUNDS = 60


async def is_reached(least: float, first: Act, second: Act) -> bool:
    """Return whether the best CPU times of two acts reach a ratio.

    The acts take turns, in more rounds as long as the ratio is not reached: a busy machine slows each round differently.
    """
    best = [float("inf"), float("inf")]
    for number in range(MOST_ROUNDS):
        for index, act in enumerate((first, second)):
            begun = time.process_time()
            await act()
            best[index] = min(best[index], time.process_time() - begun)
        if number >= ROUNDS and best[0] / best[1] >= least:
            return True
    return False


async def read_often(port: int, path: str, token: str, *, times: int = 300) -> None:
    """Send a request again and again over one connection, at the least possible cost."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    for _ in range(times):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    writer.close()
    await writer.wait_closed()


async def test_report_costs_little_more_than_a_bare_handler(api: Api, emulator: Emulator) -> None:
    """Reports reach at least 75 % of the rate of a handler that returns the same bytes."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=100)
    path = f"{api.base}{PIPELINES}/{pipeline_id}/report"
    async with api.session.get(api.url + path, headers={"Authorization": f"Bearer {api.token}"}) as response:
        body = await response.read()

    async def respond_bare(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get(path, respond_bare)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        assert await is_reached(
            0.75,
            lambda: read_often(runner.addresses[0][1], path, api.token),
            lambda: read_often(emulator.port, path, api.token),
        )
    finally:
        await runner.cleanup()


async def test_last_page_costs_what_the_first_does(api: Api, emulator: Emulator) -> None:
    """Among a million runs a late page costs at most twice as much as an early one."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=1_000_000)

    def page(number: int) -> Act:
        path = f"{api.base}{PIPELINES}/{pipeline_id}/runs?pageSize=50&currentPage={number}"
        return lambda: read_often(emulator.port, path, api.token, times=10)

    assert await is_reached(1 / 2, page(1), page(20_000))


async def test_year_of_hourly_runs_takes_seconds(
    stocked: Api, emulator: Emulator, pipeline: Document
) -> None:
    """A year of hourly runs of 50 pipelines takes at most a minute, at the rate of 4,320 runs."""
    for name in ("a", "b"):
        await stocked.post(PIPELINES, {**pipeline, "id": name, "schedule": HOURLY})
    begun = time.process_time()
    emulator.advance("90d")
    runs = 2 * 90 * 24
    assert emulator._store.next_run_id == runs + 1
    assert time.process_time() - begun < 60 * runs / (50 * 365 * 24)


async def test_advancing_clock_delays_no_read(stocked: Api, pipeline: Document) -> None:
    """While the runs of a year are created, reads get responses, and writes happen after it."""
    await stocked.post(PIPELINES, {**pipeline, "schedule": HOURLY})
    advance = asyncio.create_task(stocked.post("/_emulator/clock", {"advance": "328d"}))
    counts = list[int]()
    while not advance.done():
        shown = (await stocked.get("/_emulator/overview")).document["pipelines"][0]
        counts.append(shown["count"])
        if len(counts) == 1:
            fault = asyncio.create_task(stocked.post("/_emulator/failures", {"pipeline_id": pipeline["id"]}))
    assert len({count for count in counts if 0 < count < 328 * 24}) > 2
    assert counts == sorted(counts)
    assert (await fault).status == 204
    overview = (await stocked.get("/_emulator/overview")).document
    assert (overview["pipelines"][0]["count"], overview["pipelines"][0]["status"]) == (328 * 24, "idle")
