"""`warehouse-sync exporter`: the state of pipelines for Prometheus."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

import click

from warehouse_sync.cli import serving
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.errors import one_line
from warehouse_sync.cli.output import Output, text_options
from warehouse_sync.observability.exporter import Exporter, new_registry
from warehouse_sync.observability.metrics_server import MetricsServer
from warehouse_sync.observability.prometheus import PrometheusListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from warehouse_sync import AsyncClient, WarehouseSyncError

MIN_INTERVAL = 5.0  # seconds


@click.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port", default=9464, type=click.IntRange(0, 65535), help="Port to listen on; 0 selects a free port."
)
@click.option(
    "--every",
    type=click.FloatRange(MIN_INTERVAL),
    default=60.0,
    metavar="SECONDS",
    help="Interval in which the pipelines are read.",
)
@click.option(
    "--also",
    multiple=True,
    type=click.IntRange(1),
    metavar="ID",
    help="Include another workspace; repeatable.",
)
@text_options
@context_options
def exporter(  # noqa: PLR0913 - one argument per option
    *, context: Context, output: Output, host: str, port: int, every: float, also: tuple[int, ...]
) -> None:
    """Serve the state of a workspace's pipelines for Prometheus.

    The metrics are at /metrics; /health returns 503 if reading hangs. A scrape sends no request to the API. It runs until
    Ctrl-C or SIGTERM and then exits with 0.

    Example: warehouse-sync exporter --port 9464 --every 60
    """
    registry = new_registry()

    async def serve(client: "AsyncClient") -> None:
        stopped = serving.stop_event()
        others = [number for number in dict.fromkeys(also) if number != client.workspace_id]
        clients = [client, *(client.workspace(number) for number in others)]
        source = Exporter(clients, every=every, on_error=_error_printer(output))
        registry.register(source)
        try:
            server = MetricsServer(registry, is_healthy=source.is_healthy, host=host, port=port)
        except OSError as error:
            raise click.ClickException(serving.cannot_listen(host, port, error)) from error
        with server:
            output.line({"url": server.url}, f"listening on {server.url}/metrics")
            await _until(stopped, source)

    with contextlib.suppress(KeyboardInterrupt):
        context.call(serve, on_warning=output.note, listeners=[PrometheusListener(registry)])


async def _until(stopped: asyncio.Event, source: Exporter) -> None:
    """Read the pipelines until the event is set."""
    reading, stopping = asyncio.create_task(source.run()), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait((reading, stopping), return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            reading.result()
    finally:
        for task in (reading, stopping):
            task.cancel()
        await asyncio.gather(reading, stopping, return_exceptions=True)


def _error_printer(output: Output) -> "Callable[[int, WarehouseSyncError], None]":
    """Return a function that prints the error of a workspace, unless it is the same as the last one."""
    last: dict[int, str] = {}

    def print_error(workspace_id: int, error: "WarehouseSyncError") -> None:
        message = one_line(error)
        if last.get(workspace_id) != message:
            last[workspace_id] = message
            output.note(f"workspace {workspace_id}: {message}")

    return print_error
