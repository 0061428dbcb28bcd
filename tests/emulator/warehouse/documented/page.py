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
and executes only what it has a rule for. Tests execute every example below.

Where the last column has a link, that page has an example with these values and this result: the vendor's own documentation or a public copy of it,
for Databricks the reference of Apache Spark. Without a link the result follows from the text of the documentation in the first column.
{counts}
No result was compared with a running warehouse. Report a result that differs from yours.

Anything else fails the run with an error that starts with "The emulator does not support". The data model stays `valid`, because its query may be
right: `unsupported` marks examples of it below. This includes results that depend on types, such as the digits of a division of decimals in Redshift.

The session's time zone is UTC. `CURRENT_TIMESTAMP` and its like are the start of the run on the emulator's clock. JSON can be a string,
a DuckDB `JSON`, a struct or a list. Names of columns keep the case of the query or of the file.
"""


def generate() -> str:
    """Return the page."""
    counts = "; ".join(f"{provider} {_count(provider)}" for provider in PROVIDERS)
    introduction = INTRODUCTION.format(counts=f"Results that were compared: {counts}.")
    return "\n".join([introduction, *(line for provider in PROVIDERS for line in _section(provider))])


def _count(provider: str) -> str:
    results = [each for each in examples(provider) if each.result != "unsupported"]
    return f"{sum(bool(each.compared) for each in results)} of {len(results)}"


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
        "| documentation | example | result | compared with |",
        "|---|---|---|---|",
    ]
    for source, group in groupby(examples(provider), lambda each: each.source):
        lines += [_row(source, each) for each in group]
    return [*lines, ""]


def _row(source: str, example: Example) -> str:
    result = example.result if isinstance(example.result, str) else ", ".join(map(_text, example.result))
    shown = result if isinstance(example.result, str) else _code(result)
    compared = f"[{_site(example.compared)}]({example.compared})" if example.compared else ""
    return f"| [{_title(source)}]({source}) | {_code(example.sql)} | {shown} | {compared} |"


def _site(address: str) -> str:
    """Return the name of the documentation at an address."""
    names = {"github.com/google": "GoogleSQL", "github.com/awsdocs": "Redshift", "spark.apache.org": "Spark"}
    return next((name for part, name in names.items() if part in address), "Snowflake")


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
