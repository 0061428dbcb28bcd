"""The functions of the warehouses: macros with the same names and meaning."""

import re
from functools import cache
from pathlib import Path

from attrs import frozen

_FOLDER = Path(__file__).parent / "macros"
_ENTRY = re.compile(r"(\w+)\(([^()]*)\) AS (.+?);\n", re.DOTALL)
_QUOTED = re.compile(r"('[^']*')")
# The parameters of macros that are values of a query, not units, formats or paths.
_VALUES = ("x", "a", "b")
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)
# Functions that DuckDB executes in the same way. A macro cannot be used with DISTINCT or OVER, nor with a constant.
AGGREGATES = {
    "Snowflake": {"COUNT", "SUM", "MIN", "MAX", "ANY_VALUE", "COUNT_IF", "MIN_BY", "MAX_BY", "LISTAGG"},
    "BigQuery": {"COUNT", "SUM", "MIN", "MAX", "ANY_VALUE", "COUNTIF", "STRING_AGG", "MIN_BY", "MAX_BY"},
    "Redshift": {"COUNT", "SUM", "MIN", "MAX", "ANY_VALUE", "LISTAGG"},
    "Databricks": {"COUNT", "SUM", "MIN", "MAX", "ANY_VALUE", "COUNT_IF", "MIN_BY", "MAX_BY"},
}
SAME = {provider: {"COALESCE"} for provider in AGGREGATES} | {"BigQuery": {"COALESCE", "ARRAY_TO_STRING"}}
WINDOW_FUNCTIONS = {"ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD", "FIRST_VALUE", "NTILE"}
# Functions that can be called without parentheses.
WITHOUT_PARENTHESES = {
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "SYSDATE",
    "LOCALTIMESTAMP",
    "CURRENT_USER",
    "CURRENT_ROLE",
    "CURRENT_TIME",
    "CURRENT_SCHEMA",
    "CURRENT_CATALOG",
    "LOCALTIME",
    "SESSION_USER",
}
DUCKDB_NAMES = {"COUNTIF": "COUNT_IF", "MIN_BY": "ARG_MIN", "MAX_BY": "ARG_MAX"}


@frozen
class Macro:
    """A macro and its overloads.

    Attributes:
        overloads: Its parameters and its body, for each overload.
    """

    name: str
    overloads: tuple[tuple[str, str], ...]

    def takes(self, count: int) -> bool:
        """Return whether an overload has that many parameters."""
        return any(len(_names(parameters)) == count for parameters, _ in self.overloads)

    @property
    def is_table(self) -> bool:
        """Whether its result is a table."""
        return self.overloads[0][1].startswith("TABLE")

    @property
    def statement(self) -> str:
        """The statement that creates it."""
        bodies = ", ".join(f"({each}) AS {_evaluate_once(each, body)}" for each, body in self.overloads)
        return f"CREATE OR REPLACE TEMP MACRO {self.name}{bodies}"

    def uses(self, name: str) -> bool:
        """Return whether a body calls another macro."""
        return any(re.search(rf"\b{name}\(", body) for _, body in self.overloads)


@cache
def macros(provider: str) -> dict[str, Macro]:
    """Return the macros of a service provider by name, after those that they use."""
    overloads: dict[str, list[tuple[str, str]]] = {}
    for file in ("common", provider.lower()):
        text = _COMMENT.sub("", (_FOLDER / f"{file}.sql").read_text("utf-8"))
        for name, parameters, body in _ENTRY.findall(text):
            overloads.setdefault(name, []).append((parameters, body))
    return {name: Macro(name, tuple(each)) for name, each in overloads.items()}


@cache
def statements(provider: str, names: frozenset[str]) -> tuple[str, ...]:
    """Return the statements that create some macros and those that they use."""
    known = macros(provider)
    needed = set[str]()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting |= {each for each in known if each not in needed and known[name].uses(each)}
    return tuple(macro.statement for name, macro in known.items() if name in needed)


def _evaluate_once(parameters: str, body: str) -> str:
    """Return a body that evaluates each value once.

    DuckDB replaces a macro by its body: without this the size of nested calls grows exponentially.
    """
    values = [name for name in _VALUES if name in parameters.replace(",", " ").split()]
    parts = _QUOTED.split(body)
    outside = " ".join(parts[::2])
    repeated = [name for name in values if len(re.findall(rf"\b{name}\b", outside)) > 1]
    if body.startswith("TABLE") or not repeated:
        return body
    parts[::2] = [re.sub(rf"\b({'|'.join(repeated)})\b", r"v.\1", part) for part in parts[::2]]
    fields = ", ".join(f"'{name}': {name}" for name in repeated)
    return f"list_transform([{{{fields}}}], lambda v: {''.join(parts)})[1]"


def _names(parameters: str) -> list[str]:
    return [each for each in parameters.split(",") if each.strip()]
