"""`lint` and `schema`, without an account."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one data model that has a warning."""
    model = {"kind": "data_model", "id": "a", "name": "A", "sql_query": "SELECT * FROM a.b.c"}
    (tmp_path / "a.json").write_text(json.dumps(model))
    return tmp_path


def test_exit_code_follows_severity(offline: "Cli", folder: Path) -> None:
    """Warnings end with 0, with `--strict` and for errors with 10."""
    assert offline("lint", folder).exit_code == 0
    assert offline("lint", folder, "--strict").exit_code == 10
    (folder / "b.yaml").write_text("nonsense: 1\n")
    done = offline("lint", folder)
    assert done.exit_code == 10
    assert "error WS001: 'nonsense' is not a section" in done.stdout


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_formats_are_json(form: str, offline: "Cli", folder: Path) -> None:
    """JSON and SARIF can be read by programs."""
    assert "WS306" in json.dumps(json.loads(offline("lint", folder, "--format", form).stdout))


def test_github_annotations(offline: "Cli", folder: Path) -> None:
    """Each finding is a workflow command on a line of its own; no finding is no output."""
    lines = offline("lint", folder, "--format", "github").stdout.splitlines()
    assert all(line.startswith(("::warning file=", "::notice file=")) for line in lines)
    (folder / "a.json").write_text("{}")
    assert offline("lint", folder, "--format", "github").stdout == ""


def test_statement_that_sqlglot_does_not_know_is_one_finding(offline: "Cli", folder: Path) -> None:
    """No warning of sqlglot's own appears beside the findings."""
    model = {"kind": "data_model", "id": "a", "name": "A", "sql_query": "CALL something()"}
    (folder / "a.json").write_text(json.dumps(model))
    done = offline("lint", folder)
    assert done.exit_code == 10
    assert done.stderr == ""


def test_schema_is_printed_or_written(offline: "Cli", tmp_path: Path) -> None:
    """The schema goes to stdout, or to a file that a later `lint` of the folder leaves alone."""
    printed = json.loads(offline("schema").stdout)
    file = tmp_path / "warehouse-sync.schema.json"
    assert offline("schema", "--out", file).exit_code == 0
    assert json.loads(file.read_text()) == printed
    assert offline("lint", tmp_path).exit_code == 0
