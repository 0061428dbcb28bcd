"""The response to a trigger. `tests/faults` has the lost responses."""

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from tests.support.clock import FakeClock
from tests.support.kinds import BASE
from tests.support.peer import Peer, refusal, reply
from warehouse_sync import AsyncClient, ForbiddenError, OutcomeUnknownError, RetryPolicy, ValidationError
from warehouse_sync.models import Run, RunStatus
from warehouse_sync.resources.trigger import RECONCILE_DELAYS, creation_time

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
    with pytest.raises(OutcomeUnknownError) as caught:
        await client.with_options(retry=RetryPolicy(attempts=1)).pipelines.trigger("p1")
    assert str(caught.value) == (
        "the outcome of the trigger of pipeline 'p1' is unknown: the response was lost, and no new manual run was found. "
        "The trigger was not repeated."
    )
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


async def test_run_of_a_lost_response_is_not_that_of_the_next_trigger(
    client: AsyncClient, peer: Peer, clock: FakeClock
) -> None:
    """A run that was found once is known, and a 404 for it may not be final."""
    moment = datetime.fromtimestamp(clock.epoch + clock.now + 60, UTC).isoformat()
    found = {"id": 7, "pipeline_id": "p1", "type": "manual", "status": "queued", "logical_date": moment}
    peer.serve(TRIGGER, refusal(500, "Oops."))
    peer.serve(RUNS, reply(200, {"items": [found], "has_next_page": False}))
    assert (await client.pipelines.trigger("p1")).run_id == 7
    assert client.pipelines._workspace.was_just_created("p1", 7)
    with pytest.raises(OutcomeUnknownError, match="no new manual run was found"):
        await client.pipelines.trigger("p1")


def test_creation_time_of_a_run_is_the_end_of_its_range() -> None:
    """Then its logical date. Its start counts only without both, because it may be queued for long."""
    early, middle, late = (datetime(2023, 2, day, tzinfo=UTC) for day in (1, 2, 3))
    run = Run(id=1, pipeline_id="p1", status=RunStatus.RUNNING)
    assert creation_time(run) is None
    assert creation_time(attrs.evolve(run, started_on=late)) == late
    assert creation_time(attrs.evolve(run, started_on=late, logical_date=early)) == early
    assert creation_time(attrs.evolve(run, started_on=late, logical_date=early, range_end=middle)) == middle
