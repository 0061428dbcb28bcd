"""The SQL of data models, checked when they are created and when pipelines use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.emulator.conftest import Api
from warehouse_sync.emulator import Emulator

if TYPE_CHECKING:
    from tests.emulator.conftest import Document, Vector
    from warehouse_sync.emulator import VirtualClock

PIPELINES = "/inputs/data-pipelines"
MODEL = "/data-models/example-data-model"
WITH = "WITH a AS (SELECT 1 AS id) SELECT id FROM a"
# Databricks quotes identifiers with backticks, which Snowflake does not.
DATABRICKS_ONLY = "SELECT `id` FROM a.b.c"


def model(vector: Vector, sql: str) -> Document:
    """Return the body that creates a data model with a query."""
    return {**vector("data-models/create.request"), "config": {"sql_query": sql}}


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT FROM WHERE", "config.sql_query is not supported. Parser Error: "),
        ("SELECT 'a", "config.sql_query is not supported. Parser Error: "),
        ("SELECT 1; SELECT 2", "A data model holds one query, not 2 statements."),
        ("DELETE FROM a.b.c", "DELETE is not supported"),
        ("UPDATE a.b.c SET x = 1", "UPDATE is not supported"),
        ("DROP TABLE a.b.c", "DROP is not supported"),
        ("CREATE TABLE x AS SELECT 1", "CREATE is not supported"),
        ("ALTER TABLE a.b.c ADD COLUMN y INT", "ALTER is not supported"),
        (WITH, "WITH is not supported in a data model; use a subquery."),
        ("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) b", "WITH is not supported"),
    ],
)
async def test_unsupported_sql_is_400(api: Api, vector: Vector, sql: str, message: str) -> None:
    """A query that no dialect supports is 400 with the reason, by POST and by PUT; nothing changes."""
    response = await api.post("/data-models", model(vector, sql))
    assert response.status == 400
    assert message in response.messages[0]
    assert (await api.get("/data-models")).document == []
    await api.post("/data-models", vector("data-models/create.request"))
    assert (await api.put(MODEL, model(vector, sql))).messages == response.messages
    assert (await api.get(MODEL)).document["config"] == vector("data-models/create.request")["config"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT DISTINCT a.id AS x FROM db.s.a JOIN db.s.b ON a.id = b.id WHERE a.id IN (1, 2) GROUP BY a.id ORDER BY 1",
        "SELECT `id` FROM `project.dataset.table`",
        'SELECT "Id" FROM db.s.t;',
        "-- a comment\nSELECT 1",
        DATABRICKS_ONLY,
    ],
)
async def test_sql_of_any_dialect_is_accepted(api: Api, vector: Vector, sql: str) -> None:
    """A query that one of the four dialects supports is accepted as long as no connection decides."""
    assert (await api.post("/data-models", model(vector, sql))).status == 200
    assert (await api.get(MODEL)).document["status"] == "valid"


async def test_very_long_sql_is_not_checked(api: Api, vector: Vector) -> None:
    """A query that would take seconds to parse is accepted as it is; up to the limit it is checked."""
    assert (await api.post("/data-models", model(vector, "(" * 50_001))).status == 200
    assert (await api.put(MODEL, model(vector, ("(" * 50_000)))).status == 400


async def test_lenient_sql_accepts_with(vector: Vector) -> None:
    """With lenient SQL, WITH is accepted, and nothing else that is not supported."""
    async with Emulator(lenient_sql=True) as emulator, aiohttp.ClientSession() as session:
        api = Api(session, emulator.url)
        await api.sign_in()
        assert (await api.post("/data-models", model(vector, "DROP TABLE a"))).status == 400
        assert (await api.post("/data-models", model(vector, WITH))).status == 200


async def test_dialect_of_the_connection_decides(
    api: Api, vector: Vector, pipeline: Document, clock: VirtualClock
) -> None:
    """A model whose query the connection's dialect cannot read becomes invalid, and its runs fail, until it is updated."""
    await api.post("/data-models", model(vector, DATABRICKS_ONLY))
    await api.post("/connections", vector("connections/create-databricks.request"))
    snowflake = {**vector("connections/create-snowflake.request"), "id": "snowflake"}
    await api.post("/connections", snowflake)
    await api.post(PIPELINES, {**pipeline, "id": "good"})
    assert (await api.get(MODEL)).document["status"] == "valid"
    await api.post(PIPELINES, {**pipeline, "connection_id": "snowflake"})
    shown = (await api.get(MODEL)).document
    assert shown["status"] == "invalid"
    assert "Parser Error" in shown["errors"][0]["message"]
    await api.post(f"{PIPELINES}/trigger", {"pipeline_id": pipeline["id"]})
    clock.advance("1m")
    report = (await api.get(f"{PIPELINES}/{pipeline['id']}/report")).document
    assert (report["status"], report["data_model_status"]) == ("faulted", "invalid")
    assert report["latest_pipeline_run"]["errors"] == shown["errors"]
    await api.put(MODEL, model(vector, "SELECT id FROM a.b.c"))
    report = (await api.get(f"{PIPELINES}/{pipeline['id']}/report")).document
    assert (report["status"], report["data_model_status"]) == ("idle", "valid")


async def test_dialect_is_checked_after_every_update(api: Api, vector: Vector, pipeline: Document) -> None:
    """An update of the model, the pipeline or the connection checks the model's dialect again."""
    await api.post("/data-models", model(vector, "SELECT id FROM a.b.c"))
    databricks = vector("connections/create-databricks.request")
    snowflake = {**vector("connections/create-snowflake.request"), "id": "snowflake"}
    await api.post("/connections", databricks)
    await api.post("/connections", snowflake)
    await api.post(PIPELINES, {**pipeline, "connection_id": "snowflake"})

    async def status() -> str:
        return str((await api.get(MODEL)).document["status"])

    assert await status() == "valid"
    await api.put(MODEL, model(vector, DATABRICKS_ONLY))
    assert await status() == "invalid"
    await api.put(f"{PIPELINES}/{pipeline['id']}", pipeline)
    assert await status() == "valid"
    await api.put(f"{PIPELINES}/{pipeline['id']}", {**pipeline, "connection_id": "snowflake"})
    assert await status() == "invalid"
    await api.put("/connections/snowflake", {**databricks, "id": "snowflake"})
    assert await status() == "valid"
