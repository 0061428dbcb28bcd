"""Waits of an orchestrator's triggers in one process: a shared client against sessions per trigger and per poll.

`python benchmarks/orchestrator_waits.py --waits 500 2000 --seconds 60`. Each subject runs in a process of its own, one after the
other; the server, in another, counts requests and connections. Every wait is for a run of its own that ends after the same time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from warehouse_sync import Secret
from warehouse_sync.integrations.settings import ClientSettings
from warehouse_sync.integrations.shared_clients import shared_client

ROOT = Path(__file__).parents[1]
# Seconds between two polls of the peers; the defaults of Airflow's providers lie between 3 and 60.
POLL_INTERVAL = float(os.environ.get("POLL_INTERVAL", "5"))
WORKSPACE = 5328
PREFIX = f"/platform/v2/workspaces/{WORKSPACE}/inputs/data-pipelines"


def serve(port: int, seconds: float) -> None:
    """Serve runs that end `seconds` after `POST /start`, and count what is asked for."""
    counts = {"requests": 0, "connections": 0, "most_open": 0}
    state = {"ends": 0.0}
    seen: set[Any] = set()

    async def count(request: web.Request) -> None:
        transport = request.transport
        counts["requests"] += 1
        if transport not in seen:
            seen.add(transport)
            counts["connections"] += 1
        open_now = sum(not each.is_closing() for each in seen)
        counts["most_open"] = max(counts["most_open"], open_now)

    async def token(request: web.Request) -> web.Response:
        await count(request)
        return web.json_response({"access_token": "t", "token_type": "Bearer", "expires_in": 28800})

    def document(pipeline_id: str, run_id: int) -> dict[str, Any]:
        status = "success" if time.time() >= state["ends"] else "running"
        return {"id": run_id, "pipeline_id": pipeline_id, "type": "manual", "status": status}

    async def run(request: web.Request) -> web.Response:
        await count(request)
        return web.json_response(document(request.match_info["pipeline"], int(request.match_info["run"])))

    async def page(request: web.Request) -> web.Response:
        await count(request)
        pipeline_id = request.match_info["pipeline"]
        item = document(pipeline_id, int(pipeline_id.removeprefix("pipeline-")))
        return web.json_response({"items": [item], "current_page": 1, "has_next_page": False})

    async def start(_: web.Request) -> web.Response:
        state["ends"] = time.time() + seconds
        return web.json_response({"ends": state["ends"]})

    async def stats(_: web.Request) -> web.Response:
        return web.json_response(counts)

    app = web.Application()
    app.add_routes(
        [
            web.post("/oauth/token", token),
            web.get(f"{PREFIX}/{{pipeline}}/runs/{{run}}", run),
            web.get(f"{PREFIX}/{{pipeline}}/runs", page),
            web.post("/start", start),
            web.get("/stats", stats),
        ]
    )
    web.run_app(app, host="127.0.0.1", port=port, print=None, keepalive_timeout=75)


async def shared_client_wait(url: str, number: int) -> None:
    """Wait as the triggers of this project do."""
    settings = ClientSettings(
        workspace_id=WORKSPACE,
        client_id="a",
        client_secret=Secret("b"),
        api_url=url,
        token_url=f"{url}/oauth/token",
    )
    client = await shared_client(settings)
    await client.runs.resume(f"wsr1:{WORKSPACE}:pipeline-{number}:{number}")


async def session_per_poll_wait(url: str, number: int) -> None:
    """Wait as a trigger that opens a session for each poll does."""
    while True:
        async with aiohttp.ClientSession(headers={"Authorization": "Bearer t"}) as session:
            if await _has_ended(session, url, number):
                return
        await asyncio.sleep(POLL_INTERVAL)


async def session_per_trigger_wait(url: str, number: int) -> None:
    """Wait as a trigger that opens a session for itself does."""
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer t"}) as session:
        while not await _has_ended(session, url, number):  # noqa: ASYNC110 - polls a server
            await asyncio.sleep(POLL_INTERVAL)


async def sleep_wait(url: str, number: int) -> None:
    """Sleep: the least that a wait can cost."""
    del url, number
    await asyncio.sleep(max(_ends - time.time(), 0))


async def _has_ended(session: aiohttp.ClientSession, url: str, number: int) -> bool:
    async with session.get(f"{url}{PREFIX}/pipeline-{number}/runs/{number}") as response:
        response.raise_for_status()
        return bool((await response.json())["status"] == "success")


SUBJECTS = {
    "asyncio.sleep": sleep_wait,
    "shared client": shared_client_wait,
    "session per trigger": session_per_trigger_wait,
    "session per poll": session_per_poll_wait,
}
_ends = 0.0


def measure(subject: str, url: str, waits: int) -> dict[str, float]:
    """Run as many waits at once, and return what they cost this process."""
    wait = SUBJECTS[subject]

    async def all_of_them() -> None:
        await asyncio.gather(*(wait(url, number + 1) for number in range(waits)))

    asyncio.run(_start(url))
    before = _resident()
    began, cpu = time.monotonic(), time.process_time()
    asyncio.run(all_of_them())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
        "mib": peak - before,
    }


async def _start(url: str) -> None:
    global _ends  # noqa: PLW0603 - of this process alone
    async with aiohttp.ClientSession() as session, session.post(f"{url}/start") as response:
        _ends = (await response.json())["ends"]


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def _stats(url: str) -> dict[str, int]:
    for _ in range(200):
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{url}/stats") as response:
                return dict(await response.json())
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.05)
    raise SystemExit("the server does not start")


def compare(subject: str, waits: int, seconds: float) -> dict[str, Any]:
    """Run a subject against a fresh server, each in a process of its own."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    script, env = [sys.executable, __file__], {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen([*script, "--serve", str(port), "--seconds", str(seconds)], env=env)  # noqa: S603 - this file
    try:
        asyncio.run(_stats(url))
        command = [*script, "--measure", subject, "--url", url, "--waits", str(waits)]
        ran = subprocess.run(command, env=env, check=False, capture_output=True, text=True)  # noqa: S603 - this file
        if ran.returncode != 0:
            return {"error": ran.stderr.strip().splitlines()[-1]}
        return json.loads(ran.stdout) | asyncio.run(_stats(url))
    finally:
        server.terminate()
        server.wait(10)


def main() -> None:
    """Measure what the arguments ask for, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waits", type=int, nargs="+", default=[500])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.seconds)
    elif options.measure:
        print(json.dumps(measure(options.measure, options.url, options.waits[0])))
    else:
        print(f"runs of {options.seconds:g} s; the peers poll every {POLL_INTERVAL:g} s\n")
        print(
            "| waits | subject | seconds | requests | per second | connections | most at once | CPU s | MiB |"
        )
        print("|---|---|---|---|---|---|---|---|---|")
        for waits in options.waits:
            for subject in SUBJECTS:
                found = compare(subject, waits, options.seconds)
                if "error" in found:
                    print(f"| {waits} | {subject} | failed: {found['error']} | | | | | | |", flush=True)
                    continue
                print(
                    f"| {waits} | {subject} | {found['seconds']:.1f} | {found['requests']} "
                    f"| {found['requests'] / found['seconds']:.0f} | {found['connections']} | {found['most_open']} "
                    f"| {found['cpu']:.2f} | {found['mib']:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
