"""The tables that a pipeline reads."""

import pytest

from warehouse_sync import (
    BigQueryConfig,
    Client,
    ConnectionConfig,
    DatabricksConfig,
    RedshiftConfig,
    SnowflakeConfig,
    UnknownConfig,
)
from warehouse_sync.emulator import Emulator
from warehouse_sync.integrations.lineage import read_lineage, source_tables

SNOWFLAKE = SnowflakeConfig(
    account_identifier="gd12345",
    region="us-central1.gcp",
    warehouse="compute_wh",
    database="shop",
    role="role",
    user="user",
    password="p",
    storage_integration="s",
    aws_iam_user_arn="arn",
    aws_external_id="id",
)
BIGQUERY = BigQueryConfig(
    region="us-east1",
    project_id="proj",
    dataset_id="data",
    service_account_id="a@b",
    service_account_key="{}",
)
REDSHIFT = RedshiftConfig(
    database="shop", host="h.example.com", port="5439", user="u", password="p", aws_iam_role_arn="arn"
)
DATABRICKS = DatabricksConfig(provider="shop", schema="public")


@pytest.mark.parametrize(
    ("config", "sql", "expected"),
    [
        (SNOWFLAKE, "SELECT * FROM public.users", [("snowflake://gd12345", "shop.public.users")]),
        (SNOWFLAKE, "SELECT * FROM other.public.users", [("snowflake://gd12345", "other.public.users")]),
        (BIGQUERY, "SELECT * FROM users", [("bigquery", "proj.data.users")]),
        (BIGQUERY, "SELECT * FROM `a.b.users`", [("bigquery", "a.b.users")]),
        (REDSHIFT, "SELECT * FROM public.users", [("redshift://h.example.com:5439", "shop.public.users")]),
        (DATABRICKS, "SELECT * FROM a.b.users", [("databricks://shop", "a.b.users")]),
        (DATABRICKS, "SELECT * FROM users", [("databricks://shop", "users")]),
        (UnknownConfig(service_provider="Oracle"), "SELECT * FROM a.users", [("oracle", "a.users")]),
    ],
)
def test_table_is_named_in_full(config: ConnectionConfig, sql: str, expected: list[tuple[str, str]]) -> None:
    """A table carries its warehouse's name, and the database that the connection adds to it."""
    assert [(table.namespace, table.name) for table in source_tables(config, sql)] == expected


def test_each_table_appears_once_and_subqueries_do_not() -> None:
    """Joins are read through; a common table expression is no table of the warehouse."""
    sql = "WITH u AS (SELECT * FROM public.users) SELECT * FROM u JOIN public.orders o ON o.id = u.id JOIN public.users v USING (id)"
    assert {table.parts[-1] for table in source_tables(SNOWFLAKE, sql)} == {"users", "orders"}
    assert len(source_tables(SNOWFLAKE, sql)) == 2


def test_query_that_cannot_be_parsed_has_no_tables() -> None:
    """Lineage is no reason to fail."""
    assert source_tables(SNOWFLAKE, "SELECT FROM (") == ()


def test_lineage_is_read_from_the_api() -> None:
    """A pipeline's lineage is its data model's query, with its connection's names."""
    with Emulator() as emulator, Client(**emulator.client_options()) as client:
        [pipeline_id] = emulator.seed(pipelines=1, runs=0)
        lineage = read_lineage(client, pipeline_id)
    assert (lineage.pipeline_id, lineage.workspace_id) == (pipeline_id, 5328)
    assert len(lineage.tables) == 1
