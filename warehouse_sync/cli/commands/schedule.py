"""`warehouse-sync schedule`: upcoming runs of a pipeline."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.id_completion import complete_ids
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.run_history import current_time

if TYPE_CHECKING:
    from warehouse_sync import PipelineSpec
    from warehouse_sync.declarative import PlannedRun

_COLUMNS = ("due_utc", "due_local", "loads_from", "loads_until")


@click.group()
def schedule() -> None:
    """Show when a pipeline runs next.

    Example: warehouse-sync schedule preview orders
    """


@schedule.command()
@click.argument("pipeline_id", metavar="PIPELINE", shell_complete=complete_ids("pipelines"))
@click.option(
    "--files",
    type=click.Path(exists=True, path_type=Path),
    metavar="FOLDER",
    help="Read the pipeline from files instead of the workspace; needs no account.",
)
@click.option("--count", type=click.IntRange(1, 1000), default=10, metavar="N", help="Number of runs.")
@click.option(
    "--after",
    type=errors.parse_datetime,
    metavar="DATE",
    show_default="now",
    help="Show runs after this time.",
)
@click.option(
    "--zone",
    metavar="NAME",
    show_default="that of this machine",
    help="Time zone of the local times, such as Europe/Berlin.",
)
@output_options
@context_options
def preview(  # noqa: PLR0913 - one argument per option
    *,
    context: Context,
    output: Output,
    pipeline_id: str,
    files: Path | None,
    count: int,
    after: datetime | None,
    zone: str | None,
) -> None:
    """Show the next runs of a pipeline and the data that each one loads.

    Times are shown in UTC and in local time.

    Example: warehouse-sync schedule preview orders --files infra/ --zone Europe/Berlin
    """
    time_zone = _zone(zone)
    spec = _from_files(files, pipeline_id, context) if files else _from_workspace(context, pipeline_id)
    syncs = declarative.planned_runs(spec, now=after or current_time(context.api_url), count=count)
    output.rows([_row(sync, time_zone) for sync in syncs], _COLUMNS)
    if not syncs:
        output.note("No more runs: the schedule has ended.")
    elif spec.state != warehouse_sync.PipelineState.ACTIVE:
        output.note(f"The pipeline is {spec.state}: it does not run until it is active.")


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.UsageError(f"unknown time zone {name!r}; use a name such as Europe/Berlin") from None


def _from_files(files: Path, pipeline_id: str, context: Context) -> "PipelineSpec":
    with errors.exit_on_error():
        declared_resources = declarative.load(files, environment=context.environment)
        declared = declared_resources.by_key().get(("pipeline", pipeline_id))
    if declared is None or not isinstance(declared.spec, warehouse_sync.PipelineSpec):
        raise errors.CliError(f"{files} declares no pipeline {pipeline_id!r}.", ExitCode.NOT_FOUND)
    return declared.spec


def _from_workspace(context: Context, pipeline_id: str) -> "PipelineSpec":
    return context.call(lambda client: client.pipelines.get(pipeline_id)).to_spec()


def _row(sync: "PlannedRun", zone: ZoneInfo | None) -> dict[str, str]:
    local = sync.due.astimezone(zone).isoformat(timespec="minutes") if sync.due else ""
    return {
        "due_utc": _text(sync.due, "when triggered"),
        "due_local": local,
        "loads_from": _text(sync.loads_from, "the end of the last successful run, or the beginning"),
        "loads_until": _text(sync.loads_until, "the time of the run"),
    }


def _text(moment: datetime | None, otherwise: str) -> str:
    return declarative.format_date(moment) if moment else otherwise
