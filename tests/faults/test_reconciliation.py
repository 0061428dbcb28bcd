"""Creates and triggers whose response was lost: found, distinguished, or reported as unknown; never repeated."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.faults.faults import stalling
from tests.support.clock import FakeClock, warp
from tests.support.kinds import BASE, CONNECTION, CREATE, KINDS, READ, SPEC, TRIGGER, driver
from tests.support.peer import Answer, Peer, http, raw, refusal, reply, reset
from warehouse_sync import (
    AsyncClient,
    ConflictError,
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    ForbiddenError,
    NotFoundError,
    OutcomeUnknownError,
    PipelineBusyError,
    PipelineSpec,
    ReadError,
    ResourceState,
    RetryPolicy,
    Schedule,
    SnowflakeConfig,
    SyncMode,
    Timeout,
    WarehouseSyncError,
)
from warehouse_sync.emulator import Emulator
from warehouse_sync.wire import encode

RUNS = f"GET {BASE}/inputs/data-pipelines/p1/runs"
NOW = datetime(2023, 11, 14, 22, 30, tzinfo=UTC)

LOSSES: dict[str, Answer] = {
    "reset": reset(),
    "half an answer": raw(http(200, b"{}" * 50)[:-20], then="close"),
    "nonsense": reply(200, b"<html>"),
    "500": refusal(500, "Oops."),
    "504": refusal(504, "Too late."),
    "408": refusal(408, "Too slow."),
}


def run(number: int, began: datetime, **more: Any) -> dict[str, Any]:
    """Return a run as the API lists it."""
    moment = began.isoformat().replace("+00:00", "Z")
    return {
        "id": number,
        "pipeline_id": "p1",
        "type": "manual",
        "status": "running",
        "logical_date": moment,
        "started_on": moment,
        **more,
    }


def page(*runs: dict[str, Any], date: datetime = NOW) -> Answer:
    """Return a page of runs from a server with a given clock."""
    document = {"items": list(runs), "current_page": 1, "has_next_page": False, "has_previous_page": False}
    return reply(200, document, Date=format_datetime(date, usegmt=True))


@pytest.fixture
def noon(clock: FakeClock) -> FakeClock:
    """A clock that shows `NOW`."""
    clock.epoch = NOW.timestamp() - clock.now
    return clock


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
async def test_lost_create_is_accepted_once_it_appears(
    peer: Peer, clock: FakeClock, loss: Answer, sort: str
) -> None:
    """A resource with the same fields is the created one, after one POST."""
    peer.serve(CREATE.route, loss)
    missing = refusal(404, "not yet")
    peer.serve(
        READ.route, missing, reset(), refusal(503), refusal(429, Retry_After="999"), missing, READ.success
    )
    async with driver(sort, **peer.options(clock=clock.as_clock())) as client:
        created = await client.call(CREATE.call)
    assert (created.id, created.name) == ("c1", "One")
    assert peer.count(CREATE.route) == 1


async def test_lost_create_that_never_appears_is_unknown(peer: Peer, clock: FakeClock) -> None:
    """It is looked for during 90 s; the error says so, and has the lost response's error as its cause."""
    peer.serve(CREATE.route, reset())
    peer.serve(READ.route, refusal(404))
    began = clock.now
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        said = "was not found; the request was not repeated"
        with pytest.raises(OutcomeUnknownError, match=said) as caught:
            await client.connections.create(SPEC)
    assert 80 < clock.now - began <= 90
    assert isinstance(caught.value.__cause__, ReadError)
    assert (caught.value.operation, caught.value.resource_id) == ("create connection", "c1")
    assert peer.count(CREATE.route) == 1


async def test_lost_create_that_cannot_be_read_is_unknown_at_once(peer: Peer, clock: FakeClock) -> None:
    """An error of the read says nothing about the create, whose outcome stays unknown."""
    peer.serve(CREATE.route, reset())
    peer.serve(READ.route, refusal(403, "may not read"))
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        with pytest.raises(OutcomeUnknownError, match="ForbiddenError"):
            await client.connections.create(SPEC)
    assert peer.count() == 2


async def test_lost_create_with_a_different_resource_is_a_conflict(peer: Peer, clock: FakeClock) -> None:
    """The error names the fields that differ, and no secret."""
    spec = ConnectionSpec(
        id="c1",
        name="Mine",
        state=ResourceState.ACTIVE,
        config=SnowflakeConfig(
            account_identifier="a",
            region="r",
            warehouse="w",
            database="d",
            role="o",
            user="u",
            password="canary",
            storage_integration="s",
        ),
    )
    there: dict[str, Any] = {**CONNECTION, "service_provider": "Snowflake", "name": "Theirs"}
    there["config"] = {
        "account_identifier": "a",
        "region": "OTHER",
        "warehouse": "w",
        "database": "d",
        "role": "o",
        "user": "u",
        "password": "************",
        "storage_integration": "s",
        "aws_iam_user_arn": "added by the server",
    }
    peer.serve(CREATE.route, reset())
    peer.serve(READ.route, reply(200, there))
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        with pytest.raises(ConflictError, match=r"config\.region, name differ") as caught:
            await client.connections.create(spec)
        assert "canary" not in str(caught.value)
        assert (caught.value.status, caught.value.method) == (409, "POST")
        assert caught.value.path == f"{BASE}/connections"
        peer.serve(
            READ.route, reply(200, {**there, "name": "Mine", "config": {**there["config"], "region": "r"}})
        )
        assert (await client.connections.create(spec)).name == "Mine"


@pytest.mark.parametrize("ahead", [timedelta(hours=-2), timedelta(0), timedelta(hours=2)])
async def test_lost_create_of_an_older_resource_is_a_conflict(
    peer: Peer, noon: FakeClock, ahead: timedelta
) -> None:
    """Its secrets, which the API masks, may be others. The server's clock decides what is older."""
    there = NOW + ahead

    def found(created_on: datetime) -> Answer:
        document = {**CONNECTION, "created_on": created_on.isoformat()}
        return reply(200, document, Date=format_datetime(there, usegmt=True))

    peer.serve(CREATE.route, reset())
    peer.serve(READ.route, found(there - timedelta(seconds=3)), found(there - timedelta(seconds=2)))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        with pytest.raises(ConflictError, match=r"'c1' existed before, since 2023-11-1\d \d\d:29:57 UTC"):
            await client.connections.create(SPEC)
        assert (await client.connections.create(SPEC)).id == "c1"
    assert peer.count(CREATE.route) == 2


async def test_lost_create_of_a_resource_without_a_date_is_unknown(peer: Peer, noon: FakeClock) -> None:
    """It may be the created one, or an older one with other secrets."""
    peer.serve(CREATE.route, reset())
    peer.serve(READ.route, reply(200, {**CONNECTION, "created_on": None}))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.connections.create(SPEC)
    assert str(caught.value) == (
        "the outcome of the create of connection 'c1' is unknown: the response was lost, and the existing connection "
        "does not show when it was created. Read it before you try again."
    )
    assert (caught.value.operation, caught.value.resource_id) == ("create connection", "c1")
    assert isinstance(caught.value.__cause__, ReadError)


async def test_created_pipeline_may_be_missing_for_a_while(peer: Peer, clock: FakeClock) -> None:
    """A wait takes a 404 for a new pipeline as "not yet" for 90 s."""
    _, _, pipeline = specs()
    there = reply(200, encode.spec(pipeline) | {"created_on": CONNECTION["created_on"]})
    peer.serve(f"POST {BASE}/inputs/data-pipelines", reset(), there)
    peer.serve(f"GET {BASE}/inputs/data-pipelines/p1", there)
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        for _ in range(2):
            await client.pipelines.create(pipeline)
            workspace = client.pipelines._endpoint.workspace
            assert workspace.was_just_created("p1")
            clock.now += 90
            assert not workspace.was_just_created("p1")


async def test_create_that_times_out_is_reconciled(peer: Peer, clock: FakeClock) -> None:
    """The total timeout ends the request, not the reconciliation."""
    jump = warp(asyncio.get_running_loop())
    peer.serve(CREATE.route, stalling(lambda: jump(6)))
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options(clock=clock.as_clock(), timeout=Timeout(total=5))) as client:
        assert (await client.connections.create(SPEC)).id == "c1"


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
async def test_lost_trigger_is_inferred_from_one_new_run(
    peer: Peer, noon: FakeClock, loss: Answer, sort: str
) -> None:
    """Exactly one new manual run is the triggered one, also if it takes a while to appear."""
    old = run(6, NOW - timedelta(hours=1))
    scheduled = run(8, NOW, type="scheduled")
    peer.serve(TRIGGER.route, loss)
    peer.serve(RUNS, page(old), reset(), page(run(7, NOW + timedelta(seconds=1)), scheduled, old))
    async with driver(sort, **peer.options(clock=noon.as_clock())) as client:
        triggered = await client.call(TRIGGER.call)
    assert (triggered.run_id, triggered.inferred) == (7, True)
    assert triggered.handle() == "wsr1:1:p1:7"
    assert {parse_qs(urlsplit(look.target).query)["startDate"][0] for look in peer.on(RUNS)} == {
        "2023-11-13T22:30:00Z"
    }
    assert peer.count(TRIGGER.route) == 1


async def test_lost_trigger_without_a_new_run_is_unknown(peer: Peer, noon: FakeClock) -> None:
    """The error has no candidates."""
    peer.serve(TRIGGER.route, reset())
    peer.serve(RUNS, page(run(6, NOW - timedelta(minutes=1))))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        with pytest.raises(OutcomeUnknownError, match="The trigger was not repeated") as caught:
            await client.pipelines.trigger("p1")
    assert caught.value.candidates == ()
    assert isinstance(caught.value.__cause__, ReadError)
    assert peer.count(TRIGGER.route) == 1


async def test_lost_trigger_with_several_new_runs_is_unknown(peer: Peer, noon: FakeClock) -> None:
    """The error has all of them as candidates, newest first."""
    peer.serve(TRIGGER.route, reset())
    peer.serve(
        RUNS, page(run(7, NOW), run(8, NOW + timedelta(seconds=5)), run(9, NOW + timedelta(seconds=3)))
    )
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.pipelines.trigger("p1")
    assert caught.value.candidates == (8, 9, 7)
    assert "and each of the new manual runs [8, 9, 7] may be its run." in str(caught.value)
    assert (caught.value.operation, caught.value.resource_id) == ("trigger pipeline", "p1")


async def test_lost_trigger_tolerates_small_clock_differences(peer: Peer, noon: FakeClock) -> None:
    """A run that started two seconds before the trigger counts as new."""
    peer.serve(TRIGGER.route, reset())
    peer.serve(RUNS, page(run(7, NOW - timedelta(seconds=2))))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        assert (await client.pipelines.trigger("p1")).run_id == 7
    assert noon.sleeps == [0.0]


@pytest.mark.parametrize("ahead", [timedelta(hours=-2), timedelta(hours=2)])
async def test_lost_trigger_uses_the_servers_clock(peer: Peer, noon: FakeClock, ahead: timedelta) -> None:
    """A machine whose clock is hours off finds the run, and no older one."""
    there = NOW + ahead
    peer.serve(TRIGGER.route, reset())
    peer.serve(
        RUNS, page(run(6, there - timedelta(minutes=10)), run(7, there + timedelta(seconds=1)), date=there)
    )
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        assert (await client.pipelines.trigger("p1")).run_id == 7


async def test_lost_trigger_without_a_date_header_uses_the_local_clock(peer: Peer, noon: FakeClock) -> None:
    """Without a valid `Date`, the local clock is used."""
    document = {"items": [run(7, NOW)], "current_page": 1, "has_next_page": False}
    peer.serve(TRIGGER.route, reset())
    peer.serve(RUNS, reply(200, document, Date="today"))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        assert (await client.pipelines.trigger("p1")).run_id == 7


async def test_lost_trigger_ignores_runs_of_earlier_triggers(peer: Peer, noon: FakeClock) -> None:
    """A run that an earlier trigger returned is no candidate, however recent it is."""
    began = run(7, NOW)
    peer.serve(TRIGGER.route, TRIGGER.success, reset())
    peer.serve(RUNS, page(began), page(run(8, NOW + timedelta(seconds=1)), began))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        assert (await client.pipelines.trigger("p1")).run_id == 7
        second = await client.pipelines.trigger("p1")
    assert (second.run_id, second.inferred) == (8, True)


@pytest.mark.parametrize("timeout", [0, 90])
async def test_lost_trigger_ignores_runs_of_much_earlier_triggers(
    peer: Peer, noon: FakeClock, timeout: float
) -> None:
    """A run that a trigger returned is remembered, however long ago and for whatever `reconcile_timeout`."""
    peer.serve(TRIGGER.route, TRIGGER.success, reset())
    policy = RetryPolicy(reconcile_timeout=timeout)
    async with AsyncClient(**peer.options(clock=noon.as_clock(), retry=policy)) as client:
        assert (await client.pipelines.trigger("p1")).run_id == 7
        noon.now += 3600
        later = NOW + timedelta(hours=1)
        peer.serve(RUNS, page(run(7, later), date=later))
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.pipelines.trigger("p1")
    assert caught.value.candidates == ()


@pytest.mark.parametrize("date", ["range_end", "logical_date"])
async def test_lost_trigger_ignores_a_run_that_was_queued_before(
    peer: Peer, noon: FakeClock, date: str
) -> None:
    """A run of another caller that was created ten minutes ago and starts now is no candidate."""
    before = (NOW - timedelta(minutes=10)).isoformat()
    queued = run(6, NOW + timedelta(seconds=1)) | {"logical_date": None, date: before}
    peer.serve(TRIGGER.route, reset())
    peer.serve(RUNS, page(queued))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.pipelines.trigger("p1")
        assert caught.value.candidates == ()
        peer.serve(RUNS, page(run(8, NOW + timedelta(seconds=2)), queued))
        assert (await client.pipelines.trigger("p1")).run_id == 8


async def test_lost_trigger_with_a_baseline_ignores_runs_before_it(peer: Peer, noon: FakeClock) -> None:
    """Another caller's run just before the trigger is no candidate, at the cost of one request."""
    other = run(6, NOW)
    peer.serve(TRIGGER.route, reset())
    peer.serve(RUNS, page(other), page(other), page(run(7, NOW), other))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        assert (await client.pipelines.trigger("p1", baseline=True)).run_id == 7
    assert peer.arrivals.index(peer.on(RUNS)[0]) < peer.arrivals.index(peer.on(TRIGGER.route)[0])
    assert peer.count(RUNS) == 3


async def test_trigger_without_its_baseline_is_not_sent(peer: Peer, noon: FakeClock) -> None:
    """An error of the first read is raised, and nothing is triggered."""
    peer.serve(RUNS, refusal(403, "may not read"))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        with pytest.raises(ForbiddenError):
            await client.pipelines.trigger("p1", baseline=True)
    assert peer.count(TRIGGER.route) == 0


async def test_lost_trigger_with_an_absurd_server_date_is_unknown(peer: Peer, noon: FakeClock) -> None:
    """A `Date` of the year 9999 raises no other error."""
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    peer.serve(TRIGGER.route, reset())
    peer.serve(RUNS, page(run(7, NOW + timedelta(seconds=1)), date=end))
    async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
        noon.now += 1
        with pytest.raises(OutcomeUnknownError):
            await client.pipelines.trigger("p1")


def specs() -> tuple[ConnectionSpec, DataModelSpec, PipelineSpec]:
    """Return a spec of each kind."""
    return (
        ConnectionSpec(
            id="c1",
            name="C",
            state=ResourceState.ACTIVE,
            config=DatabricksConfig(provider="AWS", schema="raw"),
        ),
        DataModelSpec(id="m1", name="M", state=ResourceState.ACTIVE, sql_query="SELECT a FROM b.c.d"),
        PipelineSpec(
            id="p1",
            name="P",
            pipeline_type="user_attributes",
            connection_id="c1",
            data_model_id="m1",
            state="active",
            sync_mode=SyncMode(
                type="incremental",
                iterator_field="updated_on",
                iterator_data_type="datetime_tz",
                from_=datetime(2020, 1, 1, tzinfo=UTC),
            ),
            schedule=Schedule(type="on_demand"),
            environment="development",
        ),
    )


async def create_all(client: AsyncClient) -> None:
    """Create a resource of each kind."""
    connection, model, pipeline = specs()
    await client.connections.create(connection)
    await client.data_models.create(model)
    await client.pipelines.create(pipeline)


async def test_recovered_responses_are_logged(
    peer: Peer, noon: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says which resource or run was taken for the result of which call."""
    peer.serve(CREATE.route, reset())
    peer.serve(READ.route, READ.success)
    peer.serve(TRIGGER.route, reset())
    peer.serve(RUNS, page(run(7, NOW)))
    with caplog.at_level("WARNING", "warehouse_sync"):
        async with AsyncClient(**peer.options(clock=noon.as_clock())) as client:
            await client.connections.create(SPEC)
            await client.pipelines.trigger("p1")
    assert caplog.messages == [
        "the response to the create of connection c1 was lost, but it was created",
        "the response to the trigger of p1 was lost; run 7 is its only new manual run",
    ]


@pytest.mark.parametrize("run_order", ["newest", "oldest", "shuffled"])
async def test_emulator_lost_creates_and_triggers_are_recovered(run_order: Any) -> None:
    """Against the whole API: what was applied without a response is accepted, and exists once."""
    async with Emulator(run_order=run_order) as emulator, AsyncClient(**emulator.client_options()) as client:
        emulator.fault("POST /platform/*", count=None, apply_then_drop=True)
        await create_all(client)
        triggered = await client.pipelines.trigger("p1")
        assert triggered.inferred
        emulator.clear_faults()
        assert [pipeline.id for pipeline in await client.pipelines.list()] == ["p1"]
        runs = [run async for run in client.runs.list("p1")]
        assert [run.id for run in runs] == [triggered.run_id]


async def test_emulator_dropped_creates_and_triggers_are_unknown() -> None:
    """Against the whole API: what was dropped before it was applied does not exist."""
    connection, _, _ = specs()
    policy = RetryPolicy(reconcile_timeout=0)
    async with Emulator() as emulator, AsyncClient(**emulator.client_options(), retry=policy) as client:
        emulator.fault("POST /platform/*/connections", drop=True)
        with pytest.raises(OutcomeUnknownError):
            await client.connections.create(connection)
        with pytest.raises(NotFoundError):
            await client.connections.get("c1")


async def test_emulator_busy_pipeline_is_busy(clock: FakeClock) -> None:
    """A second trigger during a run is an error response, not a lost one."""
    async with Emulator(running=60) as emulator, AsyncClient(**emulator.client_options()) as client:
        await create_all(client)
        await client.pipelines.trigger("p1")
        with pytest.raises(PipelineBusyError):
            await client.pipelines.trigger("p1")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_emulator_lost_updates_and_deletes_are_repeated(method: str) -> None:
    """The repetition succeeds."""
    connection, _, _ = specs()
    async with Emulator() as emulator, AsyncClient(**emulator.client_options()) as client:
        await client.connections.create(connection)
        emulator.fault(f"{method} /platform/*", apply_then_drop=True)
        if method == "PUT":
            assert (await client.connections.update(connection)).id == "c1"
        else:
            await client.connections.delete("c1")
            assert await client.connections.list() == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.name in ("create", "trigger")])
async def test_error_response_is_not_reconciled(peer: Peer, clock: FakeClock, kind: Any) -> None:
    """An error response is raised as it is, and nothing is looked for."""
    peer.serve(kind.route, refusal(400, "No."))
    async with AsyncClient(**peer.options(clock=clock.as_clock())) as client:
        with pytest.raises(WarehouseSyncError, match="returned 400: No"):
            await kind.call(client)
    assert peer.count() == 1
