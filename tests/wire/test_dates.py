"""Dates in JSON."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.abroad import abroad, needs_zones
from warehouse_sync.wire.dates import format_date, parse_date

NOON = datetime(2023, 3, 1, 12, tzinfo=UTC)

zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# Two days from the ends of the calendar, more than any UTC offset.
FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 - hypothesis adds the zone
instants = st.datetimes(FIRST, LAST, timezones=zones)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-03-01T12:00:00Z", NOON),
        ("2023-03-01T12:00:00", NOON),
        ("2023-03-01T:12:00:00Z", NOON),  # a typo of the reference
        ("2023-03-01t12:00:00z", NOON),
        ("2023-03-01 12:00:00 Z", NOON),
        ("2023-03-01T12:00Z", NOON),
        ("2023-03-01T14:30:00+02:30", NOON),
        ("2023-03-01T07:00:00-0500", NOON),
        ("2023-03-01T12:00:00.5Z", NOON.replace(microsecond=500_000)),
        ("2023-10-24T19:59:30.828Z", datetime(2023, 10, 24, 19, 59, 30, 828_000, UTC)),
        ("2023-02-03T23:53:08.413", datetime(2023, 2, 3, 23, 53, 8, 413_000, UTC)),
        ("2023-03-01T12:00:00.000001Z", NOON.replace(microsecond=1)),
        ("2023-03-01T12:00:00.0000014Z", NOON.replace(microsecond=1)),
        ("2023-03-01T12:00:00.0000015Z", NOON.replace(microsecond=2)),
        ("2023-03-01T12:00:00.123456789Z", NOON.replace(microsecond=123_457)),
        ("2023-03-01T11:59:59.999999500Z", NOON),
        ("2023-03-01T12:00:00.00000000000001Z", NOON),
    ],
)
def test_date_is_parsed_in_every_form(text: str, expected: datetime) -> None:
    """Every form that the documents show or the platform may send is parsed to an instant in UTC."""
    read = parse_date(text)
    assert read == expected
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2023-03-01",
        "20230301T120000Z",
        "2023-02-30T12:00:00Z",
        "2023-03-01T12:00:60Z",
        "2023-03-01T25:00:00Z",
        "2023-03-01T12:00:00.Z",
        "2023-03-01T12:00:00+24:00",
        "2023-03-01T12:00:00 UTC",
        "2023-03-01T12:00:00Z\n",
        " 2023-03-01T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59.9999999Z",
        "\u0662\u0660\u0662\u0663-03-01T12:00:00Z",
    ],
)
def test_invalid_date_raises_value_error(text: str) -> None:
    """A text that is not a date of the calendar raises a `ValueError`."""
    with pytest.raises(ValueError, match=r"."):
        parse_date(text)


def test_date_outside_the_calendar_raises_value_error() -> None:
    """A date that its time zone shifts out of the calendar raises a `ValueError` with that reason."""
    with pytest.raises(ValueError, match=r"^outside the years 1 to 9999$"):
        parse_date("0001-01-01T00:00:00+01:00")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON, "2023-03-01T12:00:00Z"),
        (NOON.replace(microsecond=8_000), "2023-03-01T12:00:00.008Z"),
        (NOON.replace(microsecond=1), "2023-03-01T12:00:00.000001Z"),
        (NOON.astimezone(timezone(timedelta(hours=5.5))), "2023-03-01T12:00:00Z"),
    ],
)
def test_date_is_formatted_as_documented(moment: datetime, text: str) -> None:
    """A datetime is formatted in UTC, with the digits of its fraction."""
    assert format_date(moment) == text


@needs_zones
def test_date_is_formatted_in_utc_in_any_local_time_zone() -> None:
    """The local time zone has no effect."""
    with abroad():
        assert format_date(NOON) == "2023-03-01T12:00:00Z"


@given(moment=instants)
def test_any_instant_survives_a_round_trip(moment: datetime) -> None:
    """An instant in any time zone is the same after formatting and parsing."""
    assert parse_date(format_date(moment)) == moment


@given(moment=st.datetimes(FIRST, LAST), digits=st.text("0123456789", max_size=9))
def test_any_fraction_is_rounded_to_the_microsecond(moment: datetime, digits: str) -> None:
    """Zero to nine fraction digits are rounded to the nearest microsecond."""
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    read = parse_date(whole.replace(tzinfo=None).isoformat() + (f".{digits}" if digits else ""))
    nanoseconds = int(digits.ljust(9, "0"))
    assert abs((read - whole) // timedelta(microseconds=1) * 1_000 - nanoseconds) <= 500


@given(
    text=st.text()
    | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([Z]|[+-]\d\d:\d\d)?", fullmatch=True)
)
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    """No text raises anything but a `ValueError`."""
    try:
        read = parse_date(text)
    except ValueError:
        return
    assert read.tzinfo is UTC
