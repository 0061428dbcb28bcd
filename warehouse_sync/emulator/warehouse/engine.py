"""DuckDB in a sandbox: queries read the warehouse and nothing else."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb
from attrs import field, frozen

from warehouse_sync.emulator.warehouse.catalog import Catalog, Table
from warehouse_sync.emulator.warehouse.errors import (
    QueryCancelledError,
    QueryError,
    UnsupportedSqlError,
    WarehouseUnavailableError,
)
from warehouse_sync.emulator.warehouse.folder import DataFile, data_files, load

_MEMORY, _FILE = "memory", "warehouse"
# Set before anything is opened: no Python variables as tables, no downloads, no secrets of the user's other
# databases. Without a directory for temporary files none is created that queries could read.
_CONFIG: dict[str, Any] = {
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "temp_directory": "",
    "threads": 1,  # each thread evaluates `_VECTOR_ROWS` at once
}
_SANDBOX = (
    "SET TimeZone = 'UTC'",
    "SET memory_limit = '800MB'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_TABLES = (
    "SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE NOT internal "
    "UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
)
# How a macro reports that it does not know the result, and how DuckDB reports that no overload fits, that one is in
# a correlated subquery, or that one can fail where a window needs a constant function.
_UNSUPPORTED = re.compile(
    r"EMULATOR: (.+)|Macro [a-z]+?_+(\w+)\(\) (?:does not support the supplied arguments|has multiple overloads)"
    r"|unordered_map::at|window expressions cannot be volatile"
)
# Rows to read at once: large values are copied from DuckDB's memory, so few of them at a time.
_MAX_CHUNK_ROWS = 1000
_CHUNK_BYTES = 1024 * 1024
# DuckDB evaluates this many rows at once, and its memory limit does not count the values of functions.
_VECTOR_ROWS = 2048
_MAX_VECTOR_BYTES = 128 * 1024 * 1024
_SAMPLE_ROWS = 8


@frozen
class _Known:
    """What a connection has done before: created macros, and the columns of queries."""

    macros: set[str] = field(factory=set[str])
    columns: dict[str, list[tuple[str, str]]] = field(factory=dict[str, list[tuple[str, str]]])


@frozen
class WarehouseSession:
    """An open warehouse."""

    catalog: Catalog
    _connection: duckdb.DuckDBPyConnection
    _seconds: float
    _is_cancelled: Callable[[], bool]
    _known: "_Known"

    def prepare(self, macros: Iterable[str], now: datetime) -> None:
        """Create the macros of a query, and set the time that it sees."""
        for statement in macros:
            if statement not in self._known.macros:
                self._connection.execute(statement)
                self._known.macros.add(statement)
        if any("emulator_now" in statement for statement in macros):
            self._connection.execute(f"SET VARIABLE emulator_now = TIMESTAMPTZ '{now.isoformat()}'")

    def columns(self, sql: str) -> list[tuple[str, str]]:
        """Return the names and DuckDB types of a query's columns."""
        if sql not in self._known.columns:
            with self._limited():
                result = self._connection.execute(sql)
                described = [(column[0], str(column[1])) for column in result.description or []]
            self._known.columns[sql] = described
        return self._known.columns[sql]

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, read in chunks whose size follows that of the rows."""
        count = 1
        with self._limited():
            self._connection.execute(sql)
            while rows := self._connection.fetchmany(count):
                yield from rows
                count = min(2 * count, _MAX_CHUNK_ROWS) if _size(rows) < _CHUNK_BYTES else max(1, count // 2)

    def check_size(self, sql: str, count: int) -> None:
        """Estimate from a few rows whether a query of `count` rows fits into the memory.

        Raises:
            QueryError: It does not.
        """
        if count <= _SAMPLE_ROWS:
            return
        sample = list(self.rows(f"SELECT * FROM ({sql}) LIMIT {_SAMPLE_ROWS}"))  # noqa: S608 - a validated query
        size = _size(sample) // max(1, len(sample))
        if size * min(count, _VECTOR_ROWS) > _MAX_VECTOR_BYTES:
            raise QueryError(
                f"The rows have about {size // 1024:,} KB: the emulator evaluates {_VECTOR_ROWS:,} rows at once, which may have "
                f"{_MAX_VECTOR_BYTES // 1024**2} MB together. Select fewer rows or shorter values."
            )

    def number(self, sql: str) -> int:
        """Return the result of a query that selects one number."""
        [(number,)] = self.rows(sql)
        return int(number)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Interrupt a query that takes too long, and translate DuckDB's errors."""
        if self._is_cancelled():
            raise QueryCancelledError
        timer = Timer(self._seconds, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException as error:
            if self._is_cancelled():
                raise QueryCancelledError from error
            raise QueryError(f"The query took longer than {self._seconds:g} seconds.") from error
        except duckdb.Error as error:
            raise _to_query_error(error) from error
        finally:
            timer.cancel()


class Warehouse:
    """A DuckDB file, or a folder of CSV and Parquet files.

    A file is opened for each use and closed after it, so that other programs can write to it in between. A folder
    is read into memory, and again whenever it has changed.

    Args:
        path: The file or the folder.
        seconds: How long a query may take.
    """

    def __init__(self, path: Path, *, seconds: float = 30) -> None:
        self._path = path.absolute()
        self._seconds = seconds
        self._folder: duckdb.DuckDBPyConnection | None = None
        self._files: list[DataFile] = []
        self._catalog = Catalog((), _MEMORY)
        self._known = _Known()
        self._in_use: duckdb.DuckDBPyConnection | None = None
        self._cancelled = False

    @contextmanager
    def open(self) -> Iterator[WarehouseSession]:
        """Open the warehouse.

        Raises:
            WarehouseUnavailableError: It cannot be opened.
        """
        if self._path.is_dir():
            with self._marked_in_use(self._read_folder()) as connection:
                yield self._session(connection, self._catalog, self._known)
            return
        connection = self._open_file()
        try:
            with self._marked_in_use(connection):
                yield self._session(connection, _catalog(connection, _FILE), _Known())
        finally:
            connection.close()

    def problem(self) -> str | None:
        """Return why the warehouse cannot be opened, or None."""
        try:
            with self.open():
                return None
        except WarehouseUnavailableError as error:
            return str(error)

    def cancel(self) -> None:
        """Cancel the query in progress, and every later one.

        The query, in another thread, raises `QueryCancelledError`.
        """
        self._cancelled = True
        connection = self._in_use
        if connection is not None:
            with suppress(duckdb.ConnectionException):  # closed in the meantime: nothing to interrupt
                connection.interrupt()

    def resume(self) -> None:
        """Execute queries again."""
        self._cancelled = False

    def close(self) -> None:
        """Free the memory of a folder."""
        if self._folder is not None:
            self._folder.close()
            self._folder = None
            self._known = _Known()

    @contextmanager
    def _marked_in_use(self, connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
        self._in_use = connection
        try:
            yield connection
        finally:
            self._in_use = None

    def _open_file(self) -> duckdb.DuckDBPyConnection:
        if not self._path.is_file():
            raise WarehouseUnavailableError(f"There is no warehouse at {self._path}.")
        connection = duckdb.connect(config=_CONFIG)
        try:
            connection.execute(f"ATTACH {sql_literal(self._path)} AS {_FILE} (READ_ONLY)")
            connection.execute(f"USE {_FILE}")
            _sandbox(connection)
        except duckdb.Error as error:
            connection.close()
            raise WarehouseUnavailableError(str(error)) from error
        return connection

    def _read_folder(self) -> duckdb.DuckDBPyConnection:
        files = data_files(self._path)
        if self._folder is None or files != self._files:
            self.close()
            self._folder, self._files = _loaded(files), files
            self._catalog = _catalog(self._folder, _MEMORY)
        return self._folder

    def _session(
        self, connection: duckdb.DuckDBPyConnection, catalog: Catalog, known: _Known
    ) -> WarehouseSession:
        return WarehouseSession(catalog, connection, self._seconds, lambda: self._cancelled, known)


def _catalog(connection: duckdb.DuckDBPyConnection, default_database: str) -> Catalog:
    tables = tuple(Table(*row) for row in connection.execute(_TABLES).fetchall())
    return Catalog(tables, default_database)


def _to_query_error(error: duckdb.Error) -> QueryError:
    """Return the error of a query, or of a macro that does not support the values or types it is given."""
    unsupported = _UNSUPPORTED.search(str(error))
    if unsupported is None:
        return QueryError(str(error))
    what, macro = unsupported.groups()
    if macro:
        what = f"{macro.upper()} with arguments of these types"
    if "window" in unsupported[0]:
        what = "this function in OVER (it supports there a column that a subquery computes)"
    return UnsupportedSqlError(what or "this function in a correlated subquery")


def _size(rows: list[tuple[Any, ...]]) -> int:
    """Return the size of the strings and bytes in some rows."""
    return sum(_value_size(value) for row in rows for value in row)


def _value_size(value: object) -> int:
    match value:
        case str() | bytes():
            return len(value)
        case list() | tuple():
            return sum(map(_value_size, value))
        case dict():
            return sum(_value_size(key) + _value_size(part) for key, part in value.items())
        case _:
            return 0


def sql_literal(path: Path) -> str:
    """Return a path as an SQL literal."""
    return "'" + str(path).replace("'", "''") + "'"


def _loaded(files: list[DataFile]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config=_CONFIG)
    try:
        load(connection, files)
        _sandbox(connection)
    except duckdb.Error as error:
        connection.close()
        raise WarehouseUnavailableError(str(error)) from error
    return connection


def _sandbox(connection: duckdb.DuckDBPyConnection) -> None:
    for statement in _SANDBOX:
        connection.execute(statement)
