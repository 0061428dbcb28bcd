"""Dates in JSON: ISO 8601 with any number of fraction digits.

A date without a time zone is in UTC.
"""

import re
from datetime import UTC, datetime, timedelta

# The `:?` after the T accepts a typo of the reference ("2023-03-01T:12:00:00Z").
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]:?(\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?\s?([Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def parse_date(text: str) -> datetime:
    """Parse a date to a datetime in UTC.

    It is rounded to microseconds by the seventh fraction digit, like msgspec.

    Raises:
        ValueError: The text is not a date.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("not an ISO 8601 date")
    day, time, fraction, zone = match.groups()
    zone = "+00:00" if zone is None or zone in "Zz" else zone
    value = datetime.fromisoformat(f"{day}T{time}{zone}")
    tenths = int(f"{fraction or '0':<07.7}")  # of a microsecond
    try:
        return (value + timedelta(microseconds=(tenths + 5) // 10)).astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999") from None


def format_date(value: datetime) -> str:
    """Format an aware datetime like the reference, as `2022-10-30T11:00:16Z`.

    It has a fraction only if that is not 0.
    """
    utc = value.astimezone(UTC)
    spec = "seconds" if not utc.microsecond else "microseconds" if utc.microsecond % 1000 else "milliseconds"
    return utc.replace(tzinfo=None).isoformat(timespec=spec) + "Z"
