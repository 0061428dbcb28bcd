"""A data model's SQL, translated to DuckDB."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from warehouse_sync.emulator.warehouse.catalog import Catalog, Table
from warehouse_sync.emulator.warehouse.dialect import Query, Range
from warehouse_sync.emulator.warehouse.engine import Warehouse
from warehouse_sync.emulator.warehouse.errors import QueryError, UnsupportedSqlError

if TYPE_CHECKING:
    from pathlib import Path

TICKETS = Table("warehouse", "demo_service", "tickets")
CATALOG = Catalog((TICKETS, Table("warehouse", "main", "users")), "warehouse")
START, END = datetime(2023, 2, 1, tzinfo=UTC), datetime(2023, 2, 2, 12, 30, 0, 5000, tzinfo=UTC)


def read(sql: str, provider: str = "Snowflake") -> Query:
    """Read a query against a catalog with two tables."""
    return Query.read(sql, provider, CATALOG)


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
    ("provider", "sql", "what"),
    [
        ("Snowflake", "SELECT SOUNDEX('a')", "the function SOUNDEX"),
        ("Snowflake", "SELECT IFF(TRUE, 1)", "the function IFF with 2 arguments"),
        ("Snowflake", "SELECT v:a FROM (SELECT '{}' AS v)", "a JSON value without a cast"),
        (
            "Snowflake",
            "SELECT f.value = 'x' FROM TABLE(FLATTEN(PARSE_JSON('[]'))) f",
            "a JSON value without a cast",
        ),
        ("Snowflake", "SELECT [1]", "an array"),
        ("Snowflake", "SELECT x FROM TABLE(RESULT_SCAN('a')) t", "the table function RESULT_SCAN"),
        (
            "Snowflake",
            "SELECT * FROM TABLE(FLATTEN(INPUT => PARSE_JSON('[]'), RECURSIVE => TRUE)) f",
            "FLATTEN with RECURSIVE",
        ),
        ("Snowflake", "SELECT CURRENT_USER", "the function CURRENT_USER"),
        ("Snowflake", "SELECT TO_VARCHAR(CURRENT_DATE, 'Q')", "the format 'Q'"),
        ("Snowflake", "SELECT DATEADD(fortnight, 1, CURRENT_DATE)", "the unit fortnight"),
        ("Snowflake", "SELECT CURRENT_DATE + INTERVAL '1 day, 2 hours'", "the interval"),
        ("Snowflake", "SELECT * FROM VALUES (1), (2)", "VALUES without names of columns"),
        (
            "Snowflake",
            "SELECT LAST_VALUE(x) OVER (ORDER BY x) FROM (SELECT 1 AS x)",
            "the function LAST_VALUE",
        ),
        ("Snowflake", "SELECT x FROM (SELECT 1 AS x) SAMPLE (10)", "this syntax"),
        ("Snowflake", "SELECT POSITION('a' IN 'b')", "the function POSITION with 1 arguments"),
        ("Redshift", "SELECT TRIM(BOTH 'x' FROM 'xax')", "this syntax"),
        ("BigQuery", "SELECT SAFE.SUBSTR('a', 1)", "does not support"),
        ("BigQuery", "SELECT 1 IN UNNEST([1])", "IN UNNEST"),
        ("BigQuery", "SELECT AS STRUCT 1 AS a", "SELECT AS STRUCT"),
        ("BigQuery", "SELECT 'a' LIKE 'a\\\\_'", "LIKE with a pattern that may contain a backslash"),
        ("BigQuery", "SELECT DATE_ADD(CURRENT_DATE, INTERVAL x DAY) FROM (SELECT 1 AS x)", "the interval"),
        ("BigQuery", "SELECT ARRAY(SELECT 1)", "does not support"),
        ("BigQuery", "SELECT [1][SAFE_OFFSET(1)]", "this element access"),
        ("BigQuery", "SELECT 1 FROM UNNEST([1])", "UNNEST without an alias"),
        ("BigQuery", "SELECT DATE_PART(year, CURRENT_DATE)", "the function DATE_PART"),
        ("Snowflake", "SELECT 'a' LIKE ANY ('a', 'b')", "does not support"),
        ("Databricks", "SELECT explode(array(1))", "the table function EXPLODE outside of FROM"),
        ("Redshift", "SELECT 'abc'::varbyte", "a cast to"),
        ("Snowflake", "SELECT value FROM TABLE(FLATTEN(PARSE_JSON('[]')))", "a JSON value without a cast"),
        ("Databricks", "SELECT map('a', 1)", "the function MAP"),
        (
            "Databricks",
            "SELECT aggregate(array(1), 0, (a, x) -> a + x)",
            "the function AGGREGATE with this lambda",
        ),
        ("Databricks", "SELECT DECODE(1, 1, 2)", "the function DECODE"),
        ("Databricks", "SELECT count(x) FILTER (WHERE x > 1) FROM (SELECT 1 AS x)", "this syntax"),
    ],
)
def test_what_is_not_known_to_be_right_is_an_error(provider: str, sql: str, what: str) -> None:
    """Functions and syntax without a documented example are an error that names them."""
    with pytest.raises(UnsupportedSqlError, match="The emulator does not support") as caught:
        read(sql, provider)
    assert what in str(caught.value)


def test_types_without_a_known_result_are_an_error(tmp_path: Path) -> None:
    """Values and types for which no result is documented are an error, too."""
    with Warehouse(tmp_path).open() as session:
        for provider, sql, what in (
            ("Redshift", "SELECT 7.0 / 2", "division of NUMERIC"),
            ("Redshift", "SELECT 'abc'::varchar(2)", "a cast of 3 bytes to 2"),
            ("Snowflake", "SELECT DATEADD(day, 1, '2013-05-08')", "DATEADD with arguments of these types"),
            ("Snowflake", "SELECT TO_DATE('02/03/2013')", "the date format of 02/03/2013"),
            ("BigQuery", "SELECT CAST(1e20 AS STRING)", "the text of a very small or large float"),
        ):
            query = Query.read(sql, provider, CATALOG)
            session.prepare(query.macros, START)
            with pytest.raises(UnsupportedSqlError, match="does not support") as caught:
                list(session.rows(query.rows(None)))
            assert what in str(caught.value)


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
        ("SELECT DATEADD(day)", "Parser Error"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "too deep"),
    ],
    ids=lambda value: value[:20],
)
def test_unsupported_query_is_rejected(sql: str, message: str) -> None:
    """Anything but one SELECT without WITH is rejected with the reason."""
    with pytest.raises(QueryError, match=message):
        read(sql)


def test_query_that_the_parser_fails_on_is_rejected() -> None:
    """A call with too few arguments is a parser error, whatever the parser raises."""
    with pytest.raises(QueryError, match="Parser Error"):
        read("SELECT DATE_ADD(CURRENT_DATE)", "BigQuery")
