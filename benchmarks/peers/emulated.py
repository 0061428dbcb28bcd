"""The emulator as the one that is measured: it answers reports to a load process."""

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
    """A server in this process, and the process that asks it."""

    def __init__(self, load: asyncio.subprocess.Process) -> None:
        self._load = load

    async def be_asked(self, times: int) -> None:
        """Answer so many requests."""
        assert self._load.stdin is not None  # noqa: S101  # a pipe, see `asked`
        self._load.stdin.write(b"%d\n" % times)
        await self.expect(b"through\n")

    async def expect(self, word: bytes) -> None:
        """Wait until the load process says a word; its error stands above when it says nothing."""
        assert self._load.stdout is not None  # noqa: S101  # a pipe, see `asked`
        if await self._load.stdout.readline() != word:
            raise RuntimeError("the load process ended early")


@asynccontextmanager
async def connect(_: int) -> AsyncIterator[Server]:
    """Start the emulator, and a load process for the report of one of its pipelines."""
    async with Emulator() as emulator, asked(await target(emulator)) as server:
        yield server


async def target(emulator: Emulator) -> Target:
    """Return a request for a report, and its answer."""
    [pipeline_id] = emulator.seed(pipelines=1)
    options = emulator.client_options()
    grant = {
        "client_id": options["client_id"],
        "client_secret": options["client_secret"],
        "audience": "https://api.mparticle.com",
        "grant_type": "client_credentials",
    }
    path = f"/platform/v2/workspaces/{options['workspace_id']}/inputs/data-pipelines/{pipeline_id}/report"
    async with aiohttp.ClientSession() as session:
        async with session.post(options["token_url"], data=json.dumps(grant)) as answer:
            token: str = (await answer.json())["access_token"]
        async with session.get(emulator.url + path, headers={"Authorization": f"Bearer {token}"}) as answer:
            return Target(emulator.port, path, token, await answer.text())


@asynccontextmanager
async def asked(what: Target) -> AsyncIterator[Server]:
    """Run a load process for the length of the block."""
    load = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "harness.load", what.to_json()),
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    server: Any = Server(load)
    try:
        await server.expect(b"ready\n")
        yield server
    finally:
        load.stdin.close()  # type: ignore[union-attr]  # a pipe, see above
        await load.wait()
