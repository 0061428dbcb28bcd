"""The cheapest server with `aiohttp.web`: one handler that returns the bytes of the emulator's report."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web
from peers import emulator_server

from warehouse_sync.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def connect(_: str) -> AsyncIterator[emulator_server.Server]:
    """Copy the report of an emulator, and serve it without one."""
    async with Emulator() as emulator:
        target = await emulator_server.report_target(emulator)
    body = target.body.encode()

    async def respond(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_get(target.path, respond)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with emulator_server.under_load(replace(target, port=runner.addresses[0][1])) as server:
            yield server
    finally:
        await runner.cleanup()
