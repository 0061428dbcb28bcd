"""``warehouse-sync emulator``: the emulator, until it is told to stop."""

import asyncio
import contextlib
import errno
import shlex
import signal

import click

from warehouse_sync.emulator import Emulator


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option("--allow-remote", is_flag=True, help="Permit an address that other machines can reach.")
@click.option(
    "--allowed-host", multiple=True, metavar="NAME", help="Answer to this host name too; repeatable."
)
@click.option(
    "--workspace-id",
    default=5328,
    show_default=True,
    type=click.IntRange(1),
    help="Workspace of the settings.",
)
@click.option(
    "--queued", default=0.05, show_default=True, type=click.FloatRange(0), help="Seconds a run is queued."
)
@click.option(
    "--running", default=0.1, show_default=True, type=click.FloatRange(0), help="Seconds a run then runs."
)
@click.option("--seed-pipelines", default=0, type=click.IntRange(0), help="Begin with this many pipelines.")
@click.option(
    "--seed-runs", default=1000, show_default=True, type=click.IntRange(0), help="Past runs of each of them."
)
def emulator(  # noqa: PLR0913  # the options
    *,
    host: str,
    port: int,
    allow_remote: bool,
    allowed_host: tuple[str, ...],
    workspace_id: int,
    queued: float,
    running: float,
    seed_pipelines: int,
    seed_runs: int,
) -> None:
    """Serve the Warehouse Sync API on this machine, until Ctrl-C.

    Once it accepts connections it prints its address, and the settings of a client as `export` lines. Its state
    lies in memory and is gone when it ends.

    Example: warehouse-sync emulator --port 8080 --seed-pipelines 300
    """
    try:
        served = Emulator(
            host=host,
            port=port,
            allow_remote=allow_remote,
            allowed_hosts=allowed_host,
            workspace_id=workspace_id,
            queued=queued,
            running=running,
        )
    except ValueError as error:
        raise click.ClickException(
            f"{host} can be reached by other machines; add --allow-remote if you mean it."
        ) from error
    if seed_pipelines:
        served.seed(pipelines=seed_pipelines, runs=seed_runs)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(served, host, port))


async def _serve(served: Emulator, host: str, port: int) -> None:
    stopped = asyncio.Event()
    _stop_on_signals(stopped)
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(served)
        except OSError as error:
            raise click.ClickException(_cannot_listen(host, port, error)) from error
        _announce(served)
        await stopped.wait()


def _stop_on_signals(stopped: asyncio.Event) -> None:
    # Not on Windows, where Ctrl-C arrives as KeyboardInterrupt.
    with contextlib.suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)


def _announce(served: Emulator) -> None:
    click.echo(f"listening on {served.url}")
    for name, value in served.client_options().items():
        click.echo(f"export WAREHOUSE_SYNC_{name.upper()}={shlex.quote(str(value))}")


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use; choose another with --port, or --port 0 for a free one."
    return f"Cannot listen on port {port} of {host}: {error.strerror or error}."
