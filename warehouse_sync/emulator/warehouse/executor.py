"""Runs for real: a run's query is executed, its rows are counts_as_active and become batches."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from attrs import frozen

from warehouse_sync.emulator.documents import Document, encode
from warehouse_sync.emulator.runs.dates import checked_moment
from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.runs.run import Run
from warehouse_sync.emulator.state.event_batches import MAX_BATCHES, EventBatchLog
from warehouse_sync.emulator.state.resource import Problem
from warehouse_sync.emulator.state.workspace import Workspace
from warehouse_sync.emulator.warehouse.dialect import Query, Range
from warehouse_sync.emulator.warehouse.engine import Warehouse, WarehouseSession
from warehouse_sync.emulator.warehouse.errors import (
    QueryError,
    RowError,
    StoppedError,
    WarehouseUnavailableError,
)
from warehouse_sync.emulator.warehouse.mapping import batch, column, sections


class WarehouseExecutor:
    """Carries runs out on a warehouse.

    Args:
        warehouse: Backs every connection.
        batches: Where the batches go.
    """

    def __init__(self, warehouse: Warehouse, batches: EventBatchLog) -> None:
        self._warehouse = warehouse
        self._batches = batches

    def problem(self) -> str | None:
        """Return why the warehouse cannot be opened, or None."""
        return self._warehouse.problem()

    def stop(self) -> None:
        """Break off the query that is executed in another thread, and every other until `resume`."""
        self._warehouse.stop()

    def resume(self) -> None:
        """Execute queries again."""
        self._warehouse.resume()

    def execute(
        self,
        run: Run,
        pipeline: Document,
        workspace: Workspace,
        limits: Limits,
        unlocked: AbstractContextManager[None],
    ) -> None:
        """Carry a run out, and note in it and in what it used how it went.

        The query is executed within ``unlocked``, where nothing of the state is touched.
        """
        run.successful_records = run.failed_records = 0
        connection = workspace.connections.get(pipeline["connection_id"])
        model = workspace.data_models.get(pipeline["data_model_id"])
        job = _Job(run, pipeline, workspace.id, connection.document["service_provider"], limits)
        sql = model.document["config"]["sql_query"]
        try:
            with unlocked, self._warehouse.open() as session:
                lines = job.load(session, sql)
        except StoppedError:
            run.failure = "The emulator was stopped while the query was executed."
        except WarehouseUnavailableError as error:
            run.failure = str(error)
            connection.problem = Problem(run.failure, run.ended_on)
        except QueryError as error:
            run.failure = str(error)
            connection.problem, model.problem = None, Problem(run.failure, run.ended_on)
        else:
            connection.problem = model.problem = None
            self._batches.add(workspace.id, run, lines)


@frozen
class _Job:
    """One run's work."""

    run: Run
    pipeline: Document
    workspace_id: str
    provider: str
    limits: Limits

    def load(self, session: WarehouseSession, sql: str) -> Iterable[bytes]:
        """Execute the query and return a batch, as JSON, for each row that can become one: the last `MAX_BATCHES` of them."""
        query = Query.read(sql, self.provider, session.catalog)
        names = [name for name, _ in session.columns(query.columns())]
        _refuse_more(len(names), self.limits.columns, "columns")
        rows = self._range()
        count = session.number(query.count(rows))
        if self._too_many(count):
            return ()
        documents = self._batches(names, session.rows(query.rows(rows)))
        return deque((encode(document) for document in documents), maxlen=MAX_BATCHES)

    def _too_many(self, count: int) -> bool:
        most = self.limits.records(self.pipeline["schedule"])
        if most is None or count <= most:
            return False
        self.run.failure = f"The interval holds {count} records; a run loads at most {most}."
        return True

    def _batches(self, names: list[str], rows: Iterator[tuple[Any, ...]]) -> Iterator[Document]:
        columns = [column(name, iterator=self._sync_mode.get("iterator_field")) for name in names]
        loaded = failed = 0
        for row in rows:
            try:
                filled = sections(columns, row)
            except RowError:  # counts_as_active: the API tells how many rows failed, and never which
                failed += 1
                continue
            loaded += 1
            yield batch(filled, self.pipeline, source=self._source(), sent_on=self.run.started_on)
        self.run.successful_records, self.run.failed_records = loaded, failed

    def _range(self) -> Range | None:
        iterator = self._sync_mode.get("iterator_field")
        if iterator is None:
            return None
        if self._sync_mode["type"] == "full":  # "syncs all data", within what the settings name
            return Range(iterator, self._moment("from"), self._moment("until"))
        return Range(iterator, self.run.range_start, self.run.range_end)

    @property
    def _sync_mode(self) -> Document:
        mode: Document = self.pipeline["sync_mode"]
        return mode

    def _moment(self, field: str) -> datetime | None:
        text = self._sync_mode.get(field)
        return checked_moment(text) if text else None

    def _source(self) -> Document:
        return {
            "workspace_id": self.workspace_id,
            "pipeline_id": self.run.pipeline_id,
            "pipeline_run_id": self.run.id,
            "data_model_id": self.pipeline["data_model_id"],
            "connection_id": self.pipeline["connection_id"],
        }


def _refuse_more(count: int, most: int | None, what: str) -> None:
    if most is not None and count > most:
        raise QueryError(f"The query has {count} {what}; at most {most} are supported.")
