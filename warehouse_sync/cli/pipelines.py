"""``warehouse-sync pipelines``: what is loaded from where, how and when."""

import click

from warehouse_sync.cli import failures
from warehouse_sync.cli.configuration import Target, target_options
from warehouse_sync.cli.looking import show_list, show_one
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.waiting import Waiting

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

    With --wait each status of the run is told as it takes it, and the run is printed when it ends, with exit code 3 if it
    failed. Ctrl-C ends the wait and not the run; the command that goes on waiting is printed.

    Example: warehouse-sync pipelines trigger orders --wait --wait-timeout 3600
    """
    waiting = Waiting(target, output)
    failures.run(
        lambda: waiting.trigger(pipeline_id, wait=wait, timeout=wait_timeout),
        on_interrupt=waiting.how_to_go_on,
    )
