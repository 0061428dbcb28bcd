"""Persistent state: an SQLite file that each change is saved in.

A change is acknowledged after it is saved.
"""

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
from warehouse_sync.emulator.state.event_batches import EventBatch
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
    # One emulator at a time: two would overwrite each other's changes.
    "PRAGMA locking_mode = EXCLUSIVE",
    # The operating system has a commit when it returns, so that it survives the end of the process, even `kill -9`.
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
)


class StateError(Exception):
    """The state cannot be read or written; the message says why."""


@define
class _Settings:
    """Everything that is saved besides resources, runs and batches."""

    next_run_id: int
    limits: Document
    faults: list[Document]
    now: datetime | None = None
    next_feed_id: int = 1


@frozen
class _SavedResource:
    """A resource as it is saved; the last three fields are a pipeline's."""

    resource: Document
    scheduler: SchedulerState | None = None
    counts_as_active: bool = True
    report_available_from: datetime | None = None


class SqliteStore:
    """Reads a store from an SQLite file, and saves its changes there.

    Args:
        folder: The folder of the file; it is created.
        store: The store to restore and save.
        faults: The active faults, which are saved too.
    """

    def __init__(self, folder: Path, store: Store, faults: ActiveFaults) -> None:
        self._folder = folder
        self._store = store
        self._faults = faults
        self._changed: dict[ResourceKey, None] = {}
        self._was_reset = False
        self._saved_batches = 0
        self._saved_runs: dict[ResourceKey, int] = {}
        self._saved_settings: object = None
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file; the first time, restore the store from it.

        Raises:
            StateError: The file cannot be opened or read, or another emulator uses it.
        """
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
        self._store.on_change = self._note_change

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def save(self) -> None:
        """Save all changes since the last save, in one transaction."""
        settings = self._settings_version()
        if not (self._changed or self._was_reset) and settings == self._saved_settings:
            return
        self.open()
        assert self._connection is not None  # noqa: S101 - just opened
        with self._connection:
            self._save_changes(self._connection)
        self._saved_settings = settings
        self._saved_batches = self._store.batches.added
        self._changed.clear()
        self._was_reset = False

    def _note_change(self, key: ResourceKey | None) -> None:
        if key is None:
            self._was_reset = True
            self._changed.clear()
            self._saved_runs.clear()
        else:
            self._changed[key] = None

    def _settings_version(self) -> object:
        store = self._store
        now = store.clock.now() if isinstance(store.clock, VirtualClock) else None
        return (
            store.next_run_id,
            store.next_feed_id,
            store.limits,
            self._faults.changes,
            store.batches.added,
            now,
        )

    def _save_changes(self, connection: sqlite3.Connection) -> None:
        if self._was_reset:
            for table in ("resource", "run", "batch"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
        for key in self._changed:
            self._save_resource(connection, key)
        self._save_batches(connection)
        connection.execute("REPLACE INTO setting VALUES ('settings', ?)", [json.encode(self._settings())])

    def _save_resource(self, connection: sqlite3.Connection, key: ResourceKey) -> None:
        workspace, collection_key, resource_id = key
        collection = self._store.workspace(workspace).collections()[collection_key]
        if resource_id not in collection:
            connection.execute("DELETE FROM resource WHERE (workspace, collection, id) = (?, ?, ?)", key)
            connection.execute("DELETE FROM run WHERE (workspace, collection, pipeline) = (?, ?, ?)", key)
            self._saved_runs.pop(key, None)
            return
        resource = collection.get(resource_id)
        connection.execute(
            "INSERT INTO resource (workspace, collection, id, value) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (workspace, collection, id) DO UPDATE SET value = excluded.value",
            [*key, json.encode(_to_saved(resource))],
        )
        if isinstance(resource, Pipeline):
            self._save_runs(connection, key, resource)

    def _save_runs(self, connection: sqlite3.Connection, key: ResourceKey, pipeline: Pipeline) -> None:
        runs = pipeline.scheduler.log.created()
        new = islice(runs, self._saved_runs.get(key, 0), None)
        connection.executemany(
            "INSERT INTO run (workspace, collection, pipeline, value) VALUES (?, ?, ?, ?)",
            ([*key, json.encode(run)] for run in new),
        )
        self._saved_runs[key] = len(runs)

    def _save_batches(self, connection: sqlite3.Connection) -> None:
        batches = self._store.batches
        new = batches.newest(batches.added - self._saved_batches)
        connection.executemany(
            "INSERT INTO batch (value, line) VALUES (?, ?)",
            ((json.encode(attrs.evolve(batch, line=b"")), batch.line) for batch in new),
        )
        connection.execute(
            "DELETE FROM batch WHERE number <= (SELECT MAX(number) FROM batch) - ?", [len(batches)]
        )

    def _settings(self) -> _Settings:
        store = self._store
        return _Settings(
            store.next_run_id,
            store.limits.show(),
            self._faults.show(),
            store.clock.now() if isinstance(store.clock, VirtualClock) else None,
            store.next_feed_id,
        )

    def _restore(self, connection: sqlite3.Connection) -> None:
        self._restore_settings(connection)
        for *key, value in connection.execute(
            "SELECT workspace, collection, id, value FROM resource ORDER BY number"
        ):
            saved = json.decode(value, type=_SavedResource)
            self._restore_resource(connection, (key[0], key[1], key[2]), saved)
        for value, line in connection.execute("SELECT value, line FROM batch ORDER BY number"):
            self._store.batches.restore(attrs.evolve(json.decode(value, type=EventBatch), line=line))
        self._saved_settings = self._settings_version()

    def _restore_settings(self, connection: sqlite3.Connection) -> None:
        for (value,) in connection.execute("SELECT value FROM setting WHERE name = 'settings'"):
            settings = json.decode(value, type=_Settings)
            self._store.next_run_id = settings.next_run_id
            self._store.next_feed_id = settings.next_feed_id
            if self._store.limits == Limits():  # limits that were passed to the emulator win
                self._store.limits = Limits(**settings.limits)
            for fault in settings.faults:
                self._faults.add(Fault(**fault))
            if settings.now is not None and isinstance(self._store.clock, VirtualClock):
                self._store.clock.restore(settings.now)

    def _restore_resource(
        self, connection: sqlite3.Connection, key: ResourceKey, saved: _SavedResource
    ) -> None:
        workspace = self._store.workspace(key[0])
        collection = workspace.collections()[key[1]]
        if saved.scheduler is None:
            collection.put(key[2], convert(saved.resource, Resource))
            return
        runs = list(_runs(connection, key))
        self._saved_runs[key] = len(runs)
        scheduler = self._store.restored_scheduler(workspace, saved.scheduler, runs, collection=key[1])
        common: dict[str, Any] = _fields(convert(saved.resource, Resource))
        collection.put(
            key[2],
            Pipeline(
                **common,
                scheduler=scheduler,
                counts_as_active=saved.counts_as_active,
                report_available_from=saved.report_available_from,
            ),
        )


def _to_saved(resource: Resource) -> _SavedResource:
    common = _fields(resource)
    if not isinstance(resource, Pipeline):
        return _SavedResource(common)
    return _SavedResource(
        common, resource.scheduler.state, resource.counts_as_active, resource.report_available_from
    )


def _fields(resource: Resource) -> Document:
    """Return the fields that every resource has."""
    return {attribute.name: getattr(resource, attribute.name) for attribute in attrs.fields(Resource)}


def _runs(connection: sqlite3.Connection, key: ResourceKey) -> Iterator[Run]:
    rows = connection.execute(
        "SELECT value FROM run WHERE (workspace, collection, pipeline) = (?, ?, ?) ORDER BY number", key
    )
    return (json.decode(value, type=Run) for (value,) in rows)


def _connect(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    # Used from one thread at a time: the one that created the emulator, or the one that serves.
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
