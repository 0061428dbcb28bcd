"""Triggering and waiting, shared by `pipelines trigger` and `runs watch`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli import bulk, errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from warehouse_sync import AsyncClient, Run, RunStatus, TriggeredRun, WaitedRun
    from warehouse_sync.cli.context import Context
    from warehouse_sync.cli.output import Output

_Command = TypeVar("_Command", bound=Callable[..., Any])


def wait_timeout_option(command: _Command) -> _Command:
    """Add `--wait-timeout` to a command."""
    option = click.option(
        "--wait-timeout",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        show_default="no limit",
        help="Stop waiting after this time.",
    )
    return option(command)


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


class RunWatcher:
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


_COLUMNS = (
    "pipeline_id",
    "run_id",
    "status",
    "ended_on",
    "successful_records",
    "failed_records",
    "handle",
    "error",
)


def trigger_several(
    context: "Context", output: "Output", pipeline_ids: "Sequence[str]", *, wait: bool, timeout: float | None
) -> None:
    """Trigger a run of each pipeline, and print a row for each.

    With `wait`, the rows are printed when all runs have ended.
    """
    running: dict[str, str] = {}

    async def work(client: "AsyncClient") -> "list[bulk.Outcome[dict[str, Any]]]":
        ids = list(dict.fromkeys(pipeline_ids))
        entries = {entry.pipeline_id: entry async for entry in client.pipelines.trigger_many(ids)}
        triggered = [
            bulk.Outcome(id=each, value=entries[each].triggered, error=entries[each].error) for each in ids
        ]
        running.update({each.id: each.value.handle() for each in triggered if each.value})
        waited = await _wait_for_all(client, output, triggered, running, timeout) if wait else {}
        return [_outcome(each, waited.get(each.id)) for each in triggered]

    outcomes = context.call(work, on_interrupt=lambda: _interrupt_hint(running))
    rows = [
        {"pipeline_id": each.id, "run_id": None, "status": None, **(each.value or {}), "error": each.problem}
        for each in outcomes
    ]
    output.rows(rows, _COLUMNS)
    bulk.exit_on_failure(outcomes, output)


async def _wait_for_all(
    client: "AsyncClient",
    output: "Output",
    triggered: "Sequence[bulk.Outcome[TriggeredRun]]",
    running: dict[str, str],
    timeout: float | None,
) -> "Mapping[str, WaitedRun]":
    """Wait for the triggered runs, and note each one that ends."""
    pairs = [(each.value.pipeline_id, each.value.run_id) for each in triggered if each.value]
    output.note(f"Waiting for {len(pairs)} runs.")
    waited: dict[str, WaitedRun] = {}
    async for entry in client.runs.wait_many(pairs, timeout=timeout):
        waited[entry.pipeline_id] = entry
        if entry.run is not None and entry.run.status.is_terminal:
            running.pop(entry.pipeline_id)
            output.note(f"{client.workspace_id}/{entry.pipeline_id}, run {entry.run_id} {entry.run.status}")
    return waited


def _outcome(
    triggered: "bulk.Outcome[TriggeredRun]", waited: "WaitedRun | None"
) -> "bulk.Outcome[dict[str, Any]]":
    """Return the row of a run, with the error of its trigger or of the wait."""
    if triggered.value is None:
        return bulk.Outcome(id=triggered.id, error=triggered.error)
    run = waited.run if waited else None
    row = {
        **(declarative.to_document(run) if run else {}),
        "run_id": triggered.value.run_id,
        "status": str(run.status if run else triggered.value.status),
        "handle": triggered.value.handle(),
    }
    row.pop("id", None)
    return bulk.Outcome(id=triggered.id, value=row, error=waited.error if waited else None)


def _interrupt_hint(running: "Mapping[str, str]") -> str:
    """Return the commands that continue to wait; empty before there is a run."""
    commands = ", ".join(errors.resume_command(handle) for handle in running.values())
    return f"The runs continue; wait for them with: {commands}" if commands else ""
