"""A data model's SQL, translated to DuckDB."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from warehouse_sync.emulator.warehouse.catalog import Catalog, Table
from warehouse_sync.emulator.warehouse.dialect import Query, Range
from warehouse_sync.emulator.warehouse.errors import QueryError

TICKETS = Table("warehouse", "demo_service", "tickets")
CATALOG = Catalog((TICKETS, Table("warehouse", "main", "users")), "warehouse")
START, END = datetime(2023, 2, 1, tzinfo=UTC), datetime(2023, 2, 2, 12, 30, 0, 5000, tzinfo=UTC)


def read(sql: str, provider: str = "Snowflake") -> Query:
    """Read a query against a catalog with two tables."""
    return Query.read(sql, provider, CATALOG)


def response(sql: str) -> object:
    """Return the one value of a query, on DuckDB."""
    with duckdb.connect() as connection:
        [(value,)] = connection.execute(sql).fetchall()
    return value


def test_query_is_wrapped_as_documented() -> None:
    """The count, the columns and the rows are those of the query in an outer SELECT, both ends inclusive."""
    query = read("SELECT id, u FROM mp.demo_service.tickets")
    inner = '(SELECT id, u FROM "warehouse"."demo_service"."tickets" AS "tickets") AS q'
    between = (
        " WHERE q.\"u\" BETWEEN CAST('2023-02-01T00:00:00Z' AS TIMESTAMPTZ)"
        " AND CAST('2023-02-02T12:30:00.005Z' AS TIMESTAMPTZ)"
    )
    rows, counted, everything = Range("u", START, END), "SELECT COUNT(*) FROM ", "SELECT * FROM "
    assert query.count(rows) == f"{counted}{inner}{between}"
    assert query.rows(rows) == f"{everything}{inner}{between}"
    assert query.columns() == f"{everything}{inner} LIMIT 0"
    assert query.rows(None) == f"{everything}{inner}"


@pytest.mark.parametrize(
    ("start", "end", "operator"), [(START, None, ">="), (None, END, "<="), (None, None, None)]
)
def test_open_end_of_a_range_is_left_out(
    start: datetime | None, end: datetime | None, operator: str | None
) -> None:
    """A range without a start or an end has one comparison, or none."""
    sql = read("SELECT 1 AS u").rows(Range("u", start, end))
    assert ("WHERE" in sql) == (operator is not None)
    assert operator is None or f'"u" {operator} ' in sql


@pytest.mark.parametrize(
    ("provider", "sql", "value"),
    [
        ("Snowflake", "SELECT IFF(1 = 1, 'yes', 'no') AS x", "yes"),
        ("Snowflake", "SELECT TO_VARCHAR(5) AS x", "5"),
        ("Snowflake", "SELECT DATEADD(day, 1, '2023-01-31'::DATE)::VARCHAR AS x", "2023-02-01 00:00:00"),
        ("BigQuery", "SELECT SAFE_CAST('a' AS INT64) AS x", None),
        ("BigQuery", "SELECT CONCAT('a', `b`) AS x FROM (SELECT 'c' AS `b`)", "ac"),
        ("Redshift", "SELECT NVL(NULL, 'b') AS x", "b"),
        ("Redshift", "SELECT LEN('abc') AS x", 3),
        ("Databricks", "SELECT IF(true, `y`, 0) AS x FROM (SELECT 2 AS `y`)", 2),
    ],
)
def test_dialects_are_translated(provider: str, sql: str, value: object) -> None:
    """Functions and quotes of each warehouse have the same meaning on DuckDB."""
    found = response(read(sql, provider).rows(None))
    assert str(found)[:10] == str(value)[:10]


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("Snowflake", "mp.demo_service.tickets"),
        ("Snowflake", "MP.DEMO_SERVICE.TICKETS"),
        ("Snowflake", '"mp"."demo_service"."tickets"'),
        ("Snowflake", "demo_service.tickets"),
        ("BigQuery", "`my-project.demo_service.tickets`"),
        ("BigQuery", "`my-project`.demo_service.tickets"),
        ("Redshift", "dev.demo_service.tickets"),
        ("Databricks", "main.`demo_service`.tickets"),
    ],
)
def test_table_is_found_by_its_full_name(provider: str, name: str) -> None:
    """A table is found by schema and name, whatever the database's name and the dialect's quotes."""
    select = "SELECT 1 AS x FROM"
    assert '"warehouse"."demo_service"."tickets"' in read(f"{select} {name}", provider).rows(None)


def test_table_without_schema_matches_any() -> None:
    """A table without a schema is found under any schema of the query; others keep their name."""
    assert '"warehouse"."main"."users"' in read("SELECT 1 AS x FROM a.b.users").rows(None)
    assert '"other"."tickets"' not in read("SELECT 1 AS x FROM a.other.tickets").rows(None)
    assert "a.other.tickets" in read("SELECT 1 AS x FROM a.other.tickets").rows(None)


def test_columns_named_with_their_table_are_found() -> None:
    """A column can have its table's full name, or its alias."""
    sql = read("SELECT mp.demo_service.tickets.id FROM mp.demo_service.tickets").rows(None)
    assert "SELECT tickets.id FROM" in sql
    assert "SELECT t.id FROM" in read("SELECT t.id FROM demo_service.tickets t").rows(None)


def test_ambiguous_table_is_rejected() -> None:
    """A name that matches two tables equally is rejected, with both named."""
    both = Catalog((TICKETS, Table("warehouse", "other", "tickets")), "warehouse")
    with pytest.raises(QueryError, match=r"ambiguous: warehouse\.demo_service\.tickets, warehouse\.other"):
        Query.read("SELECT 1 FROM tickets", "Snowflake", both)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("", "not 0 statements"),
        ("SELECT 1; DROP TABLE x", "not 2 statements"),
        ("DROP TABLE x", "DROP is not supported"),
        ("UPDATE x SET a = 1", "UPDATE is not supported"),
        ("INSERT INTO x VALUES (1)", "INSERT is not supported"),
        ("ALTER TABLE x ADD COLUMN y INT", "ALTER is not supported"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "WITH is not supported"),
        ("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a)", "WITH is not supported"),
        ("SELECT 'a", "Parser Error"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "too deep"),
    ],
    ids=lambda value: value[:20],
)
def test_unsupported_query_is_rejected(sql: str, message: str) -> None:
    """Anything but one SELECT without WITH is rejected with the reason."""
    with pytest.raises(QueryError, match=message):
        read(sql)
