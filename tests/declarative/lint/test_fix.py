"""Fixes of queries in `.sql` files."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse_sync.declarative import Finding, fix_files, lint_files
from warehouse_sync.declarative.project import find_project

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CONFIGS = {
    "Snowflake": {
        "account_identifier": "x",
        "region": "x",
        "warehouse": "x",
        "database": "prod",
        "role": "x",
        "user": "x",
        "storage_integration": "x",
        "password": "env:X",
    },
    "BigQuery": {
        "region": "x",
        "project_id": "my-project",
        "dataset_id": "crm",
        "service_account_id": "x",
        "service_account_key": "env:X",
    },
    "Redshift": {
        "database": "prod",
        "host": "x",
        "user": "x",
        "aws_iam_role_arn": "x",
        "password": "env:X",
    },
    "Databricks": {"provider": "x", "schema": "x"},
}


def declare(folder: Path, provider: str, *, name: str = "m", database: str = "") -> None:
    """Declare a data model of `m.sql` with a pipeline on a connection of a provider."""
    config = {**CONFIGS[provider], **({"database": database} if database else {})}
    document = {
        "connections": [
            {"id": f"{name}-c", "name": f"{name} C", "service_provider": provider, "config": config}
        ],
        "data_models": [{"id": name, "name": name, "sql_file": "m.sql"}],
        "pipelines": [
            {
                "id": f"{name}-p",
                "name": f"{name} P",
                "pipeline_type": "user_attributes",
                "connection_id": f"{name}-c",
                "data_model_id": name,
                "sync_mode": {"type": "full"},
                "schedule": {"type": "on_demand"},
                "environment": "development",
            }
        ],
    }
    (folder / f"{name}.json").write_text(json.dumps(document))


def fix(folder: Path) -> list[str]:
    """Fix a folder until nothing changes, and return the codes that were fixed."""
    codes: list[str] = []
    while fixed := fix_files(lint_files(folder, now=NOW)):
        codes += [finding.rule.code for finding in fixed]
        assert len(codes) < 20
    return codes


@pytest.mark.parametrize(
    ("provider", "before", "after"),
    [
        ("Snowflake", "SELECT email FROM crm.people;\n", "SELECT email FROM prod.crm.people\n"),
        ("Snowflake", "SELECT email FROM a.b.c ; ;\n", "SELECT email FROM a.b.c  \n"),
        ("Snowflake", "SELECT email FROM a.b.c; -- done\n", "SELECT email FROM a.b.c -- done\n"),
        (
            "Redshift",
            "SELECT p.email FROM crm.people p JOIN crm.people q ON p.id = q.id",
            "SELECT p.email FROM prod.crm.people p JOIN prod.crm.people q ON p.id = q.id",
        ),
        ("BigQuery", "SELECT email FROM people", "SELECT email FROM `my-project`.crm.people"),
        ("BigQuery", "SELECT email FROM `crm.people`", "SELECT email FROM `my-project`.`crm.people`"),
        (
            "Databricks",
            "SELECT * FROM (SELECT email, upper(name) AS `Full name` FROM a.b.c) AS x",
            "SELECT email, `Full name` FROM (SELECT email, upper(name) AS `Full name` FROM a.b.c) AS x",
        ),
        (
            "Databricks",
            "SELECT * FROM (SELECT * FROM (SELECT email, x FROM a.b.c) AS i) AS o",
            "SELECT * FROM (SELECT * FROM (SELECT email, x FROM a.b.c) AS i) AS o",
        ),
    ],
)
def test_file_is_fixed(provider: str, before: str, after: str, tmp_path: Path) -> None:
    """Semicolons, table names and lists of columns are corrected; what is not known stays."""
    declare(tmp_path, provider)
    (tmp_path / "m.sql").write_text(before)
    fix(tmp_path)
    assert (tmp_path / "m.sql").read_text() == after


@pytest.mark.parametrize(
    ("provider", "sql"),
    [
        ("Snowflake", "SELECT email FROM people"),  # the schema is not known
        ("Databricks", "SELECT email FROM crm.people"),
        ("Snowflake", "SELECT crm.people.email FROM crm.people"),  # the column has the schema before it
        ("Snowflake", "SELECT email FROM crm.people -- noqa: WS305"),
        ("Databricks", "SELECT * FROM a.b.c"),
        ("Databricks", "SELECT * EXCEPT (x) FROM (SELECT email, x FROM a.b.c) AS i"),
        ("Databricks", "SELECT * FROM (SELECT email, email FROM a.b.c) AS i"),
        ("Databricks", "SELECT * FROM (SELECT email, count(*) FROM a.b.c GROUP BY 1) AS i"),
        ("Databricks", "SELECT * FROM (SELECT email FROM a.b.c) AS i JOIN a.b.d ON i.email = d.email"),
        ("Databricks", "SELECT * FROM (SELECT email FROM a.b.c) AS i (mail)"),
        ("Databricks", "SELECT i.* FROM (SELECT email FROM a.b.c) AS i"),
        ("Databricks", "WITH t AS (SELECT * FROM a.b.c) SELECT * FROM (SELECT email FROM t) AS i"),
        ("Databricks", "SELECT DISTINCT ON (a * b) * FROM (SELECT email, a, b FROM a.b.c) AS i"),
    ],
)
def test_file_without_a_safe_fix_stays(provider: str, sql: str, tmp_path: Path) -> None:
    """A query is not changed if the result could change, or if a comment ignores the rule."""
    declare(tmp_path, provider)
    (tmp_path / "m.sql").write_text(sql)
    assert fix(tmp_path) == []
    assert (tmp_path / "m.sql").read_text() == sql


def test_line_ends_and_byte_order_mark_are_kept(tmp_path: Path) -> None:
    """A file of Windows keeps its line ends and its byte order mark."""
    declare(tmp_path, "Snowflake")
    (tmp_path / "m.sql").write_bytes(b"\xef\xbb\xbfSELECT email\r\nFROM crm.people;\r\n")
    assert fix(tmp_path) == ["WS305", "WS312"]
    assert (tmp_path / "m.sql").read_bytes() == b"\xef\xbb\xbfSELECT email\r\nFROM prod.crm.people\r\n"


def test_mixed_line_ends_are_kept(tmp_path: Path) -> None:
    """Each line keeps its own end, also beside an edit."""
    declare(tmp_path, "Snowflake")
    (tmp_path / "m.sql").write_bytes(b"SELECT\n  email\r\nFROM\ncrm.people;\r\n")
    assert fix(tmp_path) == ["WS305", "WS312"]
    assert (tmp_path / "m.sql").read_bytes() == b"SELECT\n  email\r\nFROM\nprod.crm.people\r\n"


def test_file_that_changes_after_the_check_is_not_fixed(tmp_path: Path) -> None:
    """Fixes of an earlier text are not applied, and not reported as applied."""
    declare(tmp_path, "Snowflake")
    (tmp_path / "m.sql").write_text("SELECT email FROM crm.people;")
    findings = lint_files(tmp_path, now=NOW)
    (tmp_path / "m.sql").write_text("SELECT  email FROM crm.people;")
    assert fix_files(findings) == []
    assert (tmp_path / "m.sql").read_text() == "SELECT  email FROM crm.people;"


def test_shared_file_with_two_databases_is_not_qualified(tmp_path: Path) -> None:
    """Data models that need different fixes leave their shared file as it is, except for the same fix."""
    declare(tmp_path, "Snowflake", name="m")
    declare(tmp_path, "Snowflake", name="n", database="test")
    (tmp_path / "m.sql").write_text("SELECT email FROM crm.people;")
    assert fix(tmp_path) == ["WS312"]
    assert (tmp_path / "m.sql").read_text() == "SELECT email FROM crm.people"


def test_shared_file_of_a_model_that_ignores_the_rule_is_not_qualified(tmp_path: Path) -> None:
    """A file is qualified only if the rule applies to each of its data models."""
    declare(tmp_path, "Snowflake", name="m")
    declare(tmp_path, "Snowflake", name="n")
    text = (tmp_path / "n.json").read_text()
    (tmp_path / "n.json").write_text(text.replace('"sql_file"', '"lint": {"ignore": ["WS305"]}, "sql_file"'))
    (tmp_path / "m.sql").write_text("SELECT email FROM crm.people")
    assert fix(tmp_path) == []
    (tmp_path / "n.json").write_text(text)
    assert fix(tmp_path) == ["WS305"]


@pytest.mark.parametrize(
    ("environments", "part", "expected"),
    [
        (["dev"], "", ["WS305"]),
        (["dev", "prod"], "", []),
        (["dev"], "m.json", []),
    ],
)
def test_project_is_qualified_as_a_whole(
    environments: list[str], part: str, expected: list[str], tmp_path: Path
) -> None:
    """Table names are completed if the project has one environment, and all of it is checked."""
    declare(tmp_path, "Snowflake", name="m")
    declare(tmp_path, "Snowflake", name="n")
    (tmp_path / "m.sql").write_text("SELECT email FROM crm.people")
    tables = "".join(f"[environments.{name}]\nworkspace_id = 1\n" for name in environments)
    (tmp_path / "warehouse-sync.toml").write_text(f'name = "crm"\n{tables}')
    project = find_project(tmp_path)
    assert project is not None
    findings = lint_files(tmp_path / part, now=NOW, environment=project.environments["dev"])
    assert [finding.rule.code for finding in fix_files(findings)] == expected


def test_file_that_changed_since_is_not_fixed(tmp_path: Path) -> None:
    """The fixes of another text are not applied; a file that is gone is not created."""
    declare(tmp_path, "Snowflake")
    (tmp_path / "m.sql").write_text("SELECT email FROM a.b.c;")
    findings = lint_files(tmp_path, now=NOW)
    (tmp_path / "m.sql").write_text("SELECT other FROM a.b.c;")
    assert fix_files(findings) == []
    (tmp_path / "m.sql").unlink()
    assert fix_files(findings) == []
    assert not (tmp_path / "m.sql").exists()


def test_query_in_a_document_is_not_fixed(tmp_path: Path) -> None:
    """Only `.sql` files are changed."""
    text = '{"kind": "data_model", "id": "m", "name": "M", "sql_query": "SELECT email FROM a.b.c;"}'
    (tmp_path / "m.json").write_text(text)
    assert [each.rule.code for each in lint_files(tmp_path, now=NOW)] == ["WS102", "WS312"]
    assert fix(tmp_path) == []
    assert (tmp_path / "m.json").read_text() == text


tables = st.sampled_from(["people", "crm.people", "prod.crm.people", '"People"', 'crm."Pe;ople"'])
columns = st.lists(
    st.sampled_from(["email", "upper(email) AS mail", '"Name"', "'a;b' AS t", "1 AS n"]),
    min_size=1,
    max_size=4,
    unique=True,
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """A query of nested subqueries with some semicolons and comments."""
    sql = f"SELECT {', '.join(draw(columns))} FROM {draw(tables)}"  # noqa: S608 - not sent to a database
    for _ in range(draw(st.integers(0, 2))):
        sql = f"SELECT {draw(st.sampled_from(['*', 'email']))} FROM ({sql}) AS x"  # noqa: S608 - not sent to a database
    return sql + draw(st.sampled_from(["", ";", " ; ;", "; -- end; of it", " /* ; */ ;"]))


@given(sql=queries())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fix_is_complete_and_keeps_the_query(sql: str, tmp_path: Path) -> None:
    """A fixed query has no fix left, and is the same query apart from names of databases and stars."""
    declare(tmp_path, "Snowflake")
    file = tmp_path / "m.sql"
    file.write_text(sql)
    before = {_key(finding) for finding in lint_files(tmp_path, now=NOW)}
    fix(tmp_path)
    left = lint_files(tmp_path, now=NOW)
    assert all(finding.fix is None for finding in left)
    assert {_key(finding) for finding in left} <= before | {("WS307", ""), ("WS309", "")}
    old, new = (sqlglot.parse(text.rstrip("; "), dialect="snowflake")[0] for text in (sql, file.read_text()))
    assert _without_databases(new).count(" FROM ") == _without_databases(old).count(" FROM ")
    if "*" not in sql:
        assert _without_databases(new) == _without_databases(old)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.rule.code, finding.message if finding.rule.code == "WS301" else ""


def _without_databases(tree: Any) -> str:
    assert tree is not None
    for table in tree.find_all(sqlglot.exp.Table):
        table.set("catalog", None)
    return str(tree.sql("snowflake", comments=False))
