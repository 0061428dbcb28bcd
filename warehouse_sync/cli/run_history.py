"""Reading the runs of many pipelines, shared by `report` and `runs failures`."""

import http.client
import json
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from warehouse_sync.cli import bulk
from warehouse_sync.cli.errors import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from warehouse_sync import AsyncClient, Run
    from warehouse_sync.cli.output import Output

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CLOCK_TIMEOUT = 2.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The runs to read.

    Attributes:
        pipeline_ids: The pipelines; empty for all.
        start: The earliest logical date.
        most: The number of runs of a pipeline after which reading stops; `None` without a limit.
        keep: Whether to keep a run.
    """

    pipeline_ids: tuple[str, ...]
    start: datetime
    most: int | None = None
    keep: "Callable[[Run], bool]" = lambda _run: True


async def read_runs(client: "AsyncClient", selection: Selection, output: "Output") -> "dict[str, list[Run]]":
    """Read the runs of several pipelines at a time.

    Returns:
        The runs of each pipeline, by id in alphabetical order, or in the order of the selection.

    Raises:
        WarehouseSyncError: The first error of a pipeline, after all were tried.
    """
    ids: Iterable[str] = selection.pipeline_ids
    if not ids:
        ids = sorted(pipeline.id for pipeline in await client.pipelines.list())

    async def read(pipeline_id: str) -> "list[Run]":
        found: list[Run] = []
        async for run in client.runs.list(pipeline_id, start=selection.start):
            if selection.keep(run):
                found.append(run)
            if len(found) == selection.most:
                break
        return found

    outcomes = await bulk.for_each(
        ids, read, on_done=lambda done, total: output.progress(done, total, "pipelines")
    )
    for each in outcomes:
        if each.error is not None:
            raise each.error
    return {each.id: each.value or [] for each in outcomes}


def current_time(api_url: str) -> datetime:
    """Return the time of an emulator's clock, or else of this machine."""
    if urlsplit(api_url).hostname not in _LOOPBACK:
        return datetime.now(UTC)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{api_url}/_emulator/clock", timeout=_CLOCK_TIMEOUT) as response:
            return parse_datetime(json.load(response)["now"])
    except (OSError, ValueError, TypeError, KeyError, http.client.HTTPException, click.BadParameter):
        return datetime.now(UTC)  # another server
