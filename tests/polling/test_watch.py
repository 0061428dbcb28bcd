"""Watching: what changes between two rounds, what is stale, and nothing else."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
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
    validate_interval,
    watch,
    watched_state,
)

OUTAGE = ReadError("reset")


def report(pipeline_id: str = "p", **fields: Any) -> PipelineReport:
    """A report on an idle pipeline."""
    return attrs.evolve(PipelineReport(pipeline_id=pipeline_id, status=PipelineStatus.IDLE), **fields)


def run(status: RunStatus, number: int = 1) -> Run:
    """The latest run."""
    return Run(id=number, pipeline_id="p", status=status)


def polled(outcome: PipelineReport | ReadError) -> PolledReport:
    """A poll's entry for the pipeline `p`."""
    if isinstance(outcome, ReadError):
        return PolledReport(pipeline_id="p", error=outcome)
    return PolledReport(pipeline_id="p", report=outcome)


Rounds = Callable[[str, float], PipelineReport | ReadError]


@attrs.define(eq=False)
class Polls:
    """Rounds of reports.

    Attributes:
        answer: What is answered for an id at a time.
        took: Seconds a round takes.
        began: When rounds began.
        open: How many rounds are under way.
    """

    answer: Rounds
    took: float = 0.5
    began: list[float] = attrs.field(factory=list)
    open: int = 0

    def reports(self, ids: Iterable[str]) -> AsyncGenerator[PolledReport, None]:
        """One round."""
        return Stream(self._round(ids), list)

    async def _round(self, ids: Iterable[str]) -> AsyncGenerator[PolledReport, None]:
        self.began.append(now())
        self.open += 1
        try:
            await asyncio.sleep(self.took)
            for pipeline_id in ids:
                outcome = self.answer(pipeline_id, now())
                yield attrs.evolve(polled(outcome), pipeline_id=pipeline_id)
        finally:
            self.open -= 1


async def seen(polls: Polls, ids: list[str], *, until: float, every: float = 10) -> list[StatusChange]:
    """The changes until then."""
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


def test_watch_tells_every_pipeline_at_first_and_then_what_changes() -> None:
    """The first round is told whole; later ones only where a status or the latest run is another."""

    def answer(pipeline_id: str, time: float) -> PipelineReport:
        busy = pipeline_id == "b" and 20 <= time < 40
        return report(pipeline_id, status=PipelineStatus.RUNNING if busy else PipelineStatus.IDLE)

    changes = in_no_time(seen(Polls(answer), ["a", "b", "a"], until=75))
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


def test_watch_survives_an_outage_and_says_what_is_stale() -> None:
    """A failed poll is told once, with the report it makes old; so is the recovery, though nothing else changed."""

    def answer(pipeline_id: str, time: float) -> PipelineReport | ReadError:
        return OUTAGE if 10 <= time < 60 else report(pipeline_id)

    first, lost, back = in_no_time(seen(Polls(answer), ["p"], until=100))
    assert (first.stale, first.error) == (False, None)
    assert (lost.stale, lost.error, lost.report) == (True, OUTAGE, first.report)
    assert (back.stale, back.error, back.previous) == (False, None, first.report)


@pytest.mark.parametrize(("took", "every", "began"), [(2, 10, [0, 10, 20, 30]), (25, 10, [0, 25])])
def test_watch_rounds_begin_at_the_interval_and_never_overlap(
    took: float, every: float, began: list[float]
) -> None:
    """An interval counts from the beginning of a round; one that takes longer is followed at once."""
    polls = Polls(lambda pipeline_id, _: report(pipeline_id), took)
    in_no_time(seen(polls, ["p"], until=39, every=every))
    assert polls.began == began


def test_watch_closed_within_a_round_leaves_nothing_running() -> None:
    """A loop that is left ends the round it is in."""

    async def check() -> None:
        polls = Polls(lambda pipeline_id, _: report(pipeline_id))
        async with aclosing(watch(polls.reports, ["a", "b"], 10, virtual_clock())) as changes:
            await anext(changes)
            assert polls.open == 1
        assert polls.open == 0

    in_no_time(check())


def test_watch_of_nothing_ends() -> None:
    """Without pipelines there is nothing to wait for."""

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
def test_known_tells_every_change_of_a_status_or_of_the_latest_run(change: dict[str, Any]) -> None:
    """Each status, and which run is the latest and how it goes, is worth telling."""
    before = report(latest_pipeline_run=run(RunStatus.SUCCESS))
    known = WatchedPipeline(report=before)
    assert known.update(polled(before), datetime.now(UTC)) is None
    told = known.update(polled(attrs.evolve(before, **change)), datetime.now(UTC))
    assert told is not None
    assert told.previous == before


def test_known_keeps_quiet_of_what_is_no_status() -> None:
    """A run that loaded more rows is no change."""
    before = report(latest_pipeline_run=run(RunStatus.RUNNING))
    after = report(latest_pipeline_run=attrs.evolve(run(RunStatus.RUNNING), successful_records=5))
    assert WatchedPipeline(report=before).update(polled(after), datetime.now(UTC)) is None
    assert watched_state(None) is None


def test_known_first_poll_that_fails_is_told_as_stale() -> None:
    """A pipeline that could never be read is told, without a report, and again when it can be."""
    known = WatchedPipeline()
    first, second, third = (
        known.update(polled(outcome), datetime.now(UTC)) for outcome in (OUTAGE, OUTAGE, report())
    )
    assert first is not None
    assert (first.stale, first.report) == (True, None)
    assert second is None
    assert third is not None
    assert (third.stale, third.previous) == (False, None)


def test_checked_ids_names_what_is_no_id() -> None:
    """A string instead of ids, and an id that is none, are errors before anything is sent."""
    assert validate_ids(iter(["a", "b"])) == ["a", "b"]
    with pytest.raises(ValidationError, match="must be an iterable, such as a list, not a string"):
        validate_ids("abc")
    with pytest.raises(ValidationError, match="is not an id"):
        validate_ids(["a", "../b"])


@pytest.mark.parametrize(("every", "seconds"), [(5, 5), (0.5, 0.5), (timedelta(minutes=2), 120)])
def test_checked_interval_takes_seconds_and_timedeltas(every: float | timedelta, seconds: float) -> None:
    """Both say how long."""
    assert validate_interval(every) == seconds


@pytest.mark.parametrize("every", [0, -1, float("inf"), float("nan"), True, "5", timedelta(0)])
def test_checked_interval_refuses_what_is_no_interval(every: Any) -> None:
    """What is not a number above 0 is an error before anything is sent."""
    with pytest.raises(ValidationError, match="must be a number of seconds above 0"):
        validate_interval(every)
