"""Lint rules for queries, parsed with sqlglot in the dialect of the connection."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import attrs
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from warehouse_sync import ConnectionSpec, DataModelSpec, PipelineSpec
from warehouse_sync.declarative.errors import Location
from warehouse_sync.declarative.files.declarations import Declarations, DeclaredResource
from warehouse_sync.declarative.files.fields import CONNECTION
from warehouse_sync.declarative.lint.pipelines import pipelines_of, report
from warehouse_sync.declarative.lint.rules import Finding, Limits

DIALECTS = {
    "Snowflake": "snowflake",
    "BigQuery": "bigquery",
    "Redshift": "redshift",
    "Databricks": "databricks",
}
_IGNORE = re.compile(r"--\s*lint:\s*ignore\s+((?:WS[0-9]{3}[,\s]*)+)")
_LAST_LINE_COMMENT = re.compile(r"(--|//|#)[^\n]*\Z")
# The reference lists "SELECT DISTINCT FROM ORDER BY GROUP BY WHERE JOIN AS ON IN" as supported.
_UNLISTED: tuple[tuple[type[Any], str], ...] = (
    (exp.SetOperation, "UNION, INTERSECT or EXCEPT"),
    (exp.Having, "HAVING"),
    (exp.Limit, "LIMIT"),
    (exp.Window, "a window function"),
    (exp.Qualify, "QUALIFY"),
)
_CHANGING = (
    exp.Alter,
    exp.Command,  # statements that sqlglot does not parse further, such as CALL
    exp.Create,
    exp.Delete,
    exp.Drop,
    exp.Insert,
    exp.Merge,
    exp.TruncateTable,
    exp.Update,
)
_PARTS = 3  # database.schema.table, project.dataset.table, catalog.schema.table
# Columns that become identities, from the SQL reference, ignoring case.
_IDENTITIES = """
    mpid customerid customer_id facebook twitter google microsoft yahoo email facebook_custom_audience_id other
    other_id_2 other_id_3 other_id_4 other_id_5 other_id_6 other_id_7 other_id_8 other_id_9 other_id_10
    mobile_number phone_number_2 phone_number_3 android_uuid ios_advertising_id push_token ios_idfv
    android_advertising_id amp_id roku_advertising_id roku_publisher_id microsoft_advertising_id
    microsoft_publisher_id fire_advertising_id mp_deviceid
"""
IDENTITIES = frozenset(_IDENTITIES.split())


@attrs.frozen(kw_only=True)
class Query:
    """The query of a data model in one dialect.

    Attributes:
        declared: The data model.
        sql: The SQL text.
        dialect: The dialect of the connection; empty if the files do not declare it.
        iterators: The pipelines that load it with their iterator fields.
    """

    declared: DeclaredResource
    sql: str
    dialect: str
    iterators: tuple[tuple[DeclaredResource, str], ...]

    def report(self, code: str, message: str, *, line: int | None = None) -> Iterator[Finding]:
        """Yield a finding about the query, unless a comment in it ignores the rule."""
        codes = {code for listed in _IGNORE.findall(self.sql) for code in re.split(r"[,\s]+", listed)}
        if code in codes:
            return
        for finding in report(code, self.declared, "sql_query", message):
            in_file = line is not None and finding.location.file.endswith(".sql")
            location = Location(finding.location.file, line or 1) if in_file else finding.location
            yield attrs.evolve(finding, location=location)


def lint_queries(declarations: Declarations, limits: Limits) -> Iterator[Finding]:
    """Yield the findings about queries."""
    for query in _queries(declarations):
        yield from _lint(query, limits)


def _queries(declarations: Declarations) -> Iterator[Query]:
    """Yield each query once per dialect."""
    by_key = declarations.by_key()
    users = defaultdict[str, dict[str, list[tuple[DeclaredResource, str]]]](dict)
    for pipeline, spec in pipelines_of(declarations):
        dialect = _dialect(by_key.get((CONNECTION.name, spec.connection_id)))
        users[spec.data_model_id].setdefault(dialect, []).extend(_iterator(pipeline, spec))
    for declared in declarations.resources:
        if isinstance(declared.spec, DataModelSpec):
            for dialect, iterators in users.get(declared.spec.id, {"": []}).items():
                yield Query(
                    declared=declared,
                    sql=declared.spec.sql_query,
                    dialect=dialect,
                    iterators=tuple(iterators),
                )


def _dialect(connection: DeclaredResource | None) -> str:
    if connection is None or not isinstance(connection.spec, ConnectionSpec):
        return ""
    return DIALECTS.get(str(connection.spec.config.service_provider), "")


def _iterator(pipeline: DeclaredResource, spec: PipelineSpec) -> list[tuple[DeclaredResource, str]]:
    field = spec.sync_mode.iterator_field
    return [(pipeline, field)] if field and spec.sync_mode.type == "incremental" else []


def _lint(query: Query, limits: Limits) -> Iterator[Finding]:
    yield from _wrapping(query)
    try:
        statements = [
            each for each in sqlglot.parse(query.sql, dialect=query.dialect or None) if each is not None
        ]
    except (SqlglotError, RecursionError) as error:
        yield from _unparsed(query, error)
        return
    if len(statements) != 1:
        yield from query.report("WS302", f"has {len(statements)} statements: keep a single query")
    for statement in statements[:1]:
        yield from _statement(query, statement, limits)


def _unparsed(query: Query, error: Exception) -> Iterator[Finding]:
    listed: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
    line, what = listed[0].get("line"), listed[0].get("description")
    where = f" at line {line}" if line else ""
    dialect = query.dialect or "standard SQL"
    message = f"cannot be parsed as {dialect}{where}: {what or 'it is not a statement'}"
    yield from query.report("WS301", message, line=line)


def _wrapping(query: Query) -> Iterator[Finding]:
    """Check that the query can be used as a subquery, which is how the API runs it."""
    text = query.sql.rstrip()
    if text.endswith(";"):
        yield from query.report("WS312", "ends with a semicolon, which breaks the outer statement: remove it")
    elif _LAST_LINE_COMMENT.search(text) and _ends_in_comment(query):
        yield from query.report(
            "WS312",
            "ends with a comment, which hides the rest of the outer statement: remove it or move it up",
        )


def _ends_in_comment(query: Query) -> bool:
    """Return whether sqlglot cannot parse the query as a subquery."""
    wrapped = f"SELECT * FROM ({query.sql.rstrip()}) AS q"  # noqa: S608 - parsed, never run
    try:
        sqlglot.parse_one(wrapped, dialect=query.dialect or None)
    except (SqlglotError, RecursionError):
        return True
    return False


def _statement(query: Query, statement: object, limits: Limits) -> Iterator[Finding]:
    if isinstance(statement, _CHANGING):
        word = query.sql.split(None, 1)[0].upper()
        yield from query.report(
            "WS302", f"is a {word} statement, which can change data: only SELECT queries are supported"
        )
        return
    if not isinstance(statement, exp.Query):
        yield from query.report("WS301", "is not a query: start it with SELECT")
        return
    if statement.find(exp.With):
        yield from query.report(
            "WS303", "uses WITH, which the reference lists as not supported: use a subquery"
        )
    for node, name in _UNLISTED:
        if statement.find(node):
            yield from query.report("WS304", f"uses {name}, which the reference does not list as supported")
    yield from _tables(query, statement)
    yield from _columns(query, statement, limits)


def _tables(query: Query, statement: exp.Query) -> Iterator[Finding]:
    local = {cte.alias_or_name for cte in statement.find_all(exp.CTE)}
    names = [
        ".".join(part.name for part in table.parts)
        for table in statement.find_all(exp.Table)
        if table.name and not isinstance(table.this, exp.Func)
    ]
    for name in dict.fromkeys(names):
        if name.count(".") + 1 < _PARTS and name not in local:
            message = f"uses the table {name} without its database and schema: write database.schema.{name.split('.')[-1]}"
            yield from query.report("WS305", message)


def _columns(query: Query, statement: exp.Query, limits: Limits) -> Iterator[Finding]:
    if statement.is_star:
        yield from query.report("WS306", "selects all columns, also those added later: list the columns")
        return
    names = [name for name in statement.named_selects if name]
    if len(statement.selects) > limits.columns:
        yield from query.report(
            "WS307",
            f"has {len(statement.selects)} columns, but the limit is {limits.columns}: remove some, or pass --max-columns",
        )
    yield from _repeated(query, names)
    lowered = {name.lower() for name in names}
    if not lowered & IDENTITIES:
        yield from query.report(
            "WS309", "has no column that identifies a user or a device: add one, such as customer_id or email"
        )
    for pipeline, field in query.iterators:
        if field.lower() not in lowered:
            message = (
                f"{field!r} is not a column of the data model {query.declared.spec.id}: add it to the query"
            )
            yield from report("WS308", pipeline, "sync_mode.iterator_field", message)


def _repeated(query: Query, names: list[str]) -> Iterator[Finding]:
    for name, count in Counter(names).items():
        if count > 1:
            yield from query.report("WS310", f"has {count} columns named {name}: rename them with AS")
    for lowered, count in Counter(name.lower() for name in set(names)).items():
        if count > 1:
            alike = ", ".join(sorted(name for name in set(names) if name.lower() == lowered))
            yield from query.report(
                "WS311", f"has columns that differ only in case: {alike}; rename them with AS"
            )
