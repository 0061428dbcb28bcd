"""Lint rules for field transformations."""

from datetime import UTC, datetime
from pathlib import Path

from tests.declarative.event_pipeline import FILES, write
from warehouse_sync.declarative import Finding, lint_files

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def lint(folder: Path) -> list[Finding]:
    """Lint a folder."""
    return lint_files(folder, now=NOW)


def test_complete_files_have_no_findings(tmp_path: Path) -> None:
    """Sources are compared with columns without regard to case."""
    write(tmp_path)
    assert lint(tmp_path) == []


def test_source_that_is_no_column_is_reported(tmp_path: Path) -> None:
    """Each source, also of an ignored column, must be a column of the query."""
    write(tmp_path, ("eventid", "event"), ("source: note", "source: notes"))
    found = [each for each in lint(tmp_path) if each.rule.code == "WS316"]
    assert [(each.location.line, each.path) for each in found] == [
        (6, "field_transformation screens.mappings[0].source"),
        (9, "field_transformation screens.mappings[2].source"),
    ]
    assert "'event' is not a column of the data model screens: add it to the query" in found[0].message


def test_finding_can_be_ignored(tmp_path: Path) -> None:
    """A transformation takes `lint: {ignore: […]}`, and an unknown code in it is reported."""
    write(tmp_path, ("eventid", "event"), ("name: Screens", "name: Screens\nlint: {ignore: [WS316, WS999]}"))
    assert [each.rule.code for each in lint(tmp_path)] == ["WS002"]


def test_unknown_and_unused_transformations_are_reported(tmp_path: Path) -> None:
    """Once a transformation is declared, pipelines must name a declared one."""
    write(tmp_path, ("id: screens", "id: other"))
    assert [(each.rule.code, each.path) for each in lint(tmp_path)] == [
        ("WS101", "pipeline screens.field_transformation_id"),
        ("WS102", "field_transformation other.id"),
    ]
    (tmp_path / "transformation.yaml").unlink()
    assert lint(tmp_path) == []


def test_mapped_identity_counts_as_an_identity(tmp_path: Path) -> None:
    """A query without an identity column is fine if a mapping sets an identity."""
    files = FILES.replace("customer_id", "buyer")
    write(tmp_path, files=files)
    assert [each.rule.code for each in lint(tmp_path)] == ["WS309"]
    write(
        tmp_path,
        (
            "mappings:",
            "mappings:\n  - {mapping_type: column, source: buyer, destination: user_identities.other}",
        ),
        files=files,
    )
    assert lint(tmp_path) == []
