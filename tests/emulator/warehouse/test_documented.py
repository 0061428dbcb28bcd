"""The SQL of each warehouse, compared with what its documentation says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlglot import dialects

from tests.emulator.warehouse.documented import PROVIDERS, examples
from tests.emulator.warehouse.documented.page import PAGE, function_names, generate
from warehouse_sync.emulator.warehouse.dialect import Query
from warehouse_sync.emulator.warehouse.engine import Warehouse
from warehouse_sync.emulator.warehouse.errors import QueryError, UnsupportedSqlError
from warehouse_sync.emulator.warehouse.functions import macros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.emulator.warehouse.documented import Example
    from warehouse_sync.emulator.warehouse.engine import WarehouseSession

ALL = [each for provider in PROVIDERS for each in examples(provider)]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseSession]:
    """An empty warehouse."""
    with Warehouse(tmp_path_factory.mktemp("warehouse")).open() as opened:
        yield opened


def rows(session: WarehouseSession, example: Example) -> list[Any]:
    """Return the first column of an example's result."""
    query = Query.read(example.query, example.provider, session.catalog)
    session.prepare(query.macros, example.now)
    return [row[0] for row in session.rows(query.rows(None))]


@pytest.mark.parametrize("example", ALL, ids=lambda each: f"{each.provider}-{each.sql}")
def test_result_is_the_documented_one(session: WarehouseSession, example: Example) -> None:
    """Each example has the result that the warehouse's documentation states, or is not supported."""
    if example.result == "unsupported":
        with pytest.raises(UnsupportedSqlError, match="not known to give the same results"):
            rows(session, example)
        return
    found = rows(session, example)
    assert found == example.result
    kinds = [(type(a), type(b)) for a, b in zip(found, example.result, strict=True)]
    assert all(a is b or {a.__name__, b.__name__} & {"Decimal"} for a, b in kinds), kinds


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_function_has_an_example(provider: str) -> None:
    """Each function that is executed has an example with a documented result."""
    texts = " ".join(each.sql.upper() for each in examples(provider) if each.result != "unsupported")
    shared = {"ANY_VALUE", "DENSE_RANK", "FIRST_VALUE", "LAG", "LEAD", "NTILE", "RANK"}  # standard SQL
    missing = {name for name in function_names(provider) if not re.search(rf"\b{name}\b", texts)}
    assert missing - shared == set()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_macro_is_used(session: WarehouseSession, provider: str) -> None:
    """The examples use every macro, also those of operators and casts."""
    used = set[str]()
    for example in examples(provider):
        if example.result != "unsupported":
            used |= set(Query.read(example.query, provider, session.catalog).macros)
    unused = {name for name, macro in macros(provider).items() if macro.statement not in used}
    assert {name for name in unused if not name.startswith("ws_")} == set()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_most_results_are_compared(provider: str) -> None:
    """Most results are those of an example in public documentation."""
    results = [each for each in examples(provider) if each.result != "unsupported"]
    assert sum(bool(each.compared) for each in results) > 0.6 * len(results)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nested_calls_stay_fast(session: WarehouseSession, provider: str) -> None:
    """The size of a query grows with the depth of its calls, not exponentially."""
    sql = "SELECT " + "LOWER(" * 12 + "'A'" + ")" * 12 + " || 'b'" * 12 + " AS x"
    query = Query.read(sql, provider, session.catalog)
    session.prepare(query.macros, ALL[0].now)
    assert [row[0] for row in session.rows(query.rows(None))] == ["a" + "b" * 12]


def test_page_is_generated() -> None:
    """The page on the supported SQL is the one that the examples make."""
    assert PAGE.read_text("utf-8") == generate(), "run `make generate`"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_other_function_is_an_error(session: WarehouseSession, provider: str) -> None:
    """Of all functions that the parser knows, those that are not documented here are an error."""
    special = {"ARRAY", "CAST", "DECODE", "EXISTS", "EXTRACT", "IF", "SAFE_CAST", "TRY_CAST"}
    known = {*function_names(provider), *special}
    executed = set[str]()
    for name in sorted(getattr(dialects, provider).Parser.FUNCTIONS.keys() - known):
        for arguments in ("", "1", "1, 2", "1, 2, 3"):
            try:
                Query.read(f"SELECT {name}({arguments}) AS x", provider, session.catalog)
            except QueryError:
                continue
            executed.add(name)
    assert executed == set()
