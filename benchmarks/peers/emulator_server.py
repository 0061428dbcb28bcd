"""The emulator as the measured server: it responds to a load process."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from harness.load import Target

from warehouse_sync.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ROOT = Path(__file__).parents[1]


class Server:
    """A server in this process, and the load process that sends requests to it."""

    def __init__(self, load: asyncio.subprocess.Process) -> None:
        self._load = load

    async def serve(self, count: int) -> None:
        """Respond to `count` requests."""
        assert self._load.stdin is not None  # noqa: S101 - a pipe, see `under_load`
        self._load.stdin.write(b"%d\n" % count)
        await self.expect(b"done\n")

    async def expect(self, line: bytes) -> None:
        """Wait until the load process prints a line. If it prints another or none, it has written its own error."""
        assert self._load.stdout is not None  # noqa: S101 - a pipe, see `under_load`
        if await self._load.stdout.readline() != line:
            raise RuntimeError("the load process ended early")


@asynccontextmanager
async def connect(_: str) -> AsyncIterator[Server]:
    """Start the emulator, and a load process for the report of one of its pipelines."""
    async with Emulator() as emulator, under_load(await report_target(emulator)) as server:
        yield server


async def report_target(emulator: Emulator) -> Target:
    """Return the request for a report, and the expected response."""
    [pipeline_id] = emulator.seed(pipelines=1)
    options = emulator.client_options()
    credential = {
        "client_id": options["client_id"],
        "client_secret": options["client_secret"],
        "audience": "https://api.mparticle.com",
        "grant_type": "client_credentials",
    }
    path = f"/platform/v2/workspaces/{options['workspace_id']}/inputs/data-pipelines/{pipeline_id}/report"
    async with aiohttp.ClientSession() as session:
        async with session.post(options["token_url"], data=json.dumps(credential)) as response:
            token: str = (await response.json())["access_token"]
        authorization = {"Authorization": f"Bearer {token}"}
        async with session.get(emulator.url + path, headers=authorization) as response:
            return Target(emulator.port, path, token, await response.text())


@asynccontextmanager
async def under_load(target: Target) -> AsyncIterator[Server]:
    """Run a load process for the duration of the block."""
    load = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harness.load", target.to_json()),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    server: Any = Server(load)
    try:
        await server.expect(b"ready\n")
        yield server
    finally:
        load.stdin.close()  # type: ignore[union-attr] # a pipe, see above
        await load.wait()
