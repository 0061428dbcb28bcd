"""Seeded pipelines."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from warehouse_sync.emulator import Emulator

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document
    from warehouse_sync.emulator import VirtualClock

PIPELINES = "/inputs/data-pipelines"


async def test_seed_is_deterministic(api: Api, emulator: Emulator) -> None:
    """Two workspaces seeded alike differ only in the ids of their runs."""

    async def runs(workspace_id: int) -> list[Document]:
        emulator.seed(pipelines=2, runs=30, failed_every=7, workspace_id=workspace_id)
        path = f"/platform/v2/workspaces/{workspace_id}{PIPELINES}/seeded-pipeline-00002/runs"
        items: list[Document] = (await api.get(path)).document["items"]
        return [{**run, "id": 0, "successful_records": 0, "failed_records": 0} for run in items]

    assert await runs(1) == await runs(2)


async def test_seeded_runs_have_ended(api: Api, emulator: Emulator) -> None:
    """Every seeded run has ended, hourly without a gap; the newest succeeded and the pipeline is idle."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=10, failed_every=3)
    items = (await api.get(f"{PIPELINES}/{pipeline_id}/runs")).document["items"]
    assert [run["status"] for run in items] == ["success", "success", "failed"] * 3 + ["success"]
    assert [run["range_start"] for run in items[:-1]] == [run["range_end"] for run in items[1:]]
    assert items[0]["ended_on"] < "2023-02-03T23:53:08"
    report = (await api.get(f"{PIPELINES}/{pipeline_id}/report")).document
    assert report["status"] == "idle"
    assert report["latest_pipeline_run"] == items[0]
    assert report["latest_successful_pipeline_run_id"] == items[0]["id"] == 10


async def test_second_seed_continues_the_ids(emulator: Emulator) -> None:
    """A second seed adds pipelines with the next ids."""
    assert emulator.seed(pipelines=1, runs=0) == ["seeded-pipeline-00001"]
    assert emulator.seed(pipelines=2, runs=0) == ["seeded-pipeline-00002", "seeded-pipeline-00003"]


async def test_seeded_pipeline_without_runs_never_ran(api: Api, emulator: Emulator) -> None:
    """A seed with no runs adds pipelines that never ran."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=0)
    assert (await api.get(f"{PIPELINES}/{pipeline_id}/report")).document["latest_pipeline_run"] is None
    assert (await api.get(f"{PIPELINES}/{pipeline_id}/runs")).document["total_pages"] == 0


async def test_trigger_continues_after_seeded_runs(api: Api, emulator: Emulator, clock: VirtualClock) -> None:
    """The first trigger of a seeded pipeline loads from the end of its seeded runs."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=5)
    run_id = (await api.post(f"{PIPELINES}/trigger", {"pipeline_id": pipeline_id})).document[
        "pipeline_run_id"
    ]
    clock.advance(timedelta(minutes=1))
    run = (await api.get(f"{PIPELINES}/{pipeline_id}/runs/{run_id}")).document
    assert (run["range_start"], run["range_end"]) == ("2023-02-03T22:00:00Z", "2023-02-03T23:53:08.413Z")


async def test_seeded_pipeline_can_be_given_a_schedule(
    api: Api, emulator: Emulator, pipeline: Document, clock: VirtualClock
) -> None:
    """A schedule in the past adds no run among the seeded ones, and pages stay in order."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=50)
    schedule = {"type": "interval", "frequency": "daily", "start": "2023-01-01T00:00:00Z"}
    references = {"connection_id": "seeded-connection", "data_model_id": "seeded-data-model"}
    await api.put(
        f"{PIPELINES}/{pipeline_id}", {**pipeline, **references, "id": pipeline_id, "schedule": schedule}
    )
    clock.advance(timedelta(days=3))
    await api.sign_in()  # tokens expire by the same clock
    items = (await api.get(f"{PIPELINES}/{pipeline_id}/runs?pageSize=100")).document["items"]
    dates = [run["logical_date"] for run in items]
    assert dates == sorted(dates, reverse=True)
    assert dates[:3] == ["2023-02-05T00:00:00Z", "2023-02-04T00:00:00Z", "2023-02-03T21:00:00Z"]


def test_ten_million_runs_are_seeded_quickly(clock: VirtualClock) -> None:
    """Ten thousand pipelines of a thousand runs are seeded within five seconds."""
    begun = time.process_time()
    Emulator(clock=clock).seed(pipelines=10_000, runs=1_000)
    assert time.process_time() - begun < 5
