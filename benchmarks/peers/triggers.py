"""Waits for runs as triggers of an orchestrator write them: with a shared client, or with sessions of their own."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
from harness.responses import RUN_DURATION, WORKSPACE_ID
from peers import common, sdk

from warehouse_sync import RunHandle, Secret
from warehouse_sync.integrations.settings import ClientSettings
from warehouse_sync.integrations.shared_clients import shared_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# Seconds between two polls of a session's owner; the defaults of Airflow's providers lie between 3 and 60.
POLL_INTERVAL = float(os.environ.get("POLL_INTERVAL", "5"))
RUN_SECONDS = float(os.environ.get("RUN_SECONDS", RUN_DURATION.total_seconds()))
"""Seconds that every run takes; by default as many as earlier runs took."""


class Client:
    """The ways to wait for a run. Each returns the id and the status of the run."""

    def __init__(self, base_url: str) -> None:
        options = sdk.options(base_url)
        self._settings = ClientSettings(**{**options, "client_secret": Secret(options["client_secret"])})
        self._pipelines = common.pipelines_url(base_url)
        self._headers = {"Authorization": f"Bearer {common.fetch_token(base_url)}"}

    async def shared_client(self, pipeline_id: str, run_id: int) -> tuple[int, str]:
        """Wait as the triggers of this project do."""
        client = await shared_client(self._settings)
        handle = RunHandle(workspace_id=WORKSPACE_ID, pipeline_id=pipeline_id, run_id=run_id)
        run = await client.runs.resume(str(handle))
        return run.id, run.status

    async def session_per_trigger(self, pipeline_id: str, run_id: int) -> tuple[int, str]:
        """Poll with a session that lives as long as the wait."""
        async with aiohttp.ClientSession(headers=self._headers) as session:
            while not (status := await self._status(session, pipeline_id, run_id)):  # noqa: ASYNC110 - polls a server
                await asyncio.sleep(POLL_INTERVAL)
        return run_id, status

    async def session_per_poll(self, pipeline_id: str, run_id: int) -> tuple[int, str]:
        """Poll with a new session each time."""
        while True:
            async with aiohttp.ClientSession(headers=self._headers) as session:
                if status := await self._status(session, pipeline_id, run_id):
                    return run_id, status
            await asyncio.sleep(POLL_INTERVAL)

    async def sleep(self, pipeline_id: str, run_id: int) -> tuple[int, str]:
        """Sleep as long as the run takes: the least that a wait can cost."""
        del pipeline_id
        await asyncio.sleep(RUN_SECONDS)
        return run_id, "success"

    async def _status(self, session: aiohttp.ClientSession, pipeline_id: str, run_id: int) -> str:
        """Return the status of a run that has ended, or an empty string."""
        async with session.get(f"{self._pipelines}/{pipeline_id}/runs/{run_id}") as response:
            response.raise_for_status()
            status = json.loads(await response.read())["status"]
        return "" if status == "running" else str(status)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Client]:
    """Fetch a token for the sessions."""
    yield Client(base_url)
