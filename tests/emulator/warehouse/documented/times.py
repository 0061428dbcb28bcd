"""Times in the results of examples."""

from datetime import UTC, datetime

# When the examples are executed.
NOW = datetime(2023, 2, 3, 12, tzinfo=UTC)


def local(*parts: int) -> datetime:
    """Return a time without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a timestamp without a zone
