"""Rules about queries, through sqlglot in the dialect of the connection. Imported when there is a query to look at."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import attrs
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from warehouse_sync import ConnectionSpec, DataModelSpec, PipelineSpec
from warehouse_sync.declarative.errors import Location
from warehouse_sync.declarative.files.declarations import Declarations, DeclaredResource
from warehouse_sync.declarative.lint.pipelines import found, pipelines_of
from warehouse_sync.declarative.lint.rules import Finding, Limits

DIALECTS = {
    "Snowflake": "snowflake",
    "BigQuery": "bigquery",
    "Redshift": "redshift",
    "Databricks": "databricks",
}
_SILENCE = re.compile(r"--\s*lint:\s*ignore\s+((?:WS[0-9]{3}[,\s]*)+)")
_LAST_LINE_COMMENT = re.compile(r"(--|//|#)[^\n]*\Z")
# "Supported: SELECT DISTINCT FROM ORDER BY GROUP BY WHERE JOIN AS ON IN": these are the usual ones beside them.
_UNLISTED: tuple[tuple[type[Any], str], ...] = (
    (exp.SetOperation, "UNION, INTERSECT or EXCEPT"),
    (exp.Having, "HAVING"),
    (exp.Limit, "LIMIT"),
    (exp.Window, "a window function"),
    (exp.Qualify, "QUALIFY"),
)
_CHANGING = (
    exp.Alter,
    exp.Command,  # what sqlglot knows by its first word alone, such as CALL
    exp.Create,
    exp.Delete,
    exp.Drop,
    exp.Insert,
    exp.Merge,
    exp.TruncateTable,
    exp.Update,
)
_PARTS = 3  # database.schema.table, project.dataset.table, catalog.schema.table
# Columns that become identities, from the SQL reference; case does not matter.
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
    """A data model's query as it is looked at.

    Attributes:
        declared: The data model.
        sql: Its query.
        dialect: The dialect of its connection; empty where the files do not tell.
        iterators: The pipelines that load it, with their iterator fields.
    """

    declared: DeclaredResource
    sql: str
    dialect: str
    iterators: tuple[tuple[DeclaredResource, str], ...]

    def found(self, code: str, message: str, *, line: int | None = None) -> Iterator[Finding]:
        """Yield a finding about the query, unless it silences it itself."""
        codes = {code for listed in _SILENCE.findall(self.sql) for code in re.split(r"[,\s]+", listed)}
        if code in codes:
            return
        for finding in found(code, self.declared, "sql_query", message):
            in_file = line is not None and finding.location.file.endswith(".sql")
            location = Location(finding.location.file, line or 1) if in_file else finding.location
            yield attrs.evolve(finding, location=location)


def lint_queries(declarations: Declarations, limits: Limits) -> Iterator[Finding]:
    """Yield what speaks about the queries."""
    for query in _queries(declarations):
        yield from _lint(query, limits)


def _queries(declarations: Declarations) -> Iterator[Query]:
    """Yield each query once for each dialect it is used in."""
    by_key = declarations.by_key()
    for declared in declarations.resources:
        if not isinstance(declared.spec, DataModelSpec):
            continue
        users: dict[str, list[tuple[DeclaredResource, str]]] = {}
        for pipeline, spec in pipelines_of(declarations):
            if spec.data_model_id == declared.spec.id:
                connection = by_key.get(("connection", spec.connection_id))
                users.setdefault(_dialect(connection), []).extend(_iterator(pipeline, spec))
        for dialect, iterators in (users or {"": []}).items():
            yield Query(
                declared=declared, sql=declared.spec.sql_query, dialect=dialect, iterators=tuple(iterators)
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
        yield from query.found("WS302", f"holds {len(statements)} statements: one query is loaded")
    for statement in statements[:1]:
        yield from _statement(query, statement, limits)


def _unparsed(query: Query, error: Exception) -> Iterator[Finding]:
    listed: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
    line, what = listed[0].get("line"), listed[0].get("description")
    where = f" at line {line}" if line else ""
    dialect = query.dialect or "standard SQL"
    message = f"cannot be parsed as {dialect}{where}: {what or 'it is not a statement'}"
    yield from query.found("WS301", message, line=line)


def _wrapping(query: Query) -> Iterator[Finding]:
    """Look for what breaks `SELECT … FROM (query) …`, in which each query is run."""
    text = query.sql.rstrip()
    if text.endswith(";"):
        yield from query.found(
            "WS312", "ends with a semicolon, which ends the statement it is wrapped in: leave it out"
        )
    elif _LAST_LINE_COMMENT.search(text) and _ends_in_comment(query):
        yield from query.found(
            "WS312", "ends with a comment, which hides the rest of the statement it is wrapped in"
        )


def _ends_in_comment(query: Query) -> bool:
    """Tell a comment from text that only looks like one, by letting sqlglot read the query wrapped."""
    wrapped = f"SELECT * FROM ({query.sql.rstrip()}) AS q"  # noqa: S608 - parsed, never run
    try:
        sqlglot.parse_one(wrapped, dialect=query.dialect or None)
    except (SqlglotError, RecursionError):
        return True
    return False


def _statement(query: Query, statement: object, limits: Limits) -> Iterator[Finding]:
    if isinstance(statement, _CHANGING):
        word = query.sql.split(None, 1)[0].upper()
        yield from query.found(
            "WS302", f"is a statement of {word}: only queries are supported, and this one may change data"
        )
        return
    if not isinstance(statement, exp.Query):
        yield from query.found("WS301", "is not a query: it must begin with SELECT")
        return
    if statement.find(exp.With):
        yield from query.found(
            "WS303", "uses WITH, which the reference lists as not supported: write a subquery"
        )
    for node, name in _UNLISTED:
        if statement.find(node):
            yield from query.found("WS304", f"uses {name}, which the reference does not list as supported")
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
            message = f"names the table {name} without its database and schema: write database.schema.{name.split('.')[-1]}"
            yield from query.found("WS305", message)


def _columns(query: Query, statement: exp.Query, limits: Limits) -> Iterator[Finding]:
    if statement.is_star:
        yield from query.found(
            "WS306", "selects every column: a column that is added later is loaded, too; name them"
        )
        return
    names = [name for name in statement.named_selects if name]
    if len(statement.selects) > limits.columns:
        yield from query.found(
            "WS307", f"has {len(statement.selects)} columns; a pipeline loads {limits.columns}"
        )
    yield from _repeated(query, names)
    lowered = {name.lower() for name in names}
    if not lowered & IDENTITIES:
        yield from query.found(
            "WS309", "has no column that identifies a user or a device, such as customer_id or email"
        )
    for pipeline, field in query.iterators:
        if field.lower() not in lowered:
            message = f"{field!r} is not among the columns of data model {query.declared.spec.id}: add it to the query"
            yield from found("WS308", pipeline, "sync_mode.iterator_field", message)


def _repeated(query: Query, names: list[str]) -> Iterator[Finding]:
    for name, count in Counter(names).items():
        if count > 1:
            yield from query.found("WS310", f"has {count} columns with the name {name}")
    for lowered, count in Counter(name.lower() for name in set(names)).items():
        if count > 1:
            alike = ", ".join(sorted(name for name in set(names) if name.lower() == lowered))
            yield from query.found("WS311", f"has columns that differ in upper and lower case only: {alike}")
