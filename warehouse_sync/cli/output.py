"""The output of commands: results on stdout, notes and progress on stderr."""

import io
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click

from warehouse_sync import declarative
from warehouse_sync.cli.documents import to_json, to_yaml
from warehouse_sync.cli.streams import printable, write_note

Row = Mapping[str, Any]
FORMATS = ("table", "json", "yaml", "csv")
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True, eq=False)
class Output:
    """Prints results.

    Attributes:
        format: `table`, `json`, `yaml` or `csv`.
        quiet: Whether to print no notes and no progress, and only one line of a plan.
    """

    format: str = "table"
    quiet: bool = False

    @property
    def is_live(self) -> bool:
        """Whether stdout is a terminal on which a table can be redrawn."""
        return self.format == "table" and is_terminal(sys.stdout)

    def rows(self, rows: Iterable[Row], columns: Sequence[str]) -> None:
        """Print records: every field as JSON or YAML, the named columns as a table or CSV."""
        rows = list(rows)
        if self.format in ("json", "yaml"):
            self.document(rows)
        elif self.format == "csv":
            click.echo(to_csv(rows, columns), nl=False)
        else:
            self._table(rows, columns)

    def record(self, record: Row) -> None:
        """Print one record as a document, or as a table of its fields."""
        if self.format in ("json", "yaml"):
            self.document(record)
            return
        flat = flatten(record)
        if self.format == "csv":
            click.echo(to_csv([flat], list(flat)), nl=False)
        else:
            self._table([{"field": name, "value": value} for name, value in flat.items()], ("field", "value"))

    def document(self, document: object) -> None:
        """Print a document as YAML if `format` is `yaml`, otherwise as JSON."""
        if self.format == "yaml":
            click.echo(to_yaml(document), nl=False)
        else:
            click.echo(to_json(document, indent=2))

    def text(self, document: Row, text: str) -> None:
        """Print a result that is text, such as a script, or the document that contains it."""
        if self.format == "json":
            self.document(document)
        else:
            click.echo(text)

    def written_files(
        self, written: Iterable[Path], files: dict[str, str], *, missing: Iterable[str] = ()
    ) -> None:
        """Print the files that a command wrote, and note what is left to do.

        Args:
            written: The paths.
            files: Their contents, which may refer to environment variables.
            missing: What could not be written, as sentences.
        """
        names, not_written = [str(file) for file in written], list(missing)
        variables = declarative.needed_variables(files)
        if self.format in ("json", "yaml"):
            self.document({"files": names, "not_written": not_written, "variables": variables})
        else:
            self.rows([{"file": name} for name in names], ("file",))
        for line in (*not_written, *(f"environment variable to set: {name}" for name in variables)):
            self.note(line)

    def line(self, document: Row, text: str) -> None:
        """Print one event of a stream as a line of JSON or text."""
        click.echo(to_json(document) if self.format == "json" else printable(text))

    def note(self, text: str) -> None:
        """Print a note on stderr, unless `quiet` is set or stderr cannot be written."""
        if not self.quiet:
            write_note(f"{printable(text)}\n")

    def error(self, text: str) -> None:
        """Print an error on stderr, also with `quiet`."""
        click.echo(f"Error: {printable(text)}", err=True)

    def progress(self, done: int, total: int | None, noun: str) -> None:
        """Show progress on one line of the terminal; the line disappears at the end."""
        finished = total is not None and done >= total
        self.live("" if finished else f"{done}/{total or '?'} {noun}")

    def live(self, text: str) -> None:
        """Replace the live line of the terminal; an empty text removes it."""
        if not self.quiet and is_terminal(sys.stderr):
            write_note(f"\r\x1b[K{printable(text)}")

    def _table(self, rows: Sequence[Row], columns: Sequence[str]) -> None:
        if is_terminal(sys.stdout):
            tables = import_module("warehouse_sync.cli.tables")
            left_out = tables.show(rows, columns, colour=has_colour())
            if left_out:
                names = ", ".join(left_out)
                self.note(f"Columns left out: {names}. Use a wider terminal, or --json for every field.")
        else:
            click.echo(to_plain(rows, columns), nl=False)


def is_terminal(stream: Any) -> bool:  # noqa: ANN401 - a text stream, or None where there is none
    """Return whether a stream is a terminal."""
    return stream is not None and stream.isatty()


def has_colour() -> bool:
    """Return whether stdout is a terminal with colours and `NO_COLOR` is not set."""
    return is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def cell(value: object) -> str:
    """Format a value for a table cell."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(cell(item) for item in value)
    if isinstance(value, Mapping):
        return cell(value["message"]) if set(value) == {"message"} else printable(to_json(value))
    return printable(str(value))


def flatten(record: Row, prefix: str = "") -> dict[str, Any]:
    """Return a record whose nested fields have dotted names."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def to_plain(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Format rows as aligned plain text."""
    lines = [[name.upper() for name in columns]]
    lines += [[cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    padded = (
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines
    )
    return "".join(f"{line.rstrip()}\n" for line in padded)


def to_csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Format rows as CSV with a header."""
    import csv  # noqa: PLC0415 - most output is a table

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(cell, columns))
    writer.writerows([_csv_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _csv_cell(value: object) -> str:
    """Format a CSV cell; quote text that a spreadsheet would evaluate."""
    text = cell(value)
    return (
        f"'{text}" if text.startswith(("=", "+", "-", "@")) and not isinstance(value, int | float) else text
    )


def output_options(command: _Command) -> _Command:
    """Add `--output`, `--json` and `--quiet`; the command receives an `output`."""

    @wraps(command)
    def wrapper(*args: Any, output: str, as_json: bool, quiet: bool, **kwargs: Any) -> Any:  # noqa: ANN401 - arguments of any command
        chosen = "json" if as_json else output
        return command(*args, output=Output(format=chosen, quiet=quiet), **kwargs)

    for option in reversed(_OPTIONS):
        wrapper = option(wrapper)
    return wrapper  # type: ignore[return-value]  # click's decorators return the function they are given


def text_options(command: _Command) -> _Command:
    """Add `--json` and `--quiet` to a command whose result is text."""

    @wraps(command)
    def wrapper(*args: Any, as_json: bool, quiet: bool, **kwargs: Any) -> Any:  # noqa: ANN401 - arguments of any command
        return command(*args, output=Output(format="json" if as_json else "table", quiet=quiet), **kwargs)

    return quiet_option(_json_option(wrapper))  # type: ignore[return-value]  # click's decorators return the function they are given


def quiet_option(command: _Command) -> _Command:
    """Add `--quiet` to a command."""
    text = "Print only the result: no notes or progress, and one line of a plan."
    return click.option("-q", "--quiet", is_flag=True, help=text)(command)


def force_option(command: _Command) -> _Command:
    """Add `--force` to a command."""
    return click.option("--force", is_flag=True, help="Replace existing files.")(command)


_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_OPTIONS = (
    click.option("-o", "--output", type=click.Choice(FORMATS), default="table", help="Output format."),
    click.option("--json", "as_json", is_flag=True, help="Same as --output json."),
    quiet_option,
)
