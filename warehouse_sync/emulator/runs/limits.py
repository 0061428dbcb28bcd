"""The platform's documented limits, which the emulator enforces.

The user can change them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

import attrs
from attrs import field, frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.runs.dates import parse_duration

_MAX_COUNT = 10**18


def _check_count(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None and (
        not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_COUNT
    ):
        raise ValueError(
            f"The limit {attribute.name} must be a whole number up to {_MAX_COUNT}, or null for no limit, not {value!r}."
        )


def _check_duration(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None and (not isinstance(value, str) or parse_duration(value) is None):
        raise ValueError(
            f"The limit {attribute.name} must be a duration such as 7d or 6mo, or null for no limit, not {value!r}."
        )


def _count(default: int) -> int | None:
    number: int | None = field(default=default, validator=_check_count)
    return number


def _duration(default: str) -> str | None:
    text: str | None = field(default=default, validator=_check_duration)
    return text


@frozen(kw_only=True)
class Limits:
    """Limits of workspaces and runs; None removes a limit.

    The defaults are the documented ones as of 2026; `Limits.named` returns older sets. Seeded pipelines do not count
    as active.

    Attributes:
        active_pipelines: Pipelines of a workspace in the state `active`.
        columns: Columns of a data model's query.
        records_hourly: Rows that one hourly run may load; the others likewise for other schedules.
        catch_up_hourly: How far back an hourly pipeline that is activated catches up on missed syncs, such as
            `7d`; the others likewise for other schedules.
    """

    active_pipelines: int | None = _count(5)
    columns: int | None = _count(100)
    records_hourly: int | None = _count(5_000_000)
    records_daily: int | None = _count(120_000_000)
    records_weekly: int | None = _count(200_000_000)
    records_monthly: int | None = _count(200_000_000)
    records_once: int | None = _count(120_000_000)
    records_on_demand: int | None = _count(120_000_000)
    catch_up_hourly: str | None = _duration("7d")
    catch_up_daily: str | None = _duration("6mo")
    catch_up_weekly: str | None = _duration("3y")
    catch_up_monthly: str | None = _duration("5y")

    @classmethod
    def named(cls, name: str) -> Self:
        """Return a set of documented limits by the year of their publication.

        Raises:
            ValueError: There is no such set.
        """
        if name not in LIMIT_SETS:
            raise ValueError(f"There are no limits of {name}; the sets are {' and '.join(LIMIT_SETS)}.")
        return cls(**LIMIT_SETS[name])

    @classmethod
    def none(cls) -> Self:
        """Return limits that limit nothing."""
        return cls(**dict.fromkeys(NAMES))

    def with_changes(self, changes: Document) -> Self:
        """Return these limits with some changed.

        Raises:
            ValueError: There is no such limit, or a value is invalid.
        """
        unknown = sorted(changes.keys() - set(NAMES))
        if unknown:
            raise ValueError(f"There is no limit {', '.join(unknown)}; the limits are {', '.join(NAMES)}.")
        return attrs.evolve(self, **changes)

    def show(self) -> Document:
        """Return the limits by name."""
        return attrs.asdict(self)

    def records(self, schedule: Document) -> int | None:
        """Return how many rows one run of a schedule may load."""
        kind = schedule["frequency"] if schedule["type"] == "interval" else schedule["type"]
        limit: int | None = getattr(self, f"records_{kind}")
        return limit

    def catch_up_start(self, frequency: str, now: datetime) -> datetime | None:
        """Return the time before which missed syncs are skipped, or None."""
        duration = parse_duration(getattr(self, f"catch_up_{frequency}") or "")
        try:
            return None if duration is None else now - duration
        except (OverflowError, ValueError):  # before the year 1; dateutil raises both
            return None


NAMES = tuple(attribute.name for attribute in attrs.fields(Limits))
# Documented sets, newest first: what differs from the newest. Source of both: mParticle's overview of Warehouse Sync,
# section "Limits", as published in the year.
LIMIT_SETS: Mapping[str, Document] = {
    "2026": {},
    "2023": {
        "records_hourly": 1_000_000,
        "records_daily": 24_000_000,
        "records_weekly": 40_000_000,
        "records_monthly": 40_000_000,
        "records_once": 40_000_000,
        "records_on_demand": 24_000_000,
    },
}
