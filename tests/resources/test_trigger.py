"""The response to a trigger. `tests/faults` has the lost responses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from tests.support.clock import FakeClock
from tests.support.kinds import BASE
from tests.support.peer import Peer, refusal, reply
from warehouse_sync import AsyncClient, ForbiddenError, OutcomeUnknownError, RetryPolicy, ValidationError
from warehouse_sync.models import Run, RunStatus
from warehouse_sync.resources.trigger import RECONCILE_DELAYS, ServerClock, _creation_time

TRIGGER = f"POST {BASE}/inputs/data-pipelines/trigger"
RUNS = f"GET {BASE}/inputs/data-pipelines/p1/runs"


@pytest.mark.parametrize("run_id", [7, "7"])
async def test_trigger_returns_the_run(client: AsyncClient, peer: Peer, run_id: object) -> None:
    """The run id may be a string; the handle contains workspace, pipeline and run."""
    peer.serve(TRIGGER, reply(200, {"pipeline_run_id": run_id, "status": "attempt_requested", "more": 1}))
    triggered = await client.pipelines.trigger("p1")
    assert (triggered.run_id, triggered.status) == (7, "attempt_requested")
    assert triggered.handle() == "wsr1:1:p1:7"
    assert peer.on(TRIGGER)[0].document == {"pipeline_id": "p1"}


@pytest.mark.parametrize("document", [[], "ok", 7, {}, {"pipeline_run_id": None}])
async def test_trigger_with_an_invalid_response_searches_the_run(
    client: AsyncClient, peer: Peer, clock: FakeClock, document: Any
) -> None:
    """A success without a run is a lost response: the run is searched for, and the trigger is not repeated."""
    peer.serve(TRIGGER, reply(200, document))
    peer.serve(RUNS, refusal(503, "busy"))
    with pytest.raises(
        OutcomeUnknownError, match="the response was lost, and no new manual run was found"
    ) as caught:
        await client.with_options(retry=RetryPolicy(attempts=1)).pipelines.trigger("p1")
    assert caught.value.candidates == ()
    assert (peer.count(TRIGGER), peer.count(RUNS)) == (1, len(RECONCILE_DELAYS))
    assert clock.sleeps == list(RECONCILE_DELAYS)


async def test_trigger_error_has_the_method_and_path(client: AsyncClient, peer: Peer) -> None:
    """The error contains the method and path; an invalid id is reported under its argument."""
    peer.serve(TRIGGER, refusal(403, "No."))
    with pytest.raises(ForbiddenError) as caught:
        await client.pipelines.trigger("p1")
    assert f"{caught.value.method} {caught.value.path}" == TRIGGER
    with pytest.raises(ValidationError) as refused:
        await client.pipelines.trigger("../x")
    assert refused.value.fields == ("pipeline_id",)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Tue, 99 Nov 2023", "Mon, 01 Jan 99999999999 00:00:00 GMT"]
)
def test_server_clock_ignores_an_invalid_date(date: str) -> None:
    """A missing or invalid header has no effect."""
    clock = ServerClock(lambda: 0.0)
    clock.update({"Date": date})
    assert clock.ahead == timedelta()


@pytest.mark.parametrize(("zone", "hours"), [("GMT", 1), ("+0000", 1), ("-0000", 1), ("+0100", 0)])
def test_server_clock_uses_the_date_header(zone: str, hours: int) -> None:
    """The difference of the clocks is stored, also if the header has no time zone or another one."""
    clock = ServerClock(lambda: datetime(2023, 2, 1, 12, tzinfo=UTC).timestamp())
    clock.update({"Date": f"Wed, 01 Feb 2023 13:00:05 {zone}"})
    assert clock.ahead == timedelta(hours=hours, seconds=5)


def test_creation_time_of_a_run_is_its_latest_date() -> None:
    """A run without dates has no creation time."""
    early, middle, late = (datetime(2023, 2, day, tzinfo=UTC) for day in (1, 2, 3))
    run = Run(id=1, pipeline_id="p1", status=RunStatus.RUNNING)
    assert _creation_time(run) is None
    assert _creation_time(attrs.evolve(run, logical_date=early)) == early
    assert _creation_time(attrs.evolve(run, logical_date=early, started_on=late, range_end=middle)) == late
