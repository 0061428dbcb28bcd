"""The scheduler of a pipeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from warehouse_sync.emulator.errors import ApiError
from warehouse_sync.emulator.runs.run import RunTiming
from warehouse_sync.emulator.runs.schedule import ALWAYS, NEVER
from warehouse_sync.emulator.runs.scheduler import RunEnvironment, RunScheduler

if TYPE_CHECKING:
    from warehouse_sync.emulator.runs.run import Run

NOW = datetime(2023, 2, 10, 12, 30, tzinfo=UTC)
HOURLY = {"type": "interval", "frequency": "hourly", "start": "2023-02-10T10:00:00Z"}
ON_DEMAND = {"type": "on_demand"}
TIMING = RunTiming(queued=timedelta(seconds=10), running=timedelta(seconds=20))


def settings(
    schedule: dict[str, str], *, state: str = "active", sync_mode: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the fields of a pipeline's document that a scheduler reads."""
    return {"state": state, "schedule": schedule, "sync_mode": {"type": "incremental", **(sync_mode or {})}}


def scheduler_of(document: dict[str, Any]) -> RunScheduler:
    """Return the scheduler of a pipeline that is created now."""
    ids = count(1)
    environment = RunEnvironment(timing=TIMING, new_run_id=lambda: next(ids))
    return RunScheduler.start("p", document, now=NOW, environment=environment)


def runs_at(scheduler: RunScheduler, now: datetime) -> list[Run]:
    """Return every run at a time, the newest logical date first."""
    scheduler.create_due_runs(now)
    return scheduler.log.page(scheduler.log.between(ALWAYS, NEVER), 1, 10_000)


def hours(runs: list[Run]) -> list[int]:
    """Return the hours of the runs' logical dates."""
    return [run.logical_date.hour for run in runs]


def test_missed_syncs_are_caught_up_at_once() -> None:
    """Syncs missed before the creation are loaded at once, newest first: the pipeline is idle."""
    scheduler = scheduler_of(settings(HOURLY))
    runs = runs_at(scheduler, NOW)
    assert hours(runs) == [11, 10, 9]
    assert [run.id for run in runs] == [1, 2, 3]
    assert {(run.started_on, run.ended_on) for run in runs} == {(NOW, NOW)}
    assert scheduler.status(NOW) == "idle"


def test_catch_up_is_limited() -> None:
    """An hourly schedule catches up on seven days and no more."""
    scheduler = scheduler_of(settings({**HOURLY, "start": "2020-01-01T00:00:00Z"}))
    assert len(runs_at(scheduler, NOW)) == 7 * 24


def test_first_run_loads_since_from() -> None:
    """The first run loads since `from`, each later one its own interval."""
    scheduler = scheduler_of(settings(HOURLY, sync_mode={"from": "2020-01-01T00:00:00Z"}))
    runs = runs_at(scheduler, NOW + timedelta(hours=1))
    starts = [run.range_start for run in runs]
    assert starts == [run.logical_date for run in runs[:-1]] + [datetime(2020, 1, 1, tzinfo=UTC)]


def test_from_within_an_interval_shortens_it() -> None:
    """The interval that contains `from` is loaded from there; `until` shortens the last one."""
    sync_mode = {"from": "2023-02-10T10:15:00Z", "until": "2023-02-10T11:45:00Z"}
    runs = runs_at(scheduler_of(settings(HOURLY, sync_mode=sync_mode)), NOW + timedelta(days=1))
    assert [(run.range_start, run.range_end) for run in runs] == [
        (NOW.replace(hour=11, minute=0), NOW.replace(hour=11, minute=45)),
        (NOW.replace(hour=10, minute=15), NOW.replace(hour=11, minute=0)),
    ]


def test_scheduled_run_is_created_when_it_is_due() -> None:
    """After its interval and the delay a run is queued, then running, whenever it is requested."""
    scheduler = scheduler_of(settings({**HOURLY, "start": "2023-02-10T13:00:00Z", "delay": "15m"}))
    due = NOW.replace(hour=13, minute=15)
    assert runs_at(scheduler, due - timedelta(milliseconds=1)) == []
    [run] = runs_at(scheduler, due)
    assert (run.type, run.logical_date, run.status(due)) == (
        "scheduled",
        NOW.replace(hour=12, minute=0),
        "queued",
    )
    assert scheduler.status(due) == "running"
    assert run.started_on == due + timedelta(seconds=10)
    assert run.ended_on == due + timedelta(seconds=30)


def test_late_requests_change_no_run() -> None:
    """A pipeline requested every hour and one requested once have the same runs."""
    often, once = scheduler_of(settings(HOURLY)), scheduler_of(settings(HOURLY))
    end = NOW + timedelta(days=2)
    for step in range(48):
        often.create_due_runs(NOW + timedelta(hours=step))
    assert runs_at(often, end) == runs_at(once, end)


@pytest.mark.parametrize("state", ["paused", "new"])
def test_inactive_pipeline_is_not_scheduled(state: str) -> None:
    """A paused or new pipeline never syncs by schedule, not even once."""
    assert runs_at(scheduler_of(settings(HOURLY, state=state)), NOW + timedelta(days=1)) == []
    assert runs_at(scheduler_of(settings({"type": "once"}, state=state)), NOW + timedelta(days=1)) == []


def test_resumed_pipeline_catches_up() -> None:
    """Syncs missed during a pause are loaded at its end; nothing is loaded twice."""
    scheduler = scheduler_of(settings(HOURLY))
    scheduler.reconfigure(settings(HOURLY, state="paused"), NOW)
    assert hours(runs_at(scheduler, NOW + timedelta(hours=3))) == [11, 10, 9]
    scheduler.reconfigure(settings(HOURLY), NOW + timedelta(hours=3))
    assert hours(runs_at(scheduler, NOW + timedelta(hours=4))) == [15, 14, 13, 12, 11, 10, 9]


def test_old_schedule_applies_until_replaced() -> None:
    """Syncs due before an update belong to the old schedule, even without a request before it."""
    scheduler = scheduler_of(settings(HOURLY))
    scheduler.reconfigure(settings(ON_DEMAND), NOW + timedelta(hours=2))
    assert hours(runs_at(scheduler, NOW + timedelta(days=1))) == [13, 12, 11, 10, 9]


def test_once_runs_at_creation_and_never_again() -> None:
    """A pipeline that runs once runs at its creation; an update does not run it again."""
    sync_mode = {"type": "full", "from": "2020-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z"}
    scheduler = scheduler_of(settings({"type": "once"}, sync_mode=sync_mode))
    [run] = runs_at(scheduler, NOW)
    assert (run.type, run.logical_date) == ("scheduled", NOW)
    assert (run.range_start, run.range_end) == (
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2021, 1, 1, tzinfo=UTC),
    )
    scheduler.reconfigure(settings({"type": "once"}), NOW + timedelta(days=1))
    assert len(runs_at(scheduler, NOW + timedelta(days=2))) == 1


def test_once_runs_when_it_becomes_active() -> None:
    """A new pipeline that runs once does so when it is activated."""
    scheduler = scheduler_of(settings({"type": "once"}, state="new"))
    scheduler.reconfigure(settings({"type": "once"}), NOW + timedelta(hours=1))
    [run] = runs_at(scheduler, NOW + timedelta(hours=1))
    assert run.logical_date == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("sync_mode", "schedule", "start"),
    [
        ({"from": "2020-01-01T00:00:00Z"}, ON_DEMAND, datetime(2020, 1, 1, tzinfo=UTC)),
        ({}, {"type": "on_demand", "start": "2023-01-01T00:00:00Z"}, datetime(2023, 1, 1, tzinfo=UTC)),
        ({}, ON_DEMAND, NOW),
        ({"from": "2099-01-01T00:00:00Z"}, ON_DEMAND, NOW + timedelta(hours=1)),
        ({"type": "full"}, ON_DEMAND, None),
        ({"type": "full", "from": "2020-01-01T00:00:00Z"}, ON_DEMAND, datetime(2020, 1, 1, tzinfo=UTC)),
    ],
    ids=["from", "schedule-start", "creation", "from-in-the-future", "full", "full-from"],
)
def test_first_trigger_start(
    sync_mode: dict[str, str], schedule: dict[str, str], start: datetime | None
) -> None:
    """The first trigger loads from `from`, else the schedule's start, else the creation; a full one everything."""
    run = scheduler_of(settings(schedule, sync_mode=sync_mode)).trigger(NOW + timedelta(hours=1))
    assert (run.type, run.range_start, run.range_end) == ("manual", start, NOW + timedelta(hours=1))


@pytest.mark.parametrize("kind", ["incremental", "full"])
def test_trigger_ends_at_until(kind: str) -> None:
    """A trigger loads no further than `until`."""
    sync_mode = {"type": kind, "from": "2020-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z"}
    run = scheduler_of(settings(ON_DEMAND, sync_mode=sync_mode)).trigger(NOW)
    assert run.range_end == datetime(2021, 1, 1, tzinfo=UTC)


def test_failed_run_is_not_counted_as_loaded() -> None:
    """After a failed trigger the next one loads the same data again."""
    scheduler = scheduler_of(settings(ON_DEMAND, sync_mode={"from": "2020-01-01T00:00:00Z"}))
    scheduler.fail_next(["No."])
    first, second = scheduler.trigger(NOW), scheduler.trigger(NOW + timedelta(minutes=1))
    assert first.range_start == second.range_start == datetime(2020, 1, 1, tzinfo=UTC)


def test_faulted_pipeline_skips_syncs_until_cleared() -> None:
    """While faulted a pipeline skips its syncs; after an update it continues with the next one."""
    scheduler = scheduler_of(settings(HOURLY))
    scheduler.fail_next(["No."])
    after = NOW + timedelta(hours=4)
    assert hours(runs_at(scheduler, after)) == [12, 11, 10, 9]
    assert (scheduler.status(after), scheduler.errors(after)) == ("faulted", [{"message": "No."}])
    scheduler.reconfigure(settings(HOURLY), after)
    assert (scheduler.status(after), scheduler.errors(after)) == ("idle", [])
    assert hours(runs_at(scheduler, after + timedelta(hours=1))) == [16, 12, 11, 10, 9]


def test_successful_trigger_clears_a_fault() -> None:
    """A trigger retries a faulted pipeline, and its success clears the fault."""
    scheduler = scheduler_of(settings(ON_DEMAND))
    scheduler.fail_next(["No."])
    scheduler.trigger(NOW)
    retried = NOW + timedelta(minutes=1)
    assert scheduler.status(retried) == "faulted"
    scheduler.trigger(retried)
    assert scheduler.status(retried + timedelta(minutes=1)) == "idle"


def test_trigger_during_a_scheduled_run_is_rejected() -> None:
    """A scheduled run that has just become due makes the pipeline busy for a trigger."""
    scheduler = scheduler_of(settings(HOURLY))
    with pytest.raises(ApiError, match="Pipeline p is already in progress"):
        scheduler.trigger(NOW.replace(hour=13, minute=0))
