"""A folder as a warehouse: each CSV or Parquet file is a table.

Its folders are its schema and database.
"""

from pathlib import Path

import duckdb
from attrs import frozen

# A file's path has at most a database, a schema and a table.
_MAX_PARTS = 3
_READERS = {".csv": "read_csv", ".tsv": "read_csv", ".parquet": "read_parquet"}
_MEMORY, _MAIN = "memory", "main"


@frozen
class DataFile:
    """A data file of the folder; a changed file compares unequal."""

    path: Path
    parts: tuple[str, ...]
    size: int
    changed: int


def data_files(folder: Path) -> list[DataFile]:
    """Return the data files of a folder.

    Symbolic links that lead out of it are skipped.
    """
    root = folder.resolve()
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _READERS and path.is_file())
    return [
        _data_file(path, path.relative_to(folder))
        for path in found
        if path.resolve().is_relative_to(root) and len(path.relative_to(folder).parts) <= _MAX_PARTS
    ]


def load(connection: duckdb.DuckDBPyConnection, files: list[DataFile]) -> None:
    """Load files into tables.

    For example `tickets.csv`, `schema/tickets.csv` or `database/schema/tickets.csv`.
    """
    attached = set[str]()
    for file in files:
        database, schema, name = (*(_MEMORY, _MAIN)[: _MAX_PARTS - len(file.parts)], *file.parts)
        if database not in (attached | {_MEMORY}):
            connection.execute(f"ATTACH ':memory:' AS {_identifier(database)}")
            attached.add(database)
        qualified_schema = f"{_identifier(database)}.{_identifier(schema)}"
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {qualified_schema}")
        reader = _READERS[file.path.suffix.lower()]
        connection.execute(
            f"CREATE TABLE {qualified_schema}.{_identifier(name)} AS SELECT * FROM {reader}(?)",  # noqa: S608 - names are quoted
            [str(file.path)],
        )


def _data_file(path: Path, relative: Path) -> DataFile:
    status = path.stat()
    return DataFile(path, (*relative.parts[:-1], path.stem), status.st_size, status.st_mtime_ns)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
