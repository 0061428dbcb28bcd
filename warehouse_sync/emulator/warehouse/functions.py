"""The functions of the warehouses: macros with the same names and meaning."""

import re
from functools import cache
from pathlib import Path

from attrs import frozen

_FOLDER = Path(__file__).parent / "macros"
_ENTRY = re.compile(r"(\w+)\(([^()]*)\) AS (.+?);\n", re.DOTALL)
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
}
DUCKDB_NAMES = {"LISTAGG": "STRING_AGG", "COUNTIF": "COUNT_IF", "MIN_BY": "ARG_MIN", "MAX_BY": "ARG_MAX"}


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
        bodies = ", ".join(f"({parameters}) AS {body}" for parameters, body in self.overloads)
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


def _names(parameters: str) -> list[str]:
    return [each for each in parameters.split(",") if each.strip()]
