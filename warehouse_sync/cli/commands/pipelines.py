"""`warehouse-sync pipelines`: read, trigger, pause and resume pipelines."""

from typing import TYPE_CHECKING

import click

import warehouse_sync
from warehouse_sync.cli import bulk
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.id_completion import complete_ids
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.resource_commands import add_get_command, add_list_command
from warehouse_sync.cli.run_waiting import RunWatcher, trigger_several, wait_timeout_option

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient, Pipeline, PipelineState

_complete = complete_ids("pipelines")


@click.group()
def pipelines() -> None:
    """List, show, trigger and pause pipelines.

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
@click.argument("pipeline_ids", metavar="ID...", nargs=-1, required=True, shell_complete=_complete)
@click.option("--wait", is_flag=True, help="Wait until the runs end.")
@wait_timeout_option
@output_options
@context_options
def trigger_pipelines(
    *,
    context: Context,
    output: Output,
    pipeline_ids: tuple[str, ...],
    wait: bool,
    wait_timeout: float | None,
) -> None:
    """Start a run of each pipeline.

    With --wait, each status of the run is printed on stderr and the run is printed when it ends. Exits with 3 if the run
    failed and with 4 if --wait-timeout was exceeded. Ctrl-C stops the wait, not the run, and prints the command that
    continues to wait.

    With several ids, a pipeline that cannot be triggered does not stop the others: the result has a row for each, and the
    exit code is that of the first error.

    Example: warehouse-sync pipelines trigger orders --wait --wait-timeout 3600
    """
    several = tuple(dict.fromkeys(pipeline_ids))
    if len(several) == 1:
        RunWatcher(context, output).trigger(several[0], wait=wait, timeout=wait_timeout)
    else:
        trigger_several(context, output, several, wait=wait, timeout=wait_timeout)


@pipelines.command(name="pause")
@click.argument("pipeline_ids", metavar="ID...", nargs=-1, required=True, shell_complete=_complete)
@output_options
@context_options
def pause_pipelines(*, context: Context, output: Output, pipeline_ids: tuple[str, ...]) -> None:
    """Stop the schedule of each pipeline.

    A run in progress continues. A pipeline that is paused already is left as it is.

    Example: warehouse-sync pipelines pause orders customers
    """
    _set_state(context, output, pipeline_ids, warehouse_sync.PipelineState.PAUSED)


@pipelines.command(name="resume")
@click.argument("pipeline_ids", metavar="ID...", nargs=-1, required=True, shell_complete=_complete)
@output_options
@context_options
def resume_pipelines(*, context: Context, output: Output, pipeline_ids: tuple[str, ...]) -> None:
    """Start the schedule of each pipeline again.

    Clears the fault of a faulted pipeline, which then runs at its next interval. A pipeline that is active and not
    faulted is left as it is.

    Example: warehouse-sync pipelines resume orders
    """
    _set_state(context, output, pipeline_ids, warehouse_sync.PipelineState.ACTIVE)


def _set_state(
    context: Context, output: Output, pipeline_ids: tuple[str, ...], state: "PipelineState"
) -> None:
    """Change the state of pipelines, and print each with its new state."""

    async def work(client: "AsyncClient") -> "list[bulk.Outcome[tuple[Pipeline, bool]]]":
        outcomes = await bulk.for_each(pipeline_ids, lambda each: _change(client, each, state))
        bulk.raise_if_single(outcomes)
        return outcomes

    outcomes = context.call(work)
    rows = []
    for each in outcomes:
        pipeline, changed = each.value or (None, False)
        rows.append(
            {
                "id": each.id,
                "state": None if pipeline is None else str(pipeline.state),
                "status": None if pipeline is None else str(pipeline.status),
                "changed": changed,
                "error": each.problem,
            }
        )
    output.rows(rows, ("id", "state", "status", "changed", "error"))
    bulk.exit_on_failure(outcomes, output)


async def _change(client: "AsyncClient", pipeline_id: str, state: "PipelineState") -> "tuple[Pipeline, bool]":
    """Return the pipeline, and whether it was changed: an update also clears its fault."""
    pipeline = await client.pipelines.get(pipeline_id)
    faulted = pipeline.status == warehouse_sync.PipelineStatus.FAULTED
    if pipeline.state == state and not (faulted and state == warehouse_sync.PipelineState.ACTIVE):
        return pipeline, False
    pauses = state == warehouse_sync.PipelineState.PAUSED
    change = client.pipelines.pause if pauses else client.pipelines.resume
    return await change(pipeline), True
