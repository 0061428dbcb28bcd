"""`warehouse-sync status`: the pipelines of one or more workspaces."""

import asyncio
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from warehouse_sync import declarative
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, has_colour, output_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warehouse_sync import AsyncClient, PipelineReport, StatusChange, WarehouseSyncError

Row = dict[str, Any]
_COLUMNS = (
    "workspace",
    "pipeline",
    "status",
    "connection",
    "data_model",
    "run",
    "run_status",
    "ended_on",
    "records",
)


@click.command()
@click.option(
    "--also",
    multiple=True,
    type=click.IntRange(1),
    metavar="ID",
    help="Include another workspace; repeatable.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Update until Ctrl-C: a live table on a terminal, otherwise a line per change.",
)
@click.option(
    "--every",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    metavar="SECONDS",
    help="Polling interval of --watch.",
)
@output_options
@context_options
def status(*, context: Context, output: Output, also: tuple[int, ...], watch: bool, every: float) -> None:
    """Show the status and latest run of every pipeline.

    Example: warehouse-sync status --also 5329 --watch
    """
    if watch:
        context.call(lambda client: _watch(client, output, also, every))
    else:
        output.rows(context.call(lambda client: _poll(client, output, also)), _COLUMNS)


def _clients(client: "AsyncClient", also: tuple[int, ...]) -> "list[AsyncClient]":
    others = [number for number in dict.fromkeys(also) if number != client.workspace_id]
    return [client, *(client.workspace(number) for number in others)]


async def _poll(client: "AsyncClient", output: Output, also: tuple[int, ...]) -> list[Row]:
    rows = [row for each in _clients(client, also) for row in await _poll_one(each, output)]
    return sorted(rows, key=lambda row: (row["workspace"], row["pipeline"]))


async def _poll_one(client: "AsyncClient", output: Output) -> list[Row]:
    ids = [pipeline.id for pipeline in await client.pipelines.list()]
    reports = client.pipelines.reports(
        ids, on_progress=lambda progress: output.progress(progress.done, progress.total, "pipelines")
    )
    return [
        to_row(client.workspace_id, polled.pipeline_id, polled.report, polled.error)
        async for polled in reports
    ]


async def _watch(client: "AsyncClient", output: Output, also: tuple[int, ...], every: float) -> None:
    async with asyncio.TaskGroup() as tasks:
        with _change_printer(output) as show:
            for each in _clients(client, also):
                tasks.create_task(_watch_one(each, every, show))
            # The table stays until the command is interrupted.
            await asyncio.Event().wait()


async def _watch_one(
    client: "AsyncClient", every: float, show: "Callable[[int, StatusChange], None]"
) -> None:
    ids = [pipeline.id for pipeline in await client.pipelines.list()]
    async for change in client.watch(ids, every=every):
        show(client.workspace_id, change)


@contextmanager
def _change_printer(output: Output) -> "Iterator[Callable[[int, StatusChange], None]]":
    """Yield the callback that shows a change: in a live table, or as a line."""
    if not output.is_live:
        yield lambda workspace, change: _print_change(output, workspace, change)
        return
    tables, live = import_module("warehouse_sync.cli.tables"), import_module("rich.live")
    rows: dict[tuple[int, str], Row] = {}
    with live.Live(console=tables.console(colour=has_colour()), refresh_per_second=4) as screen:

        def redraw(workspace: int, change: "StatusChange") -> None:
            rows[workspace, change.pipeline_id] = to_row(
                workspace, change.pipeline_id, change.report, change.error
            )
            screen.update(tables.table([rows[key] for key in sorted(rows)], _COLUMNS))

        yield redraw


def _print_change(output: Output, workspace: int, change: "StatusChange") -> None:
    row = to_row(workspace, change.pipeline_id, change.report, change.error)
    observed_on = declarative.format_date(change.observed_on)
    text = f"{observed_on} {workspace}/{change.pipeline_id} {row['status']}"
    if row["run"] is not None:
        text += f", run {row['run']} {row['run_status']}"
    output.line({"observed_on": observed_on, **row}, text)


def to_row(
    workspace: int, pipeline_id: str, report: "PipelineReport | None", error: "WarehouseSyncError | None"
) -> Row:
    """Return a row; the status of a pipeline that could not be read is its error."""
    if report is None:
        return {"workspace": workspace, "pipeline": pipeline_id, "status": f"unknown: {error}", "run": None}
    run = report.latest_pipeline_run
    return {
        "workspace": workspace,
        "pipeline": pipeline_id,
        "status": str(report.status),
        "connection": _text(report.connection_status),
        "data_model": _text(report.data_model_status),
        "run": run.id if run else None,
        "run_status": _text(run.status if run else None),
        "ended_on": declarative.format_date(run.ended_on) if run and run.ended_on else None,
        "records": run.successful_records if run else None,
        "errors": [str(message) for message in report.errors],
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
