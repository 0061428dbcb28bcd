"""Runs of many pipelines under a clock that is turned."""

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


async def test_three_days_of_hourly_runs_happen_in_a_moment(stocked: Api, pipeline: Document) -> None:
    """Turning the clock by three days gives the 72 hourly runs of those days, all successful, in order."""
    await stocked.post(PIPELINES, {**pipeline, "schedule": HOURLY})
    turned = await stocked.post("/_emulator/clock", {"advance": "3d"})
    assert turned.document == {"kind": "virtual", "now": "2023-02-06T23:53:08.413Z"}
    await stocked.sign_in()  # tokens expire by the same clock
    runs = await runs_of(stocked, "example-pipeline")
    assert len(runs) == 72
    assert {run["status"] for run in runs} == {"success"}
    assert [run["id"] for run in runs] == list(range(72, 0, -1))
    assert runs[0]["started_on"] == "2023-02-06T23:00:10Z"


@pytest.mark.parametrize("looked_at_first", ["a", "b"])
async def test_run_ids_do_not_depend_on_who_looks(
    stocked: Api, pipeline: Document, looked_at_first: str
) -> None:
    """Two pipelines' runs are numbered in the order they fall due, whichever is asked for first."""
    for name, start in (("a", "2023-02-04T00:00:00Z"), ("b", "2023-02-04T00:30:00Z")):
        await stocked.post(PIPELINES, {**pipeline, "id": name, "schedule": {**HOURLY, "start": start}})
    await stocked.post("/_emulator/clock", {"advance": "3h"})
    await runs_of(stocked, looked_at_first)
    assert [run["id"] for run in await runs_of(stocked, "a")] == [5, 3, 1]
    assert [run["id"] for run in await runs_of(stocked, "b")] == [6, 4, 2]


async def test_deleted_pipeline_runs_no_more(stocked: Api, pipeline: Document) -> None:
    """A pipeline that was deleted uses up no run ids, and one created anew under its id starts from nothing."""
    hourly = {**pipeline, "schedule": HOURLY}
    await stocked.post(PIPELINES, hourly)
    await stocked.delete(f"{PIPELINES}/example-pipeline")
    await stocked.post("/_emulator/clock", {"advance": "2h"})
    await stocked.post(PIPELINES, {**hourly, "schedule": {**HOURLY, "start": "2023-02-04T01:30:00Z"}})
    assert [run["id"] for run in await runs_of(stocked, "example-pipeline")] == [1]


async def test_paused_and_stopped_pipelines_stay_as_they_are(stocked: Api, pipeline: Document) -> None:
    """A paused pipeline reports `stopped` and syncs nothing, however far the clock is turned."""
    await stocked.post(PIPELINES, {**pipeline, "schedule": HOURLY, "state": "paused"})
    await stocked.post("/_emulator/clock", {"advance": "2h"})
    report = (await stocked.get(f"{PIPELINES}/example-pipeline/report")).document
    assert (report["status"], report["latest_pipeline_run"]) == ("stopped", None)


async def test_on_demand_vector_reads_as_the_table_says(
    stocked: Api, pipeline: Document, vector: object
) -> None:
    """The on-demand example syncs nothing by itself, then from `from` to the trigger."""
    example = vector("schedules/on-demand")  # type: ignore[operator]  # the fixture's function
    await stocked.post(PIPELINES, {**pipeline, **example})
    await stocked.post("/_emulator/clock", {"advance": "2h"})
    assert await runs_of(stocked, "example-pipeline") == []
    await stocked.post(f"{PIPELINES}/trigger", {"pipeline_id": "example-pipeline"})
    [run] = await runs_of(stocked, "example-pipeline")
    assert (run["range_start"], run["range_end"]) == ("2020-01-01T00:00:00Z", "2023-02-04T01:53:08.413Z")


async def test_once_vector_loads_the_year_2020(stocked: Api, pipeline: Document, vector: object) -> None:
    """The example that runs once does so at its creation, and loads the year 2020."""
    example = vector("schedules/once-full-2020")  # type: ignore[operator]  # the fixture's function
    await stocked.post(PIPELINES, {**pipeline, **example})
    [run] = await runs_of(stocked, "example-pipeline")
    assert (run["range_start"], run["range_end"]) == ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "body", [{}, {"advance": 3}, {"advance": "soon"}, {"advance": "-1d"}, {"advance": "999999y"}]
)
async def test_step_that_is_none_is_refused(api: Api, body: Document) -> None:
    """A step that is missing, malformed, backward or past the end of the calendar answers 400; the clock stays."""
    answer = await api.post("/_emulator/clock", body)
    assert (answer.status, len(answer.messages)) == (400, 1)
    assert (await api.get("/_emulator/clock")).document["now"] == "2023-02-03T23:53:08.413Z"


def test_clock_is_turned_from_python() -> None:
    """`advance` turns the emulator's clock, from the thread of a blocking test too."""
    start = datetime(2024, 2, 28, tzinfo=UTC)
    with Emulator(clock=VirtualClock(start)) as emulator:
        assert emulator.advance("1d12h") == emulator.now() == datetime(2024, 2, 29, 12, tzinfo=UTC)


def test_machine_clock_cannot_be_turned() -> None:
    """An emulator that goes by the machine's clock says how to get one that can be turned."""
    emulator = Emulator()
    with pytest.raises(ValueError, match="--clock virtual"):
        emulator.advance("1d")
    with pytest.raises(ValueError, match="`system` or `virtual`"):
        Emulator(clock="sundial")  # type: ignore[arg-type]  # the point of the test
    virtual = Emulator(clock="virtual")
    begun = virtual.now()
    assert virtual.advance("1h") - begun == timedelta(hours=1)
