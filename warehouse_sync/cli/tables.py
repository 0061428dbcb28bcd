"""Tables for a terminal, imported only when needed: `rich` is slow to import."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
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


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    """Return a table with coloured statuses."""
    drawn = Table(
        *(name.replace("_", " ") for name in columns), box=None, header_style="bold", pad_edge=False
    )
    for row in rows:
        texts = [cell(row.get(name)) for name in columns]
        # `Text`, because square brackets in names and messages from the server are not markup.
        drawn.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in texts))
    return drawn


def console(*, colour: bool) -> Console:
    """Return a console that writes to stdout."""
    return Console(no_color=not colour, highlight=False)


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, colour: bool) -> None:
    """Print a table."""
    console(colour=colour).print(table(rows, columns))
