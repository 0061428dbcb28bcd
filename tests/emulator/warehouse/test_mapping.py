"""What a row becomes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from warehouse_sync.emulator.warehouse.errors import RowError
from warehouse_sync.emulator.warehouse.mapping import attribute, column, sections


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("MPID", "user identity mpid"),
        ("CustomerId", "user identity customer_id"),
        ("customer_id", "user identity customer_id"),
        ("EMAIL", "user identity email"),
        ("other_id_10", "user identity other_id_10"),
        ("other_id_11", "user attribute other_id_11"),
        ("mp_deviceid", "device identity mp_deviceid"),
        ("IOS_IDFV", "device identity ios_idfv"),
        ("First_Name", "user attribute First_Name"),
        ("Updated_On", "iterator, not sent"),
    ],
)
def test_column_becomes_what_its_name_says(name: str, becomes: str) -> None:
    """Identity columns are recognized in any case; the iterator is not sent; the rest are attributes."""
    assert column(name, iterator="updated_on").becomes == becomes


def test_documented_identities_are_all_known() -> None:
    """There are 25 names of user identities, mpid included, and 12 of device identities."""
    user = """mpid customerid customer_id facebook twitter google microsoft yahoo email facebook_custom_audience_id
        other mobile_number phone_number_2 phone_number_3"""
    names = [*user.split(), *(f"other_id_{number}" for number in range(2, 11))]
    assert all(column(name, iterator=None).becomes.startswith("user identity") for name in names)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (1.5, 1.5),
        (Decimal("2.50"), 2.5),
        (Decimal("3.00"), 3),
        ("text", "text"),
        (date(2023, 2, 1), "2023-02-01"),
        (time(12, 30), "12:30:00"),
        (datetime(2023, 2, 1, 12), "2023-02-01T12:00:00Z"),  # noqa: DTZ001 - as DuckDB gives a TIMESTAMP
        (datetime(2023, 2, 1, 12, tzinfo=timezone(timedelta(hours=2))), "2023-02-01T10:00:00Z"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (timedelta(hours=1), "1:00:00"),
        ([1, "a", date(2023, 2, 1)], ["1", "a", "2023-02-01"]),
    ],
)
def test_value_is_converted(value: object, sent: object) -> None:
    """Every type of value that a column can have is converted for a batch."""
    assert attribute("x", value) == sent


@pytest.mark.parametrize("value", [b"blob", {"a": 1}, float("nan"), float("inf"), Decimal("NaN"), [b"blob"]])
def test_unsupported_value_fails_its_row(value: object) -> None:
    """An unsupported value fails the row, and the message names the column."""
    with pytest.raises(RowError, match="Column x holds"):
        attribute("x", value)


def test_row_needs_an_identity() -> None:
    """A row whose identities are all null cannot be sent; an mpid or a device identity is enough."""
    columns = [column(name, iterator=None) for name in ("mpid", "email", "mp_deviceid", "plan")]
    with pytest.raises(RowError, match="no user identity"):
        sections(columns, (None, None, None, "gold"))
    assert sections(columns, (7, None, None, "gold"))["mpid"] == 7
    assert sections(columns, (None, None, "d", None)) == {
        "user_identities": {},
        "device_info": {"mp_deviceid": "d"},
        "user_attributes": {"plan": None},
    }


def test_mpid_must_be_a_whole_number() -> None:
    """An mpid may be a string, and must be a whole number."""
    columns = [column("mpid", iterator=None)]
    assert sections(columns, ("-12",))["mpid"] == -12
    with pytest.raises(RowError, match="whole number"):
        sections(columns, ("abc",))


def test_identities_are_strings() -> None:
    """Identities are sent as strings, whatever the column's type."""
    columns = [column("customer_id", iterator=None), column("other", iterator=None)]
    filled = sections(columns, (Decimal("12.00"), datetime(2023, 1, 1, tzinfo=UTC)))
    assert filled["user_identities"] == {"customer_id": "12", "other": "2023-01-01T00:00:00Z"}
