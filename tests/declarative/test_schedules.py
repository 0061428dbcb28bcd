"""Tests of schedules with the examples of the reference."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from warehouse_sync import PipelineSpec, Schedule, SyncMode
from warehouse_sync.declarative import planned_runs

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def date(text: str) -> datetime:
    """Parse a date."""
    return datetime.fromisoformat(text)


def example(name: str) -> PipelineSpec:
    """Build a pipeline from an example of the reference."""
    file = Path(__file__).parents[1] / "vectors" / "schedules" / f"{name}.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    sync_mode: dict[str, Any] = {
        {"from": "from_"}.get(key, key): _value(text) for key, text in document["sync_mode"].items()
    }
    schedule: dict[str, Any] = {key: _value(text) for key, text in document["schedule"].items()}
    return spec(SyncMode(**sync_mode), Schedule(**schedule))


def _value(text: str) -> object:
    # One example has a typo in a date.
    return date(text.replace("T:", "T")) if text[:1].isdigit() and "T" in text else text


def spec(sync_mode: SyncMode, schedule: Schedule) -> PipelineSpec:
    """Build a pipeline with a schedule."""
    return PipelineSpec(
        id="p",
        name="P",
        pipeline_type="user_attributes",
        connection_id="c",
        data_model_id="m",
        state="active",
        sync_mode=sync_mode,
        schedule=schedule,
        environment="development",
    )


def test_daily_february_has_28_runs() -> None:
    """The daily example runs 28 times, first after a day, and loads one day each."""
    syncs = planned_runs(example("daily-february"), now=LONG_AGO, count=100)
    assert len(syncs) == 28
    assert syncs[0].due == date("2023-02-02T12:00:00Z")
    assert (syncs[0].loads_from, syncs[0].loads_until) == (date("2023-02-01T12:00:00Z"), syncs[0].due)
    assert syncs[-1].loads_until == date("2023-03-01T12:00:00Z")


def test_delay_follows_the_interval() -> None:
    """The monthly example loads whole months on the 6th, first from `from`."""
    first, second = planned_runs(example("monthly-delay-5d"), now=LONG_AGO, count=2)
    assert (first.due, first.loads_from) == (date("2023-02-06T00:00:00Z"), date("2020-01-01T00:00:00Z"))
    assert (second.due, second.loads_from) == (date("2023-03-06T00:00:00Z"), date("2023-02-01T00:00:00Z"))
    assert second.loads_until == date("2023-03-01T00:00:00Z")


@pytest.mark.parametrize(
    ("name", "due"), [("hourly", "2023-02-01T10:15:00Z"), ("hourly-delay-15m", "2023-02-01T10:15:00Z")]
)
def test_past_runs_are_excluded(name: str, due: str) -> None:
    """Past runs are excluded, with an offset start and with a delay."""
    [sync] = planned_runs(example(name), now=date("2023-02-01T09:30:00Z"), count=1)
    assert sync.due == date(due)


def test_on_demand_run_has_no_date() -> None:
    """An on-demand pipeline runs only when triggered."""
    [sync] = planned_runs(example("on-demand"), now=LONG_AGO, count=5)
    assert (sync.due, sync.loads_until) == (None, None)


def test_once_runs_immediately() -> None:
    """A pipeline that runs once runs when it is created."""
    [sync] = planned_runs(example("once-full-2020"), now=LONG_AGO, count=5)
    assert (sync.due, sync.loads_from) == (LONG_AGO, date("2020-01-01T00:00:00Z"))


def test_monthly_on_31st_uses_last_day() -> None:
    """A monthly schedule on the 31st runs on the last day of shorter months."""
    schedule = Schedule(type="interval", frequency="monthly", start=date("2023-01-31T00:00:00Z"))
    syncs = planned_runs(spec(SyncMode(type="full"), schedule), now=LONG_AGO, count=4)
    assert [sync.due.day for sync in syncs if sync.due] == [31, 28, 31, 30]


@pytest.mark.parametrize("delay", ["1y", "2w", "9999999999d"])
def test_delay_units(delay: str) -> None:
    """Years are calendar years; a delay past year 9999 has no run."""
    schedule = Schedule(type="interval", frequency="daily", start=date("2024-02-29T00:00:00Z"), delay=delay)
    syncs = planned_runs(spec(SyncMode(type="full"), schedule), now=LONG_AGO, count=1)
    expected = {"1y": date("2025-02-28T00:00:00Z"), "2w": date("2024-03-14T00:00:00Z")}
    assert [sync.due for sync in syncs] == ([expected[delay]] if delay in expected else [])
