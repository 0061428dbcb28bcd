"""``warehouse-sync pipelines``: what is loaded from where, how and when."""

import click

from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.resource_commands import add_get_command, add_list_command
from warehouse_sync.cli.run_waiting import Waiting


@click.group()
def pipelines() -> None:
    """Look at the pipelines of a workspace, and start their runs.

    Example: warehouse-sync pipelines list
    """


add_list_command(
    pipelines,
    "pipelines",
    noun="pipelines",
    columns=("id", "name", "pipeline_type", "connection_id", "data_model_id", "state", "status", "errors"),
)
add_get_command(pipelines, "pipelines", summary="Show a pipeline.", example_id="orders")


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
@context_options
def trigger_pipeline(
    *, context: Context, output: Output, pipeline_id: str, wait: bool, wait_timeout: float | None
) -> None:
    """Start a run now.

    With --wait each status of the run is told as it takes it, and the run is printed when it ends, with exit code 3 if it
    failed. Ctrl-C ends the wait and not the run; the command that goes on waiting is printed.

    Example: warehouse-sync pipelines trigger orders --wait --wait-timeout 3600
    """
    waiting = Waiting(context, output)
    errors.run(
        lambda: waiting.trigger(pipeline_id, wait=wait, timeout=wait_timeout),
        on_interrupt=waiting.how_to_go_on,
    )
