"""Operators, casts and paths into JSON."""

from typing import Any

from sqlglot import exp

from warehouse_sync.emulator.warehouse.errors import UnsupportedSqlError
from warehouse_sync.emulator.warehouse.functions import WITHOUT_PARENTHESES, macros
from warehouse_sync.emulator.warehouse.translation.visitor import Node, TreeVisitor

_TYPES = {
    "string": "TEXT VARCHAR NVARCHAR",
    "int": "INT BIGINT SMALLINT TINYINT",
    "float": "DOUBLE FLOAT",
    "decimal": "DECIMAL",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP TIMESTAMPNTZ DATETIME",
    "timestamptz": "TIMESTAMPTZ TIMESTAMPLTZ",
}
_KINDS = {name: kind for kind, names in _TYPES.items() for name in names.split()}
_DEFAULT_PRECISION = {"Snowflake": (38, 0), "BigQuery": (38, 9), "Redshift": (18, 0), "Databricks": (10, 0)}

# Functions of Snowflake that return JSON, and what a flattened value consists of.
_JSON_FUNCTIONS = {"PARSE_JSON", "TRY_PARSE_JSON", "GET", "GET_PATH"}
_FLATTENED_JSON = {"VALUE", "THIS"}


class Operators(TreeVisitor):
    """Translates operators, casts, literals and paths."""

    def _visit_column(self, node: exp.Column) -> Node:
        if self._is_path(node):
            raise self._path_without_cast()
        name = node.name.upper()
        is_function = not node.table and isinstance(node.this, exp.Identifier) and not node.this.quoted
        if is_function and name in WITHOUT_PARENTHESES:
            return self.call(name)
        column: Node = node.copy()
        if name == "USER":  # a function of DuckDB unless it is quoted
            column.set("this", exp.to_identifier(node.name, quoted=True))
        return column

    def _visit_currenttimestamp(self, _: Node) -> Node:
        return self.call("sysdate")

    def _visit_literal(self, node: exp.Literal) -> Node:
        # A number with a point is a FLOAT64 in BigQuery, and a decimal elsewhere and in DuckDB.
        is_float = self.provider == "BigQuery" and not node.is_string and "." in node.name
        text = f"{node.name}e0" if is_float and "e" not in node.name.lower() else node.name
        return exp.Literal(this=text, is_string=node.is_string)

    def _visit_like(self, node: Node) -> Node:
        pattern = node.expression
        escapes = self.provider != "Snowflake" and not isinstance(node.parent, exp.Escape)
        if escapes and not (pattern.is_string and "\\" not in pattern.name):
            raise self.unsupported("LIKE with a pattern that may contain a backslash")
        like: Node = self.visit_parts(node)
        return like

    _visit_ilike = _visit_like

    def _visit_div(self, node: exp.Div) -> Node:
        return self.operator("divide", *self.visit_all([node.this, node.expression]))

    def _visit_mod(self, node: exp.Mod) -> Node:
        return self.call("mod", *self.visit_all([node.this.unnest(), node.expression.unnest()]))

    def _visit_dpipe(self, node: exp.DPipe) -> Node:
        return self.call("concat", *self.visit_all([node.this, node.expression]))

    def _visit_add(self, node: Node) -> Node:
        sign = -1 if isinstance(node, exp.Sub) else 1
        if isinstance(node.expression, exp.Interval):
            count, unit = self.interval(node.expression)
            amount = exp.Literal.number(sign * count)
            return self.operator("add_interval", exp.Literal.string(unit), amount, self.visit(node.this))
        if isinstance(node, exp.Sub):
            return self.operator("subtract", *self.visit_all([node.this, node.expression]))
        added: Node = self.visit_parts(node)
        return added

    _visit_sub = _visit_add

    def _visit_extract(self, node: exp.Extract) -> Node:
        if self.provider == "BigQuery" and node.name.upper() == "DATE":
            return self.operator("cast_date", self.visit(node.expression))
        arguments = self.unit(node.this), self.visit(node.expression)
        if self.provider == "BigQuery":  # which has no such function
            return self.operator("extract", *arguments)
        return self.call("date_part", *arguments)

    def _visit_cast(self, node: Node) -> Node:
        target = node.args["to"]
        kind = _KINDS.get(target.this.name) if isinstance(target.this, exp.DataType.Type) else None
        prefix = "try_cast" if isinstance(node, exp.TryCast) else "cast"
        is_known = self.macro_name(f"_{prefix}_{kind}") in macros(self.provider)
        if node.args.get("format"):
            raise self.unsupported("a cast with a format")
        if not is_known or (target.expressions and kind not in ("decimal", "string")):
            raise self.unsupported(f"a cast to {target.sql(self.provider.lower())}")
        value = self.path_or_value(node.this)
        if kind == "string" and target.expressions:
            self.macros.add("ws_fits")
            text, size = (
                self.operator(f"{prefix}_{kind}", value),
                exp.Literal.number(target.expressions[0].name),
            )
            return exp.Anonymous(this="ws_fits", expressions=[text, size])
        if kind != "decimal":
            return self.operator(f"{prefix}_{kind}", value)
        sizes = [int(each.name) for each in target.expressions] or [*_DEFAULT_PRECISION[self.provider]]
        precision, scale = (*sizes, 0)[:2]
        source = self.operator(f"{prefix}_decimal", value, exp.Literal.number(scale))
        to = exp.DataType.build(f"DECIMAL({precision}, {scale})", dialect="duckdb")
        return type(node)(this=source, to=to)

    _visit_trycast = _visit_cast

    def _visit_all(self, node: Node) -> Node:
        if not node.find(exp.Query):
            raise self.unsupported(f"{type(node).__name__.upper()} of a list")
        compared: Node = self.visit_parts(node)
        return compared

    _visit_any = _visit_all

    def _visit_rawstring(self, node: Node) -> Node:
        return exp.Literal.string(node.name)

    def _visit_is(self, node: exp.Is) -> Node:
        return exp.Is(this=self.path_or_value(node.this), expression=self.visit(node.expression))

    def _visit_in(self, node: exp.In) -> Node:
        if node.args.get("unnest"):
            raise self.unsupported("IN UNNEST")
        found: Node = self.visit_parts(node)
        return found

    def _visit_jsonextract(self, node: Node) -> Node:
        if self.provider == "Databricks":
            return self.operator("json_text", self._path(node))
        raise self._path_without_cast()

    def _visit_bracket(self, node: exp.Bracket) -> Node:
        if self.provider == "Snowflake":
            raise self._path_without_cast()
        [index] = node.expressions
        if node.args.get("safe") or index.is_string:
            raise self.unsupported("this element access")
        first = exp.Literal.number(node.args.get("offset") or 0)
        from_zero = exp.Paren(this=exp.Sub(this=self.visit(index), expression=first))
        return self.operator("element", self.visit(node.this), from_zero)

    def _visit_array(self, node: exp.Array) -> Node:
        if self.provider not in ("BigQuery", "Databricks") or node.find(exp.Query):
            raise self.unsupported("an array")
        return exp.Array(expressions=self.visit_all(node.expressions))

    def path_or_value(self, node: Node) -> Node:
        """Return the JSON of a path, or the translation of anything else."""
        inner: Any = node.unnest()
        is_path = self.provider == "Snowflake" and self._is_path(inner)
        return self._path(inner) if is_path else self.visit(node)

    def _is_path(self, node: Node) -> bool:
        """Return whether a node is JSON, which must be cast to be compared or loaded."""
        if isinstance(node, exp.Column):
            is_ours = node.table.upper() in self.flattened if node.table else bool(self.flattened)
            return is_ours and node.name.upper() in _FLATTENED_JSON
        if self.provider != "Snowflake":
            return isinstance(node, exp.JSONExtract)
        is_function = isinstance(node, exp.Anonymous) and node.name.upper() in _JSON_FUNCTIONS
        return is_function or isinstance(node, exp.JSONExtract | exp.Bracket)

    def _path(self, node: Any) -> Node:  # noqa: ANN401 - sqlglot's trees have no types
        """Return the JSON that a path leads to."""
        if isinstance(node, exp.Column):
            return node.copy()
        if isinstance(node, exp.Anonymous):
            return self.call(node.name, *(self.path_or_value(each) for each in node.expressions))
        found = self.path_or_value(node.this)
        if isinstance(node, exp.Bracket):
            [key] = self.visit_all(node.expressions)
            return self.operator("get_key" if key.is_string else "get_index", found, key)
        for step in _steps(node.expression):
            if step is None:
                raise self.unsupported(f"the path {node.expression.sql()}")
            if isinstance(step, str):
                found = self.operator("get_key", found, exp.Literal.string(step))
            else:
                found = self.operator("get_index", found, exp.Literal.number(step))
        return found

    def _path_without_cast(self) -> UnsupportedSqlError:
        return self.unsupported("a JSON value without a cast such as `::string`")


def _steps(path: Node) -> list[str | int | None]:
    """Return the keys and indices of a path; None for what is neither."""
    if not isinstance(path, exp.JSONPath):
        return [None]
    parts = [part for part in path.expressions if not isinstance(part, exp.JSONPathRoot)]
    is_step = (exp.JSONPathKey, exp.JSONPathSubscript)
    return [
        part.this if isinstance(part, is_step) and isinstance(part.this, str | int) else None
        for part in parts
    ]
