"""Which table of the warehouse a name in a query means."""

from collections.abc import Iterable

from attrs import frozen

from warehouse_sync.emulator.warehouse.errors import QueryError

_MAIN = "main"


@frozen
class Table:
    """A table or view of the warehouse, by DuckDB's names."""

    database: str
    schema: str
    name: str


@frozen
class Catalog:
    """The tables of a warehouse.

    A query names its tables in full, such as ``my_database.my_schema.tickets``, and the warehouse on this machine
    rarely has those databases and schemas. So a part is looked for where the warehouse has one, and any part fits
    where it has none: DuckDB's schema ``main``, and its one nameless database.

    Attributes:
        nameless: The database that stands for every database.
    """

    tables: tuple[Table, ...]
    nameless: str

    def find(self, parts: Iterable[str]) -> Table | None:
        """Return the table a name means: its last part is the table's, before it schema and database, as far as given."""
        database, schema, name = ["", "", *(part.lower() for part in parts)][-3:]
        rated = [(self._rate(table, database, schema, name), table) for table in self.tables]
        best = max((rate for rate, _ in rated), default=0)
        found = [table for rate, table in rated if rate == best and best]
        if len(found) > 1:
            places = ", ".join(f"{table.database}.{table.schema}.{table.name}" for table in found)
            raise QueryError(f"Catalog Error: Table {name} is ambiguous: {places}; name its schema.")
        return found[0] if found else None

    def _rate(self, table: Table, database: str, schema: str, name: str) -> int:
        """Tell how well a name fits a table: 0 not at all, more the more parts are the same."""
        schema_fits = _fits(schema, table.schema, anything=table.schema == _MAIN)
        database_fits = _fits(database, table.database, anything=table.database == self.nameless)
        if table.name.lower() != name or not schema_fits or not database_fits:
            return 0
        return schema_fits + database_fits


def _fits(asked: str, known: str, *, anything: bool) -> int:
    if asked == known.lower():
        return 2
    return 1 if anything or not asked else 0
