"""Tables for a terminal, imported only when needed: `rich` is slow to import."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from warehouse_sync.cli.output import cell

_STYLES = {
    "success": "green",
    "healthy": "green",
    "valid": "green",
    "idle": "green",
    "ok": "green",
    "running": "cyan",
    "queued": "cyan",
    "retrying": "yellow",
    "paused": "yellow",
    "stopped": "yellow",
    "warning": "yellow",
    "failed": "red",
    "faulted": "red",
    "invalid": "red",
    "error": "red",
}
_GAP = 2  # spaces between columns
# The columns that may wrap, with the width below which they do not shrink. They are not left out unless they are empty.
_WRAPPED = {
    "errors": 24,
    "error": 24,
    "detail": 24,
    "hint": 16,
    "value": 16,
    "status": 20,
    "name": 16,
    "file": 24,
}
_KEPT = ("pipeline", "pipeline_id")

Row = Mapping[str, Any]


def fitting_columns(rows: Sequence[Row], columns: Sequence[str], width: int) -> list[str]:
    """Return the columns that fit in a width without cutting an id.

    Empty columns are left out first, then the last ones. The first column, the pipeline and the columns of texts, which
    wrap, are always there.
    """
    fitting = list(columns)
    empty = [name for name in columns[1:] if not any(cell(row.get(name)) for row in rows)]
    others = [name for name in reversed(columns[1:]) if name not in (*_WRAPPED, *_KEPT, *empty)]
    for name in (*reversed(empty), *others):
        if _least_width(rows, fitting) <= width:
            break
        fitting.remove(name)
    return fitting


def _widths(rows: Sequence[Row], columns: Sequence[str], width: int) -> dict[str, int | None]:
    """Return the width of each column: ids get theirs, and the texts share the rest."""
    if _least_width(rows, columns) > width:  # every column wraps
        return dict.fromkeys(columns)
    natural = {name: _natural_width(rows, name) for name in columns}
    widths: dict[str, int | None] = {}
    left = width - _GAP * (len(columns) - 1)
    # The narrow texts first, because they leave more for the others.
    for position, name in enumerate(sorted(columns, key=lambda name: (name in _WRAPPED, natural[name]))):
        share = left // (len(columns) - position)
        widths[name] = min(natural[name], share) if name in _WRAPPED else natural[name]
        left -= widths[name] or 0
    return {name: widths[name] for name in columns}


def _least_width(rows: Sequence[Row], columns: Sequence[str]) -> int:
    """Return the width at which each column fits, with the texts wrapped."""
    widths = [min(_natural_width(rows, name), _WRAPPED.get(name, 10_000)) for name in columns]
    return sum(widths) + _GAP * (len(widths) - 1)


def _natural_width(rows: Sequence[Row], name: str) -> int:
    return max(cell_len(name), *(cell_len(cell(row.get(name))) for row in rows), 0)


def table(rows: Sequence[Row], columns: Sequence[str], *, width: int) -> Table:
    """Return a table with coloured statuses and as many columns as fit in a width."""
    fitting = fitting_columns(rows, columns, width)
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    for name, column_width in _widths(rows, fitting, width).items():
        drawn.add_column(name.replace("_", " "), overflow="fold", width=column_width)
    for row in rows:
        texts = [cell(row.get(name)) for name in fitting]
        # `Text`, because square brackets in names and messages from the server are not markup.
        drawn.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in texts))
    return drawn


def page(rows: Sequence[Row], columns: Sequence[str], *, width: int, height: int) -> Group:
    """Return a table of the rows that fit in a height, and how many do not."""
    shown = rows[: max(1, height - 3)]  # a header, the number and the cursor's line
    more = len(rows) - len(shown)
    note = [Text(f"{more:,} more; --failed and --sort choose which are shown.")] if more else []
    return Group(table(shown, columns, width=width), *note)


def console(*, colour: bool) -> Console:
    """Return a console that writes to stdout."""
    return Console(no_color=not colour, highlight=False)


def show(rows: Sequence[Row], columns: Sequence[str], *, colour: bool) -> list[str]:
    """Print a table and return the columns that do not fit."""
    screen = console(colour=colour)
    screen.print(table(rows, columns, width=screen.width))
    fitting = fitting_columns(rows, columns, screen.width)
    return [name for name in columns if name not in fitting]
