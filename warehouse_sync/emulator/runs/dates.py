"""Dates and durations as the API writes them."""

import re
from datetime import UTC, datetime

from dateutil.relativedelta import relativedelta
from msgspec import to_builtins

# One example in the reference reads `2023-03-01T:12:00:00Z`, another has no zone: both are read as meant.
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ]:?(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s?([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
# The reference: a number, "followed immediately by one of the following units", which these are.
_DELAY = re.compile(r"(\d{1,6})([smhdwy])", re.ASCII)
# The emulator's own settings may be several of them, and months, which the reference has no unit for.
_SPAN = re.compile(r"(?:\d{1,6}(?:mo|[smhdwy]))+", re.ASCII)
_SPAN_PART = re.compile(r"(\d+)(mo|[smhdwy])", re.ASCII)
_UNITS = {
    "s": "seconds",
    "m": "minutes",
    "h": "hours",
    "d": "days",
    "w": "weeks",
    "y": "years",
    "mo": "months",
}


def read_moment(text: str) -> datetime | None:
    """Return the moment a text names, or None when it names none. No zone means UTC."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    day, time, fraction, zone = match.groups(default="")
    written = f"{day}T{time or '00:00:00'}.{fraction[:6]:0<6}{zone.upper() or 'Z'}"
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def checked_moment(text: str) -> datetime:
    """Return the moment a text names that was checked when it came in."""
    moment = read_moment(text)
    if moment is None:
        raise ValueError(f"not a timestamp: {text!r}")
    return moment


def show_moment(moment: datetime) -> str:
    """Write a UTC moment, with milliseconds if it has any: ``2023-10-24T20:06:37.429Z``, ``2022-07-01T16:00:00Z``."""
    # A page of 50 runs shows 250 of them, and `isoformat` takes ten times as long.
    written: str = to_builtins(moment)
    return written[:-4] + "Z" if moment.microsecond else written


def show_optional(moment: datetime | None) -> str | None:
    """Write a UTC moment, or None for one that has not come."""
    return None if moment is None else show_moment(moment)


def read_delay(text: str) -> relativedelta | None:
    """Return the duration a text such as ``15m`` names, or None when it names none."""
    match = _DELAY.fullmatch(text)
    if match is None:
        return None
    return _span(*match.groups())


def read_span(text: str) -> relativedelta | None:
    """Return the duration a setting of the emulator names, such as ``3d``, ``6mo`` or ``1d12h``, or None."""
    if not _SPAN.fullmatch(text):
        return None
    return sum((_span(amount, unit) for amount, unit in _SPAN_PART.findall(text)), relativedelta())


def _span(amount: str, unit: str) -> relativedelta:
    # Calendar units: a year's delay ends on the same day of the next year.
    return relativedelta(**{_UNITS[unit]: int(amount)})  # type: ignore[arg-type]  # the keys are its units
