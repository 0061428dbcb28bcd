"""Queries that the rules report, or do not report, in each dialect, and where."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warehouse_sync.declarative import RULES, Finding, lint_files

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CONFIGS = {
    "Snowflake": "account_identifier region warehouse database role user storage_integration",
    "BigQuery": "region project_id dataset_id service_account_id",
    "Redshift": "database host user aws_iam_role_arn",
    "Databricks": "provider schema",
}
SECRETS = {"Snowflake": "password", "BigQuery": "service_account_key", "Redshift": "password"}


@pytest.fixture
def lint(tmp_path: Path) -> "Callable[..., list[Finding]]":
    """Lint a query in a `.sql` file, with a connection of a provider."""

    def run(sql: str, provider: str = "Databricks") -> list[Finding]:
        config = dict.fromkeys(CONFIGS[provider].split(), "x")
        if provider in SECRETS:
            config[SECRETS[provider]] = "env:X"
        document = {
            "connections": [{"id": "w", "name": "W", "service_provider": provider, "config": config}],
            "data_models": [{"id": "m", "name": "M", "sql_file": "m.sql"}],
            "pipelines": [
                {
                    "id": "p",
                    "name": "P",
                    "pipeline_type": "user_attributes",
                    "connection_id": "w",
                    "data_model_id": "m",
                    "sync_mode": {"type": "full"},
                    "schedule": {"type": "on_demand"},
                    "environment": "development",
                }
            ],
        }
        (tmp_path / "all.json").write_text(json.dumps(document))
        (tmp_path / "m.sql").write_text(sql, encoding="utf-8")
        return lint_files(tmp_path, now=NOW)

    return run


def codes(findings: list[Finding]) -> list[str]:
    """Return the codes of findings."""
    return sorted(finding.rule.code for finding in findings)


@pytest.mark.parametrize(
    ("provider", "sql"),
    [
        ("Databricks", "SELECT email FROM a.b.c WHERE path = 's3://bucket/x'"),
        ("Databricks", "SELECT email FROM a.b.c WHERE note = 'a -- b'"),
        ("Snowflake", "SELECT email FROM a.b.c WHERE note = '// x'"),
        ("BigQuery", "SELECT email FROM a.b.c WHERE note = '# x'"),
        ("Databricks", "SELECT email FROM a.b.c WHERE note = '{{ x }} ${y} ? :z “q”'"),
        ("Databricks", "SELECT email FROM a.b.c -- {{ x }} ${y} ? :z “q”\nWHERE x = 1"),
        ("Databricks", "SELECT email FROM a.b.c /* the end */"),
        ("Databricks", "SELECT email FROM a.b.c\n-- lint: ignore WS306\n"),
        ("Databricks", "SELECT email FROM a.b.c -- lint: ignore WS306"),
        ("Databricks", "SELECT email FROM delta.`/mnt/x`"),
        ("Databricks", "SELECT email, a % s AS rest FROM a.b.c"),
        ("Snowflake", "SELECT v:email::string AS email FROM a.b.c"),
        ("Snowflake", "SELECT $1 AS email FROM a.b.c"),
        ("Redshift", "SELECT email FROM a.b.c WHERE created::date > '2026-01-01'"),
    ],
)
def test_valid_query_has_no_findings(provider: str, sql: str, lint: "Callable[..., list[Finding]]") -> None:
    """Valid SQL of a dialect has no findings."""
    assert lint(sql, provider) == []


@pytest.mark.parametrize(
    ("provider", "sql", "expected"),
    [
        ("Redshift", "UNLOAD ('SELECT email FROM a.b.c') TO 's3://x'", ["WS302"]),
        ("BigQuery", "FROM a.b.c |> WHERE x = 1 |> SELECT email", ["WS304"]),
        ("BigQuery", "FROM a.b.c |> WHERE x = 1", ["WS304", "WS306"]),
        ("Redshift", "SELECT email INTO a.b.d FROM a.b.c", ["WS302"]),
        (
            "Redshift",
            "WITH q AS (DELETE FROM a.b.c RETURNING email) SELECT email FROM q",
            ["WS302", "WS303"],
        ),
        ("BigQuery", "SELECT “email” FROM a.b.c", ["WS301"]),
        ("Snowflake", "SELECT email FROM a.b.c WHERE x = \u2018y\u2019", ["WS301"]),
        ("Databricks", "SELECT email FROM a.b.c WHERE x = ?", ["WS315"]),
        ("Databricks", "SELECT email FROM a.b.c WHERE x = :name", ["WS315"]),
        ("BigQuery", "SELECT email FROM a.b.c WHERE x = @name", ["WS315"]),
        ("Redshift", "SELECT email FROM a.b.c WHERE x = $1", ["WS315"]),
        ("Redshift", "SELECT email FROM a.b.c WHERE x = %s", ["WS315"]),
        ("Redshift", "SELECT email FROM a.b.c WHERE x = %(name)s", ["WS315"]),
        ("Databricks", "SELECT email FROM ${database}.b.c", ["WS315"]),
        ("Databricks", "{% if x %} SELECT email FROM a.b.c {% endif %}", ["WS315"]),
        ("Databricks", "SELECT 1 AS email", ["WS313"]),
        ("Databricks", "SELECT email FROM a.b.c UNION ALL SELECT email, x FROM a.b.d", ["WS304", "WS314"]),
        ("Redshift", "SELECT email FROM a.b.c FOR UPDATE", ["WS312"]),
        ("Redshift", "SELECT email FROM a.b.c; -- the end", ["WS312"]),
        ("Redshift", "SELECT email FROM a.b.c /* x */ -- the end", ["WS312"]),
    ],
)
def test_query_is_reported(
    provider: str, sql: str, expected: list[str], lint: "Callable[..., list[Finding]]"
) -> None:
    """A query that fails, changes data or surprises has exactly these findings."""
    assert codes(lint(sql, provider)) == expected


@pytest.mark.parametrize(
    ("sql", "code", "line", "column"),
    [
        ("SELECT\n  a b c\nFROM x.y.z", "WS301", 2, 7),
        ("SELECT email\nFROM {{ ref('orders') }}", "WS315", 2, 6),
        ("SELECT email\nFROM a.b.c\nWHERE x = :name", "WS315", 3, 11),
        ("-- a\nWITH q AS (SELECT email FROM a.b.c) SELECT email FROM q", "WS303", 2, 1),
        ("SELECT email\nFROM a.b.c\n  LIMIT 5", "WS304", 3, 3),
        ("SELECT email\nFROM a.b.c\nJOIN public.d AS d ON 1 = 1", "WS305", 3, 6),
        ("SELECT\n  *\nFROM a.b.c", "WS306", 2, 3),
        ("SELECT\n  email,\n  x AS email\nFROM a.b.c", "WS310", 3, 8),
        ("SELECT\n  email,\n  Email\nFROM a.b.c", "WS311", 2, 3),
        ("SELECT email\nFROM a.b.c\n;", "WS312", 3, 1),
        ("SELECT email\nFROM a.b.c\n  -- the end", "WS312", 3, 3),
        ("SELECT email\nINTO a.b.d FROM a.b.c", "WS302", 2, 1),
        ("SELECT email FROM a.b.c\nUNION SELECT email, x FROM a.b.c", "WS314", 2, 1),
    ],
)
def test_finding_is_at_the_construct(
    sql: str, code: str, line: int, column: int, lint: "Callable[..., list[Finding]]"
) -> None:
    """A finding is at the line and column of what it is about."""
    [location] = [each.location for each in lint(sql) if each.rule is RULES[code]]
    assert (Path(location.file).name, location.line, location.column) == ("m.sql", line, column)


def test_common_table_expression_of_other_case_is_no_table(lint: "Callable[..., list[Finding]]") -> None:
    """The name of a common table expression ignores case."""
    sql = "WITH People AS (SELECT email FROM a.b.c) SELECT email FROM PEOPLE"
    assert codes(lint(sql, "Snowflake")) == ["WS303"]


def test_query_in_a_document_names_its_line(tmp_path: Path) -> None:
    """A finding about a query of several lines in a JSON or YAML file names the line in the message."""
    model = {"kind": "data_model", "id": "m", "name": "M", "sql_query": "SELECT email\nFROM orders"}
    (tmp_path / "m.json").write_text(json.dumps(model))
    [finding] = [each for each in lint_files(tmp_path, now=NOW) if each.rule is RULES["WS305"]]
    assert finding.message.endswith("write database.schema.orders (line 2 of the query)")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT a b c FROM x.y.z", "cannot be parsed as databricks: 'c' is not expected here"),
        ("SELECT a FROM", "cannot be parsed as databricks: it ends with 'FROM'"),
        ("SELECT a FROM x.y.z WHERE", "cannot be parsed as databricks: it ends with 'WHERE'"),
        ("SELECT a FROM (SELECT b FROM c", "cannot be parsed as databricks: ) is missing after 'c'"),
        ("SELECT 'a FROM x.y.z", "cannot be parsed as databricks: a quote or a comment is not closed"),
        ("SELECT a FROM t JOIN ON x", "cannot be parsed as databricks: 'ON' is not expected here"),
        (
            "SELECT a FROM {{ ref('x') }}",
            "has the template {{ ref('x') }}, but the API needs compiled SQL: run dbt compile, and name the file below target/compiled in sql_file",
        ),
        (
            "SELECT a FROM x.y.z WHERE b = ?",
            "has the placeholder ?, which is never replaced: write the value",
        ),
    ],
)
def test_message_is_in_words(sql: str, message: str, lint: "Callable[..., list[Finding]]") -> None:
    """A query that cannot be parsed has one finding, without names of the parser's classes."""
    [finding] = [each for each in lint(sql) if each.rule.code in {"WS301", "WS315"}]
    assert finding.message == message


@pytest.mark.parametrize(
    ("provider", "comment", "ignored"),
    [
        ("Databricks", "-- noqa", True),
        ("Databricks", "-- noqa: WS305", True),
        ("Databricks", "--NOQA:WS306,WS305", True),
        ("Databricks", "-- reason -- noqa: WS305 the schema is set", True),
        ("Databricks", "/* noqa: WS305 */", True),
        ("Snowflake", "// noqa: WS305", True),
        ("BigQuery", "# noqa: WS305", True),
        ("Databricks", "-- noqa: WS306", False),
        ("Databricks", "-- noqa: LT05", False),  # a rule of another linter
        ("Databricks", "-- noqable", False),
    ],
)
def test_comment_ignores_rules_on_its_line(
    provider: str, comment: str, *, ignored: bool, lint: "Callable[..., list[Finding]]"
) -> None:
    """`-- noqa` ignores rules on its line only."""
    found = lint(f"SELECT email\nFROM one {comment}\nJOIN two ON x = y\n", provider)
    assert [each.location.line for each in found if each.rule.code == "WS305"] == ([] if ignored else [2]) + [
        3
    ]


def test_comment_inside_a_string_ignores_nothing(lint: "Callable[..., list[Finding]]") -> None:
    """Text in a string is not a comment."""
    assert codes(lint("SELECT email, '-- noqa' AS x, '-- lint: ignore WS305' AS y FROM t")) == ["WS305"]


def test_first_line_ignores_findings_without_a_position(lint: "Callable[..., list[Finding]]") -> None:
    """A finding about the whole query belongs to its first line."""
    assert codes(lint("SELECT name -- noqa: WS309\nFROM a.b.c")) == []
    assert codes(lint("SELECT name\nFROM a.b.c -- noqa: WS309")) == ["WS309"]


@pytest.mark.parametrize("comment", ["-- noqa: WS399", "-- lint: ignore WS305, WS3999"])
def test_unknown_rule_in_a_comment_is_reported(comment: str, lint: "Callable[..., list[Finding]]") -> None:
    """A misspelled code is reported where it is."""
    found = lint(f"SELECT email\nFROM a.b.c {comment}\nWHERE x = 1")
    assert codes(found) == ["WS002"]
    assert found[0].location.line == 2
    assert "'WS399" in found[0].message
