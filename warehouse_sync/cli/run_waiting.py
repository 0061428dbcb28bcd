"""Waiting for a run, shared by `pipelines trigger --wait` and `runs watch`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from warehouse_sync import AsyncClient, Run, RunStatus
    from warehouse_sync.cli.context import Context
    from warehouse_sync.cli.output import Output

wait_timeout_option = click.option(
    "--wait-timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    show_default="no limit",
    help="Stop waiting after this time.",
)


class StatusPrinter:
    """Prints each status of a run on stderr, with a live duration on a terminal.

    Args:
        output: Where to print.
        workspace_id: The workspace of the run.
    """

    def __init__(self, output: "Output", workspace_id: int) -> None:
        self._output = output
        self._workspace_id = workspace_id
        self._status: RunStatus | None = None
        self._since = datetime.now(UTC)

    def __call__(self, run: "Run") -> None:
        """Print the status of a polled run."""
        now = datetime.now(UTC).replace(microsecond=0)
        name = f"{self._workspace_id}/{run.pipeline_id}, run {run.id} {run.status}"
        if run.status != self._status:
            self._status, self._since = run.status, now
            self._output.live("")
            self._output.note(f"{declarative.format_date(now)} {name}")
        else:
            self._output.live(f"{name} for {(now - self._since).seconds} s")


class RunWaiter:
    """Waits for a run and prints it when it ends.

    Args:
        context: The workspace and credential.
        output: Where to print.
    """

    def __init__(self, context: "Context", output: "Output") -> None:
        self._context = context
        self._output = output
        self._handle = ""

    def interrupt_hint(self) -> str:
        """Return the command that continues to wait; empty before there is a run."""
        if not self._handle:
            return ""
        return f"The run continues; wait for it with: {errors.resume_command(self._handle)}"

    def trigger(self, pipeline_id: str, *, wait: bool, timeout: float | None) -> None:
        """Trigger a run and print it; with `wait`, print it when it ends."""

        async def work(client: "AsyncClient") -> None:
            triggered = await client.pipelines.trigger(pipeline_id)
            handle = triggered.handle()
            if not wait:
                self._output.record({**declarative.to_document(triggered), "handle": handle})
                return
            self._output.note(
                f"Waiting for the run; continue elsewhere with: {errors.resume_command(handle)}"
            )
            await self._wait(client, handle, timeout)

        self._context.call(work, on_interrupt=self.interrupt_hint)

    def resume(self, handle: str, *, timeout: float | None) -> None:
        """Wait for the run of a handle."""
        self._context.call(
            lambda client: self._wait(client, handle, timeout), on_interrupt=self.interrupt_hint
        )

    def watch(self, pipeline_id: str, run_id: int, *, timeout: float | None) -> None:
        """Wait for a run of the context's workspace."""

        async def work(client: "AsyncClient") -> None:
            handle = warehouse_sync.RunHandle(
                workspace_id=client.workspace_id, pipeline_id=pipeline_id, run_id=run_id
            )
            self._handle = str(handle)
            printer = StatusPrinter(self._output, client.workspace_id)
            await self._print_result(client.runs.wait(pipeline_id, run_id, timeout=timeout, on_poll=printer))

        self._context.call(work, on_interrupt=self.interrupt_hint)

    async def _wait(self, client: "AsyncClient", handle: str, timeout: float | None) -> None:
        self._handle = handle
        printer = StatusPrinter(self._output, warehouse_sync.RunHandle.parse(handle).workspace_id)
        await self._print_result(client.runs.resume(handle, timeout=timeout, on_poll=printer))

    async def _print_result(self, wait: "Awaitable[Run]") -> None:
        """Print the run when it has ended, including a failed run."""
        try:
            run = await wait
        except warehouse_sync.RunFailedError as error:
            self._output.live("")
            self._output.record(declarative.to_document(error.run))
            raise
        finally:
            self._output.live("")
        self._output.record(declarative.to_document(run))
