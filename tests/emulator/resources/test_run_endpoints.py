"""Triggers, reports and pages of runs."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.conftest import Api
from warehouse_sync.emulator import Emulator
from warehouse_sync.emulator.resources.run_endpoints import show_report
from warehouse_sync.emulator.state.resource import ResourceError

if TYPE_CHECKING:
    from tests.emulator.conftest import Document, Vector
    from warehouse_sync.emulator import VirtualClock

PIPELINES = "/inputs/data-pipelines"
TRIGGER = f"{PIPELINES}/trigger"
REPORT = f"{PIPELINES}/example-pipeline/report"
RUNS = f"{PIPELINES}/example-pipeline/runs"
BODY = {"pipeline_id": "example-pipeline"}


@pytest.fixture
async def ready(stocked: Api, pipeline: Document) -> Api:
    """A client of a workspace with an on-demand pipeline."""
    await stocked.post(PIPELINES, pipeline)
    return stocked


STEPS = (
    "read",
    "trigger",
    "15s",
    "1h",
    "fail next",
    "pause",
    "activate",
    "fault connection",
    "fix connection",
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=2, max_size=8))
async def test_kept_report_is_the_current_one(
    steps: list[str],
    stocked: Api,
    emulator: Emulator,
    pipeline: Document,
    clock: VirtualClock,
) -> None:
    """Whatever was written, and however much time passed, since a report was read."""
    hourly = {"type": "interval", "frequency": "hourly", "start": "2023-02-03T23:00:00Z"}
    address = f"{PIPELINES}/{pipeline['id']}"
    await stocked.delete(address)  # that of the example before
    await stocked.post(PIPELINES, {**pipeline, "schedule": hourly})
    workspace = emulator._store.workspace("5328")
    connection = workspace.connections.get(pipeline["connection_id"])
    for step in steps:
        await stocked.sign_in()  # the clock may have passed the end of the token
        match step:
            case "trigger":
                await stocked.post(TRIGGER, BODY)
            case "15s" | "1h":
                clock.advance(step)
            case "fail next":
                emulator.fail_next_run(pipeline["id"], message="No such table.")
            case "pause" | "activate":
                state = "paused" if step == "pause" else "active"
                await stocked.put(address, {**pipeline, "schedule": hourly, "state": state})
            case "fault connection":
                since = clock.now() + timedelta(seconds=20)
                emulator._write(partial(setattr, connection, "problem", ResourceError("Broken.", since)))
            case "fix connection":
                await stocked.put(f"/connections/{pipeline['connection_id']}", connection.document)
        for _ in range(2):  # the second one may be kept
            shown = (await stocked.get(REPORT)).document
            assert shown == show_report(workspace, workspace.pipelines.get(pipeline["id"]), clock.now())


async def test_report_is_kept_until_something_changes(
    ready: Api, emulator: Emulator, pipeline: Document
) -> None:
    """A report of an idle pipeline is encoded once; that of a busy one changes with time."""
    stored = emulator._store.workspace("5328").pipelines.get(pipeline["id"])
    await ready.get(REPORT)
    kept = stored.final_report
    assert kept is not None
    await ready.get(REPORT)
    assert stored.final_report is kept
    await ready.post(TRIGGER, BODY)
    assert (await ready.get(REPORT)).document["status"] == "running"
    assert stored.final_report is kept
    assert kept[0] != emulator._store.version


async def test_trigger_response_is_documented(ready: Api, vector: Vector) -> None:
    """A trigger returns the new run's id, and the run exists."""
    response = await ready.post(TRIGGER, BODY)
    assert response.status == 200
    assert response.document == {**vector("pipelines/trigger.response"), **response.document}
    run_id = response.document["pipeline_run_id"]
    assert response.document.keys() == vector("pipelines/trigger.response").keys()
    assert (await ready.get(f"{RUNS}/{run_id}")).document["type"] == "manual"


async def test_trigger_of_busy_pipeline_is_400(ready: Api, vector: Vector, clock: VirtualClock) -> None:
    """While a run is queued or running a trigger is the documented 400; after that it works."""
    await ready.post(TRIGGER, BODY)
    for _ in range(2):
        response = await ready.post(TRIGGER, BODY)
        assert (response.status, response.document) == (400, vector("pipelines/trigger-busy.error-400"))
        clock.advance(timedelta(seconds=15))
    assert (await ready.post(TRIGGER, BODY)).status == 200


async def test_trigger_of_paused_pipeline_is_400(ready: Api, pipeline: Document) -> None:
    """A paused pipeline is not idle: a trigger is 400 and says why."""
    await ready.put(f"{PIPELINES}/example-pipeline", {**pipeline, "state": "paused"})
    assert (await ready.post(TRIGGER, BODY)).messages == [
        "Pipeline example-pipeline is paused; set its state to active to sync."
    ]


async def test_trigger_of_new_pipeline_is_400(stocked: Api, pipeline: Document, clock: VirtualClock) -> None:
    """A new pipeline does not run by schedule, and a trigger says why."""
    hourly = {"type": "interval", "frequency": "hourly", "start": "2023-02-03T00:00:00Z"}
    await stocked.post(PIPELINES, {**pipeline, "state": "new", "schedule": hourly})
    clock.advance("3h")
    response = await stocked.post(TRIGGER, BODY)
    assert (response.status, response.messages) == (
        400,
        ["Pipeline example-pipeline is new; set its state to active to sync."],
    )
    assert (await stocked.get(RUNS)).document["total_items"] == 0


@pytest.mark.parametrize(
    ("path", "example", "message"),
    [
        (
            "/connections/example-databricks-connection",
            "connections/create-databricks.request",
            "Connection example-databricks-connection is inactive; set its state to active to sync.",
        ),
        (
            "/data-models/example-data-model",
            "data-models/create.request",
            "Data model example-data-model is inactive; set its state to active to sync.",
        ),
    ],
)
async def test_inactive_resource_does_not_sync(  # noqa: PLR0917 - fixtures
    stocked: Api,
    pipeline: Document,
    vector: Vector,
    clock: VirtualClock,
    path: str,
    example: str,
    message: str,
) -> None:
    """Pipelines of an inactive connection or data model skip their syncs, and a trigger says why."""
    hourly = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}
    once = {"type": "once"}
    await stocked.post(PIPELINES, {**pipeline, "sync_mode": {"type": "full"}, "schedule": hourly})
    clock.advance("2h")
    assert (await stocked.put(path, {**vector(example), "state": "inactive"})).status == 200
    await stocked.post(PIPELINES, {**pipeline, "id": "once", "schedule": once})
    clock.advance("3h")
    response = await stocked.post(TRIGGER, BODY)
    assert (response.status, response.messages) == (400, [message])
    assert (await stocked.get(f"{PIPELINES}/once/runs")).document["total_items"] == 0
    assert (await stocked.get(RUNS)).document["total_items"] == 2
    await stocked.put(path, {**vector(example), "state": "active"})
    clock.advance("1h")
    assert [run["logical_date"] for run in (await stocked.get(RUNS)).document["items"]] == [
        "2023-02-04T04:00:00Z",
        "2023-02-04T00:00:00Z",
        "2023-02-03T23:00:00Z",
    ]
    assert (await stocked.post(TRIGGER, {"pipeline_id": "once"})).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"pipeline_id": 5}, 400), ({"pipeline_id": ""}, 400), ({"pipeline_id": "no"}, 404)],
)
async def test_trigger_reports_an_invalid_id(ready: Api, body: Document, status: int) -> None:
    """A missing or malformed id is 400, an unknown one 404."""
    response = await ready.post(TRIGGER, body)
    assert response.status == status
    assert len(response.messages) == 1


async def test_run_moves_from_queued_to_success(ready: Api, vector: Vector, clock: VirtualClock) -> None:
    """A run is queued, then running, then successful, and shows only what has happened."""
    run_id = (await ready.post(TRIGGER, BODY)).document["pipeline_run_id"]
    seen = []
    for _ in range(4):
        run = (await ready.get(f"{RUNS}/{run_id}")).document
        seen.append((run["status"], run["started_on"], run["ended_on"]))
        clock.advance(timedelta(seconds=10))
    started, ended = "2023-02-03T23:53:18.413Z", "2023-02-03T23:53:38.413Z"
    running = ("running", started, None)
    assert seen == [("queued", None, None), running, running, ("success", started, ended)]
    assert run.keys() == vector("runs/get.response").keys()
    assert run["successful_records"] > 0 == run["failed_records"]


async def test_trigger_loads_from_last_success(ready: Api, clock: VirtualClock) -> None:
    """The first trigger loads from `from` to now, the next from the end of the first."""
    ranges = []
    for step in (timedelta(days=3), timedelta(days=4)):
        clock.advance(step)
        await ready.sign_in()  # tokens expire by the same clock
        run_id = (await ready.post(TRIGGER, BODY)).document["pipeline_run_id"]
        clock.advance(timedelta(seconds=30))
        run = (await ready.get(f"{RUNS}/{run_id}")).document
        ranges.append((run["range_start"], run["range_end"]))
    first_end = "2023-02-06T23:53:08.413Z"
    assert ranges == [("2020-01-01T00:00:00Z", first_end), (first_end, "2023-02-10T23:53:38.413Z")]


async def test_report_has_the_documented_fields(ready: Api, vector: Vector, clock: VirtualClock) -> None:
    """A report has the fields of the example, and so has its latest run."""
    run_id = (await ready.post(TRIGGER, BODY)).document["pipeline_run_id"]
    clock.advance(timedelta(minutes=1))
    report = (await ready.get(REPORT)).document
    example = vector("pipelines/report.response")
    assert report.keys() == example.keys()
    assert report["latest_pipeline_run"].keys() == example["latest_pipeline_run"].keys()
    assert report["latest_successful_pipeline_run_id"] == report["latest_pipeline_run"]["id"] == run_id
    healthy = {"status": "idle", "connection_status": "healthy", "data_model_status": "valid"}
    assert report == {**report, **healthy, "errors": [], "connection_errors": [], "data_model_errors": []}


async def test_report_without_runs_has_nulls(ready: Api) -> None:
    """A pipeline that never ran has no latest run and no latest success."""
    report = (await ready.get(REPORT)).document
    assert (report["latest_pipeline_run"], report["latest_successful_pipeline_run_id"]) == (None, None)


async def test_failed_run_faults_until_cleared(
    emulator: Emulator, ready: Api, pipeline: Document, clock: VirtualClock
) -> None:
    """A failed run makes its pipeline faulted; a PUT or a successful trigger clears it."""

    async def run_one(message: str | None) -> Document:
        if message:
            emulator.fail_next_run("example-pipeline", message=message)
        await ready.post(TRIGGER, BODY)
        clock.advance(timedelta(seconds=30))
        report: Document = (await ready.get(REPORT)).document
        return report

    assert (await run_one(None))["status"] == "idle"
    faulted = await run_one("No such table.")
    assert (faulted["status"], faulted["errors"]) == ("faulted", [{"message": "No such table."}])
    assert faulted["latest_pipeline_run"]["status"] == "failed"
    assert faulted["latest_pipeline_run"]["errors"] == [{"message": "No such table."}]
    assert faulted["latest_successful_pipeline_run_id"] == faulted["latest_pipeline_run"]["id"] - 1
    assert (await run_one(None))["status"] == "idle"
    assert (await run_one("Again."))["status"] == "faulted"
    await ready.put(f"{PIPELINES}/example-pipeline", pipeline)
    assert (await ready.get(REPORT)).document["status"] == "idle"


async def test_run_of_other_pipeline_is_not_found(emulator: Emulator, ready: Api) -> None:
    """A run is found only under its own pipeline, and only by a number."""
    [other] = emulator.seed(pipelines=1, runs=3)
    assert (await ready.get(f"{PIPELINES}/{other}/runs/1")).status == 200
    for path in (f"{RUNS}/1", f"{PIPELINES}/{other}/runs/4", f"{RUNS}/x", f"{PIPELINES}/nothing/runs/1"):
        response = await ready.get(path)
        assert (response.status, len(response.messages)) == (404, 1)


async def test_page_has_the_documented_shape(ready: Api, vector: Vector) -> None:
    """A page has the fields of the example, 50 runs by default, and consistent counts."""
    await ready.post(TRIGGER, BODY)
    page = (await ready.get(RUNS)).document
    example = vector("runs/list.response")
    assert page.keys() == example.keys()
    assert page["items"][0].keys() == example["items"][0].keys()
    # The example counts 2 runs as `total_items` 1; the count here is right.
    assert {**page, "items": []} == {**example, "items": []}


async def test_pages_show_every_run_once_newest_first(
    emulator: Emulator, api: Api, clock: VirtualClock
) -> None:
    """Paging shows every run exactly once by descending logical date, seeded runs last."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=23)
    await api.post(TRIGGER, {"pipeline_id": pipeline_id})
    clock.advance(timedelta(minutes=1))
    pages = [
        (await api.get(f"{PIPELINES}/{pipeline_id}/runs?pageSize=10&currentPage={number}")).document
        for number in (1, 2, 3)
    ]
    runs = [run for page in pages for run in page["items"]]
    dates = [run["logical_date"] for run in runs]
    assert [run["id"] for run in runs] == [24, *range(23, 0, -1)]
    assert dates == sorted(dates, reverse=True)
    assert [(page["has_previous_page"], page["has_next_page"]) for page in pages] == [
        (False, True),
        (True, True),
        (True, False),
    ]
    assert {(page["total_items"], page["total_pages"], page["page_size"]) for page in pages} == {(24, 3, 10)}


async def test_page_past_the_end_is_empty(emulator: Emulator, api: Api) -> None:
    """A page past the last one is empty and has no next page."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=3)
    page = (await api.get(f"{PIPELINES}/{pipeline_id}/runs?currentPage=9")).document
    assert (page["items"], page["has_previous_page"], page["has_next_page"]) == ([], True, False)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("startDate=2023-02-03T20:00:00Z", [5, 4]),
        ("endDate=2023-02-03T18:00:00", [2, 1]),
        ("startDate=2023-02-03T18:00:00Z&endDate=2023-02-03T20:00:00.000Z", [4, 3, 2]),
        ("startDate=2023-02-03T22:00:00%2B02:00&endDate=2023-02-03T22:00:00+02:00", [4]),
        ("startDate=2023-02-04", []),
        ("endDate=2023-02-04", [5, 4, 3, 2, 1]),
    ],
)
async def test_page_filters_by_logical_date(emulator: Emulator, api: Api, query: str, ids: list[int]) -> None:
    """Both dates filter by `logical_date`, inclusively; the totals count the filtered runs."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=5)  # logical dates 17:00 to 21:00
    page = (await api.get(f"{PIPELINES}/{pipeline_id}/runs?{query}")).document
    assert [run["id"] for run in page["items"]] == ids
    assert page["total_items"] == len(ids)


@pytest.mark.parametrize(
    ("query", "messages"),
    [
        ("currentPage=0", ["currentPage must be a whole number from 1 to 999999999."]),
        ("pageSize=-1", ["pageSize must be a whole number from 1 to 999999999."]),
        (
            "pageSize=1e3&currentPage=",
            [
                "currentPage must be a whole number from 1 to 999999999.",
                "pageSize must be a whole number from 1 to 999999999.",
            ],
        ),
        ("pageSize=" + "9" * 5000, ["pageSize must be a whole number from 1 to 999999999."]),
        ("startDate=soon", ["startDate must be a timestamp such as 2022-10-30T11:00:16Z."]),
        ("endDate=2023-02-30T00:00:00Z", ["endDate must be a timestamp such as 2022-10-30T11:00:16Z."]),
        ("startDate=2023-02-02&endDate=2023-02-01", ["startDate must not be later than endDate."]),
    ],
    ids=["zero", "negative", "both", "huge", "word", "no-such-day", "reversed"],
)
async def test_invalid_page_query_is_rejected(ready: Api, query: str, messages: list[str]) -> None:
    """An invalid query is 400 and names every invalid parameter."""
    response = await ready.get(f"{RUNS}?{query}")
    assert (response.status, response.messages) == (400, messages)


@pytest.mark.parametrize("order", ["newest", "oldest", "shuffled"])
async def test_run_order_is_selected(order: Any, clock: VirtualClock) -> None:
    """Pages have every run exactly once in the selected order, also of a filtered list."""
    async with Emulator(run_order=order, clock=clock) as emulator, aiohttp.ClientSession() as session:
        api = Api(session, emulator.url)
        await api.sign_in()
        [pipeline_id] = emulator.seed(pipelines=1, runs=60)
        for query in ("", "&startDate=2023-02-02T12:00:00Z"):
            ids: list[int] = []
            while True:
                number = len(ids) // 7 + 1
                page = (
                    await api.get(f"{PIPELINES}/{pipeline_id}/runs?pageSize=7&currentPage={number}{query}")
                ).document
                ids += [run["id"] for run in page["items"]]
                if not page["has_next_page"]:
                    break
            ascending = list(range(61 - page["total_items"], 61))
            assert sorted(ids) == ascending
            assert (ids == ascending[::-1]) is (order == "newest")
            assert (ids == ascending) is (order == "oldest")


async def test_report_appears_after_a_minute_with_strict_timing(
    vector: Vector, pipeline: Document, clock: VirtualClock
) -> None:
    """With strict timing the report is 404 for a minute of the emulator's clock after a create, not after an update."""
    async with Emulator(strict_timing=True, clock=clock) as emulator, aiohttp.ClientSession() as session:
        api = Api(session, emulator.url)
        await api.sign_in()
        await api.post("/connections", vector("connections/create-databricks.request"))
        await api.post("/data-models", vector("data-models/create.request"))
        await api.post(PIPELINES, pipeline)
        report = f"{PIPELINES}/example-pipeline/report"
        assert (await api.get(report)).status == 404
        clock.advance("59s")
        assert (await api.put(f"{PIPELINES}/example-pipeline", pipeline)).status == 200
        assert (await api.get(report)).status == 404
        clock.advance("1s")
        assert (await api.get(report)).status == 200
