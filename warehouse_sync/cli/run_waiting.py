"""Waiting for a run: what `pipelines trigger --wait` and `runs watch` have in common."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from warehouse_sync import AsyncClient, Run, RunStatus
    from warehouse_sync.cli.context import Context
    from warehouse_sync.cli.output import Output


class Follower:
    """Says on stderr what becomes of a run: a line for each status it takes, and on a terminal for how long it has it.

    Args:
        output: How to say it.
        workspace_id: Where the run is.
    """

    def __init__(self, output: "Output", workspace_id: int) -> None:
        self._output = output
        self._workspace_id = workspace_id
        self._status: RunStatus | None = None
        self._since = datetime.now(UTC)

    def __call__(self, run: "Run") -> None:
        """Take in a look at the run."""
        now = datetime.now(UTC).replace(microsecond=0)
        name = f"{self._workspace_id}/{run.pipeline_id}, run {run.id} {run.status}"
        if run.status != self._status:
            self._status, self._since = run.status, now
            self._output.live("")
            self._output.note(f"{declarative.format_date(now)} {name}")
        else:
            self._output.live(f"{name} for {(now - self._since).seconds} s")


class Waiting:
    """A run that is waited for, with the handle from which any process can go on.

    Args:
        context: Where the run is.
        output: How to print it.
    """

    def __init__(self, context: "Context", output: "Output") -> None:
        self._context = context
        self._output = output
        self._handle = ""

    def how_to_go_on(self) -> str:
        """Return the command that goes on waiting, once there is a run."""
        return (
            f"The run goes on; wait for it with: {errors.resume_command(self._handle)}"
            if self._handle
            else ""
        )

    async def trigger(self, pipeline_id: str, *, wait: bool, timeout: float | None) -> None:
        """Start a run, and wait for its end if that is wanted."""
        async with self._context.client() as client:
            triggered = await client.pipelines.trigger(pipeline_id)
            handle = triggered.handle()
            if not wait:
                self._output.record({**declarative.to_document(triggered), "handle": handle})
                return
            self._output.note(f"Waiting for the run; go on elsewhere with: {errors.resume_command(handle)}")
            await self._resume(client, handle, timeout)

    async def resume(self, handle: str, *, timeout: float | None) -> None:
        """Wait for a run that a handle names."""
        async with self._context.client() as client:
            await self._resume(client, handle, timeout)

    async def watch(self, pipeline_id: str, run_id: int, *, timeout: float | None) -> None:
        """Wait for a run that is named by its number."""
        async with self._context.client() as client:
            handle = warehouse_sync.RunHandle(
                workspace_id=client.workspace_id, pipeline_id=pipeline_id, run_id=run_id
            )
            self._handle = str(handle)
            follower = Follower(self._output, client.workspace_id)
            await self._show(client.runs.wait(pipeline_id, run_id, timeout=timeout, on_poll=follower))

    async def _resume(self, client: "AsyncClient", handle: str, timeout: float | None) -> None:
        self._handle = handle
        follower = Follower(self._output, warehouse_sync.RunHandle.parse(handle).workspace_id)
        await self._show(client.runs.resume(handle, timeout=timeout, on_poll=follower))

    async def _show(self, wait: "Awaitable[Run]") -> None:
        """Print the run once it has ended, also as a failure."""
        try:
            run = await wait
        except warehouse_sync.RunFailedError as error:
            self._output.live("")
            self._output.record(declarative.to_document(error.run))
            raise
        finally:
            self._output.live("")
        self._output.record(declarative.to_document(run))
