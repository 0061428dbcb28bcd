"""`warehouse-sync report`: an HTML report of a workspace's run history."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync import declarative
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.id_completion import complete_ids
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.report_html import History, render
from warehouse_sync.cli.run_history import Selection, current_time, read_runs

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient


@click.command()
@click.option(
    "--html",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="File to write; `-` is stdout.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=7, metavar="N", help="Days of history.")
@click.option(
    "--pipeline",
    "chosen",
    multiple=True,
    metavar="ID",
    show_default="all pipelines",
    help="Include this pipeline; repeatable.",
    shell_complete=complete_ids("pipelines"),
)
@click.option(
    "--most",
    type=click.IntRange(1),
    default=1000,
    metavar="N",
    help="Maximum number of runs per pipeline.",
)
@output_options
@context_options
def report(  # noqa: PLR0913 - one argument per option
    *, context: Context, output: Output, file: Path, days: int, chosen: tuple[str, ...], most: int
) -> None:
    """Write an HTML report of a workspace's run history.

    The page is one file with failures, pipelines, a timeline and records per day, and needs no network. The last day is
    today, or the day of the emulator's clock.

    Example: warehouse-sync report --html report.html --days 30
    """
    if str(file) == "-" and output.format != "table":
        raise click.UsageError(
            "--html - writes the page to stdout, and leaves no place for --json or --output."
        )
    end = current_time(context.api_url)
    selection = Selection(pipeline_ids=chosen, start=end - timedelta(days=days), most=most)
    history = context.call(lambda client: _read(client, output, selection, end))
    cut = sum(len(runs) == most for runs in history.runs.values())
    if cut:
        output.note(
            f"Pipelines with {most} runs or more: {cut}. Pass a higher --most to include all of their runs."
        )
    _write(file, render(history))
    if str(file) != "-":
        output.record({"file": str(file), "pipelines": len(history.runs), "runs": len(history.all_runs())})


async def _read(client: "AsyncClient", output: Output, selection: Selection, end: datetime) -> History:
    runs = await read_runs(client, selection, output)
    return History(workspace_id=client.workspace_id, begin=selection.start, end=end, runs=runs)


def _write(file: Path, page: str) -> None:
    if str(file) == "-":
        click.echo(page.encode("utf-8", "backslashreplace"), nl=False)  # the page says that it is UTF-8
    else:
        declarative.write_atomically({file: page})
