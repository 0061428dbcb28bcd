"""State that lasts."""

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

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.emulator.conftest import Document, Vector

PIPELINES = "/inputs/data-pipelines"
HOURLY = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}


@asynccontextmanager
async def life(folder: Path, **settings: Any) -> AsyncIterator[tuple[Emulator, Api]]:
    """Run an emulator that keeps its state in a folder, with a client that is signed in."""
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


async def test_everything_is_there_after_a_restart(
    tmp_path: Path, vector: Vector, pipeline: Document
) -> None:
    """Resources, runs, seeded pasts, faulted pipelines, faults, limits and the clock of all workspaces are kept."""
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


async def test_life_goes_on_after_a_restart(tmp_path: Path, vector: Vector, pipeline: Document) -> None:
    """Schedules go on without a gap or a repeat, run ids count on, and changes after a restart are kept, too."""
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


async def test_batches_are_kept(tmp_path: Path, vector: Vector, pipeline: Document) -> None:
    """What was sent before a restart can be read after it, and what is sent afterwards follows."""
    warehouse = tmp_path / "shop"
    warehouse.mkdir()
    (warehouse / "tickets.csv").write_text("email,updated_on\na@example.com,2023-02-01\n", "utf-8")  # small
    model = {**vector("data-models/create.request"), "config": {"sql_query": "SELECT * FROM mp.x.tickets"}}
    lines = []
    for expected in (0, 1):
        async with life(tmp_path / "state", warehouse=warehouse) as (emulator, api):
            async with api.session.get(f"{emulator.url}/_emulator/batches") as answer:
                lines = (await answer.text()).splitlines()
            assert len(lines) == expected
            if not lines:
                await api.post("/connections", vector("connections/create-databricks.request"))
                await api.post("/data-models", model)
                await api.post(PIPELINES, {**pipeline, "sync_mode": {"type": "full"}})
                await api.post(f"{PIPELINES}/trigger", {"pipeline_id": "example-pipeline"})
                emulator.advance("1m")
    assert '"email":"a@example.com"' in lines[0]


async def test_reset_is_kept(tmp_path: Path, vector: Vector, pipeline: Document) -> None:
    """After a reset nothing comes back, and what is created next is kept."""
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
    """Neither a warehouse's password nor the emulator's own credential nor a token is in the file."""
    async with life(tmp_path) as (_, api):
        await api.post("/connections", vector("connections/create-snowflake.request"))
        await api.post("/connections", vector("connections/create-bigquery.request"))
        token = api.token
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())  # noqa: ASYNC240  # small
    for secret in ("mParticleSecurePassword", "BEGIN PRIVATE KEY", "emu_secret", token):
        assert secret.encode() not in stored


async def test_limits_asked_for_win_over_kept_ones(tmp_path: Path) -> None:
    """Limits given at the start replace those that were kept."""
    async with life(tmp_path, limits=Limits(columns=7)):
        pass
    async with life(tmp_path, limits=Limits(columns=8)) as (_, api):
        assert (await api.get("/_emulator/limits")).document["columns"] == 8


async def test_state_belongs_to_one_emulator(tmp_path: Path) -> None:
    """A second emulator of the same folder is refused while the first one runs, and only then."""
    async with life(tmp_path):
        with pytest.raises(StateError, match="in use by another emulator"):
            Emulator(state=tmp_path)
    async with life(tmp_path):
        pass


@pytest.mark.parametrize("content", [b"nothing like a database" * 50, b"half"])
def test_state_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    """A file that is no state is named, and left as it is."""
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StateError, match="cannot be used"):
        Emulator(state=tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


async def test_change_that_cannot_be_saved_is_not_acknowledged(
    tmp_path: Path, vector: Vector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When saving fails the answer is 500, and the log says why."""
    async with life(tmp_path) as (emulator, api):

        def full() -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(emulator._sqlite_store, "save", full)
        answer = await api.post("/data-models", vector("data-models/create.request"))
        assert answer.status == 500
        assert "disk is full" in caplog.text


def test_emulator_can_be_entered_again_with_its_state(tmp_path: Path) -> None:
    """Left and entered again, an emulator goes on with what it has in memory and still saves."""
    emulator = Emulator(state=tmp_path)
    for number in (1, 2):
        with emulator:
            assert emulator.seed(pipelines=1, runs=0) == [f"seeded-pipeline-0000{number}"]
    with Emulator(state=tmp_path) as other:
        assert other.count_seeded() == 2


async def test_many_clients_of_several_workspaces_write_at_once(tmp_path: Path, vector: Vector) -> None:
    """What fifty clients create at the same time in two workspaces is all kept, each in its own."""
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
