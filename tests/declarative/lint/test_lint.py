"""Every rule speaks where it should, and nowhere else."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse_sync.declarative import (
    RULES,
    Finding,
    Limits,
    has_errors,
    lint_files,
    to_github,
    to_json,
    to_sarif,
    to_text,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SQL = "SELECT customer_id, updated_at FROM db.public.orders"
FILES = """
kind: connection
id: warehouse
name: Warehouse
service_provider: Databricks
config: {provider: organization, schema: analytics}
---
kind: data_model
id: orders
name: Orders
sql_file: orders.sql
---
kind: pipeline
id: orders
name: Orders
pipeline_type: user_attributes
connection_id: warehouse
data_model_id: orders
state: active
sync_mode: {type: incremental, iterator_field: updated_at, iterator_data_type: timestamp}
schedule: {type: interval, frequency: daily, start: 2026-05-30T00:00:00Z}
environment: development
"""


def lint(
    folder: Path, sql: str = SQL, *replaced: tuple[str, str], limits: Limits | None = None
) -> list[Finding]:
    """What lint says about the files with some text replaced."""
    text = FILES
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    (folder / "all.yaml").write_text(text)
    (folder / "orders.sql").write_text(sql)
    return lint_files(folder, now=NOW, limits=limits)


def codes(findings: list[Finding]) -> list[str]:
    """The codes of findings."""
    return [finding.rule.code for finding in findings]


def test_good_files_are_clean(tmp_path: Path) -> None:
    """Files with nothing wrong have no finding at all."""
    assert lint(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "sql", "message"),
    [
        ("WS301", "SELECT a b c FROM x.y.z", "cannot be parsed as databricks"),
        ("WS301", "SELECT customer_id, updated_at FROM", "cannot be parsed"),
        ("WS301", "orders", "must begin with SELECT"),
        ("WS302", "DELETE FROM db.public.orders", "is a statement of DELETE"),
        ("WS302", "drop table db.public.orders", "is a statement of DROP"),
        ("WS302", "CREATE TABLE a.b.c AS SELECT 1", "is a statement of CREATE"),
        ("WS302", "UPDATE a.b.c SET x = 1", "is a statement of UPDATE"),
        ("WS302", "ALTER TABLE a.b.c ADD COLUMN x INT", "is a statement of ALTER"),
        ("WS302", f"{SQL}; DELETE FROM a.b.c", "holds 2 statements"),  # noqa: S608 - parsed, never run
        ("WS302", "-- nothing here", "holds 0 statements"),
        ("WS303", "WITH q AS (SELECT * FROM a.b.c) SELECT email, updated_at FROM q", "write a subquery"),
        ("WS304", f"{SQL} LIMIT 5", "uses LIMIT"),
        ("WS304", f"{SQL} UNION ALL {SQL}", "uses UNION"),
        ("WS305", "SELECT customer_id, updated_at FROM orders", "write database.schema.orders"),
        ("WS305", "SELECT customer_id, updated_at FROM public.orders", "write database.schema.orders"),
        ("WS306", "SELECT * FROM db.public.orders", "name them"),
        (
            "WS307",
            f"SELECT {', '.join(f'c{n}' for n in range(99))}, email, updated_at FROM a.b.c",  # noqa: S608 - parsed, never run
            "has 101 columns",
        ),
        ("WS308", "SELECT customer_id FROM db.public.orders", "'updated_at' is not among the columns"),
        ("WS309", "SELECT name, updated_at FROM db.public.orders", "such as customer_id or email"),
        ("WS310", "SELECT email, x AS email, updated_at FROM a.b.c", "has 2 columns with the name email"),
        (
            "WS311",
            "SELECT email, x AS Email, updated_at FROM a.b.c",
            "in upper and lower case only: Email, email",
        ),
        ("WS312", f"{SQL};", "ends with a semicolon"),
        ("WS312", f"{SQL} -- the end", "ends with a comment"),
    ],
)
def test_query_rule_speaks(code: str, sql: str, message: str, tmp_path: Path) -> None:
    """Each rule about queries finds what it looks for, and says what to do."""
    findings = lint(tmp_path, sql)
    [finding] = [each for each in findings if each.rule.code == code]
    assert message in finding.message
    assert finding.location.file in (str(tmp_path / "orders.sql"), str(tmp_path / "all.yaml"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT o.customer_id, o.updated_at FROM a.b.c AS o JOIN a.b.d AS d ON o.id = d.id WHERE d.x IN (1, 2)",
        "SELECT DISTINCT email, UPDATED_AT FROM a.b.c ORDER BY email",
        "SELECT email, COUNT(id) AS n, MAX(t) AS updated_at FROM a.b.c GROUP BY email",
        "SELECT email, updated_at FROM a.b.c WHERE note = '-- no comment;'",
        "SELECT q.email, q.updated_at FROM (SELECT email, updated_at FROM a.b.c) AS q",
        f"-- a comment that ends\n{SQL}\n",
    ],
)
def test_good_query_is_clean(sql: str, tmp_path: Path) -> None:
    """What the reference lists as supported has no finding."""
    assert lint(tmp_path, sql) == []


@pytest.mark.parametrize(
    ("code", "old", "new", "path"),
    [
        ("WS101", "connection_id: warehouse", "connection_id: other", "pipeline orders.connection_id"),
        ("WS102", "connection_id: warehouse", "connection_id: other", "connection warehouse.id"),
        (
            "WS201",
            "{type: incremental,",
            "{type: incremental, from: 2026-05-30T00:00:00Z,",
            "pipeline orders.schedule.start",
        ),
        (
            "WS202",
            "2026-05-30T00:00:00Z}",
            "2026-05-30T00:00:00Z, end: 2026-05-01T00:00:00Z}",
            "pipeline orders.schedule.end",
        ),
        ("WS203", "2026-05-30T00:00:00Z}", "2025-05-30T00:00:00Z}", "pipeline orders.schedule.start"),
        (
            "WS204",
            "type: interval, frequency",
            "type: on_demand, frequency",
            "pipeline orders.schedule.frequency",
        ),
        ("WS001", "state: active", "state: activee", "pipeline orders.state"),
        ("WS002", "state: active", "state: active\nlint: {ignore: [WS999]}", "pipeline orders.lint"),
    ],
)
def test_pipeline_rule_speaks(code: str, old: str, new: str, path: str, tmp_path: Path) -> None:
    """Each rule about pipelines finds what it looks for, at its field."""
    findings = lint(tmp_path, SQL, (old, new))
    assert path in [each.path for each in findings if each.rule.code == code]


def test_limits_are_the_accounts_own(tmp_path: Path) -> None:
    """Active pipelines and columns beyond a limit that is given are told."""
    limits = Limits(active_pipelines=0, columns=1)
    assert codes(lint(tmp_path, limits=limits)) == ["WS205", "WS307"]


def test_every_rule_was_tested() -> None:
    """No rule is without a case in this file."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in RULES if f'"{code}"' not in text] == []


@pytest.mark.parametrize("provider", ["Snowflake", "BigQuery", "Redshift"])
def test_dialect_is_the_connections(provider: str, tmp_path: Path) -> None:
    """A query is read in the dialect of its connection: backticks are names in some and an error in others."""
    fields = {
        "Snowflake": "account_identifier region warehouse database role user storage_integration",
        "BigQuery": "region project_id dataset_id service_account_id",
        "Redshift": "database host user aws_iam_role_arn",
    }[provider].split()
    secret = "service_account_key" if provider == "BigQuery" else "password"
    config = ", ".join([*(f"{name}: x" for name in fields), f"{secret}: env:X"])
    old = "Databricks\nconfig: {provider: organization, schema: analytics}"
    sql = "SELECT `email`, `updated_at` FROM `project.dataset.table`"
    findings = lint(tmp_path, sql, (old, f"{provider}\nconfig: {{{config}}}"))
    assert codes(findings) == ([] if provider == "BigQuery" else ["WS301"])


@pytest.mark.parametrize(
    ("sql", "replaced"),
    [
        ("-- lint: ignore WS306, WS305\nSELECT * FROM orders", ("state: active", "state: active")),
        (
            "SELECT * FROM orders",
            ("name: Orders\nsql_file", "name: Orders\nlint: {ignore: [WS305, WS306]}\nsql_file"),
        ),
    ],
)
def test_rules_are_silenced(sql: str, replaced: tuple[str, str], tmp_path: Path) -> None:
    """A rule is ignored_rules in the query or in the resource, and others go on speaking."""
    assert lint(tmp_path, sql, replaced) == []


def test_no_example_of_the_documents_is_refused(tmp_path: Path) -> None:
    """The reference's own queries may be warned about; none of them is an error."""
    vectors = Path(__file__).parents[2] / "vectors" / "data-models"
    queries = {
        model["config"]["sql_query"]
        for file in vectors.glob("*.json")
        for document in [json.loads(file.read_text(encoding="utf-8"))]
        for model in (document if isinstance(document, list) else [document])
    } | {"SELECT * FROM table", "SELECT * FROM database.schema.name"}
    queries.discard("string")  # stands for a query, and is none
    assert len(queries) > 2
    for number, sql in enumerate(sorted(queries)):
        model = {"kind": "data_model", "id": f"model-{number}", "name": "Model", "sql_query": sql}
        (tmp_path / f"{number}.json").write_text(json.dumps(model))
    findings = lint_files(tmp_path, now=NOW)
    assert not has_errors(findings), to_text(findings)


def test_severity_decides(tmp_path: Path) -> None:
    """Notes never fail, warnings fail with `strict`, errors always."""
    assert not has_errors(lint(tmp_path, f"{SQL} LIMIT 5"), strict=True)
    warned = lint(tmp_path, "SELECT * FROM a.b.c")
    assert (has_errors(warned), has_errors(warned, strict=True)) == (False, True)
    assert has_errors(lint(tmp_path, "DELETE FROM a.b.c"))


def test_reports_agree(tmp_path: Path) -> None:
    """Text, JSON, SARIF and annotations tell the same findings at the same lines."""
    findings = lint(tmp_path, "SELECT *\nFROM orders", ("state: active", "state: activee"))
    told = [(each.rule.code, each.location.line) for each in findings]
    assert [(each["code"], each["line"]) for each in json.loads(to_json(findings))] == told
    sarif = json.loads(to_sarif(findings, version="1"))
    assert sarif["version"] == "2.1.0"
    [run] = sarif["runs"]
    assert [
        (each["ruleId"], each["locations"][0]["physicalLocation"]["region"]["startLine"])
        for each in run["results"]
    ] == told
    assert {each["ruleId"] for each in run["results"]} <= {
        rule["id"] for rule in run["tool"]["driver"]["rules"]
    }
    assert len(to_text(findings).splitlines()) == len(told) + 1
    assert len(to_github(findings).splitlines()) == len(told)


def test_annotation_is_escaped(tmp_path: Path) -> None:
    """What would end a workflow command early is escaped."""
    (tmp_path / "a,b:c.yaml").write_text("kind: |\n  a\n  100%\n")
    [line] = to_github(lint_files(tmp_path, now=NOW)).splitlines()
    assert "a%2Cb%3Ac.yaml" in line
    assert line.startswith("::error file=")


def test_query_that_is_too_deep_is_told(tmp_path: Path) -> None:
    """A query that exhausts the parser is a finding and no traceback."""
    assert "WS301" in codes(lint(tmp_path, f"SELECT {'(' * 5000}1{')' * 5000} AS email FROM a.b.c"))  # noqa: S608 - parsed, never run
