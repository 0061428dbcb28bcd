"""``warehouse-sync pipelines``: what is loaded from where, how and when."""

from typing import TYPE_CHECKING

import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli import failures
from warehouse_sync.cli.configuration import Target, target_options
from warehouse_sync.cli.looking import show_list, show_one
from warehouse_sync.cli.output import Output, output_options

if TYPE_CHECKING:
    from warehouse_sync import Run

_COLUMNS = ("id", "name", "pipeline_type", "connection_id", "data_model_id", "state", "status", "errors")


@click.group()
def pipelines() -> None:
    """Look at the pipelines of a workspace, and start their runs.

    Example: warehouse-sync pipelines list
    """


@pipelines.command(name="list")
@output_options
@target_options
def list_pipelines(*, target: Target, output: Output) -> None:
    """List the pipelines.

    Example: warehouse-sync pipelines list --json
    """
    show_list(target, output, lambda client: client.pipelines.list(), _COLUMNS)


@pipelines.command(name="get")
@click.argument("pipeline_id", metavar="ID")
@output_options
@target_options
def get_pipeline(*, target: Target, output: Output, pipeline_id: str) -> None:
    """Show one pipeline.

    Example: warehouse-sync pipelines get orders
    """
    show_one(target, output, lambda client: client.pipelines.get(pipeline_id))


@pipelines.command(name="trigger")
@click.argument("pipeline_id", metavar="ID")
@click.option("--wait", is_flag=True, help="Wait until the run has ended.")
@click.option(
    "--wait-timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="How long to wait at most; without limit when left out.",
)
@output_options
@target_options
def trigger_pipeline(
    *, target: Target, output: Output, pipeline_id: str, wait: bool, wait_timeout: float | None
) -> None:
    """Start a run now.

    With --wait the command ends when the run does, with exit code 3 if it failed. Ctrl-C ends the wait and not the run;
    the command that goes on waiting is printed.

    Example: warehouse-sync pipelines trigger orders --wait --wait-timeout 3600
    """
    waiting = Waiting(target, output)
    failures.run(
        lambda: waiting.trigger(pipeline_id, wait=wait, timeout=wait_timeout),
        on_interrupt=waiting.how_to_go_on,
    )


class Waiting:
    """A run that is waited for, with the handle from which any process can go on.

    Args:
        target: Where the run is.
        output: How to print it.
    """

    def __init__(self, target: Target, output: Output) -> None:
        self._target = target
        self._output = output
        self._handle = ""

    def how_to_go_on(self) -> str:
        """Return the command that goes on waiting, once there is a run."""
        return (
            f"The run goes on; wait for it with: {failures.resume_command(self._handle)}"
            if self._handle
            else ""
        )

    async def trigger(self, pipeline_id: str, *, wait: bool, timeout: float | None) -> None:
        """Start a run, and wait for its end if that is wanted."""
        async with self._target.client() as client:
            triggered = await client.pipelines.trigger(pipeline_id)
            if not wait:
                document = declarative.to_document(triggered)
                self._output.record({**document, "handle": triggered.handle()})
                return
            self._begin(triggered.handle())
            self._show(await client.runs.resume(self._handle, timeout=timeout))

    async def resume(self, handle: str, *, timeout: float | None) -> None:
        """Go on waiting for a run."""
        self._handle = handle
        async with self._target.client() as client:
            self._show(await client.runs.resume(handle, timeout=timeout))

    async def watch(self, pipeline_id: str, run_id: int, *, timeout: float | None) -> None:
        """Wait for a run that is named by its number."""
        async with self._target.client() as client:
            self._handle = str(
                warehouse_sync.RunHandle(
                    workspace_id=client.workspace_id, pipeline_id=pipeline_id, run_id=run_id
                )
            )
            self._show(await client.runs.wait(pipeline_id, run_id, timeout=timeout))

    def _begin(self, handle: str) -> None:
        self._handle = handle
        self._output.note(f"Waiting for the run; go on elsewhere with: {failures.resume_command(handle)}")

    def _show(self, run: "Run") -> None:
        self._output.record(declarative.to_document(run))
