"""Preview of a query's columns, without a pipeline, connection or emulator."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from attrs import frozen
from sqlglot import exp

from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.warehouse.dialect import Query
from warehouse_sync.emulator.warehouse.engine import Warehouse
from warehouse_sync.emulator.warehouse.errors import RowError
from warehouse_sync.emulator.warehouse.mapping import MPID, Column, attribute, column, converted
from warehouse_sync.emulator.warehouse.parsing import parse
from warehouse_sync.emulator.warehouse.transformation import (
    EVENTS,
    NO_TRANSFORMATION,
    FieldTransformation,
    shown,
)

_ROWS = 100
_FULL_NAME = 3
_BAD_ENDING = re.compile(r"(;|--[^\n]*)\s*\Z")


@frozen
class Preview:
    """One column of a query.

    Attributes:
        column: Its name; empty for a constant field.
        becomes: What its values become at mParticle.
        type: Its type on DuckDB.
        sample: The first value that is not null, as it would be sent.
    """

    column: str
    becomes: str
    type: str
    sample: object


def preview(
    warehouse: Warehouse,
    sql: str,
    provider: str,
    iterator: str | None,
    transformation: FieldTransformation | None = None,
) -> list[Preview]:
    """Return a preview of each column of a query, then of each constant field.

    Args:
        warehouse: The warehouse to query.
        sql: The query, in the dialect of the service provider.
        provider: `Snowflake`, `BigQuery`, `Redshift` or `Databricks`.
        iterator: The iterator field, which is not sent.
        transformation: The field transformation of an event pipeline; `None` for user attributes.
    """
    with warehouse.open() as session:
        query = Query.read(sql, provider, session.catalog)
        session.prepare(query.macros, datetime.now(UTC))
        described = session.columns(query.columns())
        rows = list(session.rows(query.sample(_ROWS)))
    values = zip(*rows, strict=True) if rows else iter([()] * len(described))
    is_event, mappings = transformation is not None, transformation or NO_TRANSFORMATION
    targets = [
        column(name, iterator=iterator, is_event=is_event, transformation=mappings) for name, _ in described
    ]
    return [
        *(
            Preview(each.name, each.becomes, kind, _sample(each, of_column))
            for each, (_, kind), of_column in zip(targets, described, values, strict=True)
        ),
        *(Preview("", shown(path), "static", value) for path, value in mappings.constants),
    ]


def advice(
    sql: str,
    provider: str,
    shown_rows: list[Preview],
    iterator: str | None,
    transformation: FieldTransformation | None = None,
) -> Iterator[str]:
    """Yield each rule that a query breaks, and each reason why it loads nothing."""
    columns = [each for each in shown_rows if each.column]
    names = {each.column.lower() for each in columns}
    if _BAD_ENDING.search(sql):
        yield "It ends with a semicolon or a comment, which breaks the outer SELECT that the platform wraps around it."
    for name in _short_names(parse(sql, provider)):
        yield f"Table {name} is not fully qualified; add its database and schema."
    if iterator and iterator.lower() not in names:
        yield f"It does not select the iterator field {iterator}."
    for source in transformation.columns if transformation else ():
        if source not in names:
            yield f"It does not select {source}, which the field transformation names."
    if not any(_is_identity(each.becomes) for each in shown_rows):
        yield "No column is a user identity or a device identity, so no row can be sent."
    limit = Limits().columns
    if limit is not None and len(columns) > limit:
        yield f"It has {len(columns)} columns; at most {limit} are supported."


def _is_identity(becomes: str) -> bool:
    return " identity " in becomes or becomes.startswith(("user_identities.", "device_info.", MPID))


def _short_names(tree: exp.Query) -> list[str]:
    tables = (table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier))
    names = (".".join(part.name for part in table.parts) for table in tables)
    return sorted({name for name in names if len(name.split(".")) < _FULL_NAME})


def _sample(target: Column, values: tuple[object, ...]) -> object:
    """Return the first value that is not null as it would be sent, or why it cannot be sent."""
    found = next((value for value in values if value is not None), None)
    try:
        is_field = target.path is not None and target.path[0] == EVENTS
        return converted(target, found) if is_field else attribute(target.name, found)
    except RowError as error:
        return str(error)
