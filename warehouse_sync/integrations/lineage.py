"""The tables that a pipeline reads, by its connection and its data model's query."""

import logging
from typing import TYPE_CHECKING

import attrs

from warehouse_sync import (
    BigQueryConfig,
    ConnectionConfig,
    DatabricksConfig,
    RedshiftConfig,
    ServiceProvider,
    SnowflakeConfig,
)

if TYPE_CHECKING:
    from sqlglot import exp

    from warehouse_sync import Client

_log = logging.getLogger("warehouse_sync")

_DIALECTS = {
    ServiceProvider.SNOWFLAKE: "snowflake",
    ServiceProvider.BIGQUERY: "bigquery",
    ServiceProvider.REDSHIFT: "redshift",
    ServiceProvider.DATABRICKS: "databricks",
}
_PARTS = 3  # database, schema and table


@attrs.frozen(kw_only=True)
class SourceTable:
    """A table that a query reads.

    Attributes:
        namespace: The warehouse, by the conventions of OpenLineage, such as `snowflake://gd12345`.
        parts: Database, schema and table, as far as they are known.
    """

    namespace: str
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The parts, joined by dots."""
        return ".".join(self.parts)


@attrs.frozen(kw_only=True)
class Lineage:
    """Tables that a pipeline reads, and the workspace it loads into.

    Attributes:
        pipeline_id: The pipeline.
        workspace_id: The workspace it loads into.
        tables: The tables of its query, in the order of the query, each once.
        sql: The query.
    """

    pipeline_id: str
    workspace_id: int
    tables: tuple[SourceTable, ...]
    sql: str


def read_lineage(client: "Client", pipeline_id: str) -> Lineage:
    """Return the tables that a pipeline reads, with three requests.

    Raises:
        WarehouseSyncError: One of them cannot be read.
    """
    pipeline = client.pipelines.get(pipeline_id)
    data_model = client.data_models.get(pipeline.data_model_id)
    connection = client.connections.get(pipeline.connection_id)
    return Lineage(
        pipeline_id=pipeline_id,
        workspace_id=client.workspace_id,
        tables=source_tables(connection.config, data_model.sql_query),
        sql=data_model.sql_query,
    )


def source_tables(config: ConnectionConfig, sql: str) -> tuple[SourceTable, ...]:
    """Return the tables of a query, each once; none where the query cannot be parsed."""
    from sqlglot import exp, parse_one  # noqa: PLC0415 - loaded only where lineage is wanted
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - as above

    dialect = _DIALECTS.get(config.service_provider)
    try:
        query = parse_one(sql, dialect=dialect)
    except SqlglotError as error:
        _log.info("No lineage: the query cannot be parsed: %s", error)
        return ()
    named = {common.alias_or_name.lower() for common in query.find_all(exp.CTE)}
    namespace, defaults = _namespace(config), _defaults(config)
    tables = (
        SourceTable(namespace=namespace, parts=_parts(table, defaults))
        for table in query.find_all(exp.Table)
        if table.db or table.name.lower() not in named
    )
    return tuple(dict.fromkeys(tables))


def _parts(table: "exp.Table", defaults: tuple[str, ...]) -> tuple[str, ...]:
    """Return a table's name, with the connection's database where the query leaves it out."""
    given = tuple(part for part in (table.catalog, table.db, table.name) if part)
    missing = _PARTS - len(given)
    return defaults[:missing] + given if len(defaults) >= missing else given


def _namespace(config: ConnectionConfig) -> str:
    match config:
        case SnowflakeConfig():
            return f"snowflake://{config.account_identifier}"
        case BigQueryConfig():
            return "bigquery"
        case RedshiftConfig():
            return f"redshift://{config.host}:{config.port or 5439}"
        case DatabricksConfig():
            return f"databricks://{config.provider}"
        case _:
            return str(config.service_provider).lower()


def _defaults(config: ConnectionConfig) -> tuple[str, ...]:
    """Return what an unqualified name is completed with, from the left."""
    known: tuple[str | None, ...] = ()
    if isinstance(config, SnowflakeConfig | RedshiftConfig):
        known = (config.database,)
    elif isinstance(config, BigQueryConfig):
        known = (config.project_id, config.dataset_id)
    return tuple(part for part in known if part)
