"""Errors of the warehouse, of a query and of a row."""


class WarehouseUnavailableError(Exception):
    """The warehouse cannot be opened; the message says why."""


class QueryCancelledError(Exception):
    """The query was cancelled because the emulator stops."""


class QueryError(Exception):
    """The query is not supported, or DuckDB rejects it; the message says why."""


class RowError(Exception):
    """A row cannot become a batch; the message says why."""
