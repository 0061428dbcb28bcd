"""Parsing of a query in a warehouse's dialect."""

from typing import Any

import sqlglot
from sqlglot import dialects, exp
from sqlglot.errors import SqlglotError

from warehouse_sync.emulator.warehouse.errors import QueryError, UnsupportedSqlError

DIALECTS = {
    "Snowflake": "snowflake",
    "BigQuery": "bigquery",
    "Redshift": "redshift",
    "Databricks": "databricks",
}
# What sqlglot raises for some calls with too few or too many arguments.
_PARSER_FAILURES = (AttributeError, LookupError, TypeError, ValueError)
# Functions with a syntax of their own that stay as sqlglot parses them.
_OWN_SYNTAX = ("CAST", "TRY_CAST", "SAFE_CAST", "EXTRACT")


def parse(sql: str, provider: str) -> exp.Query:
    """Return the only query of a text.

    Raises:
        QueryError: The text cannot be parsed, or is not one query.
    """
    return _parse(sql, DIALECTS[provider])


def parse_plainly(sql: str, provider: str) -> exp.Query:
    """Return the only query of a text, with each function call under its own name.

    sqlglot maps functions of several names to one class, and loses what distinguishes them.

    Raises:
        QueryError: The text cannot be parsed, or is not one query.
        UnsupportedSqlError: A function has a syntax that the emulator does not support.
    """
    parse(sql, provider)
    try:
        return _parse(sql, _PLAIN[provider])
    except QueryError as error:
        raise UnsupportedSqlError(f"this syntax ({error})", provider) from error


def _parse(sql: str, dialect: Any) -> exp.Query:  # noqa: ANN401 - sqlglot takes names and classes
    try:
        statements = [tree for tree in sqlglot.parse(sql, read=dialect) if tree is not None]
    except SqlglotError as error:
        raise QueryError(f"Parser Error: {_first_line(error)}") from error
    except _PARSER_FAILURES as error:
        raise QueryError("Parser Error: The arguments of a function are invalid.") from error
    except RecursionError as error:
        raise QueryError("Parser Error: The query nests too deep.") from error
    if len(statements) != 1:
        raise QueryError(f"A data model holds one query, not {len(statements)} statements.")
    [tree] = statements
    if not isinstance(tree, exp.Query):
        raise QueryError(f"A data model holds a SELECT; {tree.key.upper()} is not supported.")
    return tree


def _first_line(error: SqlglotError) -> str:
    return str(error).partition("\n")[0]


def _plain(base: Any) -> Any:  # noqa: ANN401 - sqlglot's dialects have no common type for their parsers
    """Return a dialect that parses each function call as `exp.Anonymous`."""
    parsers = {name: base.Parser.FUNCTION_PARSERS[name] for name in _OWN_SYNTAX}
    # sqlglot takes `ARRAY(1, 2)[0]` for an array of 0 unless it knows the function.
    functions = {"ARRAY": base.Parser.FUNCTIONS["ARRAY"]}
    attributes = {"FUNCTIONS": functions, "NO_PAREN_FUNCTIONS": {}, "FUNCTION_PARSERS": parsers}
    parser = type("Parser", (base.Parser,), attributes)
    return type(f"Plain{base.__name__}", (base,), {"Parser": parser})


_PLAIN = {provider: _plain(getattr(dialects, provider)) for provider in DIALECTS}
