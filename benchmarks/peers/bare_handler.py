"""The least a server built with `aiohttp.web` can do: one handler that returns the bytes of the emulator's report."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web
from peers import emulated

from warehouse_sync.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def connect(_: int) -> AsyncIterator[emulated.Server]:
    """Take the answer of an emulator, and serve it without one."""
    async with Emulator() as emulator:
        target = await emulated.target(emulator)
    body = target.body.encode()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get(target.path, answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with emulated.asked(replace(target, port=runner.addresses[0][1])) as server:
            yield server
    finally:
        await runner.cleanup()
