"""`warehouse-sync emulator`: run a local emulator."""

import asyncio
import contextlib
import json
import shlex
from pathlib import Path
from typing import Any, Literal

import click

from warehouse_sync.cli import serving
from warehouse_sync.cli.field_transformations import read_field_transformations
from warehouse_sync.cli.output import Output, text_options
from warehouse_sync.emulator import Clock, Emulator, Fault, Limits, VirtualClock
from warehouse_sync.emulator.persistence import StateError
from warehouse_sync.emulator.runs.dates import parse_timestamp
from warehouse_sync.emulator.server import RemoteAddressError


def read_limits(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> dict[str, Any]:
    """Parse the values of `--limit`.

    Raises:
        BadParameter: The limit does not exist, or the value is invalid.
    """
    pairs = (text.partition("=") for text in texts)
    changes = {name: _limit(value) for name, _, value in pairs}
    try:
        Limits().with_changes(changes)
    except ValueError as error:
        raise click.BadParameter(
            f"{error} Examples: --limit active_pipelines=50, --limit catch_up_daily=30d, --limit columns=none"
        ) from error
    return changes


# Longer numbers are no limit, and Python refuses to read thousands of digits.
_MAX_DIGITS = 18


def _limit(value: str) -> int | str | None:
    if value == "none":
        return None
    return int(value) if value.isdecimal() and len(value) <= _MAX_DIGITS else value


def read_faults(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Fault, ...]:
    """Parse the values of `--fault`.

    Raises:
        BadParameter: The fault is invalid.
    """
    try:
        return tuple(Fault.read(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(
            f"{error} Example: --fault 'GET */report status=503 count=2 header.Retry-After=3'"
        ) from error


@click.command()
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option(
    "--port", default=8080, type=click.IntRange(0, 65535), help="Port to listen on; 0 selects a free port."
)
@click.option("--allow-remote", is_flag=True, help="Allow a --host that other machines can reach.")
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Also accept requests with this Host header; repeatable.",
)
@click.option(
    "--workspace-id",
    default=5328,
    type=click.IntRange(1),
    help="Workspace id in the printed settings.",
)
@click.option(
    "--clock",
    default="system",
    type=click.Choice(["system", "virtual"]),
    help="Clock of the machine, or a clock that POST /_emulator/clock advances.",
)
@click.option(
    "--clock-start",
    metavar="MOMENT",
    show_default="now",
    help="Start of the virtual clock, such as 2024-01-31T12:00:00Z.",
)
@click.option(
    "--warehouse",
    metavar="PATH",
    help="DuckDB file, or folder of CSV and Parquet files, on which data models run their SQL.",
)
@click.option(
    "--state",
    metavar="DIR",
    show_default="in memory",
    help="Folder that keeps all resources and runs across restarts.",
)
@click.option(
    "--queued", default=0.05, type=click.FloatRange(0), metavar="SECONDS", help="Time that a run is queued."
)
@click.option(
    "--running", default=0.1, type=click.FloatRange(0), metavar="SECONDS", help="Time that a run takes."
)
@click.option(
    "--limit",
    "moved",
    multiple=True,
    metavar="NAME=VALUE",
    callback=read_limits,
    help="Change a limit, such as active_pipelines=50 or columns=none; repeatable. GET /_emulator/limits lists all.",
)
@click.option(
    "--limits",
    "limit_set",
    default="2026",
    type=click.Choice(["2026", "2023"]),
    help="Documented limits to start with, by their year.",
)
@click.option("--no-limits", is_flag=True, help="Start without limits.")
@click.option(
    "--strict-timing", is_flag=True, help="Return 404 for the report of a pipeline in its first minute."
)
@click.option(
    "--data-plan",
    "data_plans",
    multiple=True,
    metavar="ID[:VERSION[:ENVIRONMENT]]",
    help="Start with a data plan, such as orders:2:production; repeatable.",
)
@click.option(
    "--field-transformation",
    "transformation_files",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Start with the field transformations that a file or folder declares; repeatable.",
)
@click.option("--lenient-sql", is_flag=True, help="Accept WITH in data models; the platform does not.")
@click.option(
    "--run-order",
    default="newest",
    type=click.Choice(["newest", "oldest", "shuffled"]),
    help="Order of runs in a list; the platform promises none.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="TEXT",
    callback=read_faults,
    help="Start with a fault, such as 'GET */report status=503 count=2'; repeatable.",
)
@click.option(
    "--seed-pipelines",
    default=0,
    type=click.IntRange(0),
    metavar="N",
    help="Start with this many pipelines that have past runs.",
)
@click.option(
    "--seed-runs",
    default=1000,
    type=click.IntRange(0),
    metavar="N",
    help="Past runs of each seeded pipeline.",
)
@text_options
def emulator(  # noqa: PLR0913 - one argument per option
    *,
    host: str,
    port: int,
    clock: Literal["system", "virtual"],
    clock_start: str | None,
    moved: dict[str, Any],
    limit_set: str,
    no_limits: bool,
    transformation_files: tuple[Path, ...],
    faults: tuple[Fault, ...],
    seed_pipelines: int,
    seed_runs: int,
    output: Output,
    **settings: Any,  # noqa: ANN401 - options that are arguments of `Emulator`
) -> None:
    """Run a local emulator of the Warehouse Sync API.

    When it accepts connections, it prints its URL and the settings of a client as `export` lines, or with --json as one
    line of JSON. It runs until Ctrl-C and then exits with 0.

    Example: warehouse-sync emulator --port 8080 --seed-pipelines 300
    """
    transformations = [each for path in transformation_files for each in read_field_transformations(path)]
    try:
        served = Emulator(
            host=host,
            port=port,
            clock=_clock(clock, clock_start),
            limits=(Limits.none() if no_limits else Limits.named(limit_set)).with_changes(moved),
            field_transformations=transformations,
            **settings,
        )
        for fault in faults:
            served.add_fault(fault)
    except RemoteAddressError as error:
        raise click.ClickException(
            f"{host} can be reached by other machines; pass --allow-remote to allow that."
        ) from error
    except (ValueError, StateError) as error:
        raise click.ClickException(str(error.args[0])) from error
    missing = seed_pipelines - served.count_seeded()
    if missing > 0:
        served.seed(pipelines=missing, runs=seed_runs)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(served, host, port, output))


def _clock(kind: Literal["system", "virtual"], start: str | None) -> Clock | Literal["system", "virtual"]:
    if start is None:
        return kind
    moment = parse_timestamp(start)
    if kind == "system" or moment is None:
        raise click.UsageError(
            "--clock-start takes a time such as 2024-01-31T12:00:00Z and requires --clock virtual."
        )
    return VirtualClock(moment)


async def _serve(served: Emulator, host: str, port: int, output: Output) -> None:
    stopped = serving.stop_event()
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(served)
        except OSError as error:
            raise click.ClickException(serving.cannot_listen(host, port, error)) from error
        _announce(served, output)
        await stopped.wait()


def _announce(served: Emulator, output: Output) -> None:
    settings = {
        f"WAREHOUSE_SYNC_{name.upper()}": str(value) for name, value in served.client_options().items()
    }
    exports = (f"export {name}={shlex.quote(value)}" for name, value in settings.items())
    if output.format == "json":
        click.echo(json.dumps({"url": served.url, "settings": settings}))
    else:
        click.echo("\n".join((f"listening on {served.url}", *exports)))
    problem = served.warehouse_problem()
    if problem:
        output.note(f"warning: the warehouse cannot be opened, so connections are rejected: {problem}")
