"""The modules that a request passes, from the call to the socket and back."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import warehouse_sync
from tests.support.peer import Peer, reply
from warehouse_sync import AsyncClient
from warehouse_sync.transport.aiohttp_internals import is_supported

PACKAGE = Path(warehouse_sync.__file__).parent
REPORT = {
    "pipeline_id": "p1",
    "status": "idle",
    "latest_pipeline_run": {"id": 1, "pipeline_id": "p1", "type": "manual", "status": "success"},
}
FILES = {
    "resources/pipelines.py",
    "models/references.py",
    "transport/sender.py",
    "transport/pool.py",
    "transport/deadlines.py",
    "transport/exchange.py",
    "transport/aiohttp_internals.py",
    "transport/response.py",
    "wire/fast.py",
}
MAX_SWITCHES = 15


@contextmanager
def recorded_calls() -> Iterator[list[str]]:
    """Record the file of each function of the package that this thread calls or resumes."""
    files: list[str] = []

    def record(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            files.append(path.relative_to(PACKAGE).as_posix())

    before = sys.getprofile()
    sys.setprofile(record)
    try:
        yield files
    finally:
        sys.setprofile(before)


@pytest.mark.skipif(not is_supported(), reason="the request goes through ClientSession")
@pytest.mark.parametrize("by_id", [True, False], ids=["id", "object"])
async def test_warm_report_passes_few_modules(peer: Peer, *, by_id: bool) -> None:
    """A reader follows a report through few files, with few changes between them."""
    peer.serve("GET *", reply(200, REPORT))
    async with AsyncClient(**peer.options()) as client:
        warm = await client.pipelines.report("p1")
        pipeline: Any = "p1" if by_id else warm
        pipelines = client.pipelines
        with recorded_calls() as files:
            await pipelines.report(pipeline)
    assert set(files) == FILES
    assert sum(before != after for before, after in pairwise(files)) <= MAX_SWITCHES
