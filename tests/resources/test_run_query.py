"""The query of a list of runs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import RunStatus
from warehouse_sync.resources.run_query import RunQuery


def test_parameters_are_those_that_are_set() -> None:
    """The page is always sent, and the rest only if it is set."""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    assert RunQuery().parameters(1) == "currentPage=1"
    assert RunQuery(start=start, end=end, page_size=7).parameters(2) == (
        "currentPage=2&pageSize=7&startDate=2026-01-01T00:00:00Z&endDate=2026-02-01T00:00:00Z"
    )


@pytest.mark.parametrize(
    ("arguments", "size", "concurrency"),
    [
        ({"limit": 3}, "&pageSize=3", 1),
        ({"limit": 49}, "&pageSize=49", 1),
        ({"limit": 50}, "", 1),
        ({"limit": 250}, "", 5),
        ({"limit": 1000}, "", 8),
        ({"limit": 30, "page_size": 10}, "&pageSize=10", 3),
        ({"limit": 3, "status": RunStatus.FAILED}, "", 8),
        ({}, "", 8),
    ],
)
def test_limit_reduces_pages_and_requests(arguments: dict[str, Any], size: str, concurrency: int) -> None:
    """No more is requested than the limit needs, unless the client filters."""
    query = RunQuery(prefetch=8, **arguments)
    assert query.parameters(1) == f"currentPage=1{size}"
    assert query.concurrency == concurrency


def test_all_invalid_arguments_are_named() -> None:
    """One error names each argument that is wrong."""
    wrong: Any = {"start": 1, "end": datetime(2026, 1, 1), "status": 5, "limit": 0, "page_size": 0}  # noqa: DTZ001 - naive
    with pytest.raises(ValidationError) as caught:
        RunQuery(**wrong, prefetch=-1)
    assert set(caught.value.fields) == {"start", "end", "status", "limit", "page_size", "prefetch"}


@pytest.mark.parametrize("prefetch", [None, 1.0, "1", True, -1])
def test_prefetch_must_be_a_whole_number(prefetch: Any) -> None:
    """`None` too, which has no meaning of its own."""
    with pytest.raises(ValidationError, match="prefetch"):
        RunQuery(prefetch=prefetch)


@pytest.mark.parametrize("status", ["failed", {RunStatus.FAILED}, ["failed", "failed"]])
def test_statuses_are_one_or_several(status: Any) -> None:
    """A status alone is not an iterable of letters."""
    assert RunQuery(status=status).statuses == frozenset(["failed"])


def test_iterator_of_statuses_is_read_once() -> None:
    """The validation leaves something for the conversion."""
    statuses: Any = iter(["failed"])
    assert RunQuery(status=statuses).statuses == frozenset(["failed"])


def test_unknown_status_is_refused_if_it_was_typed() -> None:
    """A status that the API returned is accepted."""
    assert RunQuery(status=RunStatus("brand_new")).statuses == frozenset(["brand_new"])
    with pytest.raises(ValidationError, match="must be one of"):
        RunQuery(status="brand_new")
