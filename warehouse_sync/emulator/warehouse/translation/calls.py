"""Calls of functions, aggregates and window functions."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from sqlglot import exp

from warehouse_sync.emulator.warehouse.functions import (
    AGGREGATES,
    DUCKDB_NAMES,
    SAME,
    WINDOW_FUNCTIONS,
    macros,
)
from warehouse_sync.emulator.warehouse.translation.operators import Operators
from warehouse_sync.emulator.warehouse.translation.visitor import Node, describe

# Functions of Snowflake that convert JSON.
_TAKE_JSON = {
    "TO_CHAR", "TO_VARCHAR", "TO_NUMBER", "TO_DECIMAL", "TO_DOUBLE", "TO_BOOLEAN", "TO_DATE", "TO_TIMESTAMP", "TO_TIMESTAMP_NTZ",
    "ARRAY_SIZE", "LOWER", "UPPER", "TRIM",
}  # fmt: skip
# Functions that take any number of arguments, of which two become one.
_FOLDED = {"CONCAT", "GREATEST", "LEAST"}
# The number of arguments of a function, and which of them is a unit of time.
_UNITS_LAST = {
    "DATE_DIFF": (3, 2), "TIMESTAMP_DIFF": (3, 2), "DATETIME_DIFF": (3, 2), "DATE_TRUNC": (2, 1), "TIMESTAMP_TRUNC": (2, 1),
    "DATETIME_TRUNC": (2, 1),
}  # fmt: skip
_UNITS_FIRST = {
    "DATEADD": (3, 0), "TIMESTAMPADD": (3, 0), "DATEDIFF": (3, 0), "TIMESTAMPDIFF": (3, 0), "DATE_PART": (2, 0),
    "DATE_TRUNC": (2, 0), "TRUNC": (2, 1),
}  # fmt: skip
# Functions of BigQuery that add an interval, and those that subtract one.
SHIFTS = {
    f"{kind}_{operation}": sign
    for kind in ("DATE", "DATETIME", "TIMESTAMP")
    for operation, sign in (("ADD", 1), ("SUB", -1))
}
_FORMATTED = {
    "TO_CHAR", "TO_VARCHAR", "TO_DATE", "TO_TIMESTAMP", "TO_TIMESTAMP_NTZ", "DATE_FORMAT", "FORMAT_DATE", "FORMAT_TIMESTAMP",
    "PARSE_DATE", "PARSE_TIMESTAMP",
}  # fmt: skip


class Calls(Operators):
    """Translates calls of functions."""

    def _visit_window(self, node: exp.Window) -> Node:
        function = node.this
        name = function.name.upper() if isinstance(function, exp.Anonymous) else ""
        if name == "AVG":
            return self._average(function, lambda each: self._over(node, each))
        if name == "LISTAGG":
            raise self.unsupported("LISTAGG with OVER")
        if name == "LAST_VALUE" and node.args.get("spec") is not None:
            [value] = self.visit_all(function.expressions)
            return self._over(node, exp.Anonymous(this="LAST_VALUE", expressions=[value]))
        return self._over(node, self._visit_anonymous(function, windowed=True))

    def _over(self, node: exp.Window, function: Node) -> Node:
        others = exp.Window(**{key: value for key, value in node.args.items() if key != "this"})
        over = self.visit_parts(others)
        over.set("this", function)
        window: Node = over
        return window

    def _visit_withingroup(self, node: exp.WithinGroup) -> Node:
        if not (isinstance(node.this, exp.Anonymous) and node.this.name.upper() == "LISTAGG"):
            raise self.unsupported("WITHIN GROUP of this function")
        return self._joined("LISTAGG", list(node.this.expressions), node.expression.expressions)

    def _joined(self, name: str, arguments: list[Any], order: Sequence[Any] = ()) -> Node:
        """Translate an aggregate that joins texts; DuckDB orders after the last argument."""
        *first, last = arguments
        if isinstance(last, exp.Limit):
            raise self.unsupported(f"{name} with LIMIT")
        if isinstance(last, exp.Order):
            last, order = last.this, last.expressions
        distinct = last if isinstance(last, exp.Distinct) else None
        value, *separators = self.visit_all(distinct.expressions if distinct else [*first, last])
        separator = separators[0] if separators else exp.Literal.string("," if name == "STRING_AGG" else "")
        if order:
            separator = exp.Order(this=separator, expressions=self.visit_all(order))
        joined = exp.Anonymous(
            this="STRING_AGG",
            expressions=[exp.Distinct(expressions=[value]) if distinct else value, separator],
        )
        # Snowflake returns an empty text for a group without values.
        if self.provider == "Snowflake":
            return exp.Coalesce(this=joined, expressions=[exp.Literal.string("")])
        return joined

    def _visit_anonymous(self, node: Node, *, windowed: bool = False) -> Node:
        if not isinstance(node, exp.Anonymous):
            raise self.unsupported(describe(node))
        name, arguments = node.name.upper(), list(node.expressions)
        special: Callable[[list[Any]], Node] | None = getattr(self, f"_call_{name.lower()}", None)
        if special is not None:
            return special(arguments)
        if name == "AVG":
            return self._average(node, lambda each: each)
        if name in AGGREGATES[self.provider] or (windowed and name in WINDOW_FUNCTIONS):
            return self._aggregate(name, arguments)
        if name in SAME[self.provider]:
            return exp.Anonymous(this=name, expressions=self.visit_all(arguments))
        return self._call_macro(name, self._converted(name, arguments))

    def _call_macro(self, name: str, arguments: list[Any]) -> Node:
        if self.provider == "BigQuery" and name in SHIFTS:
            return self._shifted(arguments, SHIFTS[name])
        if name in _FOLDED and len(arguments) > 1:
            return reduce(lambda a, b: self.call(name, a, b), self.visit_all(arguments))
        if any(isinstance(each, exp.Lambda) for each in arguments):
            return self._higher_order(name, arguments)
        macro = macros(self.provider).get(self.macro_name(name))
        if macro is not None and macro.is_table:
            raise self.unsupported(f"the table function {name} outside of FROM")
        visit = self.path_or_value if name in _TAKE_JSON else self.visit
        return self.call(name, *map(visit, arguments))

    def _aggregate(self, name: str, arguments: list[Node]) -> Node:
        if name in ("LISTAGG", "STRING_AGG") and arguments:
            return self._joined(name, arguments)
        if name == "ANY_VALUE" and self.provider == "Databricks":  # which does not skip NULL
            name = "FIRST"
        return exp.Anonymous(this=DUCKDB_NAMES.get(name, name), expressions=self.visit_all(arguments))

    def _call_dateadd(self, arguments: list[Any]) -> Node:
        """Translate `DATEADD(unit, number, date)`; in Snowflake hours make a timestamp of a date."""
        converted = self._converted("DATEADD", arguments)
        adds_time = self.provider == "Snowflake" and converted[0].name in ("hour", "minute", "second")
        return self._call_macro("_DATEADD_TIME" if adds_time else "DATEADD", converted)

    def _average(self, node: exp.Anonymous, windowed: Callable[[Node], Node]) -> Node:
        """Return an average as a division, so that it has the division's type."""
        values = self.visit_all(node.expressions)
        total, count = (exp.Anonymous(this=name, expressions=values) for name in ("SUM", "COUNT"))
        count_or_null = exp.Nullif(this=windowed(count), expression=exp.Literal.number(0))
        return self.operator("divide", windowed(total), count_or_null)

    def _converted(self, name: str, arguments: list[Any]) -> list[Any]:
        """Return arguments with units and formats as DuckDB's."""
        units = _UNITS_LAST if self.provider == "BigQuery" else _UNITS_FIRST
        count, position = units.get(name, (None, 0))
        if len(arguments) == count:
            arguments[position] = self.unit(arguments[position])
        if name in _FORMATTED and len(arguments) == 2:  # noqa: PLR2004 - a value and its format
            position = 0 if self.provider == "BigQuery" else 1
            arguments[position] = self.format(arguments[position])
        return arguments

    def _call_decode(self, arguments: list[Any]) -> Node:
        """Translate `DECODE(value, search, result, ..., default)`."""
        if self.provider not in ("Snowflake", "Redshift"):
            raise self.unsupported("the function DECODE")
        value, *others = self.visit_all(arguments)
        pairs = zip(others[::2], others[1::2], strict=False)
        ifs = [exp.If(this=exp.NullSafeEQ(this=value.copy(), expression=a), true=b) for a, b in pairs]
        default = others[-1] if len(others) % 2 else None
        return exp.Case(ifs=ifs, default=default)

    def _shifted(self, arguments: list[Any], sign: int) -> Node:
        """Translate the addition of an interval to a date in BigQuery."""
        if len(arguments) != 2 or not isinstance(arguments[1], exp.Interval):  # noqa: PLR2004 - a date and an interval
            raise self.unsupported("this date arithmetic")
        count, unit = self.interval(arguments[1])
        amount = exp.Literal.number(sign * count)
        return self.operator("add", exp.Literal.string(unit), amount, self.visit(arguments[0]))

    def _visit_transform(self, node: exp.Transform) -> Node:
        return self._higher_order("TRANSFORM", [node.this, node.expression])

    def _higher_order(self, name: str, arguments: list[Any]) -> Node:
        """Translate a function of an array and a lambda of one parameter."""
        value, function = arguments[0], arguments[-1]
        conditions = {"FILTER": True, "TRANSFORM": False, "EXISTS": False, "FORALL": False}
        is_simple = isinstance(function, exp.Lambda) and len(function.expressions) == 1
        if self.provider != "Databricks" or name not in conditions or not is_simple or len(arguments) > 2:  # noqa: PLR2004 - the array and the lambda
            raise self.unsupported(f"the function {name} with this lambda")
        [element] = function.expressions
        body, array = self.visit(function.this), self.visit(value)
        this, condition = (element.copy(), body) if conditions[name] else (body, None)
        listed = exp.Array(
            expressions=[
                exp.Comprehension(this=this, expression=element.copy(), iterator=array, condition=condition)
            ]
        )
        return listed if name in ("FILTER", "TRANSFORM") else self.operator(f"{name}_of", listed)
