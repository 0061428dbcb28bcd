"""A data model's SQL: read in the warehouse's dialect, wrapped as the platform wraps it, written for DuckDB."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

import sqlglot
from attrs import frozen
from sqlglot import exp
from sqlglot.errors import SqlglotError

from warehouse_sync.emulator.runs.dates import show_moment
from warehouse_sync.emulator.warehouse.catalog import Catalog
from warehouse_sync.emulator.warehouse.errors import QueryError

DIALECTS = {
    "Snowflake": "snowflake",
    "BigQuery": "bigquery",
    "Redshift": "redshift",
    "Databricks": "databricks",
}
_TARGET = "duckdb"
_WRAPPED = "q"


@frozen
class Range:
    """Rows of which iterator values a run loads, both ends inclusive; None leaves an end open."""

    iterator: str
    start: datetime | None
    end: datetime | None

    def condition(self) -> exp.Condition | None:
        """Return the predicate ``iterator BETWEEN start AND end``, or what an open end leaves of it."""
        column = exp.column(exp.to_identifier(self.iterator, quoted=True), table=_WRAPPED)
        start, end = _literal(self.start), _literal(self.end)
        if start and end:
            return exp.Between(this=column, low=start, high=end)
        if end:
            return exp.LTE(this=column, expression=end)
        return exp.GTE(this=column, expression=start) if start else None


@frozen
class Query:
    """A data model's query, ready to be wrapped."""

    _tree: exp.Query
    _catalog: Catalog

    @classmethod
    def read(cls, sql: str, provider: str, catalog: Catalog) -> Self:
        """Read a query in the dialect of a service provider, or refuse it with `QueryError`."""
        tree = parse(sql, provider)
        _refuse_unsupported(tree)
        return cls(_bound(tree, catalog), catalog)

    def count(self, rows: Range | None) -> str:
        """Return ``SELECT COUNT(*) FROM (query) WHERE iterator BETWEEN start AND end``."""
        return self._wrapped("COUNT(*)", rows)

    def columns(self) -> str:
        """Return ``SELECT * FROM (query) LIMIT 0``."""
        return self.sample(0)

    def sample(self, most: int) -> str:
        """Return ``SELECT * FROM (query) LIMIT most``."""
        return self._written(exp.select("*").from_(self._inner()).limit(most))

    def rows(self, rows: Range | None) -> str:
        """Return ``SELECT * FROM (query) WHERE iterator BETWEEN start AND end``."""
        return self._wrapped("*", rows)

    def _wrapped(self, what: str, rows: Range | None) -> str:
        condition = rows.condition() if rows else None
        wrapped = exp.select(what).from_(self._inner())
        return self._written(wrapped.where(condition) if condition is not None else wrapped)

    def _inner(self) -> exp.Subquery:
        return self._tree.copy().subquery(_WRAPPED)

    def _written(self, tree: exp.Query) -> str:
        try:
            return tree.sql(_TARGET)
        except SqlglotError as error:
            raise QueryError(str(error)) from error


def parse(sql: str, provider: str) -> exp.Query:
    """Return the one query that a text holds, or refuse it with `QueryError`."""
    try:
        statements = [tree for tree in sqlglot.parse(sql, read=DIALECTS[provider]) if tree is not None]
    except SqlglotError as error:
        raise QueryError(f"Parser Error: {_first_line(error)}") from error
    except RecursionError as error:
        raise QueryError("Parser Error: The query nests too deep.") from error
    if len(statements) != 1:
        raise QueryError(f"A data model holds one query; this is {len(statements)} statements.")
    [tree] = statements
    if not isinstance(tree, exp.Query):
        raise QueryError(f"A data model holds a SELECT; {tree.key.upper()} is not supported.")
    return tree


def _refuse_unsupported(tree: exp.Query) -> None:
    if tree.find(exp.With):
        raise QueryError("WITH is not supported in a data model; use a subquery.")
    written = tree.find(exp.Insert, exp.Update, exp.Delete, exp.Into, exp.Create, exp.Drop, exp.Alter)
    if written:
        raise QueryError(f"A data model only reads; {written.key.upper()} is not supported.")


def _bound(tree: exp.Query, catalog: Catalog) -> exp.Query:
    """Return a query whose tables are those of the warehouse; a table it has not keeps its name."""
    for table in list(tree.find_all(exp.Table)):
        if isinstance(table.this, exp.Identifier):
            _bind(table, catalog)
    for column in tree.find_all(exp.Column):
        # `my_database.my_schema.tickets.id` means `tickets.id`: a bound table goes by its own name.
        column.set("db", None)
        column.set("catalog", None)
    return tree


def _bind(table: exp.Table, catalog: Catalog) -> None:
    parts = [part.name for part in table.parts]
    found = catalog.find(_split(parts))
    if found is None:
        return
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(_split(parts)[-1], quoted=True)))
    table.set("this", exp.to_identifier(found.name, quoted=True))
    table.set("db", exp.to_identifier(found.schema, quoted=True))
    table.set("catalog", exp.to_identifier(found.database, quoted=True))


def _split(parts: Iterable[str]) -> list[str]:
    """Return the parts of a name; BigQuery lets one pair of backticks hold several."""
    return [word for part in parts for word in part.split(".")]


def _literal(moment: datetime | None) -> exp.Condition | None:
    if moment is None:
        return None
    return exp.cast(exp.Literal.string(show_moment(moment)), exp.DataType.Type.TIMESTAMPTZ)


def _first_line(error: SqlglotError) -> str:
    return str(error).partition("\n")[0]
