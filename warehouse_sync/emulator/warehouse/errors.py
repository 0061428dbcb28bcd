"""What can go wrong between a data model and a warehouse."""


class WarehouseUnavailableError(Exception):
    """The warehouse cannot be opened; the message says why."""


class StoppedError(Exception):
    """The emulator stops, and the query with it."""


class QueryError(Exception):
    """A query is not one that a data model may have, or the engine refuses it; the message is the engine's."""


class RowError(Exception):
    """A row cannot become a batch; the message says why."""
