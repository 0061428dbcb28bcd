"""Execution of runs: query a data model, count rows, create event batches."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from attrs import frozen

from warehouse_sync.emulator.documents import Document, encode
from warehouse_sync.emulator.runs.dates import parse_valid_timestamp
from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.runs.run import Run
from warehouse_sync.emulator.state.event_batches import EventBatchLog, NewestItems
from warehouse_sync.emulator.state.resource import ResourceError
from warehouse_sync.emulator.state.workspace import Workspace
from warehouse_sync.emulator.warehouse.dialect import Query, Range
from warehouse_sync.emulator.warehouse.engine import Warehouse, WarehouseSession
from warehouse_sync.emulator.warehouse.errors import (
    QueryCancelledError,
    QueryError,
    RowError,
    UnsupportedSqlError,
    WarehouseUnavailableError,
)
from warehouse_sync.emulator.warehouse.mapping import batch, column, sections
from warehouse_sync.emulator.warehouse.transformation import NO_TRANSFORMATION, FieldTransformation

# The emulator's own limit: no document names one.
_MAX_LINE_BYTES = 1024 * 1024


class WarehouseExecutor:
    """Executes runs on a warehouse.

    Args:
        warehouse: The warehouse behind every connection.
        batches: Receives the batches.
        lenient_sql: Accept `WITH` in queries.
    """

    def __init__(self, warehouse: Warehouse, batches: EventBatchLog, *, lenient_sql: bool = False) -> None:
        self._warehouse = warehouse
        self._batches = batches
        self._lenient_sql = lenient_sql

    def problem(self) -> str | None:
        """Return why the warehouse cannot be opened, or None."""
        return self._warehouse.problem()

    def cancel(self) -> None:
        """Cancel the query in progress, and every later one until `resume`.

        The query runs in another thread.
        """
        self._warehouse.cancel()

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
        """Execute a run, and record the result in it, its connection and its data model.

        The query is executed within `unlocked`, where the state is not used.
        """
        run.successful_records = run.failed_records = 0
        connection = workspace.connections.get(pipeline["connection_id"])
        model = workspace.data_models.get(pipeline["data_model_id"])
        provider = connection.document["service_provider"]
        transformation = _transformation(pipeline, workspace)
        load = _Load(run, pipeline, workspace.id, provider, limits, self._lenient_sql, transformation)
        sql = model.document["config"]["sql_query"]
        try:
            with unlocked, self._warehouse.open() as session:
                lines = load.execute(session, sql)
        except QueryCancelledError:
            run.failure = "The emulator was stopped during the query."
        except WarehouseUnavailableError as error:
            run.failure = str(error)
            connection.problem = ResourceError(run.failure, run.ended_on)
        except UnsupportedSqlError as error:  # the model may be right
            run.failure = str(error)
            connection.problem = model.problem = None
        except QueryError as error:
            run.failure = str(error)
            connection.problem, model.problem = None, ResourceError(run.failure, run.ended_on)
        else:
            connection.problem = model.problem = None
            self._batches.add(workspace.id, run, lines)


@frozen
class _Load:
    """The work of one run."""

    run: Run
    pipeline: Document
    workspace_id: str
    provider: str
    limits: Limits
    lenient_sql: bool
    transformation: FieldTransformation

    def execute(self, session: WarehouseSession, sql: str) -> Iterable[bytes]:
        """Return a batch, as JSON, for each valid row of the query.

        The oldest are dropped if there are too many.
        """
        query = Query.read(sql, self.provider, session.catalog, lenient=self.lenient_sql)
        session.prepare(query.macros, self.run.started_on)
        names = [name for name, _ in session.columns(query.columns())]
        _check_count(len(names), self.limits.columns, "columns")
        rows = self._range()
        count = session.number(query.count(rows))
        if count == 0 or self._exceeds_record_limit(count):
            return ()
        session.check_size(query.rows(rows), count)
        lines = NewestItems[bytes]()
        for line in self._batches(names, session.rows(query.rows(rows))):
            lines.add(line, len(line))
        return lines

    def _exceeds_record_limit(self, count: int) -> bool:
        limit = self.limits.records(self.pipeline["schedule"])
        if limit is None or count <= limit:
            return False
        self.run.failure = f"The interval has {count} records; a run loads at most {limit}."
        return True

    def _batches(self, names: list[str], rows: Iterator[tuple[Any, ...]]) -> Iterator[bytes]:
        iterator, is_event = self._sync_mode.get("iterator_field"), self.pipeline["pipeline_type"] == "events"
        columns = [
            column(name, iterator=iterator, is_event=is_event, transformation=self.transformation)
            for name in names
        ]
        constants = self.transformation.constants
        loaded = failed = 0
        for row in rows:
            try:
                line = self._line(sections(columns, row, constants))
            except RowError:  # only counted: the API reports how many rows failed, but not which
                failed += 1
                continue
            loaded += 1
            yield line
        self.run.successful_records, self.run.failed_records = loaded, failed

    def _line(self, values: Document) -> bytes:
        """Return the batch of a row as JSON.

        Raises:
            RowError: It is too large.
        """
        line = encode(batch(values, self.pipeline, source=self._source(), sent_on=self.run.started_on))
        if len(line) > _MAX_LINE_BYTES:
            raise RowError(f"The batch of the row has {len(line)} bytes; at most {_MAX_LINE_BYTES} are sent.")
        return line

    def _range(self) -> Range | None:
        iterator = self._sync_mode.get("iterator_field")
        if iterator is None:
            return None
        if self._sync_mode["type"] == "full":  # "syncs all data", between `from` and `until`
            return Range(iterator, self._bound("from"), self._bound("until"))
        return Range(iterator, self.run.range_start, self.run.range_end)

    @property
    def _sync_mode(self) -> Document:
        mode: Document = self.pipeline["sync_mode"]
        return mode

    def _bound(self, field: str) -> datetime | None:
        text = self._sync_mode.get(field)
        return parse_valid_timestamp(text) if text else None

    def _source(self) -> Document:
        return {
            "workspace_id": self.workspace_id,
            "pipeline_id": self.run.pipeline_id,
            "pipeline_run_id": self.run.id,
            "data_model_id": self.pipeline["data_model_id"],
            "connection_id": self.pipeline["connection_id"],
        }


def _transformation(pipeline: Document, workspace: Workspace) -> FieldTransformation:
    """Return the field transformation of a pipeline; an unknown one has no mappings."""
    transformation_id = pipeline.get("field_transformation_id", "")
    if transformation_id not in workspace.field_transformations:
        return NO_TRANSFORMATION
    return FieldTransformation.read(workspace.field_transformations.get(transformation_id).document)


def _check_count(count: int, limit: int | None, noun: str) -> None:
    if limit is not None and count > limit:
        raise QueryError(f"The query has {count} {noun}; at most {limit} are supported.")
