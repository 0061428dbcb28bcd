"""`warehouse-sync runs`: read runs and wait for them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.id_completion import complete_ids
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.run_history import Selection, current_time, read_runs
from warehouse_sync.cli.run_waiting import RunWatcher, wait_timeout_option

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient, Run

_COLUMNS = (
    "id",
    "type",
    "status",
    "logical_date",
    "started_on",
    "ended_on",
    "successful_records",
    "failed_records",
    "errors",
)
_FAILURE_COLUMNS = ("pipeline_id", "id", "ended_on", "errors", "started_on", "type", "failed_records")


@click.group()
def runs() -> None:
    """List, show and wait for runs.

    Example: warehouse-sync runs list orders
    """


@runs.command(name="list")
@click.argument("pipeline_id", metavar="PIPELINE", shell_complete=complete_ids("pipelines"))
@click.option(
    "--start",
    type=errors.parse_datetime,
    metavar="DATE",
    show_default="no limit",
    help="List only runs with this logical date or later.",
)
@click.option(
    "--end",
    type=errors.parse_datetime,
    metavar="DATE",
    show_default="no limit",
    help="List only runs with this logical date or earlier.",
)
@click.option("--limit", type=click.IntRange(1), default=50, metavar="N", help="Maximum number of runs.")
@click.option("--failed", is_flag=True, help="List only failed runs.")
@output_options
@context_options
def list_runs(  # noqa: PLR0913 - one argument per option
    *,
    context: Context,
    output: Output,
    pipeline_id: str,
    start: datetime | None,
    end: datetime | None,
    limit: int,
    failed: bool,
) -> None:
    """List the runs of a pipeline.

    The order is that of the API. A note on stderr says when there are more runs than --limit.

    Example: warehouse-sync runs list orders --start 2026-01-01 --failed
    """

    async def read(client: "AsyncClient") -> "list[Run]":
        found: list[Run] = []
        async for run in client.runs.list(pipeline_id, start=start, end=end):
            if not failed or run.status == "failed":
                found.append(run)
            if len(found) > limit:
                break
        return found

    found = context.call(read)
    output.rows(declarative.to_documents(found[:limit]), _COLUMNS)
    if len(found) > limit:
        output.note(f"There are more than {limit} runs; pass a higher --limit to list more.")


@runs.command(name="failures")
@click.option(
    "--pipeline",
    "chosen",
    multiple=True,
    metavar="ID",
    show_default="all pipelines",
    help="Include this pipeline; repeatable.",
    shell_complete=complete_ids("pipelines"),
)
@click.option("--days", type=click.IntRange(1, 3650), default=7, metavar="N", help="Days of history.")
@click.option("--limit", type=click.IntRange(1), default=50, metavar="N", help="Maximum number of runs.")
@output_options
@context_options
def list_failures(
    *, context: Context, output: Output, chosen: tuple[str, ...], days: int, limit: int
) -> None:
    """List the failed runs of all pipelines.

    The latest is first. A note on stderr says when there are more than --limit.

    Example: warehouse-sync runs failures --days 2
    """
    start = current_time(context.api_url) - timedelta(days=days)
    selection = Selection(pipeline_ids=chosen, start=start, keep=lambda run: run.status == "failed")
    found = context.call(lambda client: read_runs(client, selection, output))
    failed = sorted(
        (run for runs_of_one in found.values() for run in runs_of_one),
        key=lambda run: (run.ended_on or start, run.id),
        reverse=True,
    )
    output.rows(declarative.to_documents(failed[:limit]), _FAILURE_COLUMNS)
    if len(failed) > limit:
        output.note(f"There are {len(failed)} failed runs; pass a higher --limit to list more.")


@runs.command(name="get")
@click.argument("pipeline_id", metavar="PIPELINE", shell_complete=complete_ids("pipelines"))
@click.argument("run_id", type=int, metavar="RUN")
@output_options
@context_options
def get_run(*, context: Context, output: Output, pipeline_id: str, run_id: int) -> None:
    """Show a run.

    Example: warehouse-sync runs get orders 4711
    """
    run = context.call(lambda client: client.runs.get(pipeline_id, run_id))
    output.record(declarative.to_document(run))


@runs.command(name="watch")
@click.argument(
    "run", nargs=-1, required=True, metavar="HANDLE | PIPELINE RUN", shell_complete=complete_ids("pipelines")
)
@wait_timeout_option
@output_options
@context_options
def watch_run(*, context: Context, output: Output, run: tuple[str, ...], wait_timeout: float | None) -> None:
    """Wait until a run ends.

    HANDLE is the handle that `pipelines trigger` prints. Each status of the run is printed on stderr, and the run is
    printed when it ends. Exits with 3 if the run failed and with 4 if --wait-timeout was exceeded.

    Example: warehouse-sync runs watch wsr1:5328:orders:4711
    """
    waiter = RunWatcher(context, output)
    match run:
        case [handle]:
            _check_handle(handle)
            waiter.resume(handle, timeout=wait_timeout)
        case [pipeline_id, run_id] if run_id.isdecimal():
            waiter.watch(pipeline_id, int(run_id), timeout=wait_timeout)
        case _:
            raise click.UsageError("pass a handle, or a pipeline id and a run id")


def _check_handle(handle: str) -> None:
    try:
        warehouse_sync.RunHandle.parse(handle)
    except warehouse_sync.ValidationError:
        raise click.UsageError(
            f"{handle!r} is not a handle: pass the handle that `pipelines trigger` prints, such as "
            "wsr1:5328:orders:4711, or a pipeline id and a run id"
        ) from None
