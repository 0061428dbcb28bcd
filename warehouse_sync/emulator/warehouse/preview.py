"""Preview of a query's columns, without a pipeline, connection or emulator."""

import re
from collections.abc import Iterator

from attrs import frozen
from sqlglot import exp

from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.warehouse.dialect import Query, parse
from warehouse_sync.emulator.warehouse.engine import Warehouse
from warehouse_sync.emulator.warehouse.errors import RowError
from warehouse_sync.emulator.warehouse.mapping import attribute, column

_ROWS = 100
_FULL_NAME = 3
_BAD_ENDING = re.compile(r"(;|--[^\n]*)\s*\Z")


@frozen
class Preview:
    """One column of a query.

    Attributes:
        column: Its name.
        becomes: What its values become at mParticle.
        type: Its type on DuckDB.
        sample: The first value that is not null, as it would be sent.
    """

    column: str
    becomes: str
    type: str
    sample: object


def preview(warehouse: Warehouse, sql: str, provider: str, iterator: str | None) -> list[Preview]:
    """Return a preview of each column of a query, in the query's order.

    Args:
        warehouse: The warehouse to query.
        sql: The query, in the dialect of the service provider.
        provider: `Snowflake`, `BigQuery`, `Redshift` or `Databricks`.
        iterator: The iterator field, which is not sent.
    """
    with warehouse.open() as session:
        query = Query.read(sql, provider, session.catalog)
        described = session.columns(query.columns())
        rows = list(session.rows(query.sample(_ROWS)))
    values = zip(*rows, strict=True) if rows else iter([()] * len(described))
    return [
        Preview(name, column(name, iterator=iterator).becomes, kind, _sample(name, of_column))
        for (name, kind), of_column in zip(described, values, strict=True)
    ]


def advice(sql: str, provider: str, columns: list[Preview], iterator: str | None) -> Iterator[str]:
    """Yield each rule that a query breaks, and each reason why it loads nothing."""
    if _BAD_ENDING.search(sql):
        yield "It ends with a semicolon or a comment, which breaks the outer SELECT that the platform wraps around it."
    for name in _short_names(parse(sql, provider)):
        yield f"Table {name} is not fully qualified; add its database and schema."
    if iterator and iterator.lower() not in (each.column.lower() for each in columns):
        yield f"It does not select the iterator field {iterator}."
    if not any(" identity " in each.becomes for each in columns):
        yield "No column is a user identity or a device identity, so no row can be sent."
    limit = Limits().columns
    if limit is not None and len(columns) > limit:
        yield f"It has {len(columns)} columns; at most {limit} are supported."


def _short_names(tree: exp.Query) -> list[str]:
    tables = (table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier))
    names = (".".join(part.name for part in table.parts) for table in tables)
    return sorted({name for name in names if len(name.split(".")) < _FULL_NAME})


def _sample(name: str, values: tuple[object, ...]) -> object:
    """Return the first value that is not null as it would be sent, or why it cannot be sent."""
    found = next((value for value in values if value is not None), None)
    try:
        return attribute(name, found)
    except RowError as error:
        return str(error)
