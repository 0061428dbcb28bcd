"""Runs that execute their data model's SQL."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import duckdb
import pytest

from tests.emulator.conftest import Api
from warehouse_sync.emulator import Emulator
from warehouse_sync.emulator.state import event_batches
from warehouse_sync.emulator.warehouse import engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.emulator.conftest import Document, Vector
    from warehouse_sync.emulator import VirtualClock

PIPELINES = "/inputs/data-pipelines"
BODY = {"pipeline_id": "example-pipeline"}
MINUTE = timedelta(minutes=1)


async def run_once(api: Api, clock: VirtualClock) -> Document:
    """Trigger the pipeline, advance past the end of the run, and return it."""
    run_id = (await api.post(f"{PIPELINES}/trigger", BODY)).document["pipeline_run_id"]
    clock.advance(MINUTE)
    run: Document = (await api.get(f"{PIPELINES}/example-pipeline/runs/{run_id}")).document
    return run


async def report(api: Api) -> Document:
    """Return the pipeline's report."""
    document: Document = (await api.get(f"{PIPELINES}/example-pipeline/report")).document
    return document


async def batches(api: Api, query: str = "") -> list[Document]:
    """Return the sent batches."""
    async with api.session.get(f"{api.url}/_emulator/batches{query}") as response:
        assert response.content_type == "application/x-ndjson"
        return [json.loads(line) for line in (await response.text()).splitlines()]


async def test_record_counts_are_exact(stocked: Api, pipeline: Document, clock: VirtualClock) -> None:
    """A run counts the rows of its range that became batches and those that could not, and no others."""
    await stocked.post(PIPELINES, pipeline)
    run = await run_once(stocked, clock)
    assert (run["status"], run["successful_records"], run["failed_records"]) == ("success", 2, 1)
    again = await run_once(stocked, clock)
    assert (again["status"], again["successful_records"], again["failed_records"]) == ("success", 0, 0)


async def test_empty_interval_is_only_counted(
    stocked: Api, pipeline: Document, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run without rows counts them, and does not execute the query again to read them."""
    await stocked.post(PIPELINES, pipeline)
    await run_once(stocked, clock)
    executed: list[str] = []
    rows = engine.WarehouseSession.rows

    def recorded(session: engine.WarehouseSession, sql: str) -> Iterator[tuple[Any, ...]]:
        executed.append(sql)
        return rows(session, sql)

    monkeypatch.setattr(engine.WarehouseSession, "rows", recorded)
    run = await run_once(stocked, clock)
    assert (run["status"], run["successful_records"], run["failed_records"]) == ("success", 0, 0)
    assert [sql.partition(" FROM")[0] for sql in executed] == ["SELECT COUNT(*)"]


async def test_record_counts_appear_at_the_end(stocked: Api, pipeline: Document) -> None:
    """While a run is queued it shows no records, and has sent no batches."""
    await stocked.post(PIPELINES, pipeline)
    await stocked.post(f"{PIPELINES}/trigger", BODY)
    latest = (await report(stocked))["latest_pipeline_run"]
    assert (latest["status"], latest["successful_records"]) == ("queued", 0)
    assert await batches(stocked) == []


async def test_both_ends_of_the_range_are_inclusive(
    stocked: Api, pipeline: Document, clock: VirtualClock
) -> None:
    """A row whose iterator equals either end of the range is loaded."""
    mode = {**pipeline["sync_mode"], "from": "2023-02-01T10:00:00Z", "until": "2023-02-02T10:00:00Z"}
    await stocked.post(PIPELINES, {**pipeline, "sync_mode": mode})
    assert (await run_once(stocked, clock))["successful_records"] == 2


async def test_row_that_is_too_large_fails(
    stocked: Api, pipeline: Document, model: Document, clock: VirtualClock
) -> None:
    """A row whose batch has more than 1 MiB fails, however many there are, and the others are loaded."""
    sizes = "(VALUES (1048576), (1), (1048576), (1), (2000000)) AS t (size)"
    large = f"SELECT 'a@example.com' AS email, repeat('x', t.size) AS x FROM {sizes}"  # noqa: S608 - a test's query
    await stocked.put("/data-models/example-data-model", {**model, "config": {"sql_query": large}})
    await stocked.post(PIPELINES, {**pipeline, "sync_mode": {"type": "full"}})
    run = await run_once(stocked, clock)
    assert (run["status"], run["successful_records"], run["failed_records"]) == ("success", 2, 3)
    assert [each["user_attributes"]["x"] for each in await batches(stocked)] == ["x", "x"]


async def test_batches_of_a_run_are_bounded_in_bytes(
    stocked: Api, pipeline: Document, model: Document, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run keeps no more bytes than the limit while it loads, and every row counts."""
    monkeypatch.setattr(event_batches, "MAX_BYTES", 10_000)
    large = "SELECT 'a@example.com' AS email, repeat('x', 2000) AS x FROM TABLE(GENERATOR(ROWCOUNT => 1000))"
    await stocked.put("/data-models/example-data-model", {**model, "config": {"sql_query": large}})
    await stocked.post(PIPELINES, {**pipeline, "sync_mode": {"type": "full"}})
    run = await run_once(stocked, clock)
    assert run["successful_records"] == 1000
    assert len(await batches(stocked)) == 4


@pytest.mark.parametrize(
    ("rows", "size", "status"),
    [(2100, 70_000, "failed"), (1800, 70_000, "success"), (2100, 60_000, "success")],
)
async def test_many_large_rows_are_refused_before_they_fill_the_memory(  # noqa: PLR0917 - pytest's
    stocked: Api,
    pipeline: Document,
    model: Document,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    size: int,
    status: str,
) -> None:
    """DuckDB evaluates 2,048 rows at once, so that their size together is limited."""
    monkeypatch.setattr(engine, "_MAX_VECTOR_BYTES", 128 * 1024 * 1024 // 100)
    large = f"SELECT 'a@example.com' AS email, repeat('x', {size // 100}) AS x FROM TABLE(GENERATOR(ROWCOUNT => {rows}))"  # noqa: S608 - a test's query
    await stocked.put("/data-models/example-data-model", {**model, "config": {"sql_query": large}})
    await stocked.post(PIPELINES, {**pipeline, "sync_mode": {"type": "full"}})
    run = await run_once(stocked, clock)
    assert run["status"] == status
    assert ("2,048 rows at once" in json.dumps(run)) == (status == "failed")


TRANSFORMATION = {
    "id": "purchases",
    "name": "Purchases",
    "destination_type": "event_batch",
    "mappings": [
        {"mapping_type": "column", "source": "FIRST_NAME", "destination": "screen_name"},
        {"mapping_type": "column", "source": "updated_on", "destination": "timestamp_unixtime_ms"},
        {"mapping_type": "column", "source": "customer_id", "destination": "user_identities.other"},
        {"mapping_type": "static", "destination": "event_type", "value": "screen_view"},
        {"mapping_type": "ignore", "source": "tags"},
    ],
}


async def test_row_becomes_an_event_by_its_transformation(
    stocked: Api, pipeline: Document, clock: VirtualClock
) -> None:
    """Mapped columns and constants are set at their paths, ignored ones left out, and other columns as without mappings."""
    await stocked.post("/_emulator/field-transformations", TRANSFORMATION)
    event = {"pipeline_type": "events", "field_transformation_id": "purchases"}
    await stocked.post(PIPELINES, {**pipeline, **event})
    run = await run_once(stocked, clock)
    assert (run["successful_records"], run["failed_records"]) == (2, 1)
    ann, bob = await batches(stocked)
    assert ann["user_identities"] == {"other": "1", "email": "ann@example.com"}
    assert ann["user_attributes"] == {}
    assert ann["events"] == [
        {
            "event_type": "screen_view",
            "data": {
                "timestamp_unixtime_ms": 1675245600000,
                "screen_name": "Ann",
                "custom_attributes": {"credit": 12.5},
            },
        }
    ]
    assert bob["events"][0]["data"]["custom_attributes"] == {"credit": None}


async def test_event_without_a_known_transformation_is_a_custom_event(
    stocked: Api, pipeline: Document, clock: VirtualClock
) -> None:
    """Without mappings, attributes become those of a custom event with the name of the data model."""
    event = {"pipeline_type": "events", "field_transformation_id": "unknown"}
    await stocked.post(PIPELINES, {**pipeline, **event})
    run = await run_once(stocked, clock)
    assert run["status"] == "success"
    [ann, _] = await batches(stocked)
    [sent] = ann["events"]
    assert sent["event_type"] == "custom_event"
    assert sent["data"]["event_name"] == "example-data-model"
    assert sent["data"]["custom_attributes"] == {"first_name": "Ann", "credit": 12.5, "tags": ["a", "b"]}


async def test_scheduled_runs_load_their_intervals(
    stocked: Api, pipeline: Document, clock: VirtualClock
) -> None:
    """Each hourly run loads the rows of its own hour."""
    schedule = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}
    mode = {**pipeline["sync_mode"], "from": "2023-02-03T00:00:00Z"}
    await stocked.post(PIPELINES, {**pipeline, "schedule": schedule, "sync_mode": mode})
    await stocked.post("/_emulator/clock", {"advance": "3h"})
    items = (await stocked.get(f"{PIPELINES}/example-pipeline/runs")).document["items"]
    assert [run["successful_records"] for run in items] == [0, 1, 0]
    assert items[1]["range_start"] == "2023-02-04T00:00:00Z"


async def test_full_sync_loads_everything(stocked: Api, pipeline: Document, clock: VirtualClock) -> None:
    """A full sync loads all rows every time, between `from` and `until` if it has an iterator."""
    await stocked.post(PIPELINES, {**pipeline, "sync_mode": {"type": "full"}})
    for _ in range(2):
        assert (await run_once(stocked, clock))["successful_records"] == 3
    bounded = {"type": "full", "iterator_field": "updated_on", "from": "2023-02-02T00:00:00Z"}
    await stocked.put(f"{PIPELINES}/example-pipeline", {**pipeline, "sync_mode": bounded})
    assert (await run_once(stocked, clock))["successful_records"] == 2


async def test_batches_have_identities_and_attributes(
    stocked: Api, pipeline: Document, clock: VirtualClock
) -> None:
    """Identity columns become identities, the iterator is not sent, and every other column is an attribute."""
    await stocked.post("/_emulator/data-plans", {"data_plan_id": "plan", "version": 2})
    await stocked.post(PIPELINES, {**pipeline, "data_plan_id": "plan", "data_plan_version": 2})
    run = await run_once(stocked, clock)
    first, second = await batches(stocked)
    assert first == {
        "schema_version": 2,
        "environment": "development",
        "timestamp_unixtime_ms": 1675468398413,
        "user_identities": {"customer_id": "1", "email": "ann@example.com"},
        "device_info": {},
        "user_attributes": {"first_name": "Ann", "credit": 12.5, "tags": ["a", "b"]},
        "events": [],
        "context": {"data_plan": {"plan_id": "plan", "plan_version": 2}},
        "source_info": {
            "workspace_id": "5328",
            "pipeline_id": "example-pipeline",
            "pipeline_run_id": run["id"],
            "data_model_id": "example-data-model",
            "connection_id": "example-databricks-connection",
        },
    }
    assert second["user_attributes"] == {"first_name": "Bob", "credit": None, "tags": []}
    assert await batches(stocked, f"?run_id={run['id']}&workspace_id=5328") == [first, second]
    assert await batches(stocked, "?pipeline_id=other") == []


async def test_event_pipeline_sends_events(stocked: Api, pipeline: Document, clock: VirtualClock) -> None:
    """The rows of an event pipeline become one event each, and set no user attributes."""
    events = {**pipeline, "pipeline_type": "events", "field_transformation_id": "t"}
    await stocked.post(PIPELINES, events)
    await run_once(stocked, clock)
    [first, _] = await batches(stocked)
    [event] = first["events"]
    assert first["user_attributes"] == {}
    assert event["event_type"] == "custom_event"
    assert event["data"]["custom_attributes"] == {"first_name": "Ann", "credit": 12.5, "tags": ["a", "b"]}


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT email FROM nowhere.tickets", "nowhere"),
        ("SELECT unknown FROM demo_service.customers", '"unknown" not found'),
        ("SELECT `email`, updated_on FROM demo_service.customers", "Parser Error"),  # not Snowflake's quotes
        ("SELECT email FROM demo_service.customers", '"updated_on"'),
        ("SELECT customer_id + email AS x, updated_on FROM demo_service.customers", "Error"),
    ],
)
async def test_failing_query_makes_the_model_invalid(  # noqa: PLR0917 - fixtures
    stocked: Api, pipeline: Document, model: Document, clock: VirtualClock, sql: str, message: str
) -> None:
    """The run is failed, the pipeline faulted and the data model invalid, each with DuckDB's message."""
    await stocked.put("/data-models/example-data-model", {**model, "config": {"sql_query": sql}})
    await stocked.post(PIPELINES, pipeline)
    run = await run_once(stocked, clock)
    assert (run["status"], run["successful_records"], run["failed_records"]) == ("failed", 0, 0)
    assert message in run["errors"][0]["message"]
    shown = await report(stocked)
    assert (shown["status"], shown["errors"]) == ("faulted", run["errors"])
    assert (shown["data_model_status"], shown["data_model_errors"]) == ("invalid", run["errors"])
    assert (shown["connection_status"], shown["connection_errors"]) == ("healthy", [])
    got = (await stocked.get("/data-models/example-data-model")).document
    assert (got["status"], got["errors"]) == ("invalid", run["errors"])


async def test_unsupported_sql_leaves_the_model_valid(
    stocked: Api, pipeline: Document, model: Document, clock: VirtualClock
) -> None:
    """What the emulator cannot execute fails the run with the reason, and says nothing about the data model."""
    sql = "SELECT SOUNDEX(email) AS x, updated_on FROM demo_service.customers"
    await stocked.put("/data-models/example-data-model", {**model, "config": {"sql_query": sql}})
    await stocked.post(PIPELINES, pipeline)
    run = await run_once(stocked, clock)
    message = (
        "The emulator does not support the function SOUNDEX, because it is not known to give the same results as Snowflake. "
        "The platform may execute this query."
    )
    assert (run["status"], run["errors"]) == ("failed", [{"message": message}])
    shown = await report(stocked)
    assert (shown["status"], shown["data_model_status"], shown["data_model_errors"]) == (
        "faulted",
        "valid",
        [],
    )


async def test_current_time_is_that_of_the_run(
    stocked: Api, pipeline: Document, model: Document, clock: VirtualClock
) -> None:
    """`CURRENT_TIMESTAMP` is the start of the run on the emulator's clock."""
    sql = "SELECT 'a' AS email, CURRENT_TIMESTAMP AS seen, updated_on FROM demo_service.customers"
    await stocked.put("/data-models/example-data-model", {**model, "config": {"sql_query": sql}})
    await stocked.post(PIPELINES, pipeline)
    run = await run_once(stocked, clock)
    [first, *_] = await batches(stocked)
    assert first["user_attributes"] == {"seen": run["started_on"]}


async def test_lenient_sql_runs_with(
    vector: Vector, pipeline: Document, model: Document, clock: VirtualClock, warehouse: Path
) -> None:
    """With lenient SQL a query with WITH runs, and its names come before tables of the warehouse."""
    sql = "WITH customers AS (SELECT 'a@example.com' AS email FROM mp.demo_service.customers) SELECT * FROM customers"
    emulator = Emulator(warehouse=warehouse, lenient_sql=True, clock=clock)
    async with emulator, aiohttp.ClientSession() as session:
        api = Api(session, emulator.url)
        await api.sign_in()
        await api.post("/connections", vector("connections/create-databricks.request"))
        await api.post("/data-models", {**model, "config": {"sql_query": sql}})
        await api.post(PIPELINES, {**pipeline, "sync_mode": {"type": "full"}})
        run = await run_once(api, clock)
        assert (run["status"], run["successful_records"], run["failed_records"]) == ("success", 4, 0)


async def test_updated_model_clears_the_fault(
    stocked: Api, pipeline: Document, model: Document, clock: VirtualClock
) -> None:
    """A PUT of the data model makes it valid and its pipeline idle; the next interval is synced again."""
    broken = {**model, "config": {"sql_query": "SELECT 1 AS x FROM nowhere"}}
    await stocked.put("/data-models/example-data-model", broken)
    schedule = {"type": "interval", "frequency": "hourly", "start": "2023-02-04T00:00:00Z"}
    await stocked.post(PIPELINES, {**pipeline, "schedule": schedule})
    await stocked.post("/_emulator/clock", {"advance": "3h"})
    assert (await report(stocked))["status"] == "faulted"
    assert (await stocked.get(f"{PIPELINES}/example-pipeline/runs")).document["total_items"] == 1
    await stocked.put("/data-models/example-data-model", model)
    repaired = await report(stocked)
    assert (repaired["status"], repaired["data_model_status"]) == ("idle", "valid")
    clock.advance(timedelta(hours=1))
    assert (await report(stocked))["latest_pipeline_run"]["status"] == "success"


async def test_catch_up_stops_at_the_first_failure(stocked: Api, pipeline: Document, model: Document) -> None:
    """A pipeline that is created with a broken model and missed syncs is faulted after its first run."""
    broken = {**model, "config": {"sql_query": "SELECT 1 AS x FROM nowhere"}}
    await stocked.put("/data-models/example-data-model", broken)
    schedule = {"type": "interval", "frequency": "hourly", "start": "2023-02-01T00:00:00Z"}
    await stocked.post(PIPELINES, {**pipeline, "schedule": schedule})
    assert (await report(stocked))["status"] == "faulted"
    assert (await stocked.get(f"{PIPELINES}/example-pipeline/runs")).document["total_items"] == 1


async def test_successful_trigger_makes_the_model_valid(
    stocked: Api, pipeline: Document, clock: VirtualClock, warehouse: Path
) -> None:
    """A missing table that was created lets a trigger succeed, which clears everything."""
    await stocked.post(PIPELINES, pipeline)
    with duckdb.connect(warehouse) as connection:
        connection.execute("ALTER TABLE demo_service.customers RENAME TO gone")
    assert (await run_once(stocked, clock))["status"] == "failed"
    assert (await report(stocked))["data_model_status"] == "invalid"
    with duckdb.connect(warehouse) as connection:
        connection.execute("ALTER TABLE demo_service.gone RENAME TO customers")
    assert (await run_once(stocked, clock))["status"] == "success"
    shown = await report(stocked)
    assert (shown["status"], shown["data_model_status"]) == ("idle", "valid")


async def test_missing_warehouse_is_505_and_faulted(  # fixtures
    stocked: Api, pipeline: Document, vector: Vector, clock: VirtualClock, warehouse: Path
) -> None:
    """A connection whose warehouse cannot be opened is 505 and faulted; its runs fail."""
    await stocked.post(PIPELINES, pipeline)
    away = warehouse.rename(warehouse.with_suffix(".away"))  # noqa: ASYNC240 - a small local file
    connection = vector("connections/create-snowflake.request")
    rejected = await stocked.post("/connections", connection)
    assert rejected.status == 505
    assert rejected.messages[0].startswith("The request failed to connect to the warehouse account.")
    assert "There is no warehouse at" in rejected.messages[1]
    kept = (await stocked.get(f"/connections/{connection['id']}")).document
    assert (kept["status"], kept["errors"][0]["message"]) == ("faulted", rejected.messages[1])
    run = await run_once(stocked, clock)
    shown = await report(stocked)
    assert (run["status"], shown["connection_status"], shown["data_model_status"]) == (
        "failed",
        "faulted",
        "valid",
    )
    assert shown["connection_errors"] == run["errors"]
    away.rename(warehouse)
    assert (await stocked.post("/connections", connection)).document["status"] == "healthy"
    assert (await stocked.post("/connections", connection)).status == 409
    own = {**connection, "id": "example-databricks-connection"}
    assert (await stocked.put("/connections/example-databricks-connection", own)).status == 200
    repaired = await report(stocked)
    assert (repaired["status"], repaired["connection_status"]) == ("idle", "healthy")


async def test_update_that_fails_to_log_in_changes_nothing(
    stocked: Api, vector: Vector, warehouse: Path
) -> None:
    """A PUT with response 505 leaves the connection unchanged, but faulted, and its id taken."""
    warehouse.write_bytes(b"not a database")  # noqa: ASYNC240 - a small local file
    connection = {**vector("connections/create-snowflake.request"), "id": "example-databricks-connection"}
    rejected = await stocked.put(f"/connections/{connection['id']}", {**connection, "name": "Renamed"})
    assert rejected.status == 505
    kept = (await stocked.get(f"/connections/{connection['id']}")).document
    assert (kept["status"], kept["name"]) == ("faulted", connection["name"])
    assert (await stocked.post("/connections", connection)).status == 409


@pytest.mark.parametrize(
    ("limits", "message", "model_status"),
    [
        ({"columns": 5}, "The query has 6 columns; at most 5 are supported.", "invalid"),
        ({"records_on_demand": 2}, "The interval has 3 records; a run loads at most 2.", "valid"),
    ],
)
async def test_limits_are_enforced_by_runs(  # noqa: PLR0917 - fixtures
    stocked: Api,
    pipeline: Document,
    clock: VirtualClock,
    limits: Document,
    message: str,
    model_status: str,
) -> None:
    """A query with too many columns, or an interval with too many rows, fails the run."""
    await stocked.put("/_emulator/limits", limits)
    await stocked.post(PIPELINES, pipeline)
    run = await run_once(stocked, clock)
    assert (run["status"], run["errors"]) == ("failed", [{"message": message}])
    assert (await report(stocked))["data_model_status"] == model_status
    assert await batches(stocked) == []


async def test_planned_failure_needs_no_query(
    stocked: Api, emulator: Emulator, pipeline: Document, clock: VirtualClock
) -> None:
    """A run that is requested to fail does so with a warehouse too, and the model stays valid."""
    await stocked.post(PIPELINES, pipeline)
    emulator.fail_next_run("example-pipeline", message="No.")
    assert (await run_once(stocked, clock))["errors"] == [{"message": "No."}]
    assert (await report(stocked))["data_model_status"] == "valid"


async def test_reset_deletes_batches(stocked: Api, pipeline: Document, clock: VirtualClock) -> None:
    """A reset deletes the batches."""
    await stocked.post(PIPELINES, pipeline)
    await run_once(stocked, clock)
    assert await batches(stocked)
    await stocked.call("POST", "/_emulator/reset")
    assert await batches(stocked) == []
    assert (await stocked.get("/_emulator/batches?run_id=x")).status == 400


async def test_times_with_a_zone_are_loaded(
    tmp_path: Path, clock: VirtualClock, vector: Vector, pipeline: Document, model: Document
) -> None:
    """Times with a zone, as in CSV files with the API's timestamps, are compared and sent as UTC."""
    folder = tmp_path / "mp" / "demo_service"
    folder.mkdir(parents=True)
    (folder / "customers.csv").write_text(
        "email,seen,updated_on\n"
        "ann@example.com,2023-02-01T12:00:00+02:00,2023-02-03T23:53:08Z\n"
        "bob@example.com,2023-02-01T12:00:00Z,2023-02-04T02:00:00+02:00\n"
    )
    sql = "SELECT email, seen, updated_on FROM mp.demo_service.customers"
    async with Emulator(clock=clock, warehouse=tmp_path) as emulator, aiohttp.ClientSession() as session:
        api = Api(session, emulator.url)
        await api.sign_in()
        await api.post("/connections", vector("connections/create-databricks.request"))
        await api.post("/data-models", {**model, "config": {"sql_query": sql}})
        await api.post(PIPELINES, pipeline)
        assert (await run_once(api, clock))["successful_records"] == 1
        [sent] = await batches(api)
        assert sent["user_attributes"] == {"seen": "2023-02-01T10:00:00Z"}
