"""What an observer wraps, and the content of its events and debug lines."""

import asyncio
import itertools
import logging

import attrs
import pytest

from tests.support.clock import FakeClock
from tests.support.kinds import BASE, CONNECTION, KINDS, READ, Kind
from tests.support.peer import Answer, Peer, refusal, reply, reset, stall
from warehouse_sync import AsyncClient, RetryPolicy, Timeout, WarehouseSyncError
from warehouse_sync.errors import ReadError
from warehouse_sync.events import AttemptEnded, Event, OperationEnded, OperationStarted
from warehouse_sync.resources.pager import RunPager
from warehouse_sync.settings import Clock
from warehouse_sync.transport.deadlines import Deadlines
from warehouse_sync.transport.observer import ObservedExchange, Observer, current_operation

ONCE = RetryPolicy(attempts=1)
PREFIX = "/platform/v2/workspaces/{workspace_id}"


LIST = Kind("list", f"GET {BASE}/connections", reply(200, [CONNECTION]), lambda c: c.connections.list())


def attempts(events: list[Event]) -> list[AttemptEnded]:
    """Return the attempts of the API."""
    return [each for each in events if isinstance(each, AttemptEnded) and each.url_template != "/oauth/token"]


def test_no_operation_has_an_empty_name() -> None:
    """Outside of public methods there is no operation."""
    assert current_operation() == ""


async def test_operation_ends_with_its_workspace_and_duration(clock: FakeClock) -> None:
    """The seconds are those between the start and the end."""
    events: list[Event] = []
    observer = Observer((events.append,), clock.as_clock())

    async def work() -> str:
        await clock.sleep(2.5)
        return current_operation()

    assert await observer.wrap("things.get", 7, work)() == "things.get"
    assert events == [
        OperationStarted(operation="things.get", workspace_id=7),
        OperationEnded(operation="things.get", workspace_id=7, seconds=2.5, attempts=0, error_type=None),
    ]


async def test_public_coroutine_methods_are_wrapped(peer: Peer) -> None:
    """Other methods, and those whose name starts with an underscore, stay as they are."""
    async with AsyncClient(**peer.options(listeners=[lambda event: None])) as client:
        wrapped = {name for name, value in vars(client.runs).items() if hasattr(value, "__wrapped__")}
        assert "get" in wrapped
        assert not [name for name in wrapped if name.startswith("_")]
        assert isinstance(client.runs.list("p1"), RunPager)

    class Resource:
        async def get(self) -> None: ...

        async def _send(self) -> None: ...

        def name(self) -> None: ...

    resource = Resource()
    Observer((), Clock()).wrap_methods("things", 7, resource)
    assert set(vars(resource)) == {"get"}


@pytest.mark.parametrize("status", [400, 404])
async def test_error_response_is_the_error_of_its_attempt(peer: Peer, status: int) -> None:
    """The error type is the status."""
    events: list[Event] = []
    peer.serve(READ.route, refusal(status, "No."))
    async with AsyncClient(**peer.options(listeners=[events.append])) as client:
        with pytest.raises(WarehouseSyncError):
            await client.connections.get("c1")
    assert [(each.status, each.error_type) for each in attempts(events)] == [(status, str(status))]


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("list", "/connections"),
        ("read", "/connections/{connection_id}"),
        ("create", "/connections"),
        ("update", "/connections/{connection_id}"),
        ("delete", "/connections/{connection_id}"),
        ("trigger", "/inputs/data-pipelines/trigger"),
    ],
)
async def test_paths_of_events_have_no_id(peer: Peer, name: str, template: str) -> None:
    """They are templates: the path of an item has the name of its id."""
    events: list[Event] = []
    kind = KINDS.get(name, LIST)
    peer.serve(kind.route, kind.success)
    async with AsyncClient(**peer.options(listeners=[events.append])) as client:
        await kind.call(client)
    assert [each.url_template for each in attempts(events)] == [PREFIX + template]


async def test_call_without_a_deadline_is_observed(peer: Peer) -> None:
    """An attempt without a deadline never expires."""
    events: list[Event] = []
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options(listeners=[events.append], timeout=Timeout(total=None))) as client:
        await client.connections.get("c1")
    assert [each.status for each in attempts(events)] == [200]


async def test_cancelled_attempt_is_not_a_timeout(peer: Peer) -> None:
    """Before the deadline it is the caller who cancels."""
    events: list[Event] = []
    peer.serve(READ.route, stall())
    async with AsyncClient(**peer.options(listeners=[events.append])) as client:
        call = asyncio.create_task(client.connections.get("c1"))
        await peer.arrived(1, READ.route)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert [each.error_type for each in attempts(events)] == ["CancelledError"]


@pytest.mark.parametrize(
    ("error", "expired", "error_type"),
    [
        (asyncio.CancelledError(), False, "CancelledError"),
        (asyncio.CancelledError(), True, "TimeoutError"),
        (ReadError("reset"), True, "ReadError"),
    ],
)
async def test_cancellation_by_the_deadline_is_a_timeout(
    error: BaseException, *, expired: bool, error_type: str
) -> None:
    """The deadline cancels the task; another error at that time is that error."""
    deadline = Deadlines(asyncio.get_running_loop()).start(None)
    deadline.expired = expired
    assert ObservedExchange(None, Clock(), 0, deadline)._error_type(error) == error_type


@pytest.mark.parametrize(("answer", "outcome"), [(READ.success, "200"), (reset(), "ReadError")])
async def test_debug_line_has_the_outcome_and_milliseconds(
    peer: Peer, caplog: pytest.LogCaptureFixture, answer: Answer, outcome: str
) -> None:
    """Without a response the outcome is the error. A response without a request id has a dash."""
    caplog.set_level(logging.DEBUG, logger="warehouse_sync")
    events: list[Event] = []
    peer.serve(READ.route, answer)
    ticks = itertools.count(0.0, 1.5)
    clock = attrs.evolve(Clock(), monotonic=lambda: next(ticks))
    options = peer.options(clock=clock, listeners=[events.append], retry=ONCE, timeout=Timeout(total=None))
    async with AsyncClient(**options) as client:
        try:
            await client.connections.get("c1")
        except ReadError:
            assert outcome == "ReadError"
    [attempt] = attempts(events)
    milliseconds = round(1000 * attempt.seconds)
    assert milliseconds >= 1500
    assert (
        f"GET {PREFIX}/connections/{{connection_id}}: {outcome} in {milliseconds} ms, request id -"
        in caplog.messages
    )
