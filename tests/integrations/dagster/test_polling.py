"""Each run of the platform's own schedule is found exactly once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync import PipelineReport, PipelineStatus, Run, RunStatus, RunType
from warehouse_sync.integrations.dagster.polling import (
    PipelineCursor,
    describe_latest,
    first_cursor,
    new_runs,
    read_cursors,
    write_cursors,
)

START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(number: int, status: RunStatus = RunStatus.SUCCESS, kind: RunType = RunType.SCHEDULED) -> Run:
    """A run; numbers follow the time."""
    return Run(id=number, pipeline_id="p", type=kind, status=status, logical_date=START + number * HOUR)


def report(runs: Sequence[Run]) -> PipelineReport:
    """The report of a pipeline with these runs."""
    latest = max(runs, key=lambda each: each.id, default=None)
    return PipelineReport(pipeline_id="p", status=PipelineStatus.IDLE, latest_pipeline_run=latest)


def poll(runs: Sequence[Run], cursor: PipelineCursor | None) -> tuple[list[int], PipelineCursor]:
    """One evaluation of the sensor, as it reads the runs from the cursor on."""
    if cursor is None:
        return [], first_cursor(report(runs))
    since = cursor.since
    listed = [each for each in runs if since is None or (each.logical_date or START) >= since]
    found, after = new_runs(listed, cursor, describe_latest(report(runs)))
    return [each.id for each in found], after


def test_history_is_not_reported() -> None:
    """Runs that ended before the first evaluation are history; the one under way is not."""
    _, cursor = poll([run(1), run(2)], None)
    assert poll([run(1), run(2)], cursor)[0] == []
    _, cursor = poll([run(1), run(2, RunStatus.RUNNING)], None)
    assert cursor.is_waiting
    assert poll([run(1), run(2)], cursor)[0] == [2]


def test_pipeline_without_runs_begins_with_its_first() -> None:
    """A new pipeline's first run is reported."""
    _, cursor = poll([], None)
    assert not cursor.is_waiting
    assert poll([run(1)], cursor)[0] == [1]


def test_manual_and_failed_runs_are_left_out() -> None:
    """Dagster reports the runs that it started, and a failure loads nothing."""
    _, cursor = poll([run(1)], None)
    runs = [run(1), run(2, kind=RunType.MANUAL), run(3, RunStatus.FAILED), run(4)]
    assert poll(runs, cursor)[0] == [4]


def test_run_without_a_date_is_left_out() -> None:
    """Nothing tells where it belongs."""
    undated = attrs.evolve(run(2), logical_date=None)
    assert new_runs([undated], PipelineCursor(), "2:success")[0] == []


STATUSES = st.sampled_from([RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.SUCCESS, RunStatus.FAILED])


@given(
    outcomes=st.lists(st.sampled_from([RunStatus.SUCCESS, RunStatus.FAILED]), min_size=1, max_size=8),
    steps=st.lists(st.tuples(st.integers(0, 8), STATUSES), max_size=20),
)
def test_every_success_is_found_once(outcomes: list[RunStatus], steps: list[tuple[int, RunStatus]]) -> None:
    """In whichever order runs end, between whichever evaluations and restarts, each success is found once."""
    states: dict[int, RunStatus] = {}
    found: list[int] = []
    _, cursor = poll([], None)
    steps = [*steps, *((number, RunStatus.SUCCESS) for number in range(len(outcomes)))]
    for number, status in ((number % len(outcomes), status) for number, status in steps):
        for earlier in range(number):  # runs are created in the order of their intervals
            states.setdefault(earlier, RunStatus.QUEUED)
        if states.get(number) not in {RunStatus.SUCCESS, RunStatus.FAILED}:
            states[number] = outcomes[number] if status.is_terminal else status
        runs = [run(each, state) for each, state in states.items()]
        new, cursor = poll(runs, read_cursors(write_cursors({"p": cursor}))["p"])
        found += new
    successes = [number for number, outcome in enumerate(outcomes) if outcome == RunStatus.SUCCESS]
    assert sorted(found) == successes
