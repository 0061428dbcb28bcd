"""Schedules run when the reference says, on its own examples."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from warehouse_sync import PipelineSpec, Schedule, SyncMode
from warehouse_sync.declarative import upcoming

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def moment(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text)


def example(name: str) -> PipelineSpec:
    """A pipeline with the schedule of one of the reference's examples."""
    file = Path(__file__).parents[1] / "vectors" / "schedules" / f"{name}.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    sync_mode: dict[str, Any] = {
        {"from": "from_"}.get(key, key): _value(text) for key, text in document["sync_mode"].items()
    }
    schedule: dict[str, Any] = {key: _value(text) for key, text in document["schedule"].items()}
    return spec(SyncMode(**sync_mode), Schedule(**schedule))


def _value(text: str) -> object:
    # One example has a typing mistake in a date.
    return moment(text.replace("T:", "T")) if text[:1].isdigit() and "T" in text else text


def spec(sync_mode: SyncMode, schedule: Schedule) -> PipelineSpec:
    """A pipeline with a schedule."""
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
    """The daily example runs 28 times, one interval after its start for the first time, each for one day."""
    syncs = upcoming(example("daily-february"), now=LONG_AGO, count=100)
    assert len(syncs) == 28
    assert syncs[0].due == moment("2023-02-02T12:00:00Z")
    assert (syncs[0].loads_from, syncs[0].loads_until) == (moment("2023-02-01T12:00:00Z"), syncs[0].due)
    assert syncs[-1].loads_until == moment("2023-03-01T12:00:00Z")


def test_delay_comes_after_the_interval() -> None:
    """The monthly example loads whole months and runs on the 6th; the first run goes back to `from`."""
    first, second = upcoming(example("monthly-delay-5d"), now=LONG_AGO, count=2)
    assert (first.due, first.loads_from) == (moment("2023-02-06T00:00:00Z"), moment("2020-01-01T00:00:00Z"))
    assert (second.due, second.loads_from) == (moment("2023-03-06T00:00:00Z"), moment("2023-02-01T00:00:00Z"))
    assert second.loads_until == moment("2023-03-01T00:00:00Z")


@pytest.mark.parametrize(
    ("name", "due"), [("hourly", "2023-02-01T10:15:00Z"), ("hourly-delay-15m", "2023-02-01T10:15:00Z")]
)
def test_runs_after_a_moment(name: str, due: str) -> None:
    """What is past is left out; a start at a quarter past and a delay of a quarter run at the same time."""
    [sync] = upcoming(example(name), now=moment("2023-02-01T09:30:00Z"), count=1)
    assert sync.due == moment(due)


def test_on_demand_waits_for_a_trigger() -> None:
    """An on-demand pipeline has no time of its own."""
    [sync] = upcoming(example("on-demand"), now=LONG_AGO, count=5)
    assert (sync.due, sync.loads_until) == (None, None)


def test_once_runs_at_once() -> None:
    """A pipeline that runs once does so when it is created."""
    [sync] = upcoming(example("once-full-2020"), now=LONG_AGO, count=5)
    assert (sync.due, sync.loads_from) == (LONG_AGO, moment("2020-01-01T00:00:00Z"))


def test_end_of_month_does_not_drift() -> None:
    """A monthly schedule of the 31st runs on the last day of each month."""
    schedule = Schedule(type="interval", frequency="monthly", start=moment("2023-01-31T00:00:00Z"))
    syncs = upcoming(spec(SyncMode(type="full"), schedule), now=LONG_AGO, count=4)
    assert [sync.due.day for sync in syncs if sync.due] == [31, 28, 31, 30]


@pytest.mark.parametrize("delay", ["1y", "2w", "9999999999d"])
def test_any_delay_is_reckoned(delay: str) -> None:
    """Years are calendar years; a delay beyond the calendar is never."""
    schedule = Schedule(type="interval", frequency="daily", start=moment("2024-02-29T00:00:00Z"), delay=delay)
    syncs = upcoming(spec(SyncMode(type="full"), schedule), now=LONG_AGO, count=1)
    expected = {"1y": moment("2025-02-28T00:00:00Z"), "2w": moment("2024-03-14T00:00:00Z")}
    assert [sync.due for sync in syncs] == ([expected[delay]] if delay in expected else [])
