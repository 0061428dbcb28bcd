"""Tables on a terminal: ids are never cut."""

import io
from typing import Any

import pytest
from rich.console import Console

from warehouse_sync.cli.commands.status import _COLUMNS as STATUS
from warehouse_sync.cli.tables import fitting_columns, page, table

LONG = "customers-of-the-european-web-shop-hourly"
ROWS: list[dict[str, Any]] = [
    {
        "workspace": 5328,
        "pipeline": f"{LONG}-{number}",
        "status": "idle",
        "run_status": "success",
        "ended_on": "2026-01-02T03:04:05Z",
        "records": 123456,
        "run": 4711,
        "connection": "healthy",
        "data_model": "valid",
    }
    for number in range(3)
]


def drawn(rows: list[dict[str, Any]], columns: tuple[str, ...], width: int) -> str:
    """Return what a terminal of a width shows."""
    screen = Console(file=io.StringIO(), width=width, no_color=True)
    screen.print(table(rows, columns, width=width))
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


@pytest.mark.parametrize(
    ("width", "fitting"),
    [
        (200, STATUS),
        (150, STATUS),
        (110, STATUS[:6]),
        (80, ("workspace", "pipeline", "status", "run_status")),
        (70, ("workspace", "pipeline", "status")),
    ],
)
def test_status_leaves_out_columns_before_it_cuts_ids(width: int, fitting: tuple[str, ...]) -> None:
    """The fewer columns a terminal has, the fewer are shown; each id is on one line."""
    assert tuple(fitting_columns(ROWS, STATUS, width)) == fitting
    shown = drawn(ROWS, STATUS, width)
    assert all(row["pipeline"] in shown for row in ROWS)
    assert max(map(len, shown.splitlines())) <= width
    assert len(shown.splitlines()) == len(ROWS) + 1


def test_narrow_terminal_wraps_ids() -> None:
    """On a terminal that is narrower than an id, its parts are on several lines, all of them."""
    shown = drawn(ROWS[:1], ("id", "state"), 20)
    assert "…" not in shown
    shown = drawn([{"id": LONG}], ("id", "state"), 20)
    assert "".join(shown.split()) == f"id{LONG}"


def test_empty_columns_are_left_out_first() -> None:
    """A column without values goes before one with values; the errors stay and wrap."""
    rows = [{"id": LONG, "state": "active", "note": "", "errors": [{"message": "word " * 30}]}]
    columns = ("id", "note", "state", "errors")
    assert fitting_columns(rows, columns, 80) == ["id", "state", "errors"]
    shown = drawn(rows, columns, 80)
    assert shown.count("word") == 30
    assert LONG in shown


def test_empty_table_has_its_columns() -> None:
    """A table without rows shows the names of its columns."""
    assert drawn([], ("id", "errors"), 80).split() == ["id", "errors"]


def test_page_fits_in_the_terminal() -> None:
    """A live table of many rows shows those that fit and the number of the others."""
    rows = [{"id": f"pipeline-{number:04d}"} for number in range(2000)]
    screen = Console(file=io.StringIO(), width=80, no_color=True)
    screen.print(page(rows, ("id",), width=80, height=24))
    assert isinstance(screen.file, io.StringIO)
    lines = screen.file.getvalue().splitlines()
    assert len(lines) < 24
    assert lines[1].strip() == "pipeline-0000"
    assert lines[-1] == "1,979 more; --failed and --sort choose which are shown."
