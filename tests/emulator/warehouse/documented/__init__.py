"""Examples of the SQL of each warehouse, with the results that its documentation states."""

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from typing import Any

from attrs import frozen

PROVIDERS = ("Snowflake", "BigQuery", "Redshift", "Databricks")


@frozen
class Example:
    """A query and its result.

    Attributes:
        sql: An expression, or a query of one column.
        result: The values of that column, or "unsupported".
        source: The page of the warehouse's documentation.
        now: The time at which it is executed.
    """

    provider: str
    sql: str
    result: Any
    source: str
    now: datetime

    @property
    def query(self) -> str:
        """The query."""
        return self.sql if self.sql.startswith("SELECT ") else f"SELECT {self.sql} AS x"


def examples(provider: str) -> Iterator[Example]:
    """Yield the examples of a service provider, page by page."""
    module = import_module(f"{__name__}.{provider.lower()}")
    for path, results in module.EXAMPLES.items():
        for sql, result in results.items():
            values = result if result == "unsupported" else [result]
            yield Example(provider, sql, values, module.SITE + path, module.NOW)
    for path, (sql, result) in module.QUERIES.items():
        yield Example(provider, sql, result, module.SITE + path, module.NOW)
