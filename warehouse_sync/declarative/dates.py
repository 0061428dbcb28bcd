"""Dates in documents and output."""

from datetime import UTC, datetime


def format_date(date: datetime) -> str:
    """Format a date as ISO 8601 in UTC with `Z`."""
    return date.astimezone(UTC).isoformat().replace("+00:00", "Z")
