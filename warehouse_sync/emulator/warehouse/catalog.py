"""Maps table names of a query to tables of the warehouse."""

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

    A query names its tables in full, such as `my_database.my_schema.tickets`, and the warehouse on this machine
    rarely has those databases and schemas. So DuckDB's schema `main` matches any schema, and the default database
    any database; a table with the very name is preferred.

    Attributes:
        default_database: The database that matches any database.
    """

    tables: tuple[Table, ...]
    default_database: str

    def find(self, parts: Iterable[str]) -> Table | None:
        """Return the table with a name.

        The name is given as its parts: optional database and schema, then the table.

        Raises:
            QueryError: Several tables match equally well.
        """
        database, schema, name = ["", "", *(part.lower() for part in parts)][-3:]
        scores = [(self._score(table, database, schema, name), table) for table in self.tables]
        best = max((score for score, _ in scores), default=0)
        found = [table for score, table in scores if score == best and best]
        if len(found) > 1:
            names = ", ".join(f"{table.database}.{table.schema}.{table.name}" for table in found)
            raise QueryError(f"Catalog Error: Table {name} is ambiguous: {names}; name its schema.")
        return found[0] if found else None

    def _score(self, table: Table, database: str, schema: str, name: str) -> int:
        """Return how well a name matches a table: 0 not at all, more for each equal part."""
        schema_score = _score(schema, table.schema, matches_any=table.schema == _MAIN)
        database_score = _score(database, table.database, matches_any=table.database == self.default_database)
        if table.name.lower() != name or not schema_score or not database_score:
            return 0
        return schema_score + database_score


def _score(wanted: str, actual: str, *, matches_any: bool) -> int:
    if wanted == actual.lower():
        return 2
    return 1 if matches_any or not wanted else 0
