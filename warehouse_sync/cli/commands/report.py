"""`warehouse-sync report`: an HTML report of a workspace's run history."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync import declarative
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.report_html import History, render

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient, Run


@click.command()
@click.option(
    "--html",
    "file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write.",
)
@click.option("--days", type=click.IntRange(1, 3650), default=7, help="Days of history.")
@click.option(
    "--pipeline",
    "chosen",
    multiple=True,
    metavar="ID",
    show_default="all pipelines",
    help="Include this pipeline; repeatable.",
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

    The page is one file with a timeline, records per day and failures, and needs no network.

    Example: warehouse-sync report --html report.html --days 30
    """
    end = datetime.now(UTC)
    history = context.call(
        lambda client: _read(client, output, end - timedelta(days=days), end, chosen, most)
    )
    declarative.write_whole({file: render(history)})
    output.record({"file": str(file), "pipelines": len(history.runs), "runs": len(history.all_runs())})


async def _read(  # noqa: PLR0913, PLR0917 - the options of the report
    client: "AsyncClient", output: Output, begin: datetime, end: datetime, chosen: tuple[str, ...], most: int
) -> History:
    ids = list(chosen) or sorted(pipeline.id for pipeline in await client.pipelines.list())
    runs: dict[str, list[Run]] = {}
    for number, pipeline_id in enumerate(ids, 1):
        runs[pipeline_id] = await _runs(client, pipeline_id, begin, most)
        output.progress(number, len(ids), "pipelines")
    return History(workspace_id=client.workspace_id, begin=begin, end=end, runs=runs)


async def _runs(client: "AsyncClient", pipeline_id: str, begin: datetime, most: int) -> "list[Run]":
    found: list[Run] = []
    async for run in client.runs.list(pipeline_id, start=begin):
        found.append(run)
        if len(found) == most:
            break
    return found
