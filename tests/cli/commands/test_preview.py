"""`preview`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from warehouse_sync.cli.commands.preview import preview

if TYPE_CHECKING:
    from click.testing import Result

SQL = "SELECT customer_id, Email, tags, note, u FROM db.shop.customers"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A folder with a table of customers."""
    path = tmp_path / "shop"
    path.mkdir()
    rows = (
        "customer_id,email,tags,note,u\n1,,x,,2023-02-01 10:00:00\n2,b@example.com,y,,2023-02-02 10:00:00\n"
    )
    (path / "customers.csv").write_text(rows, "utf-8")
    return tmp_path


def run(*arguments: object, stdin: str | None = None) -> Result:
    """Run the command."""
    return CliRunner().invoke(preview, [str(each) for each in arguments], input=stdin)


def test_mapping_of_every_column_is_shown(warehouse: Path) -> None:
    """Each column has its use, its type and the first value that is not null."""
    result = run("--warehouse", warehouse, "--iterator", "U", "--json", SQL)
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == [
        {"column": "customer_id", "becomes": "user identity customer_id", "type": "BIGINT", "sample": 1},
        {"column": "email", "becomes": "user identity email", "type": "VARCHAR", "sample": "b@example.com"},
        {"column": "tags", "becomes": "user attribute tags", "type": "VARCHAR", "sample": "x"},
        {"column": "note", "becomes": "user attribute note", "type": "VARCHAR", "sample": None},
        {
            "column": "u",
            "becomes": "iterator, not sent",
            "type": "TIMESTAMP",
            "sample": "2023-02-01T10:00:00Z",
        },
    ]


TRANSFORMATION = """
kind: field_transformation
id: t
name: T
mappings:
  - {mapping_type: column, source: U, destination: timestamp_unixtime_ms}
  - {mapping_type: ignore, source: tags}
  - {mapping_type: static, destination: event_type, value: screen_view}
  - {mapping_type: ignore, source: other}
"""


def test_fields_of_events_are_shown(warehouse: Path, tmp_path: Path) -> None:
    """With a field transformation, columns become fields of events, and constant fields are listed too."""
    file = tmp_path / "transformation.yaml"
    file.write_text(TRANSFORMATION, "utf-8")
    result = run("--warehouse", warehouse, "--iterator", "u", "--field-transformation", file, "--json", SQL)
    assert result.exit_code == 0, result.stderr
    assert {each["column"]: (each["becomes"], each["sample"]) for each in json.loads(result.stdout)} == {
        "customer_id": ("user identity customer_id", 1),
        "email": ("user identity email", "b@example.com"),
        "tags": ("ignored, not sent", "x"),
        "note": ("event attribute note", None),
        "u": ("events[].data.timestamp_unixtime_ms", 1675245600000),
        "": ("events[].event_type", "screen_view"),
    }
    assert result.stderr == "note: It does not select other, which the field transformation names.\n"


def test_field_transformation_must_be_one(warehouse: Path, tmp_path: Path) -> None:
    """A file without a transformation, or with several, is refused."""
    file = tmp_path / "none.yaml"
    file.write_text("{}", "utf-8")
    result = run("--warehouse", warehouse, "--field-transformation", file, SQL)
    assert result.exit_code == 2
    assert "declares 0 field transformations: pass a file with one" in result.stderr


def test_default_format_is_a_table(warehouse: Path) -> None:
    """Without a format the mapping is a table with a header."""
    lines = run("--warehouse", warehouse, SQL).stdout.splitlines()
    assert lines[0].split() == ["COLUMN", "BECOMES", "TYPE", "SAMPLE"]
    assert lines[2].split() == ["email", "user", "identity", "email", "VARCHAR", "b@example.com"]


@pytest.mark.parametrize(
    ("sql", "note"),
    [
        ("SELECT email FROM shop.customers", "Table shop.customers is not fully qualified"),
        ("SELECT email FROM db.shop.customers;", "semicolon or a comment"),
        ("SELECT email FROM db.shop.customers -- all", "semicolon or a comment"),
        ("SELECT tags FROM db.shop.customers", "No column is a user identity"),
        ("SELECT email FROM db.shop.customers", "does not select the iterator field u"),
        (SQL.replace("note", ", ".join(f"{n} AS a{n}" for n in range(100))), "104 columns"),
    ],
)
def test_rule_violation_is_a_note(warehouse: Path, sql: str, note: str) -> None:
    """A query that breaks a rule of the reference is shown, with a note on stderr."""
    result = run("--warehouse", warehouse, "--iterator", "u", sql)
    assert result.exit_code == 0
    assert note in result.stderr
    assert result.stdout
    assert run("--warehouse", warehouse, "--iterator", "u", "--quiet", sql).stderr == ""


def test_query_is_read_from_a_file_or_stdin(warehouse: Path, tmp_path: Path) -> None:
    """The query can come from a file or from stdin."""
    path = tmp_path / "query.sql"
    path.write_text(SQL, "utf-8")
    expected = run("--warehouse", warehouse, SQL).stdout
    assert run("--warehouse", warehouse, "--file", path).stdout == expected
    assert run("--warehouse", warehouse, "--file", "-", stdin=SQL).stdout == expected


@pytest.mark.parametrize("dialect", ["bigquery", "redshift", "databricks"])
def test_dialect_option_is_used(warehouse: Path, dialect: str) -> None:
    """The query is parsed in the given dialect."""
    quote = '"' if dialect == "redshift" else "`"
    sql = f"SELECT {quote}email{quote} FROM db.shop.customers"  # noqa: S608 - the test's own
    assert "user identity email" in run("--warehouse", warehouse, "--dialect", dialect, sql).stdout


def test_empty_table_is_shown_without_samples(warehouse: Path) -> None:
    """A query without rows still shows its columns."""
    result = run("--warehouse", warehouse, "--json", f"{SQL} WHERE 1 = 0")
    assert [row["sample"] for row in json.loads(result.stdout)] == [None] * 5


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["SELECT nobody FROM shop.customers"], 1, "nobody"),
        (["SELECT * FROM read_csv('/etc/passwd')"], 1, "table function READ_CSV"),
        (["DROP TABLE customers"], 1, "DROP is not supported"),
        ([], 2, "either as an argument or with --file"),
    ],
)
def test_failing_query_is_an_error(warehouse: Path, arguments: list[str], code: int, message: str) -> None:
    """A failing query ends with the engine's message, a missing one with a usage error."""
    result = run("--warehouse", warehouse, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


def test_missing_warehouse_is_named(tmp_path: Path) -> None:
    """A missing warehouse is named in the error."""
    result = run("--warehouse", tmp_path / "gone", SQL)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no warehouse at" in result.stderr


def test_preview_process_exits_cleanly(tmp_path: Path) -> None:
    """The engine's threads end before the interpreter, which would otherwise abort."""
    (tmp_path / "customers.csv").write_text("email,plan\na@example.com,pro\n", encoding="utf-8")
    command = str(Path(sys.executable).parent / "warehouse-sync")
    ran = subprocess.run(  # noqa: S603 - our own command
        [command, "preview", "--warehouse", str(tmp_path), "SELECT email, plan FROM customers"],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert ran.returncode == 0, ran.stderr
    assert "a@example.com" in ran.stdout
