"""Tests of every lint rule and of the reports."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse_sync.declarative import (
    RULES,
    Finding,
    LintLimits,
    has_errors,
    lint_files,
    to_github,
    to_json,
    to_markdown,
    to_sarif,
    to_text,
)
from warehouse_sync.emulator.runs.limits import Limits as EmulatorLimits

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
    folder: Path, sql: str = SQL, *replaced: tuple[str, str], limits: LintLimits | None = None
) -> list[Finding]:
    """Lint the files after replacing some text."""
    text = FILES
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    (folder / "all.yaml").write_text(text)
    (folder / "orders.sql").write_text(sql)
    return lint_files(folder, now=NOW, limits=limits)


def codes(findings: list[Finding]) -> list[str]:
    """Return the codes of findings."""
    return [finding.rule.code for finding in findings]


def test_valid_files_have_no_findings(tmp_path: Path) -> None:
    """Valid files have no findings."""
    assert lint(tmp_path) == []


@pytest.mark.parametrize(
    ("code", "sql", "message"),
    [
        ("WS301", "SELECT a b c FROM x.y.z", "cannot be parsed as databricks"),
        ("WS301", "SELECT customer_id, updated_at FROM", "cannot be parsed"),
        ("WS301", "orders", "start it with SELECT"),
        ("WS302", "DELETE FROM db.public.orders", "is a DELETE statement"),
        ("WS302", "drop table db.public.orders", "is a DROP statement"),
        ("WS302", "CREATE TABLE a.b.c AS SELECT 1", "is a CREATE statement"),
        ("WS302", "UPDATE a.b.c SET x = 1", "is an UPDATE statement"),
        ("WS302", "ALTER TABLE a.b.c ADD COLUMN x INT", "is an ALTER statement"),
        ("WS302", f"{SQL}; DELETE FROM a.b.c", "has 2 statements"),  # noqa: S608 - parsed, never run
        ("WS302", "-- nothing here", "has 0 statements"),
        ("WS303", "WITH q AS (SELECT * FROM a.b.c) SELECT email, updated_at FROM q", "use a subquery"),
        ("WS304", f"{SQL} LIMIT 5", "uses LIMIT"),
        ("WS304", f"{SQL} UNION ALL {SQL}", "uses UNION"),
        ("WS305", "SELECT customer_id, updated_at FROM orders", "write database.schema.orders"),
        ("WS305", "SELECT customer_id, updated_at FROM public.orders", "write database.schema.orders"),
        ("WS306", "SELECT * FROM db.public.orders", "list the columns"),
        (
            "WS307",
            f"SELECT {', '.join(f'c{n}' for n in range(99))}, email, updated_at FROM a.b.c",  # noqa: S608 - parsed, never run
            "has 101 columns",
        ),
        ("WS308", "SELECT customer_id FROM db.public.orders", "'updated_at' is not a column"),
        ("WS309", "SELECT name, updated_at FROM db.public.orders", "such as customer_id or email"),
        ("WS310", "SELECT email, x AS email, updated_at FROM a.b.c", "has 2 columns named email"),
        (
            "WS311",
            "SELECT email, x AS Email, updated_at FROM a.b.c",
            "differ only in case: Email, email",
        ),
        ("WS312", f"{SQL};", "ends with a semicolon"),
        ("WS312", f"{SQL} -- the end", "ends with a comment"),
    ],
)
def test_query_rule_reports(code: str, sql: str, message: str, tmp_path: Path) -> None:
    """Each query rule reports its problem and a fix."""
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
def test_valid_query_has_no_findings(sql: str, tmp_path: Path) -> None:
    """Syntax that the reference lists as supported has no findings."""
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
        ("WS001", "state: active", "data_plan_id: plan", "pipeline orders.data_plan_version"),
        ("WS002", "state: active", "state: active\nlint: {ignore: [WS999]}", "pipeline orders.lint"),
    ],
)
def test_pipeline_rule_reports(code: str, old: str, new: str, path: str, tmp_path: Path) -> None:
    """Each pipeline rule reports its problem at the field."""
    findings = lint(tmp_path, SQL, (old, new))
    assert path in [each.path for each in findings if each.rule.code == code]


def test_start_of_on_demand_pipeline_has_no_finding(tmp_path: Path) -> None:
    """The first trigger of an on-demand pipeline loads from `schedule.start`."""
    findings = lint(tmp_path, SQL, ("type: interval, frequency: daily,", "type: on_demand,"))
    assert findings == []


def test_active_pipelines_over_the_limit_are_one_finding(tmp_path: Path) -> None:
    """All pipelines over the limit are one finding, at the first that does not ignore the rule."""
    pipeline = FILES[FILES.index("---\nkind: pipeline") :]
    more = "".join(pipeline.replace("id: orders\nname", f"id: other-{n}\nname") for n in range(3))
    more = more.replace("id: other-0", "lint: {ignore: [WS205]}\nid: other-0")
    replaced = ("environment: development\n", f"environment: development\n{more}")
    [finding] = lint(tmp_path, SQL, replaced, limits=LintLimits(active_pipelines=1))
    assert (finding.rule.code, finding.path) == ("WS205", "pipeline other-1.state")
    assert "4 pipelines are active, but the limit is 1" in finding.message
    assert "--max-active-pipelines" in finding.message


@pytest.mark.parametrize("year", ["2026", "2023"])
def test_limits_are_those_of_the_emulator(year: str) -> None:
    """The emulator's documented limits of both years are the limits that lint checks."""
    limits, enforced = LintLimits(), EmulatorLimits.named(year)
    assert limits.active_pipelines == enforced.active_pipelines
    assert limits.columns == enforced.columns
    for frequency, days in limits.catch_up_days.items():
        start = enforced.catch_up_start(frequency, NOW)
        assert start is not None
        assert abs((NOW - start).days - days) <= 2  # leap days, and months of 28 to 31 days


def test_skipped_file_is_reported(tmp_path: Path) -> None:
    """A file that is skipped is the finding "WS003"."""
    (tmp_path / "B.YAML").write_text("connections: []\n")
    [finding] = lint(tmp_path)
    assert finding.rule is RULES["WS003"]
    assert str(finding) == f"{tmp_path / 'B.YAML'}:1:1: warning WS003: {finding.message}"


def test_limits_can_be_set(tmp_path: Path) -> None:
    """Active pipelines and columns over a given limit are reported."""
    limits = LintLimits(active_pipelines=0, columns=1)
    assert codes(lint(tmp_path, limits=limits)) == ["WS205", "WS307"]


def test_every_rule_has_a_case() -> None:
    """Every rule has a case in the tests of this folder."""
    files = Path(__file__).parent.glob("test_*.py")
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [code for code in RULES if f'"{code}"' not in text] == []


@pytest.mark.parametrize("provider", ["Snowflake", "BigQuery", "Redshift"])
def test_query_uses_dialect_of_connection(provider: str, tmp_path: Path) -> None:
    """A query is parsed in the dialect of its connection."""
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
def test_rule_can_be_ignored(sql: str, replaced: tuple[str, str], tmp_path: Path) -> None:
    """A rule can be ignored in the query or in the resource."""
    assert lint(tmp_path, sql, replaced) == []


def test_reference_examples_have_no_errors(tmp_path: Path) -> None:
    """Queries of the reference can have warnings, but no errors."""
    vectors = Path(__file__).parents[2] / "vectors" / "data-models"
    queries = {
        model["config"]["sql_query"]
        for file in vectors.glob("*.json")
        for document in [json.loads(file.read_text(encoding="utf-8"))]
        for model in (document if isinstance(document, list) else [document])
    } | {"SELECT * FROM table", "SELECT * FROM database.schema.name"}
    queries.discard("string")  # a placeholder, not a query
    assert len(queries) > 2
    for number, sql in enumerate(sorted(queries)):
        model = {"kind": "data_model", "id": f"model-{number}", "name": "Model", "sql_query": sql}
        (tmp_path / f"{number}.json").write_text(json.dumps(model))
    findings = lint_files(tmp_path, now=NOW)
    assert not has_errors(findings), to_text(findings)


def test_severity_decides_about_failure(tmp_path: Path) -> None:
    """Notes never fail, warnings fail if `strict`, errors always fail."""
    assert not has_errors(lint(tmp_path, f"{SQL} LIMIT 5"), strict=True)
    warned = lint(tmp_path, "SELECT * FROM a.b.c")
    assert (has_errors(warned), has_errors(warned, strict=True)) == (False, True)
    assert has_errors(lint(tmp_path, "DELETE FROM a.b.c"))


def test_reports_have_the_same_findings(tmp_path: Path) -> None:
    """Text, JSON, SARIF and annotations contain the same findings at the same lines."""
    findings = lint(tmp_path, "SELECT *\nFROM orders", ("state: active", "state: activee"))
    expected = [(each.rule.code, each.location.line) for each in findings]
    assert [(each["code"], each["line"]) for each in json.loads(to_json(findings))] == expected
    sarif = json.loads(to_sarif(findings, version="1"))
    assert sarif["version"] == "2.1.0"
    [run] = sarif["runs"]
    assert [
        (each["ruleId"], each["locations"][0]["physicalLocation"]["region"]["startLine"])
        for each in run["results"]
    ] == expected
    assert {each["ruleId"] for each in run["results"]} <= {
        rule["id"] for rule in run["tool"]["driver"]["rules"]
    }
    assert len(to_text(findings).splitlines()) == len(expected) + 1
    assert len(to_github(findings).splitlines()) == len(expected)
    assert len(to_markdown(findings).splitlines()) == len(expected) + 4


def test_annotation_is_escaped(tmp_path: Path) -> None:
    """Characters that end a workflow command are escaped."""
    (tmp_path / "a,b:c.yaml").write_text("kind: |\n  a\n  100%\n")
    [line] = to_github(lint_files(tmp_path, now=NOW)).splitlines()
    assert "a%2Cb%3Ac.yaml" in line
    assert line.startswith("::error file=")


def test_deeply_nested_query_is_reported(tmp_path: Path) -> None:
    """A query that exceeds the recursion limit is a finding."""
    assert "WS301" in codes(lint(tmp_path, f"SELECT {'(' * 5000}1{')' * 5000} AS email FROM a.b.c"))  # noqa: S608 - parsed, never run


def test_markdown_shows_text_as_it_is(tmp_path: Path) -> None:
    """Text of the files is no markup in a summary, and stays in its cell."""
    findings = lint(
        tmp_path,
        'SELECT customer_id, updated_at, a AS "<b>|x`[y](z)", 1 AS "<B>|x`[y](z)" FROM db.public.orders',
    )
    [row] = [line for line in to_markdown(findings).splitlines() if "WS311" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert re.findall(r"(?<!\\)[<`\[]", row) == []
