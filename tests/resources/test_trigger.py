"""Triggering: what its answer may look like. What happens when it is lost is in `tests/faults`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.kinds import BASE
from tests.support.peer import Peer, refusal, reply
from warehouse_sync import AsyncClient, OutcomeUnknownError, RetryPolicy
from warehouse_sync.resources.trigger import PAUSES, ServerClock

TRIGGER = f"POST {BASE}/inputs/data-pipelines/trigger"
RUNS = f"GET {BASE}/inputs/data-pipelines/p1/runs"


@pytest.mark.parametrize("run_id", [7, "7"])
async def test_trigger_reads_the_run(client: AsyncClient, peer: Peer, run_id: object) -> None:
    """The number may come as a string; the handle names workspace, pipeline and run."""
    peer.serve(TRIGGER, reply(200, {"pipeline_run_id": run_id, "status": "attempt_requested", "more": 1}))
    triggered = await client.pipelines.trigger("p1")
    assert (triggered.run_id, triggered.status) == (7, "attempt_requested")
    assert triggered.handle() == "wsr1:1:p1:7"
    assert peer.on(TRIGGER)[0].document == {"pipeline_id": "p1"}


@pytest.mark.parametrize("document", [[], "ok", 7, {}, {"pipeline_run_id": None}])
async def test_trigger_whose_answer_names_no_run_is_looked_for(
    client: AsyncClient, peer: Peer, clock: FakeClock, document: Any
) -> None:
    """A success without a run is a lost answer: it is looked for, and not sent again."""
    peer.serve(TRIGGER, reply(200, document))
    peer.serve(RUNS, refusal(503, "busy"))
    with pytest.raises(OutcomeUnknownError, match="no new manual run was found") as caught:
        await client.with_options(retry=RetryPolicy(attempts=1)).pipelines.trigger("p1")
    assert caught.value.candidates == ()
    assert (peer.count(TRIGGER), peer.count(RUNS)) == (1, len(PAUSES))
    assert clock.sleeps == list(PAUSES)


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2023"])
def test_server_clock_without_a_readable_date_is_ours(date: str) -> None:
    """A header that is missing or is no date changes nothing."""
    clock = ServerClock(lambda: 0.0)
    clock.hear({"Date": date})
    assert clock.ahead == timedelta()


@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000"])
def test_server_clock_takes_the_servers_date(zone: str) -> None:
    """The difference to this machine's clock is kept, also where the header names no zone."""
    clock = ServerClock(lambda: datetime(2023, 2, 1, 12, tzinfo=UTC).timestamp())
    clock.hear({"Date": f"Wed, 01 Feb 2023 13:00:05 {zone}"})
    assert clock.ahead == timedelta(hours=1, seconds=5)
