"""``warehouse-sync runs``: what pipelines have done."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.run_waiting import Waiting

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


@click.group()
def runs() -> None:
    """Look at the runs of a pipeline, and wait for them.

    Example: warehouse-sync runs list orders
    """


@runs.command(name="list")
@click.argument("pipeline_id", metavar="PIPELINE")
@click.option(
    "--start", type=errors.read_moment, metavar="DATE", help="Only runs whose logical date is not earlier."
)
@click.option(
    "--end", type=errors.read_moment, metavar="DATE", help="Only runs whose logical date is not later."
)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many at most.")
@click.option("--failed", is_flag=True, help="Only runs that failed.")
@output_options
@context_options
def list_runs(  # noqa: PLR0913 - the options
    *,
    context: Context,
    output: Output,
    pipeline_id: str,
    start: datetime | None,
    end: datetime | None,
    limit: int,
    failed: bool,
) -> None:
    """List the runs of a pipeline, in the server's order.

    Example: warehouse-sync runs list orders --start 2026-01-01 --failed
    """

    async def read(client: "AsyncClient") -> "list[Run]":
        found: list[Run] = []
        async for run in client.runs.list(pipeline_id, start=start, end=end):
            if not failed or run.status == "failed":
                found.append(run)
            if len(found) == limit:
                break
        return found

    output.rows(declarative.to_documents(context.call(read)), _COLUMNS)


@runs.command(name="get")
@click.argument("pipeline_id", metavar="PIPELINE")
@click.argument("run_id", type=int, metavar="RUN")
@output_options
@context_options
def get_run(*, context: Context, output: Output, pipeline_id: str, run_id: int) -> None:
    """Show one run.

    Example: warehouse-sync runs get orders 4711
    """
    run = context.call(lambda client: client.runs.get(pipeline_id, run_id))
    output.record(declarative.to_document(run))


@runs.command(name="watch")
@click.argument("what", nargs=-1, required=True, metavar="HANDLE | PIPELINE RUN")
@click.option(
    "--wait-timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="How long to wait at most; without limit when left out.",
)
@output_options
@context_options
def watch_run(*, context: Context, output: Output, what: tuple[str, ...], wait_timeout: float | None) -> None:
    """Wait until a run has ended: by the handle that `trigger` prints, or by pipeline and number.

    Each status is told on stderr as the run takes it; the run itself is printed when it has ended. ExitCode code 3 means that
    it failed, 4 that it did not end in time.

    Example: warehouse-sync runs watch wsr1:5328:orders:4711
    """
    waiting = Waiting(context, output)
    match what:
        case [handle]:
            _check(handle)
            errors.run(
                lambda: waiting.resume(handle, timeout=wait_timeout), on_interrupt=waiting.how_to_go_on
            )
        case [pipeline_id, run_id] if run_id.isdecimal():
            number = int(run_id)
            errors.run(
                lambda: waiting.watch(pipeline_id, number, timeout=wait_timeout),
                on_interrupt=waiting.how_to_go_on,
            )
        case _:
            raise click.UsageError("give a handle, or a pipeline and the number of a run")


def _check(handle: str) -> None:
    try:
        warehouse_sync.RunHandle.parse(handle)
    except warehouse_sync.ValidationError:
        raise click.UsageError(
            f"{handle!r} is not a handle: give what `pipelines trigger` prints, such as wsr1:5328:orders:4711, "
            "or a pipeline and the number of a run"
        ) from None
