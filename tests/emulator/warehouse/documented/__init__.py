"""Examples of the SQL of each warehouse, with the results that its documentation states."""

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from typing import Any
from urllib.parse import urljoin

from attrs import frozen

PROVIDERS = ("Snowflake", "BigQuery", "Redshift", "Databricks")


@frozen
class Rule:
    """The result of an expression that is no example in the documentation.

    It follows from the text of the page.
    """

    result: Any


@frozen
class Example:
    """A query and its result.

    Attributes:
        sql: An expression, or a query of one column.
        result: The values of that column, or "unsupported".
        source: The page of the warehouse's documentation.
        compared: The page that has these values and this result, or "".
        now: The time at which it is executed.
    """

    provider: str
    sql: str
    result: Any
    source: str
    compared: str
    now: datetime

    @property
    def query(self) -> str:
        """The query."""
        return self.sql if self.sql.startswith("SELECT ") else f"SELECT {self.sql} AS x"


def examples(provider: str) -> Iterator[Example]:
    """Yield the examples of a service provider, page by page."""
    module = import_module(f"{__name__}.{provider.lower()}")

    def example(path: str, sql: str, result: Any, values: Any) -> Example:
        is_stated = not isinstance(result, Rule) and result != "unsupported"
        compared = module.compared(path) if is_stated else ""
        return Example(provider, sql, values, urljoin(module.SITE, path), compared, module.NOW)

    for path, results in module.EXAMPLES.items():
        for sql, result in results.items():
            value = result.result if isinstance(result, Rule) else result
            yield example(path, sql, result, value if value == "unsupported" else [value])
    for path, (sql, result) in module.QUERIES.items():
        yield example(path, sql, result, result.result if isinstance(result, Rule) else result)
