"""The wire's dates: ISO 8601 with any number of fraction digits, without a zone meaning UTC."""

import re
from datetime import UTC, datetime, timedelta

# The `:?` after the T reads a typo of the reference ("2023-03-01T:12:00:00Z"); it is never sent.
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]:?(\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?\s?([Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def parse_date(text: str) -> datetime:
    """Read a date as an aware datetime in UTC, rounded to the microsecond by its seventh digit, as msgspec does.

    Raises:
        ValueError: It is not a date.
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
    """Write an aware datetime as the reference does: `2022-10-30T11:00:16Z`, with a fraction only where there is one."""
    utc = value.astimezone(UTC)
    spec = "seconds" if not utc.microsecond else "microseconds" if utc.microsecond % 1000 else "milliseconds"
    return utc.replace(tzinfo=None).isoformat(timespec=spec) + "Z"
