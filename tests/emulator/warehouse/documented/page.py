"""The page on the supported SQL, written from the examples.

Run it with `python -m tests.emulator.warehouse.documented.page`.
"""

from itertools import groupby
from pathlib import Path

from tests.emulator.warehouse.documented import PROVIDERS, Example, examples
from warehouse_sync.emulator.warehouse.functions import AGGREGATES, SAME, WINDOW_FUNCTIONS, macros
from warehouse_sync.emulator.warehouse.translation.calls import SHIFTS

PAGE = Path(__file__).parents[4] / "docs" / "emulator-sql.md"
INTRODUCTION = """\
# The SQL that the emulator supports

With a warehouse the emulator executes the SQL of data models on DuckDB. It translates each function and operator from the connection's dialect,
and executes only what it has a rule for. Tests execute every example below. The documentation beside an example has the rule that its result
follows. Of BigQuery and Redshift, a part of the results was compared with examples in that documentation; no result was compared with a running
warehouse. Report a result that differs from yours.

Anything else fails the run with an error that starts with "The emulator does not support". The data model stays `valid`, because its query may be
right: `unsupported` marks examples of it below. This includes results that depend on types, such as the digits of a division of decimals in Redshift.

The session's time zone is UTC. `CURRENT_TIMESTAMP` and its like are the start of the run on the emulator's clock. JSON can be a string,
a DuckDB `JSON`, a struct or a list. Names of columns keep the case of the query or of the file.
"""


def generate() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *(line for provider in PROVIDERS for line in _section(provider))])


def function_names(provider: str) -> list[str]:
    """Return the names of the functions of a service provider."""
    names = (name.split("_", 1) for name in macros(provider))
    public = {name.upper() for prefix, name in names if prefix != "ws" and not name.startswith("_")}
    public |= set(SHIFTS) if provider == "BigQuery" else set()
    return sorted(public | AGGREGATES[provider] | SAME[provider] | WINDOW_FUNCTIONS | {"AVG"})


def _section(provider: str) -> list[str]:
    names = ", ".join(f"`{name}`" for name in function_names(provider))
    lines = [
        f"## {provider}",
        "",
        f"Functions: {names}.",
        "",
        "| documentation | example | result |",
        "|---|---|---|",
    ]
    for source, group in groupby(examples(provider), lambda each: each.source):
        lines += [_row(source, each) for each in group]
    return [*lines, ""]


def _row(source: str, example: Example) -> str:
    result = example.result if isinstance(example.result, str) else ", ".join(map(_text, example.result))
    shown = result if isinstance(example.result, str) else _code(result)
    return f"| [{_title(source)}]({source}) | {_code(example.sql)} | {shown} |"


def _title(source: str) -> str:
    path = source.partition("#")[2] or source.rpartition("/")[2]
    return path.removesuffix(".html").removeprefix("r_").removesuffix("_function").lower()


def _text(value: object) -> str:
    names = {None: "NULL", True: "TRUE", False: "FALSE"}
    return names[value] if value is None or isinstance(value, bool) else str(value)


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`" if text.strip() else "(empty)"


if __name__ == "__main__":
    PAGE.write_text(generate(), "utf-8")
