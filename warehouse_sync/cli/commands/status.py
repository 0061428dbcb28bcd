"""`warehouse-sync status`: the pipelines of one or more workspaces."""

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from warehouse_sync import declarative
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, has_colour, output_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from warehouse_sync import AsyncClient, PipelineReport, StatusChange, WarehouseSyncError

Row = dict[str, Any]
_COLUMNS = (
    "workspace",
    "pipeline",
    "status",
    "run_status",
    "ended_on",
    "records",
    "run",
    "connection",
    "data_model",
)
_ORDERS = ("pipeline", "status", "ended_on", "records")


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
@click.option(
    "--failed",
    is_flag=True,
    help="Show only pipelines with a fault, an error or a failed latest run.",
)
@click.option(
    "--sort",
    type=click.Choice(_ORDERS),
    default="pipeline",
    help="Order: by id, failures first, latest run first, or most records first.",
)
@output_options
@context_options
def status(  # noqa: PLR0913 - one argument per option
    *,
    context: Context,
    output: Output,
    also: tuple[int, ...],
    watch: bool,
    every: float,
    failed: bool,
    sort: str,
) -> None:
    """Show the status and latest run of every pipeline.

    A terminal shows the columns that fit; ids are never cut.

    Example: warehouse-sync status --failed --sort ended_on
    """
    view = View(failed=failed, sort=sort)
    if watch:
        context.call(lambda client: _watch(client, output, also, every, view))
    else:
        output.rows(view.select(context.call(lambda client: _poll(client, output, also))), _COLUMNS)


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """The rows to show and their order.

    Attributes:
        failed: Whether to show only failing pipelines.
        sort: One of the choices of `--sort`.
    """

    failed: bool = False
    sort: str = "pipeline"

    def shows(self, row: Row) -> bool:
        """Return whether a row is shown."""
        return is_failing(row) or not self.failed

    def select(self, rows: "Iterable[Row]") -> list[Row]:
        """Return the rows to show, in order."""
        by_id = sorted(filter(self.shows, rows), key=lambda row: (row["workspace"], row["pipeline"]))
        match self.sort:
            case "status":
                return sorted(by_id, key=lambda row: (not is_failing(row), row["status"]))
            case "ended_on":
                return sorted(by_id, key=lambda row: row.get("ended_on") or "", reverse=True)
            case "records":
                return sorted(by_id, key=lambda row: row.get("records") or 0, reverse=True)
            case _:
                return by_id


def is_failing(row: Row) -> bool:
    """Return whether a pipeline is faulted, failed last or cannot be read."""
    return (
        "connection" not in row
        or bool(row["errors"])
        or "faulted" in (row["status"], row["connection"])
        or row["data_model"] == "invalid"
        or row["run_status"] == "failed"
    )


def _clients(client: "AsyncClient", also: tuple[int, ...]) -> "list[AsyncClient]":
    others = [number for number in dict.fromkeys(also) if number != client.workspace_id]
    return [client, *(client.workspace(number) for number in others)]


async def _poll(client: "AsyncClient", output: Output, also: tuple[int, ...]) -> list[Row]:
    return [row for each in _clients(client, also) for row in await _poll_one(each, output)]


async def _poll_one(client: "AsyncClient", output: Output) -> list[Row]:
    ids = [pipeline.id for pipeline in await client.pipelines.list()]
    reports = client.pipelines.reports(
        ids, on_progress=lambda progress: output.progress(progress.done, progress.total, "pipelines")
    )
    return [
        to_row(client.workspace_id, polled.pipeline_id, polled.report, polled.error)
        async for polled in reports
    ]


async def _watch(
    client: "AsyncClient", output: Output, also: tuple[int, ...], every: float, view: View
) -> None:
    async with asyncio.TaskGroup() as tasks:
        with _change_printer(output, view) as show:
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
def _change_printer(output: Output, view: View) -> "Iterator[Callable[[int, StatusChange], None]]":
    """Yield the callback that shows a change: in a live table, or as a line."""
    if not output.is_live:
        yield lambda workspace, change: _print_change(output, view, workspace, change)
        return
    tables, live = import_module("warehouse_sync.cli.tables"), import_module("rich.live")
    rows: dict[tuple[int, str], Row] = {}
    console = tables.console(colour=has_colour())

    def draw() -> object:
        selected = view.select(list(rows.values()))  # a copy: the screen is redrawn in a thread
        return tables.page(selected, _COLUMNS, width=console.width, height=console.height)

    def keep(workspace: int, change: "StatusChange") -> None:
        rows[workspace, change.pipeline_id] = to_row(
            workspace, change.pipeline_id, change.report, change.error
        )

    with live.Live(console=console, refresh_per_second=4, get_renderable=draw):
        yield keep


def _print_change(output: Output, view: View, workspace: int, change: "StatusChange") -> None:
    row = to_row(workspace, change.pipeline_id, change.report, change.error)
    if not view.shows(row):
        return
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
