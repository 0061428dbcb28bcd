"""Lint rules for queries, parsed with sqlglot in the dialect of the connection."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import attrs
from sqlglot import exp
from sqlglot.errors import SqlglotError

from warehouse_sync import (
    BigQueryConfig,
    ConnectionSpec,
    DataModelSpec,
    FieldMapping,
    FieldTransformation,
    PipelineSpec,
)
from warehouse_sync.declarative.files.declarations import Declarations, DeclaredResource
from warehouse_sync.declarative.files.fields import CONNECTION
from warehouse_sync.declarative.lint.edits import listing_edits, qualifying_edits, start_of
from warehouse_sync.declarative.lint.pipelines import pipelines_of, report
from warehouse_sync.declarative.lint.query import Query, tokenize
from warehouse_sync.declarative.lint.query_text import (
    Statement,
    lint_placeholders,
    lint_unparsed,
    lint_wrapping,
    parse,
    placeholder_message,
)
from warehouse_sync.declarative.lint.rules import RULES, Finding, LintLimits

DeclaredPipeline = tuple[DeclaredResource, PipelineSpec]
DIALECTS = {
    "Snowflake": "snowflake",
    "BigQuery": "bigquery",
    "Redshift": "redshift",
    "Databricks": "databricks",
}
_Target = tuple[str, tuple[str, ...]]
# The reference lists "SELECT DISTINCT FROM ORDER BY GROUP BY WHERE JOIN AS ON IN" as supported.
_UNLISTED: tuple[tuple[type[Any], str, tuple[str, ...]], ...] = (
    (exp.SetOperation, "UNION, INTERSECT or EXCEPT", ("UNION", "INTERSECT", "EXCEPT", "MINUS")),
    (exp.Having, "HAVING", ("HAVING",)),
    (exp.Limit, "LIMIT", ("LIMIT", "TOP")),
    (exp.Window, "a window function", ("OVER",)),
    (exp.Qualify, "QUALIFY", ("QUALIFY",)),
)
_CHANGING: Mapping[type[Any], str] = {
    exp.Alter: "ALTER",
    exp.Create: "CREATE",
    exp.Delete: "DELETE",
    exp.Drop: "DROP",
    exp.Insert: "INSERT",
    exp.Into: "INTO",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE",
    exp.Update: "UPDATE",
}
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


def lint_queries(declarations: Declarations, limits: LintLimits, dialect: str = "") -> Iterator[Finding]:
    """Yield the findings; `dialect` is that of queries without a connection."""
    queries = list(_queries(declarations, dialect))
    safe = _safely_qualified(declarations, queries)
    for query in queries:
        is_safe = _file_of(query) in safe
        yield from _lint(query if is_safe else attrs.evolve(query, qualifier=()), limits)


def lint_single_queries(
    queries: Iterable[DeclaredResource], limits: LintLimits, dialect: str
) -> Iterator[Finding]:
    """Yield the findings about queries that no declaration names."""
    for declared in queries:
        if isinstance(declared.spec, DataModelSpec):
            sql = declared.spec.sql_query
            query = Query(declared=declared, sql=sql, dialect=dialect, tokens=tokenize(sql, dialect))
            yield from (attrs.evolve(finding, path="") for finding in _lint(query, limits))


def _queries(declarations: Declarations, default_dialect: str) -> Iterator[Query]:
    """Yield each query once per dialect and database."""
    by_key = declarations.by_key()
    transformations = {each.id: each for each in declarations.field_transformations}
    users = defaultdict[str, dict[_Target, list[DeclaredPipeline]]](lambda: defaultdict(list))
    for pipeline in pipelines_of(declarations):
        _, spec = pipeline
        target = _target(by_key.get((CONNECTION.name, spec.connection_id)), default_dialect)
        users[spec.data_model_id][target].append(pipeline)
    for declared in declarations.resources:
        if isinstance(declared.spec, DataModelSpec):
            for target, pipelines in users.get(declared.spec.id, {(default_dialect, ()): []}).items():
                named = dict.fromkeys(spec.field_transformation_id for _, spec in pipelines)
                yield Query(
                    declared=declared,
                    sql=declared.spec.sql_query,
                    dialect=target[0],
                    qualifier=target[1],
                    iterators=tuple(found for each in pipelines for found in _iterator(*each)),
                    transformations=tuple(transformations[name] for name in named if name in transformations),
                    tokens=tokenize(declared.spec.sql_query, target[0]),
                )


def _safely_qualified(declarations: Declarations, queries: Iterable[Query]) -> set[str]:
    """Return the files whose table names can be completed, as all users of a file need the same names."""
    environment = declarations.environment
    if declarations.elsewhere or (environment is not None and len(environment.project.environments) > 1):
        return set()  # other environments, or files that are not checked, can use another database
    users = defaultdict[str, list[Query]](list)
    for query in queries:
        users[_file_of(query)].append(query)
    return {
        file
        for file, found in users.items()
        if len({each.qualifier for each in found}) == 1
        and not any("WS305" in each.declared.ignored_rules for each in found)
    }


def _file_of(query: Query) -> str:
    return query.declared.location_of("sql_query").file


def _target(connection: DeclaredResource | None, default_dialect: str) -> _Target:
    """Return the dialect of a connection, and the names that complete a table in it."""
    if connection is None or not isinstance(connection.spec, ConnectionSpec):
        return default_dialect, ()
    config = connection.spec.config
    fields = ("project_id", "dataset_id") if isinstance(config, BigQueryConfig) else ("database",)
    names = tuple(getattr(config, field, None) or "" for field in fields)
    return DIALECTS.get(str(config.service_provider), default_dialect), names if all(names) else ()


def _iterator(pipeline: DeclaredResource, spec: PipelineSpec) -> list[tuple[DeclaredResource, str]]:
    field = spec.sync_mode.iterator_field
    return [(pipeline, field)] if field and spec.sync_mode.type == "incremental" else []


@attrs.frozen
class _Tree:
    """A parsed query. Walking through its nodes once is much faster than once per rule.

    Attributes:
        root: The query.
        nodes: All nodes, the outermost first.
    """

    root: exp.Query
    nodes: tuple[Any, ...] = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: tuple(self.root.walk()), takes_self=True)
    )

    def find(self, *types: type[Any]) -> Any:  # noqa: ANN401 - the base class of nodes depends on the release of sqlglot
        """Return the first node of some types, or `None`."""
        return next(self.find_all(*types), None)

    def find_all(self, *types: type[Any]) -> Iterator[Any]:
        """Yield the nodes of some types."""
        return (node for node in self.nodes if isinstance(node, types))


def _lint(query: Query, limits: LintLimits) -> Iterator[Finding]:
    yield from query.lint_comments(RULES)
    yield from lint_wrapping(query)
    if text_problem := next(lint_placeholders(query), None):
        yield text_problem
        return
    try:
        statements = parse(query)
    except (SqlglotError, RecursionError) as error:
        yield from lint_unparsed(query, error)
        return
    if len(statements) != 1:
        yield from query.report("WS302", f"has {len(statements)} statements: keep a single query")
    for statement in statements[:1]:
        yield from _statement(query, statement, limits)


def _statement(query: Query, statement: Statement, limits: LintLimits) -> Iterator[Finding]:
    if isinstance(statement, (exp.Command, *_CHANGING)):
        word = query.tokens[0].text.upper() if query.tokens else ""
        article = "an" if word[:1] in "AEIOU" else "a"
        message = f"is {article} {word} statement, which can change data: only SELECT queries are supported"
        yield from query.report("WS302", message)
        return
    if not isinstance(statement, exp.Query):
        yield from query.report("WS301", "is not a query: start it with SELECT")
        return
    tree = _Tree(statement)
    yield from _changes(query, tree)
    yield from _keywords(query, tree)
    yield from _parameters(query, tree)
    yield from _tables(query, tree)
    yield from _sets(query, tree)
    yield from _columns(query, _selecting(query, tree), limits)


def _changes(query: Query, tree: _Tree) -> Iterator[Finding]:
    """Report parts of a query that change data or lock rows."""
    for kind, word in _CHANGING.items():
        if tree.find(kind):
            message = f"uses {word}, which changes data: only SELECT queries are supported"
            yield from query.report("WS302", message, at=query.offset_of(word))
    if tree.find(exp.Lock):
        message = "locks rows, which a subquery cannot do: remove FOR UPDATE or FOR SHARE"
        yield from query.report("WS312", message, at=query.offset_of("FOR"))


def _keywords(query: Query, tree: _Tree) -> Iterator[Finding]:
    # sqlglot parses the pipe syntax as common table expressions, without a WITH in the text.
    if tree.find(exp.With) and (at := query.offset_of("WITH")) is not None:
        message = "uses WITH, which the reference lists as not supported: use a subquery"
        yield from query.report("WS303", message, at=at)
    if (at := query.offset_of("|>")) is not None:
        yield from query.report("WS304", "uses |>, which the reference does not list as supported", at=at)
    for node, name, words in _UNLISTED:
        if tree.find(node):
            message = f"uses {name}, which the reference does not list as supported"
            yield from query.report("WS304", message, at=query.offset_of(*words))
    if not tree.find(exp.From):
        yield from query.report("WS313", "has no FROM, so every run loads the same rows: add a table")


def _parameters(query: Query, tree: _Tree) -> Iterator[Finding]:
    for node in tree.find_all(exp.Placeholder, exp.Parameter):
        is_column = query.dialect == "snowflake" and isinstance(node.this, exp.Literal)  # such as $1
        if not is_column:
            name = node.name or str(node.args.get("this") or "")
            found = re.search(rf"[:@$]\{{?{re.escape(name)}\b" if name else r"\?", query.code)
            text = found.group() if found else name
            yield from query.report("WS315", placeholder_message(text), at=found.start() if found else None)
            return


def _sets(query: Query, tree: _Tree) -> Iterator[Finding]:
    for each in tree.find_all(exp.SetOperation):
        left, right = each.this.unnest(), each.expression.unnest()
        if each.args.get("by_name") or not isinstance(left, exp.Query) or not isinstance(right, exp.Query):
            continue
        counts = len(left.selects), len(right.selects)
        if counts[0] != counts[1] and not left.is_star and not right.is_star:
            message = (
                f"combines queries of {counts[0]} and {counts[1]} columns: select the same number of columns"
            )
            yield from query.report(
                "WS314", message, at=query.offset_of("UNION", "INTERSECT", "EXCEPT", "MINUS")
            )


def _selecting(query: Query, tree: _Tree) -> exp.Query:
    """Return the query that selects the columns, which is the last step of the pipe syntax."""
    if query.offset_of("|>") is None or not tree.root.is_star:
        return tree.root
    table = tree.find(exp.From)
    name = table.this.name if table else ""
    for cte in tree.find_all(exp.CTE):
        if cte.alias_or_name == name and isinstance(cte.this, exp.Query):
            return cte.this
    return tree.root


def _tables(query: Query, tree: _Tree) -> Iterator[Finding]:
    local = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    tables: dict[str, list[Any]] = {}
    for table in tree.find_all(exp.Table):
        is_named = table.name and not isinstance(table.this, exp.Func) and not table.find(exp.Parameter)
        if is_named and not isinstance(table.parent, exp.Into) and not _is_path(query, table):
            tables.setdefault(".".join(part.name for part in table.parts), []).append(table)
    for name, uses in tables.items():
        missing = _PARTS - len(uses[0].parts)
        if missing > 0 and name.lower() not in local:
            message = f"uses the table {name} without its database and schema: write database.schema.{name.split('.')[-1]}"
            edits = qualifying_edits(query, uses, missing)
            yield from query.report("WS305", message, at=start_of(uses[0]), edits=edits)


def _is_path(query: Query, table: exp.Table) -> bool:
    """Return whether a table is a path of Databricks, such as delta.`/mnt/orders`."""
    return query.dialect == "databricks" and "/" in table.name and bool(table.db)


def _columns(query: Query, statement: exp.Query, limits: LintLimits) -> Iterator[Finding]:
    if statement.is_star:
        message = "selects all columns, also those added later: list the columns"
        edits = listing_edits(query, statement)
        yield from query.report("WS306", message, at=query.offset_of("*"), edits=edits)
        return
    columns = [(each.alias_or_name, start_of(each)) for each in statement.selects if each.alias_or_name]
    if len(statement.selects) > limits.columns:
        message = f"has {len(statement.selects)} columns, but the limit is {limits.columns}: remove some, or pass --max-columns"
        yield from query.report("WS307", message, at=start_of(statement.selects[limits.columns]))
    yield from _repeated(query, columns)
    lowered = {name.lower() for name, _ in columns}
    yield from _mappings(query, lowered)
    if not lowered & IDENTITIES and not any(map(_sets_identity, query.transformations)):
        yield from query.report(
            "WS309", "has no column that identifies a user or a device: add one, such as customer_id or email"
        )
    for pipeline, field in query.iterators:
        if field.lower() not in lowered:
            message = f"{field!r} is not a column of the data model {query.declared.id}: add it to the query"
            yield from report("WS308", pipeline, "sync_mode.iterator_field", message)


def _mappings(query: Query, columns: AbstractSet[str]) -> Iterator[Finding]:
    for declared in query.transformations:
        for index, mapping in enumerate(_mappings_of(declared)):
            if mapping.source is not None and mapping.source.lower() not in columns:
                message = (
                    f"{mapping.source!r} is not a column of the data model {query.declared.id}: "
                    "add it to the query, or remove the mapping"
                )
                yield from report("WS316", declared, f"mappings[{index}].source", message)


def _sets_identity(declared: DeclaredResource) -> bool:
    """Return whether a mapping sets the identity of a user or a device."""
    destinations = (mapping.destination or "" for mapping in _mappings_of(declared))
    return any(re.match(r"(user_identities|device_info)\.|mpid$", each) for each in destinations)


def _mappings_of(declared: DeclaredResource) -> tuple[FieldMapping, ...]:
    return declared.spec.mappings if isinstance(declared.spec, FieldTransformation) else ()


def _repeated(query: Query, columns: list[tuple[str, int | None]]) -> Iterator[Finding]:
    names = [name for name, _ in columns]
    last = dict(columns)  # where each name is used last
    for name, count in Counter(names).items():
        if count > 1:
            message = f"has {count} columns named {name}: rename them with AS"
            yield from query.report("WS310", message, at=last[name])
    for lowered, count in Counter(name.lower() for name in set(names)).items():
        if count > 1:
            alike = sorted(name for name in set(names) if name.lower() == lowered)
            message = f"has columns that differ only in case: {', '.join(alike)}; rename them with AS"
            yield from query.report("WS311", message, at=last[alike[-1]])
