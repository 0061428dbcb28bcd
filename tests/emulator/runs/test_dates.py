"""Timestamps and durations as the API writes them."""

from datetime import UTC, datetime

import pytest
from dateutil.relativedelta import relativedelta

from warehouse_sync.emulator.runs.dates import (
    format_timestamp,
    parse_delay,
    parse_timestamp,
    parse_valid_timestamp,
)

NOON = datetime(2023, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2023-03-01T12:00:00Z", NOON),
        ("2023-03-01T:12:00:00Z", NOON),  # as one example of the reference has it
        ("2023-03-01T12:00:00", NOON),
        ("2023-03-01T14:00:00+02:00", NOON),
        ("2023-03-01t12:00:00.000z", NOON),
        ("2023-03-01T12:00:00.5Z", NOON.replace(microsecond=500_000)),
        ("2023-03-01T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
        ("2023-03-01", NOON.replace(hour=0)),
    ],
)
def test_timestamp_is_parsed(text: str, time: datetime) -> None:
    """Every form of a timestamp in the reference is accepted; no zone means UTC."""
    assert parse_timestamp(text) == parse_valid_timestamp(text) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "20230301",
        "2023-W01",
        "2023-02-29T00:00:00Z",
        "2023-03-01T12:00Z",
        "2023-03-01T24:00:01Z",
        "2023-03-01T12:00:00+25:00",
        "2023-03-01T12:00:00Z\n",
        "0001-01-01T00:00:00+01:00",
        "\u0662\u0660\u0662\u0663-03-01",
    ],
)
def test_invalid_timestamp_is_none(text: str) -> None:
    """Text that is no timestamp, or past the end of the calendar, is None."""
    assert parse_timestamp(text) is None
    with pytest.raises(ValueError, match="not a timestamp"):
        parse_valid_timestamp(text)


def test_timestamp_is_formatted() -> None:
    """A timestamp has milliseconds if there are any."""
    assert format_timestamp(NOON) == "2023-03-01T12:00:00Z"
    assert format_timestamp(NOON.replace(microsecond=8_000)) == "2023-03-01T12:00:00.008Z"


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("0s", relativedelta()),
        ("90s", relativedelta(seconds=90)),
        ("15m", relativedelta(minutes=15)),
        ("2h", relativedelta(hours=2)),
        ("5d", relativedelta(days=5)),
        ("1w", relativedelta(days=7)),
        ("1y", relativedelta(years=1)),
    ],
)
def test_delay_is_parsed_in_every_unit(text: str, delay: relativedelta) -> None:
    """Each documented unit is accepted."""
    assert parse_delay(text) == delay


@pytest.mark.parametrize("text", ["", "m", "5", "5 m", "-5m", "1.5h", "5M", "5mo", "5m\n", "\u0665m"])
def test_invalid_delay_is_none(text: str) -> None:
    """Text that is no delay is None."""
    assert parse_delay(text) is None
