"""Settings of lint."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from warehouse_sync.declarative import LintSettings, has_errors, lint_files
from warehouse_sync.declarative.lint import queries, settings

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one data model that has a warning and a note."""
    model = {"kind": "data_model", "id": "a", "name": "A", "sql_query": "SELECT * FROM a.b.c"}
    (tmp_path / "a.json").write_text(json.dumps(model))
    return tmp_path


def test_severity_of_a_rule_can_be_set(folder: Path) -> None:
    """A rule has the severity of the settings."""
    changed = LintSettings(severity={"WS306": "error", "WS102": "warning"})
    findings = lint_files(folder, now=NOW, settings=changed)
    severities = {each.rule.code: each.rule.severity for each in findings}
    assert severities == {"WS306": "error", "WS102": "warning"}
    assert has_errors(findings)


def test_lists_of_codes_are_accepted(folder: Path) -> None:
    """Codes can be lists, as a settings file has them."""
    given: dict[str, Any] = {"select": ["WS1", "WS3"], "ignore": ["WS306"]}
    findings = lint_files(folder, now=NOW, settings=LintSettings(**given))
    assert [each.rule.code for each in findings] == ["WS102"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"select": ["WS999"]}, "select: there is no rule 'WS999'"),
        ({"ignore": [""]}, "ignore: there is no rule ''"),
        ({"ignore": ["WS001"]}, "ignore: WS001 cannot be ignored"),
        ({"severity": {"WS3": "error"}}, "the severity of 'WS3' cannot be set"),
        ({"severity": {"WS001": "note"}}, "the severity of 'WS001' cannot be set"),
        ({"severity": {"WS306": "fatal"}}, "WS306 must be error, warning or note, not 'fatal'"),
        ({"dialect": "oracle"}, "must be one of snowflake, bigquery, redshift, databricks, not 'oracle'"),
    ],
)
def test_wrong_setting_is_refused(given: dict[str, Any], message: str) -> None:
    """A setting that does not exist is an error that names it."""
    with pytest.raises(ValueError, match=message):
        LintSettings(**given)


def test_dialects_are_those_of_connections() -> None:
    """The dialects that can be set are those of the four warehouses."""
    assert set(settings.DIALECTS) == set(queries.DIALECTS.values())
