"""A warehouse with customers and tickets, and an emulator backed by it."""

from collections.abc import AsyncIterator
from pathlib import Path

import duckdb
import pytest

from tests.emulator.conftest import Api, Document, Vector
from warehouse_sync.emulator import Emulator, VirtualClock

CUSTOMERS = """
CREATE SCHEMA demo_service;
CREATE TABLE demo_service.customers AS SELECT * FROM (VALUES
    (1, 'ann@example.com', 'Ann', 12.50::DECIMAL(9,2), ['a', 'b'], TIMESTAMP '2023-02-01 10:00:00'),
    (2, 'bob@example.com', 'Bob', NULL, [], TIMESTAMP '2023-02-02 10:00:00'),
    (NULL, NULL, 'Nora', 1.00, NULL, TIMESTAMP '2023-02-02 11:00:00'),
    (3, NULL, 'Cleo', 3.00, NULL, TIMESTAMP '2023-02-04 00:30:00')
) AS rows (customer_id, email, first_name, credit, tags, updated_on);
"""
SQL = (
    "SELECT customer_id, email AS Email, first_name, credit, tags, updated_on FROM mp.demo_service.customers"
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A DuckDB file with a table of four customers."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(CUSTOMERS)
    return path


@pytest.fixture
async def emulator(clock: VirtualClock, warehouse: Path) -> AsyncIterator[Emulator]:
    """A running emulator with the warehouse."""
    async with Emulator(clock=clock, queued=10, running=20, warehouse=warehouse) as running:
        yield running


@pytest.fixture
def model(vector: Vector) -> Document:
    """The body that creates the data model of a stocked workspace."""
    document: Document = {**vector("data-models/create.request"), "config": {"sql_query": SQL}}
    return document


@pytest.fixture
async def stocked(api: Api, vector: Vector, model: Document) -> Api:
    """A client of a workspace that has a Snowflake connection and a data model of the customers."""
    connection = {**vector("connections/create-snowflake.request"), "id": "example-databricks-connection"}
    assert (await api.post("/connections", connection)).status == 200
    await api.post("/data-models", model)
    return api
