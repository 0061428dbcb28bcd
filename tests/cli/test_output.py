"""The output formats."""

import json
from typing import Any

import pytest

from warehouse_sync.cli.output import Output, cell, flatten, to_csv, to_plain

ROWS: list[dict[str, Any]] = [
    {"id": "a", "count": 1, "errors": [{"message": "one"}, {"message": "two"}]},
    {"id": "b\x1b[2J"},
]


def test_plain_rows_are_aligned() -> None:
    """Plain text has a header, aligned columns and no control characters."""
    assert to_plain(ROWS, ("id", "count", "errors")) == (
        "ID     COUNT  ERRORS\na      1      one; two\nb [2J\n"
    )


def test_csv_is_safe_for_spreadsheets() -> None:
    """Text that a spreadsheet would evaluate as a formula is quoted; numbers are not."""
    assert to_csv([{"a": "=1+1", "b": -1}], ("a", "b")) == "a,b\n'=1+1,-1\n"


def test_record_is_flattened() -> None:
    """Nested fields get dotted names."""
    assert flatten({"id": "a", "config": {"port": 1}}) == {"id": "a", "config.port": 1}


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0, "0"), ({"a": 1}, '{"a": 1}'), (["x", None], "x; ")]
)
def test_cell(value: object, text: str) -> None:
    """Every value has a text."""
    assert cell(value) == text


def test_quiet_suppresses_notes(capsys: pytest.CaptureFixture[str]) -> None:
    """`--quiet` suppresses notes, not results."""
    for quiet in (False, True):
        output = Output(format="json", quiet=quiet)
        output.note("a note")
        output.record({"id": "a"})
        captured = capsys.readouterr()
        assert json.loads(captured.out) == {"id": "a"}
        assert captured.err == ("" if quiet else "a note\n")


def test_progress_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Progress is not written to logs."""
    Output().progress(1, 2, "pipelines")
    assert capsys.readouterr().err == ""
