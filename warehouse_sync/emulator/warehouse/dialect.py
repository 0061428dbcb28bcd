"""Translation of SQL from a warehouse's dialect to DuckDB's.

The query is wrapped as the platform wraps it.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from attrs import frozen
from sqlglot import exp
from sqlglot.errors import SqlglotError

from warehouse_sync.emulator.runs.dates import format_timestamp
from warehouse_sync.emulator.warehouse.catalog import Catalog
from warehouse_sync.emulator.warehouse.errors import QueryError
from warehouse_sync.emulator.warehouse.functions import statements
from warehouse_sync.emulator.warehouse.parsing import DIALECTS, parse, parse_plainly
from warehouse_sync.emulator.warehouse.translation.tables import Translator

_TARGET = "duckdb"
_ALIAS = "q"


@frozen
class Range:
    """The iterator values of the rows that a run loads.

    Both ends are inclusive; `None` leaves an end open.
    """

    iterator: str
    start: datetime | None
    end: datetime | None

    def condition(self) -> exp.Condition | None:
        """Return the predicate of a range of iterator values.

        It is `iterator BETWEEN start AND end`, or its half if an end is open.
        """
        column = exp.column(exp.to_identifier(self.iterator, quoted=True), table=_ALIAS)
        start, end = _literal(self.start), _literal(self.end)
        if start and end:
            return exp.Between(this=column, low=start, high=end)
        if end:
            return exp.LTE(this=column, expression=end)
        return exp.GTE(this=column, expression=start) if start else None


@frozen
class Query:
    """A data model's query, translated and ready to be wrapped.

    Attributes:
        macros: The statements that create the macros that it uses.
    """

    _sql: str
    macros: tuple[str, ...]

    @staticmethod
    @lru_cache(maxsize=256)  # a schedule reads the same query for each run
    def read(sql: str, provider: str, catalog: Catalog, *, lenient: bool = False) -> "Query":
        """Return a query in the dialect of a service provider.

        Raises:
            QueryError: It cannot be parsed, or is not supported in a data model.
            UnsupportedSqlError: The emulator cannot execute it as the warehouse does.
        """
        tree = parse_plainly(sql, provider)
        _check_supported(tree, lenient=lenient)
        translator = Translator(provider)
        try:
            translated = translator.translate(_bind_tables(tree, catalog)).sql(_TARGET)
        except RecursionError as error:
            raise QueryError("Parser Error: The query nests too deep.") from error
        except SqlglotError as error:
            raise QueryError(str(error)) from error
        return Query(translated, statements(provider, frozenset(translator.macros)))

    def count(self, rows: Range | None) -> str:
        """Return `SELECT COUNT(*) FROM (query) WHERE iterator BETWEEN start AND end`."""
        return self._wrapped("COUNT(*)", rows)

    def columns(self) -> str:
        """Return `SELECT * FROM (query) LIMIT 0`."""
        return self.sample(0)

    def sample(self, limit: int) -> str:
        """Return `SELECT * FROM (query) LIMIT limit`."""
        return f"{self._wrapped('*', None)} LIMIT {limit}"

    def rows(self, rows: Range | None) -> str:
        """Return `SELECT * FROM (query) WHERE iterator BETWEEN start AND end`."""
        return self._wrapped("*", rows)

    def _wrapped(self, selection: str, rows: Range | None) -> str:
        condition = rows.condition() if rows else None
        where = f" WHERE {condition.sql(_TARGET)}" if condition is not None else ""
        return f"SELECT {selection} FROM ({self._sql}) AS {_ALIAS}{where}"  # noqa: S608 - a query of the user


def check_sql(sql: str, providers: Iterable[str] = DIALECTS, *, lenient: bool = False) -> None:
    """Check that a query is supported in the dialect of at least one service provider.

    Args:
        sql: The query.
        providers: The service providers.
        lenient: Accept `WITH`.

    Raises:
        QueryError: It is not; the message is that of the first dialect.
    """
    first_error: QueryError | None = None
    for provider in providers:
        try:
            _check_supported(parse(sql, provider), lenient=lenient)
        except QueryError as error:
            first_error = first_error or error
        else:
            return
    if first_error is not None:
        raise first_error


def _check_supported(tree: exp.Query, *, lenient: bool) -> None:
    if not lenient and tree.find(exp.With):
        raise QueryError(
            "WITH is not supported in a data model; use a subquery. (The emulator's option `--lenient-sql` accepts it.)"
        )
    statement = tree.find(exp.Insert, exp.Update, exp.Delete, exp.Into, exp.Create, exp.Drop, exp.Alter)
    if statement:
        raise QueryError(f"A data model only reads; {statement.key.upper()} is not supported.")


def _bind_tables(tree: exp.Query, catalog: Catalog) -> exp.Query:
    """Replace table names with those of the warehouse; unknown names stay."""
    common_tables = {each.alias.lower() for each in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        is_common_table = len(table.parts) == 1 and table.name.lower() in common_tables
        if isinstance(table.this, exp.Identifier) and not is_common_table:
            _bind(table, catalog)
    names = {each.alias_or_name.lower() for each in tree.find_all(exp.Table)}
    for column in tree.find_all(exp.Column):
        # `my_database.my_schema.tickets.id` means `tickets.id`: the alias of a bound table is its own name. Otherwise
        # the first name is that of a column with fields.
        if column.table.lower() in names:
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
    """Return the parts of a name; in BigQuery one pair of backticks may hold several."""
    return [word for part in parts for word in part.split(".")]


def _literal(time: datetime | None) -> exp.Condition | None:
    if time is None:
        return None
    return exp.cast(exp.Literal.string(format_timestamp(time)), exp.DataType.Type.TIMESTAMPTZ)
