"""Persistent state."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.emulator.conftest import NOW, Api
from warehouse_sync.emulator import Emulator, Limits, VirtualClock
from warehouse_sync.emulator.persistence import FILE, StateError
from warehouse_sync.emulator.state import event_batches

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.emulator.conftest import Document, Vector

PIPELINES = "/inputs/data-pipelines"
HOURLY = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}


@asynccontextmanager
async def life(folder: Path, **settings: Any) -> AsyncIterator[tuple[Emulator, Api]]:
    """Run an emulator that saves its state in a folder, with a client that has a token."""
    async with AsyncExitStack() as stack:
        emulator = Emulator(state=folder, clock=VirtualClock(NOW), queued=10, running=20, **settings)
        await stack.enter_async_context(emulator)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        api = Api(session, emulator.url)
        await api.sign_in()
        yield emulator, api


async def everything(api: Api) -> Document:
    """Return all that the API and the control routes show, of two workspaces."""
    found: Document = {}
    for workspace in (5328, 9):
        base = f"/platform/v2/workspaces/{workspace}"
        for path in ("/connections", "/data-models", PIPELINES):
            found[f"{workspace}{path}"] = (await api.get(base + path)).document
        for pipeline in found[f"{workspace}{PIPELINES}"]:
            place = f"{base}{PIPELINES}/{pipeline['id']}"
            for path in ("report", "runs?pageSize=500"):
                found[f"{workspace}{pipeline['id']}{path}"] = (await api.get(f"{place}/{path}")).document
    for path in ("clock", "limits", "faults"):
        found[path] = (await api.get(f"/_emulator/{path}")).document
    return found


async def stock(api: Api, vector: Vector, pipeline: Document) -> None:
    """Create a connection, a data model and two pipelines, one of them hourly."""
    await api.post("/connections", vector("connections/create-databricks.request"))
    await api.post("/data-models", vector("data-models/create.request"))
    assert (await api.post(PIPELINES, pipeline)).status == 200
    assert (await api.post(PIPELINES, {**pipeline, "id": "hourly", "schedule": HOURLY})).status == 200


async def test_state_survives_a_restart(tmp_path: Path, vector: Vector, pipeline: Document) -> None:
    """Resources, runs, seeded runs, faulted pipelines, faults, limits and the clock are restored."""
    async with life(tmp_path) as (emulator, api):
        await stock(api, vector, pipeline)
        emulator.seed(pipelines=2, runs=30, failed_every=4, workspace_id=9)
        emulator.fail_next_run("hourly", message="No.")
        emulator.advance("2h")
        emulator.fail_next_run("example-pipeline", message="Later.")
        emulator.fault("GET */nowhere", status=503, count=3, headers={"A": "b"})
        await api.put("/_emulator/limits", {"columns": 7})
        await api.post(f"{PIPELINES}/trigger", {"pipeline_id": "example-pipeline"})
        before = await everything(api)
    async with life(tmp_path) as (emulator, api):
        assert await everything(api) == before
        assert before["5328hourlyreport"]["status"] == "faulted"
        assert before["5328example-pipelinereport"]["status"] == "running"
        assert emulator.advance("1m") == NOW + timedelta(hours=2, minutes=1)
        report = (await api.get(f"{PIPELINES}/example-pipeline/report")).document
        assert report["errors"] == [{"message": "Later."}]


async def test_schedules_continue_after_a_restart(tmp_path: Path, vector: Vector, pipeline: Document) -> None:
    """Schedules continue without a gap or a repeat, run ids continue, and later changes are saved."""
    async with life(tmp_path) as (emulator, api):
        await stock(api, vector, pipeline)
        emulator.advance("2h")
    async with life(tmp_path) as (emulator, api):
        emulator.advance("2h")
        await api.put(
            "/connections/example-databricks-connection",
            {**vector("connections/create-databricks.request"), "name": "Renamed"},
        )
        await api.delete(f"{PIPELINES}/example-pipeline")
    async with life(tmp_path) as (_, api):
        items = (await api.get(f"{PIPELINES}/hourly/runs")).document["items"]
        assert [run["id"] for run in items] == [4, 3, 2, 1]
        assert [run["range_start"] for run in items[:-1]] == [run["range_end"] for run in items[1:]]
        assert (await api.get("/connections/example-databricks-connection")).document["name"] == "Renamed"
        assert (await api.get(f"{PIPELINES}/example-pipeline")).status == 404


async def test_batches_survive_a_restart(tmp_path: Path, vector: Vector, pipeline: Document) -> None:
    """Batches from before a restart can be read after it, followed by new ones."""
    warehouse = tmp_path / "shop"
    warehouse.mkdir()
    (warehouse / "tickets.csv").write_text("email,updated_on\na@example.com,2023-02-01\n", "utf-8")  # small
    model = {**vector("data-models/create.request"), "config": {"sql_query": "SELECT * FROM mp.x.tickets"}}
    lines = []
    for expected in (0, 1):
        async with life(tmp_path / "state", warehouse=warehouse) as (emulator, api):
            async with api.session.get(f"{emulator.url}/_emulator/batches") as response:
                lines = (await response.text()).splitlines()
            assert len(lines) == expected
            if not lines:
                await api.post("/connections", vector("connections/create-databricks.request"))
                await api.post("/data-models", model)
                await api.post(PIPELINES, {**pipeline, "sync_mode": {"type": "full"}})
                await api.post(f"{PIPELINES}/trigger", {"pipeline_id": "example-pipeline"})
                emulator.advance("1m")
    assert '"email":"a@example.com"' in lines[0]


def saved_batches(emulator: Emulator) -> int:
    """Return how many batches the file has."""
    assert emulator._sqlite_store is not None
    assert emulator._sqlite_store._connection is not None
    [count] = emulator._sqlite_store._connection.execute("SELECT COUNT(*) FROM batch").fetchone()
    return int(count)


async def test_saved_batches_are_bounded(
    tmp_path: Path, vector: Vector, pipeline: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has the batches that the memory has, and no more, also after a reset."""
    monkeypatch.setattr(event_batches, "MAX_BATCHES", 3)
    warehouse = tmp_path / "shop"
    warehouse.mkdir()
    (warehouse / "tickets.csv").write_text(
        "email,updated_on\na@example.com,2023-02-01\nb@example.com,2023-02-01\n"
    )
    model = {**vector("data-models/create.request"), "config": {"sql_query": "SELECT * FROM mp.x.tickets"}}
    async with life(tmp_path / "state", warehouse=warehouse) as (emulator, api):
        for expected in (2, 3, 3):
            await api.post("/connections", vector("connections/create-databricks.request"))
            await api.post("/data-models", model)
            await api.post(PIPELINES, {**pipeline, "sync_mode": {"type": "full"}})
            await api.post(f"{PIPELINES}/trigger", {"pipeline_id": "example-pipeline"})
            emulator.advance("1m")
            assert saved_batches(emulator) == expected
        emulator.reset()
        assert saved_batches(emulator) == 0


async def test_reset_survives_a_restart(tmp_path: Path, vector: Vector, pipeline: Document) -> None:
    """After a reset nothing is restored, and new resources are saved."""
    async with life(tmp_path) as (emulator, api):
        await stock(api, vector, pipeline)
        emulator.reset()
    async with life(tmp_path) as (_, api):
        assert (await api.get("/connections")).document == []
        await stock(api, vector, pipeline)
        await api.post("/_emulator/reset", {})
        await api.post("/data-models", vector("data-models/create.request"))
    async with life(tmp_path) as (_, api):
        assert (await api.get("/connections")).document == []
        assert len((await api.get("/data-models")).document) == 1


async def test_no_secret_is_stored(tmp_path: Path, vector: Vector) -> None:
    """The file has no warehouse password, no credential and no token."""
    async with life(tmp_path) as (_, api):
        await api.post("/connections", vector("connections/create-snowflake.request"))
        await api.post("/connections", vector("connections/create-bigquery.request"))
        token = api.token
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())  # noqa: ASYNC240 - small
    for secret in ("mParticleSecurePassword", "BEGIN PRIVATE KEY", "emu_secret", token):
        assert secret.encode() not in stored


async def test_given_limits_replace_saved_limits(tmp_path: Path) -> None:
    """Limits passed to the emulator replace saved ones."""
    async with life(tmp_path, limits=Limits(columns=7)):
        pass
    async with life(tmp_path, limits=Limits(columns=8)) as (_, api):
        assert (await api.get("/_emulator/limits")).document["columns"] == 8


async def test_state_is_used_by_one_emulator(tmp_path: Path) -> None:
    """A second emulator of the same folder fails while the first one runs."""
    async with life(tmp_path):
        with pytest.raises(StateError, match="in use by another emulator"):
            Emulator(state=tmp_path)
    async with life(tmp_path):
        pass


@pytest.mark.parametrize("content", [b"nothing like a database" * 50, b"half"])
def test_unreadable_state_is_an_error(tmp_path: Path, content: bytes) -> None:
    """A file that is not a state is named in the error and left unchanged."""
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StateError, match="cannot be used"):
        Emulator(state=tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


async def test_unsaved_change_is_not_acknowledged(
    tmp_path: Path, vector: Vector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """If saving fails, the response is 500 and the reason is logged."""
    async with life(tmp_path) as (emulator, api):

        def full() -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(emulator._sqlite_store, "save", full)
        response = await api.post("/data-models", vector("data-models/create.request"))
        assert response.status == 500
        assert "disk is full" in caplog.text


def test_emulator_with_state_can_be_restarted(tmp_path: Path) -> None:
    """An emulator that is entered again keeps its memory and still saves."""
    emulator = Emulator(state=tmp_path)
    for number in (1, 2):
        with emulator:
            assert emulator.seed(pipelines=1, runs=0) == [f"seeded-pipeline-0000{number}"]
    with Emulator(state=tmp_path) as other:
        assert other.count_seeded() == 2


async def test_concurrent_writes_are_all_saved(tmp_path: Path, vector: Vector) -> None:
    """All that fifty clients create concurrently in two workspaces is saved."""
    model = vector("data-models/create.request")
    async with life(tmp_path) as (_, api):

        async def create(number: int) -> None:
            path = f"/platform/v2/workspaces/{1 + number % 2}/data-models"
            assert (await api.post(path, {**model, "id": f"model-{number}"})).status == 200

        await asyncio.gather(*(create(number) for number in range(50)))
    async with life(tmp_path) as (_, api):
        for workspace in (1, 2):
            kept = (await api.get(f"/platform/v2/workspaces/{workspace}/data-models")).document
            expected = {f"model-{number}" for number in range(50) if 1 + number % 2 == workspace}
            assert {each["id"] for each in kept} == expected
