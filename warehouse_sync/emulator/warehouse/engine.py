"""DuckDB, shut in: it reads the warehouse and nothing else of this machine or any other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb
from attrs import frozen

from warehouse_sync.emulator.warehouse.catalog import Catalog, Table
from warehouse_sync.emulator.warehouse.errors import QueryError, StoppedError, WarehouseUnavailableError
from warehouse_sync.emulator.warehouse.folder import DataFile, data_files, load

_MEMORY, _FILE = "memory", "warehouse"
# Known before anything is opened: no variables of this program as tables, no downloads, no secrets of this user's
# other DuckDBs. Without a directory for temporary files none becomes one that queries may read.
_CONFIG: dict[str, Any] = {
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "temp_directory": "",
    "threads": 2,
}
_LOCK_DOWN = (
    "SET TimeZone = 'UTC'",
    "SET memory_limit = '2GB'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_TABLES = (
    "SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE NOT internal "
    "UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
)


@frozen
class WarehouseSession:
    """An open warehouse."""

    catalog: Catalog
    _connection: duckdb.DuckDBPyConnection
    _seconds: float
    _is_stopped: Callable[[], bool]

    def columns(self, sql: str) -> list[tuple[str, str]]:
        """Return the names and DuckDB's types of a query's columns."""
        with self._limited():
            result = self._connection.execute(sql)
            return [(column[0], str(column[1])) for column in result.description or []]

    def rows(self, sql: str, *, at_once: int = 1000) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query."""
        with self._limited():
            self._connection.execute(sql)
            while rows := self._connection.fetchmany(at_once):
                yield from rows

    def number(self, sql: str) -> int:
        """Return the one number that a query gives."""
        [(number,)] = self.rows(sql)
        return int(number)

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Interrupt the engine when it takes too long, and give its refusals our name."""
        if self._is_stopped():
            raise StoppedError
        timer = Timer(self._seconds, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        except duckdb.InterruptException as error:
            if self._is_stopped():
                raise StoppedError from error
            raise QueryError(f"The query took longer than {self._seconds:g} seconds.") from error
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
        finally:
            timer.cancel()


class Warehouse:
    """A DuckDB file, or a folder of CSV and Parquet files.

    A file is opened for each use and let go after it, so that others can write to it in between. A folder is read
    into memory, again whenever it has changed.

    Args:
        path: The file or the folder.
        seconds: How long a query may take.
    """

    def __init__(self, path: Path, *, seconds: float = 30) -> None:
        self._path = path.absolute()
        self._seconds = seconds
        self._folder: duckdb.DuckDBPyConnection | None = None
        self._files: list[DataFile] = []
        self._in_use: duckdb.DuckDBPyConnection | None = None
        self._stopped = False

    @contextmanager
    def open(self) -> Iterator[WarehouseSession]:
        """Open the warehouse, or raise `WarehouseUnavailableError`."""
        if self._path.is_dir():
            with self._used(self._read_folder()) as connection:
                yield self._session(connection, _MEMORY)
            return
        connection = self._open_file()
        try:
            with self._used(connection):
                yield self._session(connection, _FILE)
        finally:
            connection.close()

    def problem(self) -> str | None:
        """Return why the warehouse cannot be opened, or None."""
        try:
            with self.open():
                return None
        except WarehouseUnavailableError as error:
            return str(error)

    def stop(self) -> None:
        """Interrupt the query that is executed in another thread, and let every other end in `StoppedError`."""
        self._stopped = True
        connection = self._in_use
        if connection is not None:
            with suppress(duckdb.ConnectionException):  # closed just now: there is nothing left to interrupt
                connection.interrupt()

    def resume(self) -> None:
        """Execute queries again."""
        self._stopped = False

    def close(self) -> None:
        """Let go of what is in memory."""
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    @contextmanager
    def _used(self, connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
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
            _lock_down(connection)
        except duckdb.Error as error:
            connection.close()
            raise WarehouseUnavailableError(str(error)) from error
        return connection

    def _read_folder(self) -> duckdb.DuckDBPyConnection:
        files = data_files(self._path)
        if self._folder is None or files != self._files:
            self.close()
            self._folder, self._files = _loaded(files), files
        return self._folder

    def _session(self, connection: duckdb.DuckDBPyConnection, nameless: str) -> WarehouseSession:
        tables = tuple(Table(*row) for row in connection.execute(_TABLES).fetchall())
        return WarehouseSession(Catalog(tables, nameless), connection, self._seconds, lambda: self._stopped)


def sql_literal(path: Path) -> str:
    """Return a path as an SQL literal."""
    return "'" + str(path).replace("'", "''") + "'"


def _loaded(files: list[DataFile]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config=_CONFIG)
    try:
        load(connection, files)
        _lock_down(connection)
    except duckdb.Error as error:
        connection.close()
        raise WarehouseUnavailableError(str(error)) from error
    return connection


def _lock_down(connection: duckdb.DuckDBPyConnection) -> None:
    for statement in _LOCK_DOWN:
        connection.execute(statement)
