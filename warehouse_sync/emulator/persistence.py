"""State that lasts: everything the emulator holds, in an SQLite file, saved before a change is acknowledged."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
from attrs import define, frozen
from msgspec import MsgspecError, convert, json

from warehouse_sync.emulator.clock import VirtualClock
from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.faults.fault import Fault
from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.runs.run import Run
from warehouse_sync.emulator.runs.scheduler import SchedulerState
from warehouse_sync.emulator.state.event_batches import MAX_BATCHES, EventBatch
from warehouse_sync.emulator.state.resource import Pipeline, Resource
from warehouse_sync.emulator.state.store import ResourceKey, Store

FILE = "emulator.sqlite3"
_TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS resource (
    number INTEGER PRIMARY KEY, workspace TEXT, collection TEXT, id TEXT, value BLOB NOT NULL,
    UNIQUE (workspace, collection, id));
CREATE TABLE IF NOT EXISTS run (
    number INTEGER PRIMARY KEY, workspace TEXT, collection TEXT, pipeline TEXT, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS run_of ON run (workspace, collection, pipeline);
CREATE TABLE IF NOT EXISTS batch (number INTEGER PRIMARY KEY, value BLOB NOT NULL, line BLOB NOT NULL);
"""
_SETUP = (
    # One emulator at a time: two would each save over the other's changes.
    "PRAGMA locking_mode = EXCLUSIVE",
    # A commit is in the operating system's hands when it returns: it outlives the process, killed or not.
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
)


class StateError(Exception):
    """The state cannot be read or written; the message says why."""


@define
class _Settings:
    """What is kept beside the resources."""

    next_run_id: int
    limits: Document
    faults: list[Document]
    now: datetime | None = None


@frozen
class _Saved:
    """A resource as it is saved; the last three fields are a pipeline's."""

    resource: Document
    scheduler: SchedulerState | None = None
    counts_as_active: bool = True
    report_available_from: datetime | None = None


class SqliteStore:
    """Reads a store from a folder, and saves what changes in it.

    Args:
        folder: Where the file lies; it is created.
        store: What is kept.
        faults: The faults in force, which are kept, too.
    """

    def __init__(self, folder: Path, store: Store, faults: ActiveFaults) -> None:
        self._folder = folder
        self._store = store
        self._faults = faults
        self._marks: dict[ResourceKey, None] = {}
        self._emptied = False
        self._new_batches: list[EventBatch] = []
        self._saved_runs: dict[ResourceKey, int] = {}
        self._saved_settings: object = None
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file, and read it the first time."""
        if self._connection is not None:
            return
        first = self._saved_settings is None
        try:
            self._connection = _connect(self._folder)
            if first:
                self._restore(self._connection)
        except (sqlite3.Error, OSError, ValueError, MsgspecError) as error:
            self.close()
            raise StateError(_explanation(self._folder, error)) from error
        self._store.on_change = self._mark_changed
        self._store.batches.listener = self._new_batches.append

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def save(self) -> None:
        """Save what has changed since the last save, all of it or nothing."""
        settings = self._settings_version()
        if not (self._marks or self._emptied or self._new_batches) and settings == self._saved_settings:
            return
        self.open()
        assert self._connection is not None  # noqa: S101  # just opened
        with self._connection:
            self._save_changes(self._connection)
        self._saved_settings = settings
        self._marks.clear()
        self._new_batches.clear()
        self._emptied = False

    def _mark_changed(self, mark: ResourceKey | None) -> None:
        if mark is None:
            self._emptied = True
            self._marks.clear()
            self._new_batches.clear()
            self._saved_runs.clear()
        else:
            self._marks[mark] = None

    def _settings_version(self) -> object:
        store = self._store
        moment = store.clock.now() if isinstance(store.clock, VirtualClock) else None
        return store.next_run_id, store.limits, self._faults.changes, moment

    def _save_changes(self, connection: sqlite3.Connection) -> None:
        if self._emptied:
            for table in ("resource", "run", "batch"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608  # the names above
        for mark in self._marks:
            self._save_resource(connection, mark)
        self._save_batches(connection)
        connection.execute("REPLACE INTO setting VALUES ('settings', ?)", [json.encode(self._settings())])

    def _save_resource(self, connection: sqlite3.Connection, mark: ResourceKey) -> None:
        workspace, key, resource_id = mark
        collection = self._store.workspace(workspace).collections()[key]
        if resource_id not in collection:
            connection.execute("DELETE FROM resource WHERE (workspace, collection, id) = (?, ?, ?)", mark)
            connection.execute("DELETE FROM run WHERE (workspace, collection, pipeline) = (?, ?, ?)", mark)
            self._saved_runs.pop(mark, None)
            return
        resource = collection.get(resource_id)
        connection.execute(
            "INSERT INTO resource (workspace, collection, id, value) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (workspace, collection, id) DO UPDATE SET value = excluded.value",
            [*mark, json.encode(_packed(resource))],
        )
        if isinstance(resource, Pipeline):
            self._save_runs(connection, mark, resource)

    def _save_runs(self, connection: sqlite3.Connection, mark: ResourceKey, pipeline: Pipeline) -> None:
        runs = pipeline.scheduler.log.created()
        new = islice(runs, self._saved_runs.get(mark, 0), None)
        connection.executemany(
            "INSERT INTO run (workspace, collection, pipeline, value) VALUES (?, ?, ?, ?)",
            ([*mark, json.encode(run)] for run in new),
        )
        self._saved_runs[mark] = len(runs)

    def _save_batches(self, connection: sqlite3.Connection) -> None:
        if not self._new_batches:
            return
        connection.executemany(
            "INSERT INTO batch (value, line) VALUES (?, ?)",
            ((json.encode(attrs.evolve(batch, line=b"")), batch.line) for batch in self._new_batches),
        )
        connection.execute(
            "DELETE FROM batch WHERE number <= (SELECT MAX(number) FROM batch) - ?", [MAX_BATCHES]
        )

    def _settings(self) -> _Settings:
        store = self._store
        return _Settings(
            store.next_run_id,
            store.limits.show(),
            self._faults.show(),
            store.clock.now() if isinstance(store.clock, VirtualClock) else None,
        )

    def _restore(self, connection: sqlite3.Connection) -> None:
        self._restore_settings(connection)
        for *mark, value in connection.execute(
            "SELECT workspace, collection, id, value FROM resource ORDER BY number"
        ):
            self._restore_resource(connection, (mark[0], mark[1], mark[2]), json.decode(value, type=_Saved))
        for value, line in connection.execute("SELECT value, line FROM batch ORDER BY number"):
            self._store.batches.restore(attrs.evolve(json.decode(value, type=EventBatch), line=line))
        self._saved_settings = self._settings_version()

    def _restore_settings(self, connection: sqlite3.Connection) -> None:
        for (value,) in connection.execute("SELECT value FROM setting WHERE name = 'settings'"):
            settings = json.decode(value, type=_Settings)
            self._store.next_run_id = settings.next_run_id
            if self._store.limits == Limits():  # others were asked for when the emulator was started
                self._store.limits = Limits(**settings.limits)
            for fault in settings.faults:
                self._faults.add(Fault(**fault))
            if settings.now is not None and isinstance(self._store.clock, VirtualClock):
                self._store.clock.restore(settings.now)

    def _restore_resource(self, connection: sqlite3.Connection, mark: ResourceKey, saved: _Saved) -> None:
        workspace = self._store.workspace(mark[0])
        collection = workspace.collections()[mark[1]]
        if saved.scheduler is None:
            collection.put(mark[2], convert(saved.resource, Resource))
            return
        runs = list(_runs(connection, mark))
        self._saved_runs[mark] = len(runs)
        scheduler = self._store.restored_scheduler(workspace, saved.scheduler, runs, collection=mark[1])
        common: dict[str, Any] = _fields(convert(saved.resource, Resource))
        collection.put(
            mark[2],
            Pipeline(
                **common,
                scheduler=scheduler,
                counts_as_active=saved.counts_as_active,
                report_available_from=saved.report_available_from,
            ),
        )


def _packed(resource: Resource) -> _Saved:
    common = _fields(resource)
    if not isinstance(resource, Pipeline):
        return _Saved(common)
    return _Saved(common, resource.scheduler.state, resource.counts_as_active, resource.report_available_from)


def _fields(resource: Resource) -> Document:
    """Return the fields every resource has."""
    return {attribute.name: getattr(resource, attribute.name) for attribute in attrs.fields(Resource)}


def _runs(connection: sqlite3.Connection, mark: ResourceKey) -> Iterator[Run]:
    rows = connection.execute(
        "SELECT value FROM run WHERE (workspace, collection, pipeline) = (?, ?, ?) ORDER BY number", mark
    )
    return (json.decode(value, type=Run) for (value,) in rows)


def _connect(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    # Used from one thread at a time: the one that made the emulator, or the one that serves.
    connection = sqlite3.connect(folder / FILE, timeout=0, check_same_thread=False)
    try:
        for statement in _SETUP:
            with closing(connection.execute(statement)) as cursor:
                cursor.fetchall()
        connection.executescript(_TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _explanation(folder: Path, error: Exception) -> str:
    if "locked" in str(error):
        return f"The state in {folder} is in use by another emulator."
    return f"The state in {folder} cannot be used: {error}"
