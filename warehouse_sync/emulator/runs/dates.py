"""Timestamps and durations as the API writes them."""

import re
from datetime import UTC, datetime

from dateutil.relativedelta import relativedelta
from msgspec import to_builtins

# The reference has examples such as `2023-03-01T:12:00:00Z`, and some without a zone. Both are accepted.
_TIMESTAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ]:?(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
# The reference: a number, "followed immediately by one of the following units".
_DELAY = re.compile(r"(\d{1,6})([smhdwy])", re.ASCII)
# Durations of the emulator's own settings may have several parts, and months, for which the reference has no unit.
_DURATION = re.compile(r"(?:\d{1,6}(?:mo|[smhdwy]))+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+)(mo|[smhdwy])", re.ASCII)
_UNITS = {
    "s": "seconds",
    "m": "minutes",
    "h": "hours",
    "d": "days",
    "w": "weeks",
    "y": "years",
    "mo": "months",
}


def parse_timestamp(text: str) -> datetime | None:
    """Return the time of a timestamp, or None if it is invalid. No zone means UTC."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    day, time, fraction, zone = match.groups(default="")
    iso = f"{day}T{time or '00:00:00'}.{fraction[:6]:0<6}{zone.upper() or 'Z'}"
    try:
        return datetime.fromisoformat(iso).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_valid_timestamp(text: str) -> datetime:
    """Return the time of a timestamp that was validated before."""
    time = parse_timestamp(text)
    if time is None:
        raise ValueError(f"not a timestamp: {text!r}")
    return time


def format_timestamp(time: datetime) -> str:
    """Format a UTC time, with milliseconds if it has any.

    For example `2023-10-24T20:06:37.429Z` or `2022-07-01T16:00:00Z`.
    """
    # A page of 50 runs shows 250 timestamps, and `isoformat` takes ten times as long.
    text: str = to_builtins(time)
    return text[:-4] + "Z" if time.microsecond else text


def format_optional_timestamp(time: datetime | None) -> str | None:
    """Format a UTC time; None stays None."""
    return None if time is None else format_timestamp(time)


def parse_delay(text: str) -> relativedelta | None:
    """Return the duration of a delay such as `15m`, or None if it is invalid."""
    match = _DELAY.fullmatch(text)
    if match is None:
        return None
    return _duration(*match.groups())


def parse_duration(text: str) -> relativedelta | None:
    """Return the duration of a setting, or `None` if it is invalid.

    A setting is `3d`, `6mo` or `1d12h`, for example.
    """
    if not _DURATION.fullmatch(text):
        return None
    return sum((_duration(amount, unit) for amount, unit in _DURATION_PART.findall(text)), relativedelta())


def _duration(amount: str, unit: str) -> relativedelta:
    # Calendar units: a year after a day is the same day of the next year.
    return relativedelta(**{_UNITS[unit]: int(amount)})  # type: ignore[arg-type]  # the keys are its units
