"""Watches: changes between rounds, stale pipelines, and nothing else."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from tests.support.virtual import EPOCH, in_no_time, now, virtual_clock
from warehouse_sync.errors import ReadError, ValidationError
from warehouse_sync.models import (
    ConnectionStatus,
    DataModelStatus,
    PipelineReport,
    PipelineStatus,
    PolledReport,
    Run,
    RunStatus,
    StatusChange,
)
from warehouse_sync.polling.stream import Stream
from warehouse_sync.polling.watch import (
    WatchedPipeline,
    validate_ids,
    watch,
    watched_state,
)

OUTAGE = ReadError("reset")


def report(pipeline_id: str = "p", **fields: Any) -> PipelineReport:
    """Return a report of an idle pipeline."""
    return attrs.evolve(PipelineReport(pipeline_id=pipeline_id, status=PipelineStatus.IDLE), **fields)


def run(status: RunStatus, number: int = 1) -> Run:
    """Return the latest run."""
    return Run(id=number, pipeline_id="p", status=status)


def polled(outcome: PipelineReport | ReadError) -> PolledReport:
    """Return an entry for the pipeline `p`."""
    if isinstance(outcome, ReadError):
        return PolledReport(pipeline_id="p", error=outcome)
    return PolledReport(pipeline_id="p", report=outcome)


Rounds = Callable[[str, float], PipelineReport | ReadError]


@attrs.define(eq=False)
class Polls:
    """Rounds of reports.

    Attributes:
        response: Returns the result for an id at a time.
        took: The duration of a round in seconds.
        started: When rounds started.
        open: The number of rounds in progress.
    """

    response: Rounds
    took: float = 0.5
    started: list[float] = attrs.field(factory=list)
    open: int = 0

    def reports(self, ids: Iterable[str]) -> AsyncGenerator[PolledReport, None]:
        """Yield one round."""
        return Stream(self._round(ids), list)

    async def _round(self, ids: Iterable[str]) -> AsyncGenerator[PolledReport, None]:
        self.started.append(now())
        self.open += 1
        try:
            await asyncio.sleep(self.took)
            for pipeline_id in ids:
                outcome = self.response(pipeline_id, now())
                yield attrs.evolve(polled(outcome), pipeline_id=pipeline_id)
        finally:
            self.open -= 1


async def seen(polls: Polls, ids: list[str], *, until: float, every: float = 10) -> list[StatusChange]:
    """Return the changes until then."""
    changes: list[StatusChange] = []

    async def collect() -> None:
        async for change in watch(polls.reports, ids, every, virtual_clock()):
            changes.append(change)  # noqa: PERF401 - the loop ends by being cancelled

    watching = asyncio.create_task(collect())
    await asyncio.sleep(until)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert polls.open == 0
    return changes


def test_watch_yields_all_pipelines_first_and_then_changes() -> None:
    """The first round yields every pipeline; later rounds those with another status or latest run."""

    def response(pipeline_id: str, time: float) -> PipelineReport:
        busy = pipeline_id == "b" and 20 <= time < 40
        return report(pipeline_id, status=PipelineStatus.RUNNING if busy else PipelineStatus.IDLE)

    changes = in_no_time(seen(Polls(response), ["a", "b", "a"], until=75))
    assert [(change.pipeline_id, change.report and change.report.status) for change in changes] == [
        ("a", "idle"),
        ("b", "idle"),
        ("b", "running"),
        ("b", "idle"),
    ]
    assert [change.previous and change.previous.status for change in changes] == [
        None,
        None,
        "idle",
        "running",
    ]
    assert [change.observed_on for change in changes] == [
        datetime.fromtimestamp(EPOCH + seconds, UTC) for seconds in (0.5, 0.5, 20.5, 40.5)
    ]


def test_watch_yields_stale_pipelines_and_their_recovery() -> None:
    """A failed poll is yielded once, with the last report, and so is the recovery, also without another change."""

    def response(pipeline_id: str, time: float) -> PipelineReport | ReadError:
        return OUTAGE if 10 <= time < 60 else report(pipeline_id)

    first, lost, back = in_no_time(seen(Polls(response), ["p"], until=100))
    assert (first.stale, first.error) == (False, None)
    assert (lost.stale, lost.error, lost.report) == (True, OUTAGE, first.report)
    assert (back.stale, back.error, back.previous) == (False, None, first.report)


@pytest.mark.parametrize(("took", "every", "started"), [(2, 10, [0, 10, 20, 30]), (25, 10, [0, 25])])
def test_watch_rounds_start_at_the_interval(took: float, every: float, started: list[float]) -> None:
    """The interval counts from the start of a round; a round that takes longer is followed immediately."""
    polls = Polls(lambda pipeline_id, _: report(pipeline_id), took)
    in_no_time(seen(polls, ["p"], until=39, every=every))
    assert polls.started == started


def test_watch_closed_within_a_round_closes_the_round() -> None:
    """Closing the generator closes the round in progress."""

    async def check() -> None:
        polls = Polls(lambda pipeline_id, _: report(pipeline_id))
        async with aclosing(watch(polls.reports, ["a", "b"], 10, virtual_clock())) as changes:
            await anext(changes)
            assert polls.open == 1
        assert polls.open == 0

    in_no_time(check())


def test_watch_without_pipelines_ends() -> None:
    """Without pipelines the watch ends immediately."""

    async def check() -> None:
        assert [
            change async for change in watch(Polls(lambda *_: report()).reports, [], 10, virtual_clock())
        ] == []

    in_no_time(check())


@pytest.mark.parametrize(
    "change",
    [
        {"status": PipelineStatus.FAULTED},
        {"connection_status": ConnectionStatus.FAULTED},
        {"data_model_status": DataModelStatus.INVALID},
        {"latest_pipeline_run": run(RunStatus.RUNNING)},
        {"latest_pipeline_run": run(RunStatus.SUCCESS, 2)},
    ],
)
def test_change_of_a_status_or_the_latest_run_is_reported(change: dict[str, Any]) -> None:
    """A change of any status, or of the id or status of the latest run, is reported."""
    before = report(latest_pipeline_run=run(RunStatus.SUCCESS))
    known = WatchedPipeline(report=before)
    assert known.update(polled(before), datetime.now(UTC)) is None
    calls = known.update(polled(attrs.evolve(before, **change)), datetime.now(UTC))
    assert calls is not None
    assert calls.previous == before


def test_change_of_other_fields_is_not_reported() -> None:
    """A run that loaded more rows is not a change."""
    before = report(latest_pipeline_run=run(RunStatus.RUNNING))
    after = report(latest_pipeline_run=attrs.evolve(run(RunStatus.RUNNING), successful_records=5))
    assert WatchedPipeline(report=before).update(polled(after), datetime.now(UTC)) is None
    assert watched_state(None) is None


def test_first_failed_poll_is_reported_as_stale() -> None:
    """A pipeline that was never read is reported without a report, and again after it was read."""
    known = WatchedPipeline()
    first, second, third = (
        known.update(polled(outcome), datetime.now(UTC)) for outcome in (OUTAGE, OUTAGE, report())
    )
    assert first is not None
    assert (first.stale, first.report) == (True, None)
    assert second is None
    assert third is not None
    assert (third.stale, third.previous) == (False, None)


def test_invalid_ids_raise_before_a_request() -> None:
    """A string instead of ids, and an invalid id, raise an error before anything is sent."""
    assert validate_ids(iter(["a", "b"])) == ["a", "b"]
    with pytest.raises(ValidationError, match="must be an iterable, such as a list, not a string"):
        validate_ids("abc")
    with pytest.raises(ValidationError, match="is not an id"):
        validate_ids(["a", "../b"])
