"""The visitor that copies a query's tree and translates its parts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define, field
from sqlglot import exp

from warehouse_sync.emulator.warehouse.errors import UnsupportedSqlError
from warehouse_sync.emulator.warehouse.formats import duckdb_format, unit_of
from warehouse_sync.emulator.warehouse.functions import macros

if TYPE_CHECKING:
    from collections.abc import Callable

# The base class of sqlglot's trees, whose export has no type.
NODE: type = vars(exp)["Expression"]
Node: TypeAlias = Any
_PREFIXES = {"Snowflake": "sf", "BigQuery": "bq", "Redshift": "rs", "Databricks": "db"}
# Syntax that means the same in every dialect, once its parts are translated.
_COMMON = frozenset(
    [
        "Select",
        "From",
        "Join",
        "Where",
        "Group",
        "Having",
        "Order",
        "Ordered",
        "Limit",
        "Offset",
        "Distinct",
        "Union",
        "Intersect",
        "Except",
        "Subquery",
        "TableAlias",
        "Alias",
        "Identifier",
        "Star",
        "Boolean",
        "Null",
        "Paren",
        "And",
        "Or",
        "Not",
        "EQ",
        "NEQ",
        "GT",
        "GTE",
        "LT",
        "LTE",
        "Between",
        "Escape",
        "Mul",
        "Neg",
        "Case",
        "If",
        "Exists",
        "WindowSpec",
        "Qualify",
        "Tuple",
        "With",
        "CTE",
        "NullSafeEQ",
        "NullSafeNEQ",
        "Var",
        "LimitOptions",
    ]
)


@define
class TreeVisitor:
    """Copies a tree, and translates each part with the method of its class.

    Attributes:
        provider: The service provider whose dialect the query is in.
        macros: The macros that the translated query uses.
        flattened: The aliases of flattened arrays and objects, whose values are JSON.
    """

    provider: str
    macros: set[str] = field(factory=set[str])
    flattened: set[str] = field(factory=set[str])

    def visit(self, node: Any) -> Any:  # noqa: ANN401 - sqlglot's trees have no types
        """Return the translation of a node and its parts."""
        name = type(node).__name__
        handler: Callable[[Any], Node] | None = getattr(self, f"_visit_{name.lower()}", None)
        if handler is not None:
            return handler(node)
        if name not in _COMMON:
            raise self.unsupported(describe(node))
        return self.visit_parts(node)

    def unsupported(self, what: str) -> UnsupportedSqlError:
        """Return the error that something is not supported."""
        return UnsupportedSqlError(what, self.provider)

    def macro_name(self, name: str) -> str:
        """Return the name of the macro for a function."""
        return f"{_PREFIXES[self.provider]}_{name}".lower()

    def call(self, name: str, *arguments: Node) -> Node:
        """Return the call of a macro with translated arguments."""
        full = self.macro_name(name)
        macro = macros(self.provider).get(full)
        if macro is None:
            raise self.unsupported(f"the function {name.upper()}")
        if not macro.takes(len(arguments)):
            raise self.unsupported(f"the function {name.upper()} with {len(arguments)} arguments")
        self.macros.add(full)
        return exp.Anonymous(this=full, expressions=list(arguments))

    def operator(self, name: str, *arguments: Node) -> Node:
        """Return the call of a macro that queries cannot call by its name."""
        return self.call(f"_{name}", *arguments)

    def visit_parts(self, node: Any) -> Any:  # noqa: ANN401 - sqlglot's trees have no types
        """Return a copy of a node with its parts translated."""
        translated = {
            key: [self.visit(each) if isinstance(each, NODE) else each for each in value]
            if isinstance(value, list)
            else self.visit(value)
            if isinstance(value, NODE)
            else value
            for key, value in node.args.items()
        }
        return type(node)(**translated)

    def visit_all(self, nodes: Sequence[Any]) -> list[Node]:
        """Return the translations of some nodes."""
        return [self.visit(each) for each in nodes]

    def unit(self, node: Node) -> Node:
        """Return the unit of time that a node names, as a literal."""
        unit = unit_of(node.name) if isinstance(node, exp.Var | exp.Column | exp.Literal) else None
        if unit is None:
            raise self.unsupported(f"the unit {node.sql()}")
        return exp.Literal.string(unit)

    def format(self, node: Node) -> Node:
        """Return a date format as DuckDB writes it, as a literal."""
        text = duckdb_format(node.name, self.provider) if node.is_string else None
        if text is None:
            raise self.unsupported(f"the format {node.sql()}")
        return exp.Literal.string(text)

    def interval(self, node: exp.Interval) -> tuple[int, str]:
        """Return the number and the unit of an interval."""
        text = f"{node.this.name if node.this else ''} {node.unit.name if node.unit else ''}".split()
        unit = unit_of(text[1]) if len(text) == 2 else None  # noqa: PLR2004 - a number and a unit
        if unit is None or not text[0].lstrip("-").isdecimal():
            raise self.unsupported(f"the interval {node.sql()}")
        return int(text[0]), unit


def describe(node: Node) -> str:
    """Return the name of a function, or the SQL of other syntax, for an error message."""
    if isinstance(node, exp.Func):
        return f"the function {node.sql_name()}"
    text = node.sql()
    return f"this syntax: {text[:60]}{'…' if len(text) > 60 else ''}"  # noqa: PLR2004 - a line of an error message
