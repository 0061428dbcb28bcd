"""Edits that fix findings about a parsed query."""

from typing import Any

from sqlglot import exp

from warehouse_sync.declarative.lint.query import Query
from warehouse_sync.declarative.lint.rules import Edit


def start_of(node: Any) -> int | None:  # noqa: ANN401 - the base class of nodes depends on the release of sqlglot
    """Return the offset of the name of a column, or of the first name in a node."""
    named = node.args["alias"] if isinstance(node, exp.Alias) else node
    starts: list[int] = [
        each.meta["start"] for each in named.find_all(exp.Identifier) if "start" in each.meta
    ]
    return min(starts, default=None)


def qualifying_edits(query: Query, tables: list[Any], missing: int) -> list[Edit]:
    """Return the edits that complete the name of a table in each use.

    The database and the schema are those of the connection. There are none if the connection lacks one of the missing names, or if a column
    has the schema of its table before it, as in `s.orders.id`.
    """
    starts = [start_of(table) for table in tables]
    columns = tables[0].root().find_all(exp.Column)
    if len(query.qualifier) < missing or None in starts or any(column.args.get("db") for column in columns):
        return []
    prefix = "".join(f"{_name(each, query.dialect)}." for each in query.qualifier[:missing])
    return [Edit(start, start, prefix) for start in starts if start is not None]


def listing_edits(query: Query, statement: exp.Query) -> list[Edit]:
    """Return the edit that lists the columns of `SELECT *`.

    There is none unless it selects from a single subquery that lists its own.
    """
    star = statement.selects[0] if len(statement.selects) == 1 else None
    source = statement.args.get("from_") or statement.args.get("from")  # "from" before sqlglot 28
    start = _star_of(query)
    inner = source.this if source is not None else None
    others = ("joins", "laterals", "pivots", "match")
    if (
        not isinstance(star, exp.Star)
        or any(star.args.values())
        or start is None
        or any(each.args.get(name) for each in (statement, statement.root()) for name in ("with_", "with"))
        or not isinstance(inner, exp.Subquery)
        or any(holder.args.get(name) for holder in (statement, inner) for name in others)
    ):
        return []
    innermost: Any = inner.unnest()
    columns = [_column_name(each) for each in innermost.selects]
    names = [column.name.lower() for column in columns if column is not None]
    aliases = inner.args.get("alias")
    if len(set(names)) < len(columns) or (aliases and aliases.args.get("columns")):
        return []
    listed = ", ".join(column.sql(query.dialect or None) for column in columns if column is not None)
    return [Edit(start, start + 1, listed)]


def _star_of(query: Query) -> int | None:
    """Return the offset of the star of the outer SELECT, if the query starts with it."""
    words: list[str] = []
    for token in query.tokens or ():
        if token.text == "*":
            return token.start if words in (["SELECT"], ["SELECT", "DISTINCT"], ["SELECT", "ALL"]) else None
        words.append(token.text.upper())
    return None


def _column_name(selected: Any) -> Any:  # noqa: ANN401 - the base class of nodes depends on the release of sqlglot
    """Return the identifier of a selected column; `None` if it has no name of its own."""
    if isinstance(selected, exp.Alias):
        return selected.args["alias"]
    return selected.this if isinstance(selected, exp.Column) and not selected.is_star else None


def _name(text: str, dialect: str) -> str:
    """Return a name, quoted if it needs to be."""
    return exp.to_identifier(text, quoted=None if text.isascii() else True).sql(dialect or None)
