"""`warehouse-sync pipelines`: read and trigger pipelines."""

import click

from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.resource_commands import add_get_command, add_list_command
from warehouse_sync.cli.run_waiting import RunWaiter, wait_timeout_option


@click.group()
def pipelines() -> None:
    """List, show and trigger pipelines.

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
@click.option("--wait", is_flag=True, help="Wait until the run ends.")
@wait_timeout_option
@output_options
@context_options
def trigger_pipeline(
    *, context: Context, output: Output, pipeline_id: str, wait: bool, wait_timeout: float | None
) -> None:
    """Start a run of a pipeline.

    With --wait, each status of the run is printed on stderr and the run is printed when it ends. Exits with 3 if the run
    failed and with 4 if --wait-timeout was exceeded. Ctrl-C stops the wait, not the run, and prints the command that
    continues to wait.

    Example: warehouse-sync pipelines trigger orders --wait --wait-timeout 3600
    """
    RunWaiter(context, output).trigger(pipeline_id, wait=wait, timeout=wait_timeout)
