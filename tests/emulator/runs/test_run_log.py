"""Runs and the log of a pipeline's runs."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse_sync.emulator.runs.run import Run
from warehouse_sync.emulator.runs.run_log import RunLog, SeededRuns
from warehouse_sync.emulator.runs.schedule import ALWAYS, NEVER

START = datetime(2023, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(run_id: int, *, hour: int, created: int, failure: str | None = None) -> Run:
    """Return a run with a logical date that runs from half past the hour it is created to the next."""
    started = START + HOUR * created + HOUR / 2
    logical_date = START + HOUR * hour
    return Run(
        id=run_id,
        pipeline_id="p",
        type="scheduled",
        logical_date=logical_date,
        range_start=logical_date,
        range_end=logical_date + HOUR,
        started_on=started,
        ended_on=started + HOUR / 2,
        failure=failure,
    )


def log_of(*runs: Run, seeded: int = 0) -> RunLog:
    """Return a log with some runs, and some seeded ones that end at the start."""
    log = RunLog(SeededRuns(pipeline_id="p", first_id=1, count=seeded, end=START))
    for each in runs:
        log.add(each)
    return log


def test_run_status_follows_its_times() -> None:
    """A run is queued until it starts, running until it ends, then successful or failed."""
    good, bad = run(1, hour=0, created=0), run(2, hour=0, created=0, failure="No.")
    times = [START, good.started_on, good.ended_on - timedelta(milliseconds=1), good.ended_on]
    assert [good.status(time) for time in times] == ["queued", "running", "running", "success"]
    assert [bad.status(time) for time in times] == ["queued", "running", "running", "failed"]


def test_failed_run_shows_its_error_at_its_end() -> None:
    """The errors and failed records of a run appear when it ends."""
    bad = run(1, hour=0, created=0, failure="No.")
    before, after = bad.show(bad.started_on), bad.show(bad.ended_on)
    assert (before["errors"], before["failed_records"], before["ended_on"]) == ([], 0, None)
    assert (after["errors"], after["successful_records"]) == ([{"message": "No."}], 0)
    assert after["failed_records"] > 0


def test_latest_run_is_by_logical_date() -> None:
    """The latest run has the latest logical date, although catch-up runs were created newest first."""
    log = log_of(run(1, hour=3, created=0), run(2, hour=2, created=0), run(3, hour=1, created=0))
    latest = log.latest()
    assert latest is not None
    assert latest.id == 1


def test_latest_success_skips_failed_and_running() -> None:
    """The latest successful run is found behind later failed or unfinished ones."""
    log = log_of(
        run(1, hour=1, created=0), run(2, hour=2, created=1, failure="No."), run(3, hour=3, created=9)
    )
    found = log.latest_success(START + HOUR * 9)
    assert found is not None
    assert found.id == 1


def test_empty_log_has_nothing() -> None:
    """A log without runs has no latest run, no success, nothing loaded and is not busy."""
    log = log_of()
    found = [log.latest(), log.latest_success(START), log.last_ended(START), log.loaded_until(START)]
    assert found == [None] * 4
    assert not log.is_busy(START)
    assert log.find(1) is None
    assert log.page(log.between(ALWAYS, NEVER), 1, 50) == []


def test_log_is_busy_until_the_last_run_ended() -> None:
    """A log is busy exactly while a run is queued or running."""
    log = log_of(run(1, hour=0, created=0))
    assert [log.is_busy(START + HOUR * part / 4) for part in range(6)] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


def test_loaded_until_is_the_latest_success_end() -> None:
    """Loaded until is the latest end of a successful run, of seeded runs if there is no other."""
    log = log_of(
        run(11, hour=5, created=5),
        run(12, hour=2, created=6),
        run(13, hour=9, created=7, failure="No."),
        seeded=3,
    )
    assert log.loaded_until(START) == START
    assert log.loaded_until(START + HOUR * 9) == START + HOUR * 6


def test_seeded_runs_and_others_form_one_order() -> None:
    """Pages have all runs by descending logical date; seeded ones are found by id like any other."""
    log = log_of(run(11, hour=1, created=1), run(12, hour=0, created=2), seeded=3)
    everything = log.between(ALWAYS, NEVER)
    assert [each.id for each in log.page(everything, 1, 50)] == [11, 12, 3, 2, 1]
    assert [each.id for each in log.page(everything, 2, 2)] == [3, 2]
    for run_id in (1, 2, 3, 11, 12):
        found = log.find(run_id)
        assert found is not None
        assert found.id == run_id


def test_between_includes_both_ends() -> None:
    """The runs of a closed range are found, among seeded runs and others."""
    log = log_of(run(11, hour=0, created=1), run(12, hour=1, created=2), seeded=3)
    found = log.page(log.between(START - HOUR * 2, START), 1, 50)
    assert [each.id for each in found] == [11, 3, 2]


@pytest.mark.parametrize("number", [-1, 3])
def test_seeded_run_out_of_range_is_an_index_error(number: int) -> None:
    """A number outside of the seeded runs is an IndexError."""
    with pytest.raises(IndexError):
        SeededRuns(pipeline_id="p", first_id=1, count=3, end=START)[number]


def test_seeded_runs_fail_at_the_given_rate() -> None:
    """Every n-th run has failed, counted from the newest, which has not."""
    seeded = SeededRuns(pipeline_id="p", first_id=1, count=6, end=START, failed_every=2)
    assert [seeded[number].failure is None for number in range(6)] == [False, True] * 3
    assert seeded.newest is not None
    assert seeded.newest.failure is None
