"""`warehouse-sync demo`: the tutorial against a local emulator."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from warehouse_sync import (
    AsyncClient,
    ConnectionSpec,
    DataModelSpec,
    PipelineSpec,
    PolledReport,
    Run,
    RunFailedError,
    Schedule,
    SnowflakeConfig,
    SyncMode,
)
from warehouse_sync.cli import errors
from warehouse_sync.cli.output import Output, text_options
from warehouse_sync.emulator import Emulator

PAST_RUNS = 120  # per polled pipeline
ROWS = 12  # in the last table
QUERY = """
SELECT email AS email, customer_id AS customer_id, plan AS plan, updated_at
FROM shop.public.customers
""".strip()


@click.command()
@click.option(
    "--pipelines",
    default=400,
    metavar="N",
    type=click.IntRange(1, 100_000),
    help="Number of pipelines to poll in the last step.",
)
@text_options
def demo(*, pipelines: int, output: Output) -> None:
    """Run the tutorial against a local emulator.

    Creates a connection, a data model and pipelines, triggers runs, lists them and polls many reports. Needs no account
    and no network, and leaves nothing behind.

    Example: warehouse-sync demo
    """
    printer = DemoPrinter(Console(stderr=output.format == "json", quiet=output.quiet))
    began = time.monotonic()
    errors.run(lambda: _demo(printer, pipelines))
    done = f"Done in {time.monotonic() - began:.1f} s."
    printer.line(f"\n{done} Next: `warehouse-sync emulator`, and the README's first example.")
    if output.format == "json":
        output.document({"sections": printer.sections})
    elif output.quiet:
        click.echo(done)


async def _demo(printer: "DemoPrinter", pipelines: int) -> None:
    async with (
        Emulator(queued=0.3, running=0.7) as emulator,
        AsyncClient(**emulator.client_options()) as client,
    ):
        printer.line(f"A Warehouse Sync API is running at {emulator.url}")
        await _create(client, printer)
        await _load(client, emulator, printer)
        await _list_runs(client, printer)
        ids = emulator.seed(pipelines=pipelines, runs=PAST_RUNS)
        await _wait_for_failures(client, emulator, ids[3::29], printer)
        await _poll(client, ids, printer)


async def _create(client: AsyncClient, printer: "DemoPrinter") -> None:
    """Create the resources of step 4 of the tutorial."""
    printer.section("1", "Create the connection, the data model and two pipelines")
    connection = await client.connections.create(_connection())
    printer.step(f"connection {connection.id} to {connection.service_provider}: {connection.status}")
    printer.step(f"its password reads as {getattr(connection.config, 'password', None)}")
    model = await client.data_models.create(DataModelSpec(id="customers", name="Customers", sql_query=QUERY))
    printer.step(f"data model {model.id}: {model.status}")
    for pipeline_id in ("customers-hourly", "customers-nightly"):
        pipeline = await client.pipelines.create(_pipeline(pipeline_id))
        printer.step(f"pipeline {pipeline.id}: {pipeline.schedule.type}, {pipeline.status}")


def _connection() -> ConnectionSpec:
    return ConnectionSpec(
        id="snowflake",
        name="Snowflake",
        config=SnowflakeConfig(
            account_identifier="gd12345",
            region="us-central1.gcp",
            warehouse="compute_wh",
            database="shop",
            role="mparticle_role",
            user="mparticle_user",
            password="password-of-the-demo",  # noqa: S106 - the emulator accepts any password
            storage_integration="mp_us1_123_123_s3",
        ),
    )


def _pipeline(pipeline_id: str) -> PipelineSpec:
    return PipelineSpec(
        id=pipeline_id,
        name=pipeline_id.replace("-", " ").capitalize(),
        pipeline_type="user_attributes",
        connection_id="snowflake",
        data_model_id="customers",
        sync_mode=SyncMode(
            type="incremental",
            iterator_field="updated_at",
            iterator_data_type="timestamp",
            from_=datetime.now(UTC) - timedelta(days=365),
        ),
        schedule=Schedule(type="on_demand"),
        environment="development",
    )


async def _load(client: AsyncClient, emulator: Emulator, printer: "DemoPrinter") -> None:
    """Trigger both pipelines and wait for their runs, then for a run that fails."""
    printer.section("2", "Trigger runs and wait for them")
    triggered = [await client.pipelines.trigger(id_) for id_ in ("customers-hourly", "customers-nightly")]
    with printer.progress("waiting for runs", len(triggered)) as advance:
        async for waited in client.runs.wait_many(
            [(run.pipeline_id, run.run_id) for run in triggered], timeout=30
        ):
            advance()
            if waited.run is not None:
                printer.step(_describe(waited.run))
    emulator.fail_next_run("customers-hourly", message="SQL compilation error: invalid identifier 'PLAN'")
    try:
        await client.pipelines.trigger_and_wait("customers-hourly", timeout=30)
    except RunFailedError as error:
        printer.step(f"a failed run gives its reason: {error}")


async def _list_runs(client: AsyncClient, printer: "DemoPrinter") -> None:
    """Trigger more runs and list the pages of the history."""
    printer.section("3", "List the history of a pipeline page by page")
    for _ in range(2):
        await client.pipelines.trigger_and_wait("customers-nightly", timeout=30)
    async for page in client.runs.list("customers-nightly", page_size=2).pages():
        runs = ", ".join(f"{run.id} {run.status}" for run in page.items)
        printer.step(
            f"page {page.current_page}: {runs}; {'more pages follow' if page.has_next_page else 'last page'}"
        )


async def _wait_for_failures(
    client: AsyncClient, emulator: Emulator, ids: list[str], printer: "DemoPrinter"
) -> None:
    """Make many runs fail and wait for all of them at once."""
    printer.section("4", f"Wait for {len(ids)} runs at once, which the emulator makes fail")
    for pipeline_id in ids:
        emulator.fail_next_run(pipeline_id, message="Numeric value 'n/a' is not recognized")
    triggered = [await client.pipelines.trigger(pipeline_id) for pipeline_id in ids]
    failed = 0
    with printer.progress("waiting for runs", len(ids)) as advance:
        async for waited in client.runs.wait_many(
            [(run.pipeline_id, run.run_id) for run in triggered], timeout=30
        ):
            failed += waited.error is not None
            advance()
    printer.step(f"{failed} of {len(ids)} failed")


async def _poll(client: AsyncClient, ids: list[str], printer: "DemoPrinter") -> None:
    """Read the reports of all pipelines at once."""
    printer.section("5", f"Read the reports of {len(ids)} pipelines")
    began = time.monotonic()
    polled = []
    with printer.progress("reports", len(ids)) as advance:
        async for result in client.pipelines.reports(ids):
            polled.append(result)
            advance()
    seconds = time.monotonic() - began
    printer.step(f"{len(polled)} reports in {seconds:.2f} s, {len(polled) / seconds:,.0f} per second")
    printer.show(_summary(polled), _sample(polled))


def _describe(run: Run) -> str:
    seconds = (run.ended_on - run.started_on).total_seconds() if run.ended_on and run.started_on else 0.0
    return f"run {run.id} of {run.pipeline_id}: {run.status} after {seconds:.1f} s, {run.successful_records} records"


def _summary(polled: list[PolledReport]) -> Table:
    """Count the pipelines by the status of their latest run."""
    counts = Counter(_latest(result) for result in polled)
    table = Table("latest run", "pipelines", title="All pipelines")
    table.columns[1].justify = "right"
    for status, count in counts.most_common():
        table.add_row(status, str(count))
    return table


def _sample(polled: list[PolledReport]) -> Table:
    """List some pipelines, those without a successful latest run first."""
    table = Table(
        "pipeline",
        "status",
        "latest run",
        "records",
        "ended",
        title=f"{min(ROWS, len(polled))} of {len(polled)}",
    )
    table.columns[3].justify = "right"
    for result in sorted(polled, key=lambda result: (_latest(result) == "success", result.pipeline_id))[
        :ROWS
    ]:
        report = result.report
        run = report.latest_pipeline_run if report else None
        table.add_row(
            result.pipeline_id,
            str(report.status) if report else "unknown",
            _latest(result),
            f"{run.successful_records:,}" if run and run.successful_records is not None else "",
            f"{run.ended_on:%Y-%m-%d %H:%M}" if run and run.ended_on else "",
        )
    return table


def _latest(result: PolledReport) -> str:
    if result.report is None:
        return f"not read: {result.error}"
    run = result.report.latest_pipeline_run
    return str(run.status) if run else "no run yet"


class DemoPrinter:
    """Prints the steps, with colours and progress bars on a terminal.

    Attributes:
        sections: The steps so far by section, for `--json`.
    """

    def __init__(self, console: Console) -> None:
        self.sections: list[dict[str, Any]] = []
        self._console = console
        self._live = console.is_terminal

    def line(self, text: str) -> None:
        """Print a line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def section(self, number: str, title: str) -> None:
        """Print the title of a section."""
        self.sections.append({"title": title, "steps": []})
        self._console.print(
            f"\n{number}. {title}", style="bold cyan", highlight=False, markup=False, soft_wrap=True
        )

    def step(self, text: str) -> None:
        """Print a step of the section."""
        self.sections[-1]["steps"].append(text)
        self._console.print(f"   {text}", highlight=self._live, markup=False, soft_wrap=True)

    def show(self, *tables: Table) -> None:
        """Print tables."""
        for table in tables:
            table.box = box.ROUNDED if self._live else box.ASCII2
            self._console.print()
            self._console.print(table)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[], None]]:
        """Show a progress bar on a terminal; yield the callback that advances it."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self._console, transient=True, disable=not self._live) as progress:
            task = progress.add_task(f"  {label}", total=total)
            yield lambda: progress.advance(task)
