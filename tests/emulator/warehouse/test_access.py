"""Access to the state during slow queries, and what happens to the queries at the end."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from attrs import define, field

from tests.emulator.conftest import Api
from warehouse_sync.emulator import Emulator
from warehouse_sync.emulator.warehouse.engine import WarehouseSession

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emulator.conftest import Document, Vector
    from warehouse_sync.emulator import VirtualClock

PIPELINES = "/inputs/data-pipelines"
TRIGGER = f"{PIPELINES}/trigger"
ENDLESS = (
    "SELECT 'a' AS email, CAST('2023-02-01' AS TIMESTAMP) AS updated_on "
    "FROM range(1000000000000) AS a WHERE a.id % 7 = 9"
)


@define
class Hold:
    """Blocks queries."""

    started: Event = field(factory=Event)
    released: Event = field(factory=Event)

    async def wait_for_query(self) -> None:
        """Wait until a query is blocked."""
        assert await asyncio.to_thread(self.started.wait, 60)


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Block every query until it is released."""
    held, columns = Hold(), WarehouseSession.columns

    def wait(session: WarehouseSession, sql: str) -> Any:
        held.started.set()
        assert held.released.wait(60)
        return columns(session, sql)

    monkeypatch.setattr(WarehouseSession, "columns", wait)
    return held


async def test_slow_query_delays_no_read(stocked: Api, pipeline: Document, hold: Hold) -> None:
    """While a query is executed, everything can be read as it was before the run; then the run appears."""
    await stocked.post(PIPELINES, pipeline)
    trigger = asyncio.create_task(stocked.post(TRIGGER, {"pipeline_id": pipeline["id"]}))
    await hold.wait_for_query()
    paths = (f"{PIPELINES}/{pipeline['id']}", PIPELINES, "/connections", "/_emulator/health", "/openapi.json")
    assert [(await stocked.get(path)).status for path in paths] == [200] * len(paths)
    assert (await stocked.get("/_emulator/overview")).document["found"] == 1
    assert (await stocked.get(f"{PIPELINES}/{pipeline['id']}/report")).document["latest_pipeline_run"] is None
    await stocked.sign_in()
    assert not trigger.done()
    hold.released.set()
    run_id = (await trigger).document["pipeline_run_id"]
    latest = (await stocked.get(f"{PIPELINES}/{pipeline['id']}/report")).document["latest_pipeline_run"]
    assert latest["id"] == run_id


async def test_writes_wait_for_the_query(stocked: Api, pipeline: Document, hold: Hold) -> None:
    """Writes that arrive during a query happen after its run, in the order they arrived."""
    ids = ["c", "a", "b"]
    for name in ids:
        await stocked.post(PIPELINES, {**pipeline, "id": name})
    triggers = [asyncio.create_task(stocked.post(TRIGGER, {"pipeline_id": ids[0]}))]
    await hold.wait_for_query()
    for name in ids[1:]:
        triggers.append(asyncio.create_task(stocked.post(TRIGGER, {"pipeline_id": name})))
        await stocked.get("/connections")  # by its response the trigger has arrived, too
    deletion = asyncio.create_task(stocked.delete(f"{PIPELINES}/c"))
    await stocked.get("/connections")
    assert not any(task.done() for task in (*triggers, deletion))
    hold.released.set()
    run_ids = [(await trigger).document["pipeline_run_id"] for trigger in triggers]
    assert run_ids == sorted(run_ids)
    assert (await deletion).status == 204


async def test_reads_during_queries_change_no_run(
    stocked: Api, emulator: Emulator, pipeline: Document, clock: VirtualClock
) -> None:
    """Run ids and counts are the same with and without reads while the clock advances."""
    hourly = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}
    for name in ("first", "second"):
        await stocked.post(PIPELINES, {**pipeline, "id": name, "schedule": hourly})
    advancing = asyncio.create_task(stocked.post("/_emulator/clock", {"advance": "6h"}))
    while not advancing.done():
        await stocked.get(f"{PIPELINES}/second/runs")
    shown = [
        (await stocked.get(f"{PIPELINES}/{name}/runs")).document["items"] for name in ("first", "second")
    ]
    assert [[run["id"] for run in runs] for runs in shown] == [[11, 9, 7, 5, 3, 1], [12, 10, 8, 6, 4, 2]]
    assert sum(run["successful_records"] for runs in shown for run in runs) == 2 * 3


async def test_first_read_executes_a_due_run(stocked: Api, pipeline: Document, clock: VirtualClock) -> None:
    """The first read after a run became due has it executed, and shows it."""
    hourly = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}
    await stocked.post(PIPELINES, {**pipeline, "schedule": hourly})
    clock.advance("8m")
    assert (await stocked.get(f"{PIPELINES}/{pipeline['id']}/runs")).document["total_items"] == 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Event:
    """An event that is set when the rows of a run are counted."""
    event, number = Event(), WarehouseSession.number

    def count(session: WarehouseSession, sql: str) -> int:
        event.set()
        return number(session, sql)

    monkeypatch.setattr(WarehouseSession, "number", count)
    return event


async def start_endless(
    emulator: Emulator, vector: Vector, pipeline: Document, started: Event
) -> asyncio.Task[object]:
    """Let a client trigger a pipeline whose query never ends; return the client once the query is executed."""

    async def trigger() -> None:
        async with aiohttp.ClientSession() as session:
            api = Api(session, emulator.url)
            await api.sign_in()
            await api.post("/connections", vector("connections/create-databricks.request"))
            model = {**vector("data-models/create.request"), "config": {"sql_query": ENDLESS}}
            await api.post("/data-models", model)
            assert (await api.post(PIPELINES, pipeline)).status == 200
            await api.post(TRIGGER, {"pipeline_id": pipeline["id"]})

    client = asyncio.create_task(trigger())
    assert await asyncio.to_thread(started.wait, 60)
    return client


async def test_stop_cancels_the_query(
    warehouse: Path, tmp_path: Path, vector: Vector, pipeline: Document, started: Event
) -> None:
    """An emulator that stops waits for no query, saves nothing of its run, and repeats it after a restart."""

    def life() -> Emulator:
        return Emulator(warehouse=warehouse, state=tmp_path / "state")

    async with life() as emulator:
        client = await start_endless(emulator, vector, pipeline, started)
        ending = time.monotonic()
    assert time.monotonic() - ending < 60
    with pytest.raises(aiohttp.ClientError):
        await client
    async with life() as again:
        workspace = again._store.workspace("5328")
        assert workspace.data_models.get(pipeline["data_model_id"]).problem is None
        assert len(workspace.pipelines.get(pipeline["id"]).scheduler.log) == 0


async def test_restarted_emulator_has_the_cancelled_run(
    warehouse: Path, vector: Vector, pipeline: Document, clock: VirtualClock, started: Event
) -> None:
    """Without a saved state, the run is shown as failed with the reason; the model stays valid."""
    emulator = Emulator(warehouse=warehouse, clock=clock)
    async with emulator:
        client = await start_endless(emulator, vector, pipeline, started)
    with pytest.raises(aiohttp.ClientError):
        await client
    async with emulator:
        workspace = emulator._store.workspace("5328")
        [run] = workspace.pipelines.get(pipeline["id"]).scheduler.log.created()
        assert run.failure == "The emulator was stopped during the query."
        assert workspace.data_models.get(pipeline["data_model_id"]).problem is None


def test_blocking_advance_delays_no_request(
    warehouse: Path, vector: Vector, pipeline: Document, clock: VirtualClock, hold: Hold
) -> None:
    """An `advance` that executes a query delays no request to an emulator in a background thread."""
    with Emulator(warehouse=warehouse, clock=clock) as emulator, ThreadPoolExecutor(1) as others:
        [name] = emulator.seed(pipelines=1, runs=0)
        scheduler = emulator._store.workspace("5328").pipelines.get(name).scheduler
        triggered = others.submit(emulator._write, lambda: scheduler.trigger(clock.now()))
        assert hold.started.wait(60)
        with urllib.request.urlopen(f"{emulator.url}/_emulator/overview") as response:  # noqa: S310 - our own address
            assert json.load(response)["pipelines"][0]["count"] == 0
        hold.released.set()
        assert triggered.result().id == 1


def test_kept_reports_end_when_a_query_starts() -> None:
    """Reads during a query see what the write has changed so far."""
    store = Emulator()._store
    before = store.version
    with store.lock, store.unlocked():
        assert store.version != before
