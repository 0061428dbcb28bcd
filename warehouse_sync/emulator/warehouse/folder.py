"""A folder as a warehouse: each CSV or Parquet file is a table, the folders around it its schema and database."""

from pathlib import Path

import duckdb
from attrs import frozen

# Deeper files have no name that a query could call them by.
_DEEPEST = 3
_READERS = {".csv": "read_csv", ".tsv": "read_csv", ".parquet": "read_parquet"}
_MEMORY, _MAIN = "memory", "main"


@frozen
class DataFile:
    """A file of the folder, and what tells whether it has changed."""

    path: Path
    parts: tuple[str, ...]
    size: int
    changed: int


def data_files(folder: Path) -> list[DataFile]:
    """Return the data files of a folder; links that lead out of it are not followed."""
    inside = folder.resolve()
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _READERS and path.is_file())
    return [
        _data_file(path, path.relative_to(folder))
        for path in found
        if path.resolve().is_relative_to(inside) and len(path.relative_to(folder).parts) <= _DEEPEST
    ]


def load(connection: duckdb.DuckDBPyConnection, files: list[DataFile]) -> None:
    """Read files into tables: ``tickets.csv``, ``schema/tickets.csv`` or ``database/schema/tickets.csv``."""
    attached = set[str]()
    for file in files:
        database, schema, name = (*(_MEMORY, _MAIN)[: _DEEPEST - len(file.parts)], *file.parts)
        if database not in (attached | {_MEMORY}):
            connection.execute(f"ATTACH ':memory:' AS {_named(database)}")
            attached.add(database)
        place = f"{_named(database)}.{_named(schema)}"
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place}")
        reader = _READERS[file.path.suffix.lower()]
        connection.execute(
            f"CREATE TABLE {place}.{_named(name)} AS SELECT * FROM {reader}(?)",  # noqa: S608  # names are quoted
            [str(file.path)],
        )


def _data_file(path: Path, relative: Path) -> DataFile:
    status = path.stat()
    return DataFile(path, (*relative.parts[:-1], path.stem), status.st_size, status.st_mtime_ns)


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
