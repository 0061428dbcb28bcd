"""Runs of many pipelines under a clock that advances."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from warehouse_sync.emulator import Emulator, VirtualClock

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document

PIPELINES = "/inputs/data-pipelines"
HOURLY = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}


async def runs_of(api: Api, pipeline_id: str) -> list[Document]:
    """Return every run of a pipeline, newest first."""
    items: list[Document] = (await api.get(f"{PIPELINES}/{pipeline_id}/runs?pageSize=1000")).document["items"]
    return items


async def test_three_days_of_hourly_runs_are_created(stocked: Api, pipeline: Document) -> None:
    """Advancing the clock by three days creates the 72 hourly runs in order, all successful."""
    await stocked.post(PIPELINES, {**pipeline, "schedule": HOURLY})
    advanced = await stocked.post("/_emulator/clock", {"advance": "3d"})
    assert advanced.document == {"kind": "virtual", "now": "2023-02-06T23:53:08.413Z"}
    await stocked.sign_in()  # tokens expire by the same clock
    runs = await runs_of(stocked, "example-pipeline")
    assert len(runs) == 72
    assert {run["status"] for run in runs} == {"success"}
    assert [run["id"] for run in runs] == list(range(72, 0, -1))
    assert runs[0]["started_on"] == "2023-02-06T23:00:10Z"


@pytest.mark.parametrize("looked_at_first", ["a", "b"])
async def test_run_ids_do_not_depend_on_requests(
    stocked: Api, pipeline: Document, looked_at_first: str
) -> None:
    """Runs of two pipelines are numbered in the order they are due, whichever is requested first."""
    for name, start in (("a", "2023-02-04T00:00:00Z"), ("b", "2023-02-04T00:30:00Z")):
        await stocked.post(PIPELINES, {**pipeline, "id": name, "schedule": {**HOURLY, "start": start}})
    await stocked.post("/_emulator/clock", {"advance": "3h"})
    await runs_of(stocked, looked_at_first)
    assert [run["id"] for run in await runs_of(stocked, "a")] == [5, 3, 1]
    assert [run["id"] for run in await runs_of(stocked, "b")] == [6, 4, 2]


async def test_deleted_pipeline_creates_no_runs(stocked: Api, pipeline: Document) -> None:
    """A deleted pipeline uses no run ids, and a new one with its id has no runs."""
    hourly = {**pipeline, "schedule": HOURLY}
    await stocked.post(PIPELINES, hourly)
    await stocked.delete(f"{PIPELINES}/example-pipeline")
    await stocked.post("/_emulator/clock", {"advance": "2h"})
    await stocked.post(PIPELINES, {**hourly, "schedule": {**HOURLY, "start": "2023-02-04T01:30:00Z"}})
    assert [run["id"] for run in await runs_of(stocked, "example-pipeline")] == [1]


async def test_paused_pipeline_does_not_sync(stocked: Api, pipeline: Document) -> None:
    """A paused pipeline reports `stopped` and does not sync, however far the clock advances."""
    await stocked.post(PIPELINES, {**pipeline, "schedule": HOURLY, "state": "paused"})
    await stocked.post("/_emulator/clock", {"advance": "2h"})
    report = (await stocked.get(f"{PIPELINES}/example-pipeline/report")).document
    assert (report["status"], report["latest_pipeline_run"]) == ("stopped", None)


async def test_on_demand_example_syncs_only_on_trigger(
    stocked: Api, pipeline: Document, vector: object
) -> None:
    """The on-demand example does not sync by schedule, then loads from `from` to the trigger."""
    example = vector("schedules/on-demand")  # type: ignore[operator]  # the fixture's function
    await stocked.post(PIPELINES, {**pipeline, **example})
    await stocked.post("/_emulator/clock", {"advance": "2h"})
    assert await runs_of(stocked, "example-pipeline") == []
    await stocked.post(f"{PIPELINES}/trigger", {"pipeline_id": "example-pipeline"})
    [run] = await runs_of(stocked, "example-pipeline")
    assert (run["range_start"], run["range_end"]) == ("2020-01-01T00:00:00Z", "2023-02-04T01:53:08.413Z")


async def test_once_example_loads_the_year_2020(stocked: Api, pipeline: Document, vector: object) -> None:
    """The example that runs once does so at its creation, and loads the year 2020."""
    example = vector("schedules/once-full-2020")  # type: ignore[operator]  # the fixture's function
    await stocked.post(PIPELINES, {**pipeline, **example})
    [run] = await runs_of(stocked, "example-pipeline")
    assert (run["range_start"], run["range_end"]) == ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "body", [{}, {"advance": 3}, {"advance": "soon"}, {"advance": "-1d"}, {"advance": "999999y"}]
)
async def test_invalid_clock_step_is_rejected(api: Api, body: Document) -> None:
    """A missing, malformed, negative or too long step is 400, and the clock stays."""
    response = await api.post("/_emulator/clock", body)
    assert (response.status, len(response.messages)) == (400, 1)
    assert (await api.get("/_emulator/clock")).document["now"] == "2023-02-03T23:53:08.413Z"


def test_clock_is_advanced_from_python() -> None:
    """`advance` advances the emulator's clock, also from the thread of a blocking test."""
    start = datetime(2024, 2, 28, tzinfo=UTC)
    with Emulator(clock=VirtualClock(start)) as emulator:
        assert emulator.advance("1d12h") == emulator.now() == datetime(2024, 2, 29, 12, tzinfo=UTC)


def test_system_clock_cannot_be_advanced() -> None:
    """An emulator with the system clock says how to get a virtual one."""
    emulator = Emulator()
    with pytest.raises(ValueError, match="--clock virtual"):
        emulator.advance("1d")
    with pytest.raises(ValueError, match="`system` or `virtual`"):
        Emulator(clock="sundial")  # type: ignore[arg-type]  # the point of the test
    virtual = Emulator(clock="virtual")
    begun = virtual.now()
    assert virtual.advance("1h") - begun == timedelta(hours=1)
