"""Runs: the requests, and whether a 404 is final."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.kinds import BASE
from tests.support.peer import Peer, refusal, reply
from warehouse_sync import (
    AsyncClient,
    DecodeError,
    NotFoundError,
    Run,
    RunStatus,
    TriggeredRun,
    ValidationError,
)

RUNS = f"GET {BASE}/inputs/data-pipelines/p1/runs"
DONE = {"id": 7, "pipeline_id": "p1", "status": "success"}


async def test_list_sends_its_filters_with_every_page(client: AsyncClient, peer: Peer) -> None:
    """Page number, size and dates have the documented names, and dates are in UTC."""
    more: dict[str, Any] = {"current_page": 1, "total_pages": 2, "items": [DONE], "has_next_page": True}
    last = {"current_page": 2, "items": [{**DONE, "id": 8}], "has_next_page": False}
    peer.serve(RUNS, reply(200, more), reply(200, last))
    start = datetime(2023, 2, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    end = datetime(2023, 2, 2, microsecond=5000, tzinfo=UTC)
    assert [run.id async for run in client.runs.list("p1", start=start, end=end, page_size=1)] == [7, 8]
    queries = [arrival.target.partition("?")[2] for arrival in peer.on(RUNS)]
    rest = "pageSize=1&startDate=2023-02-01T00:00:00Z&endDate=2023-02-02T00:00:00.005Z"
    assert queries == [f"currentPage=1&{rest}", f"currentPage=2&{rest}"]


async def test_resume_retries_a_404_for_the_reconcile_timeout(client: AsyncClient, peer: Peer) -> None:
    """The run of a handle may not be visible yet."""
    peer.serve(f"{RUNS}/7", refusal(404, "no"), refusal(404, "no"), reply(200, DONE))
    assert (await client.runs.resume("wsr1:1:p1:7")).id == 7


async def test_resume_raises_when_the_run_stays_missing(
    client: AsyncClient, peer: Peer, clock: FakeClock
) -> None:
    """After that time a 404 is final."""
    peer.serve(f"{RUNS}/7", refusal(404, "no"))
    started = clock.now
    with pytest.raises(NotFoundError):
        await client.runs.resume("wsr1:1:p1:7")
    assert clock.now - started >= 90


async def test_wait_for_an_unknown_run_raises_its_404(client: AsyncClient, peer: Peer) -> None:
    """A 404 for a run that this client did not create is final."""
    peer.serve(f"{RUNS}/7", refusal(404, "no"))
    with pytest.raises(NotFoundError):
        await client.runs.wait("p1", 7)
    assert peer.count() == 1


@pytest.mark.parametrize(
    ("options", "requests", "size"),
    [
        ({"limit": 3}, 1, "&pageSize=3"),
        ({"limit": 3, "page_size": 2}, 2, "&pageSize=2"),
        ({"limit": 60}, 2, ""),
        ({"limit": 3, "status": "success"}, 1, ""),
    ],
)
async def test_limit_bounds_the_requests(
    client: AsyncClient, peer: Peer, options: Any, requests: int, size: str
) -> None:
    """A limit reads no more pages than it needs, and no larger ones."""
    per_page = options.get("page_size") or min(options["limit"], 50)

    def page(number: int) -> Any:
        first = number * per_page
        items = [{**DONE, "id": each} for each in range(first, first + per_page)]
        return reply(200, {"current_page": number, "total_pages": 99, "items": items, "has_next_page": True})

    peer.serve(RUNS, *(page(number) for number in range(1, 9)))
    assert len([run async for run in client.runs.list("p1", **options)]) == options["limit"]
    assert peer.count() == requests
    assert peer.on(RUNS)[0].target.endswith(f"?currentPage=1{size}")


async def test_first_reads_one_page_at_a_time(client: AsyncClient, peer: Peer) -> None:
    """The first run of a status is found without pages read ahead."""

    def page(number: int, status: str) -> Any:
        items = [{**DONE, "id": number, "status": status}]
        return reply(200, {"current_page": number, "total_pages": 99, "items": items, "has_next_page": True})

    peer.serve(RUNS, page(1, "success"), page(2, "success"), page(3, "failed"), page(4, "failed"))
    found = await client.runs.list("p1", status="failed").first()
    assert found is not None
    assert found.id == 3
    assert peer.count() == 3


def running(times: int) -> list[Any]:
    """Return the responses for a run that ends after a number of polls."""
    return [*[reply(200, {**DONE, "status": "running"})] * times, reply(200, DONE)]


@pytest.mark.parametrize("workspace_id", [1, 2])
async def test_waits_in_any_workspace_share_their_polls(
    client: AsyncClient, peer: Peer, workspace_id: int
) -> None:
    """Concurrent waits for one run of another workspace cost as many requests as in the client's own."""
    route = f"GET /platform/v2/workspaces/{workspace_id}/inputs/data-pipelines/p1/runs/7"
    peer.serve(route, *running(5))
    peer.serve(route.removesuffix("/7"), reply(200, {"items": [], "has_next_page": False}))
    handle = f"wsr1:{workspace_id}:p1:7"
    other = client.workspace(workspace_id)
    waits = [client.runs.resume(handle) for _ in range(10)] + [other.runs.wait("p1", 7) for _ in range(10)]
    runs = await asyncio.gather(*waits)
    assert {run.id for run in runs} == {7}
    assert peer.count(route) == 6
    assert peer.count(route.removesuffix("/7")) == 1


async def test_waits_with_other_options_share_no_polls(client: AsyncClient, peer: Peer) -> None:
    """Their polls have their own timeout and retry policy."""
    peer.serve(f"{RUNS}/7", reply(200, DONE))
    await asyncio.gather(client.runs.wait("p1", 7), client.with_options(timeout=5).runs.wait("p1", 7))
    assert peer.count() == 2


async def test_wait_many_waits_in_several_workspaces(client: AsyncClient, peer: Peer) -> None:
    """Handles of other workspaces, triggered runs, runs and pairs can be mixed."""
    for workspace_id in (1, 2):
        base = f"GET /platform/v2/workspaces/{workspace_id}/inputs/data-pipelines"
        peer.serve(f"{base}/p1/runs/7", reply(200, DONE))
        peer.serve(f"{base}/p2/runs/8", reply(200, {**DONE, "id": 8, "pipeline_id": "p2"}))
    run = Run(id=8, pipeline_id="p2", status=RunStatus.RUNNING)
    triggered = TriggeredRun(pipeline_id="p2", run_id=8, workspace_id=2)
    runs = [("p1", 7), "wsr1:2:p1:7", run, triggered]
    entries = [entry async for entry in client.runs.wait_many(runs, poll_interval=1)]  # type: ignore[arg-type] # a list of all
    assert sorted(entry.result().id for entry in entries) == [7, 7, 8, 8]
    assert peer.count("* /platform/v2/workspaces/2/*") == 2
    for wait in (client.runs.wait, client.runs.resume):
        assert (await wait(triggered)).id == 8
    assert (await client.runs.wait(run)).id == 8


@pytest.mark.parametrize("wrong", [0, -1, "5", True, float("nan"), float("inf")])
async def test_invalid_poll_interval_raises(client: AsyncClient, peer: Peer, wrong: Any) -> None:
    """It is rejected before anything is sent."""
    for wait in (
        client.runs.wait("p1", 7, poll_interval=wrong),
        client.runs.resume("wsr1:1:p1:7", poll_interval=wrong),
        client.pipelines.trigger_and_wait("p1", poll_interval=wrong),
    ):
        with pytest.raises(ValidationError, match="poll_interval"):
            await wait
    with pytest.raises(ValidationError, match="poll_interval"):
        client.runs.wait_many([("p1", 7)], poll_interval=wrong)
    assert peer.arrivals == []


async def test_poll_interval_may_be_a_timedelta(client: AsyncClient, peer: Peer, clock: FakeClock) -> None:
    """The polls are that far apart."""
    peer.serve(f"{RUNS}/7", *running(3))
    started = clock.now
    await client.runs.wait("p1", 7, poll_interval=timedelta(minutes=1))
    assert clock.now - started == pytest.approx(180, abs=1)


async def test_run_of_another_number_is_an_error(client: AsyncClient, peer: Peer) -> None:
    """A server or cache that mixes up responses is noticed."""
    peer.serve(f"{RUNS}/9", reply(200, {**DONE, "id": 8}))
    with pytest.raises(DecodeError, match="/runs/9: the server returned run 8 instead of run 9"):
        await client.runs.get("p1", 9)


async def test_wait_continues_after_another_run_is_returned(client: AsyncClient, peer: Peer) -> None:
    """It is a failed poll, and never the end of the wait."""
    peer.serve(f"{RUNS}/7", reply(200, {**DONE, "id": 8}), reply(200, DONE))
    assert (await client.runs.wait("p1", 7)).id == 7
    assert peer.count() == 2
