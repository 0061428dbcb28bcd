"""Tables that are not in the warehouse: flattened arrays, generated rows, values."""

from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from warehouse_sync.emulator.warehouse.translation.calls import Calls
from warehouse_sync.emulator.warehouse.translation.visitor import Node


class Translator(Calls):
    """Translates a query of a service provider to DuckDB."""

    def translate(self, tree: exp.Query) -> exp.Query:
        """Return a query for DuckDB.

        Raises:
            UnsupportedSqlError: The query uses what is not known to be right.
        """
        self.flattened.update(
            each.alias_or_name.upper() for each in tree.find_all(exp.Lateral, exp.Table) if _flattens(each)
        )
        translated: exp.Query = self.visit(tree)
        return translated

    def _visit_select(self, node: exp.Select) -> Node:
        if node.args.get("kind"):
            raise self.unsupported(f"SELECT AS {node.args['kind']}")
        laterals = node.args.get("laterals") or []
        plain = node.copy()
        plain.set("laterals", None)
        select: exp.Select = self.visit_parts(plain)
        for lateral in laterals:
            select.append("joins", exp.Join(this=self.visit(lateral), kind="CROSS"))
        return select

    def _visit_table(self, node: exp.Table) -> Node:
        if isinstance(node.this, exp.Anonymous):
            return self._table_function(node.this, node.args.get("alias"))
        table: Node = self.visit_parts(node)
        return table

    def _visit_lateral(self, node: exp.Lateral) -> Node:
        if node.args.get("outer") or not isinstance(node.this, exp.Anonymous):
            raise self.unsupported("LATERAL of this kind")
        return self._table_function(node.this, node.args.get("alias"))

    def _visit_unnest(self, node: exp.Unnest) -> Node:
        alias, offset = node.args.get("alias"), node.args.get("offset")
        names = list(alias.columns) if alias else []
        if self.provider != "BigQuery" or len(node.expressions) != 1 or not names:
            raise self.unsupported("UNNEST without an alias")
        columns = [names[0], offset] if isinstance(offset, exp.Identifier) else names[:1]
        function = self.call("unnest", self.visit(node.expressions[0]))
        name = exp.to_identifier(f"unnested {names[0].name}", quoted=True)
        return _table(function, exp.TableAlias(this=name, columns=[each.copy() for each in columns]))

    def _visit_values(self, node: exp.Values) -> Node:
        alias = node.args.get("alias")
        if alias is None or not alias.columns:
            raise self.unsupported("VALUES without names of columns")
        values: Node = self.visit_parts(node)
        return values

    def _table_function(self, function: exp.Anonymous, alias: Node | None) -> Node:
        name, arguments = function.name.upper(), list(function.expressions)
        if name == "TABLE" and len(arguments) == 1 and isinstance(arguments[0], exp.Anonymous):
            return self._table_function(arguments[0], alias)
        allowed = {"Snowflake": ("FLATTEN", "GENERATOR"), "Databricks": ("EXPLODE", "POSEXPLODE", "RANGE")}
        if name not in allowed.get(self.provider, ()):
            raise self.unsupported(f"the table function {name}")
        values = [self.path_or_value(each) for each in self._positional(name, arguments)]
        if name != "FLATTEN":
            return _table(self.call(name, *values), self.visit(alias) if alias else None)
        values = [exp.cast(each, "JSON", dialect="duckdb") for each in values]
        call = self.operator("flatten_outer", *values) if _is_outer(arguments) else self.call(name, *values)
        return _table(call, self.visit(alias) if alias else None)

    def _positional(self, name: str, arguments: Iterable[Any]) -> Iterable[Node]:
        """Yield the values of arguments, which may be named."""
        for each in arguments:
            if isinstance(each, exp.Kwarg):
                if each.name.upper() == "OUTER" and isinstance(each.expression, exp.Boolean):
                    continue
                if each.name.upper() not in ("INPUT", "ROWCOUNT"):
                    raise self.unsupported(f"{name} with {each.name.upper()}")
                yield each.expression
            else:
                yield each


def _table(function: Node, alias: Node | None) -> exp.Table:
    return exp.Table(this=function, alias=alias)


def _is_outer(arguments: Iterable[Any]) -> bool:
    """Return whether named arguments have `OUTER => TRUE`."""
    named = {each.name.upper(): each.expression for each in arguments if isinstance(each, exp.Kwarg)}
    return "OUTER" in named and bool(named["OUTER"].this)


def _flattens(node: Node) -> bool:
    return any(each.name.upper() == "FLATTEN" for each in node.find_all(exp.Anonymous))
