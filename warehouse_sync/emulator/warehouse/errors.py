"""Errors of the warehouse, of a query and of a row."""


class WarehouseUnavailableError(Exception):
    """The warehouse cannot be opened; the message says why."""


class QueryCancelledError(Exception):
    """The query was cancelled because the emulator stops."""


class QueryError(Exception):
    """The query is not supported, or DuckDB rejects it; the message says why."""


class RowError(Exception):
    """A row cannot become a batch; the message says why."""


class UnsupportedSqlError(QueryError):
    """The emulator cannot execute the query as the warehouse does.

    The query may be right: this says nothing about the data model.

    Args:
        what: What is not supported, such as "the function SOUNDEX".
        provider: The service provider.
    """

    def __init__(self, what: str, provider: str = "the warehouse") -> None:
        super().__init__(
            f"The emulator does not support {what}, because it is not known to give the same results as {provider}. "
            "The platform may execute this query."
        )
