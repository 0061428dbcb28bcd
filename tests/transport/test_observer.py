"""Events for listeners, the debug line of each attempt, and additional headers."""

import asyncio
import contextlib
import logging
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.faults import stalling
from tests.support.clock import FakeClock, warp
from tests.support.kinds import CONNECTION, READ
from tests.support.peer import TOKEN, Peer, http, raw, reply
from warehouse_sync import AsyncClient, Client, ConfigurationError, ForbiddenError, RetryPolicy, Timeout
from warehouse_sync import events as events_module
from warehouse_sync.events import (
    AttemptEnded,
    Event,
    OperationEnded,
    OperationStarted,
    ResponseRecovered,
    RetryScheduled,
    TokenFetched,
)
from warehouse_sync.settings import Clock
from warehouse_sync.testing import forget_tokens
from warehouse_sync.transport.observer import Observer

CONNECTION_TEMPLATE = "/platform/v2/workspaces/{workspace_id}/connections/{connection_id}"
FAST = RetryPolicy(base_delay=0.0, throttled_base_delay=0.0)


@pytest.fixture
def events() -> list[Event]:
    """The received events."""
    return []


def kinds(received: list[Event]) -> list[str]:
    """Return the class names of events."""
    return [type(event).__name__ for event in received]


def test_attempt_outside_of_operations_is_not_counted() -> None:
    """A request that no public method started, such as a background refresh, belongs to no operation."""
    events: list[Event] = []
    Observer((events.append,), Clock()).count_attempt()
    assert events == []


async def test_call_emits_its_events_in_order(peer: Peer, events: list[Event]) -> None:
    """A first call starts, fetches a token, sends a request and ends."""
    peer.serve(READ.route, reply(200, CONNECTION, X_Request_Id="req-1"))
    async with AsyncClient(**peer.options(listeners=[events.append])) as client:
        await client.connections.get("c1")
    assert kinds(events) == [
        "OperationStarted",
        "AttemptEnded",
        "TokenFetched",
        "AttemptEnded",
        "OperationEnded",
    ]
    workspace = client.workspace_id
    assert events[0] == OperationStarted(operation="connections.get", workspace_id=workspace)
    token, fetched, attempt, ended = events[1:]
    assert isinstance(token, AttemptEnded)
    assert (token.method, token.url_template, token.operation) == ("POST", "/oauth/token", "connections.get")
    assert isinstance(fetched, TokenFetched)
    assert (fetched.source, fetched.seconds >= 0) == ("endpoint", True)
    assert isinstance(attempt, AttemptEnded)
    server = peer.url.removeprefix("http://")
    assert attempt == AttemptEnded(
        operation="connections.get",
        method="GET",
        url_template=CONNECTION_TEMPLATE,
        server=server,
        status=200,
        seconds=attempt.seconds,
        resend_count=0,
        error_type=None,
        request_id="req-1",
    )
    assert isinstance(ended, OperationEnded)
    assert (ended.operation, ended.attempts, ended.error_type) == ("connections.get", 1, None)
    assert (ended.workspace_id, ended.seconds >= attempt.seconds > 0) == (workspace, True)


async def test_retries_and_failures_are_reported(peer: Peer, events: list[Event]) -> None:
    """Each attempt has its status and number; the operation has the class of the raised error."""
    peer.serve(READ.route, reply(503), reply(403, {"message": "no"}))
    async with AsyncClient(**peer.options(listeners=[events.append], retry=FAST)) as client:
        with pytest.raises(ForbiddenError):
            await client.connections.get("c1")
    attempts = [event for event in events if isinstance(event, AttemptEnded)][1:]
    assert [(each.status, each.error_type, each.resend_count) for each in attempts] == [
        (503, "503", 0),
        (403, "403", 1),
    ]
    [retry] = [event for event in events if isinstance(event, RetryScheduled)]
    assert retry == RetryScheduled(operation="connections.get", delay=0.0, reason="ServerError")
    ended = events[-1]
    assert isinstance(ended, OperationEnded)
    assert (ended.attempts, ended.error_type) == (2, "ForbiddenError")


async def test_replay_with_a_new_token_is_reported(peer: Peer, events: list[Event]) -> None:
    """The replay after a 401 is a retry without delay."""
    peer.serve(READ.route, reply(401), READ.success)
    async with AsyncClient(**peer.options(listeners=[events.append])) as client:
        await client.connections.get("c1")
    retries = [event for event in events if isinstance(event, RetryScheduled)]
    assert retries == [RetryScheduled(operation="connections.get", delay=0.0, reason="UnauthorizedError")]


async def test_token_of_the_cache_has_that_source(
    peer: Peer, clock: FakeClock, events: list[Event], tmp_path: Path
) -> None:
    """Another process with the credential stored it."""
    peer.serve(READ.route, READ.success)
    options = peer.options(token_cache=tmp_path / "tokens", clock=clock.as_clock())
    async with AsyncClient(**options) as client:
        await client.connections.get("c1")
    forget_tokens()
    async with AsyncClient(**options, listeners=[events.append]) as client:
        await client.connections.get("c1")
    assert [event for event in events if isinstance(event, TokenFetched)] == [
        TokenFetched(seconds=0.0, source="cache")
    ]
    assert peer.count(TOKEN) == 1


@pytest.mark.parametrize("error_type", ["ReadError", "TimeoutError"])
async def test_attempt_without_a_response_has_the_error(
    peer: Peer, clock: FakeClock, events: list[Event], error_type: str
) -> None:
    """A broken connection and an expired deadline are attempts without a status."""
    jump = warp(asyncio.get_running_loop())  # alone: the clock of a loop may be ahead of the client's
    start = http(200, b"{", {"Content-Length": "9"})
    peer.serve(
        READ.route,
        stalling(lambda: jump(6), start) if error_type == "TimeoutError" else raw(start, then="reset"),
    )
    options = peer.options(clock=clock.as_clock(), timeout=5, retry=RetryPolicy(attempts=1))
    async with AsyncClient(**options, listeners=[events.append]) as client:
        with contextlib.suppress(Exception):
            await client.connections.get("c1")
    attempt = next(event for event in reversed(events) if isinstance(event, AttemptEnded))
    assert (attempt.status, attempt.error_type) == (None, error_type)
    ended = events[-1]
    assert isinstance(ended, OperationEnded)
    assert ended.error_type == error_type


async def test_lost_response_to_a_delete_is_recovered(peer: Peer, events: list[Event]) -> None:
    """A 404 after an attempt that may have been processed is a recovered response, whatever is between them."""
    route = READ.route.replace("GET", "DELETE")
    peer.serve(route, reply(503), reply(429), reply(404))
    async with AsyncClient(**peer.options(listeners=[events.append], retry=FAST)) as client:
        await client.connections.delete("c1")
    assert ResponseRecovered(operation="connections.delete") in events


async def test_listener_error_is_logged_and_changes_nothing(
    peer: Peer, events: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    """The call succeeds, and listeners after the failing one receive the event."""

    def fail(event: Event) -> None:
        raise RuntimeError("broken listener")

    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options(listeners=[fail, events.append])) as client:
        await client.connections.get("c1")
    assert len(events) == 5
    record = caplog.records[0]
    assert record.getMessage() == "a listener raised an error for OperationStarted"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], RuntimeError)


async def test_events_and_debug_lines_hold_no_secret(
    peer: Peer, events: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    """Not even if the server returns the token or the secret as request id."""
    caplog.set_level(logging.DEBUG, logger="warehouse_sync")
    secret = f"canary-{uuid.uuid4()}"
    peer.serve(TOKEN, reply(200, {"access_token": "canary-token", "expires_in": 900}, X_Request_Id=secret))
    peer.serve(READ.route, reply(200, CONNECTION, X_Request_Id="canary-token"))
    options = peer.options(listeners=[events.append], headers={"X-Key": "canary-header"})
    options["client_secret"] = secret
    async with AsyncClient(**options) as client:
        await client.connections.get("c1")
    assert len(events) == 5
    assert "canary" not in f"{events!r} {caplog.text}"


async def test_attempt_is_logged_at_debug_level(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    """The line has the method, path template, status, milliseconds and request id."""
    caplog.set_level(logging.DEBUG, logger="warehouse_sync")
    peer.serve(READ.route, reply(200, CONNECTION, X_Request_Id="req-7"))
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
    line = caplog.messages[-1]
    assert re.fullmatch(re.escape(f"GET {CONNECTION_TEMPLATE}: 200 in ") + r"\d+ ms, request id req-7", line)


async def test_without_listeners_nothing_is_wrapped(peer: Peer) -> None:
    """Methods are those of the class, and there is no observer."""
    client = AsyncClient(**peer.options())
    assert client._sender.observer is None
    assert "get" not in vars(client.connections)
    await client.close()


def test_blocking_client_emits_the_same_events(peer: Peer, events: list[Event]) -> None:
    """Listeners run on the event loop of the client."""
    peer.serve(READ.route, READ.success)
    with Client(**peer.options(listeners=[events.append])) as client:
        client.connections.get("c1")
    assert kinds(events)[0] == "OperationStarted"
    assert kinds(events)[-1] == "OperationEnded"


@pytest.fixture
def installed(events: list[Event]) -> Iterator[None]:
    """A listener of all new clients."""
    events_module.install(events.append)
    yield
    events_module.uninstall(events.append)


@pytest.mark.usefixtures("installed")
async def test_installed_listener_receives_events_of_new_clients(peer: Peer, events: list[Event]) -> None:
    """Until it is removed, every new client calls it."""
    peer.serve(READ.route, READ.success, READ.success)
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
    count = len(events)
    assert count == 5
    events_module.uninstall(events.append)
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
    assert len(events) == count
    events_module.uninstall(events.append)  # ignored


async def test_calls_within_a_call_belong_to_it(peer: Peer, events: list[Event]) -> None:
    """A lost create is one operation with the requests that found its result."""
    spec_route = READ.route.replace("GET", "POST").removesuffix("/c1")
    peer.serve(spec_route, reply(503))
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options(listeners=[events.append])) as client:
        await client.connections.create((await client.connections.get("c1")).to_spec())
    operations = [event.operation for event in events if isinstance(event, OperationEnded)]
    assert operations == ["connections.get", "connections.create"]
    ended = events[-1]
    assert isinstance(ended, OperationEnded)
    assert (ended.attempts, ended.error_type) == (2, None)
    assert ResponseRecovered(operation="connections.create") in events


@pytest.mark.parametrize(
    ("listeners", "error"),
    [(5, "listeners must be a list of callables, not int"), (["x"], "a listener must be callable, not str")],
)
def test_listeners_must_be_callables(peer: Peer, listeners: Any, error: str) -> None:
    """Anything else is an error of the constructor."""
    with pytest.raises(ConfigurationError, match=f"^{error}$"):
        AsyncClient(**peer.options(listeners=listeners))


async def test_headers_and_user_agent_are_sent(peer: Peer) -> None:
    """Requests of the API have the headers; token requests have the user agent only."""
    peer.serve(READ.route, READ.success, READ.success)
    options = peer.options(headers={"X-Team": "data"}, user_agent="billing-service/2.1")
    async with AsyncClient(**options) as client:
        for _ in range(2):  # on a new connection, and on the fast path
            await client.connections.get("c1")
    for arrival in peer.on(READ.route):
        assert arrival.headers["x-team"] == "data"
        assert re.fullmatch(r"warehouse-sync/\S+ .* billing-service/2\.1", arrival.headers["user-agent"])
    [token] = peer.on(TOKEN)
    assert "x-team" not in token.headers
    assert token.headers["user-agent"].endswith(" billing-service/2.1")


async def test_headers_of_a_callable_are_read_for_each_request(peer: Peer) -> None:
    """So that a header can change, such as a trace id."""
    peer.serve(READ.route, READ.success, READ.success)
    numbers = iter("12")
    async with AsyncClient(**peer.options(headers=lambda: {"X-Trace": next(numbers)})) as client:
        for _ in range(2):
            await client.connections.get("c1")
    assert [arrival.headers["x-trace"] for arrival in peer.on(READ.route)] == ["1", "2"]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (5, "headers must be a mapping or a callable that returns one, not int"),
        ({"X Y": "1"}, "headers contains an invalid name: 'X Y'"),
        ({5: "1"}, "headers contains an invalid name: 5"),
        (
            {"Authorization": "canary"},
            "headers must not contain Authorization, which the SDK sets: leave it out",
        ),
        (
            {"User-Agent": "x"},
            "headers must not contain User-Agent, which the SDK sets: pass user_agent instead",
        ),
        ({"X-A": "canary\r\nX-B: 1"}, "the value of X-A in headers must be printable ASCII text"),
        ({"X-A": 5}, "the value of X-A in headers must be printable ASCII text"),
    ],
)
def test_invalid_headers_are_refused(peer: Peer, headers: Any, message: str) -> None:
    """The message names the header and not its value."""
    with pytest.raises(ConfigurationError) as caught:
        AsyncClient(**peer.options(headers=headers))
    assert str(caught.value) == message


async def test_invalid_headers_of_a_callable_send_nothing(peer: Peer) -> None:
    """The call raises the error."""
    async with AsyncClient(**peer.options(headers=lambda: {"Host": "x"})) as client:
        with pytest.raises(ConfigurationError, match="must not contain Host"):
            await client.connections.get("c1")
    assert peer.on(READ.route) == []


@pytest.mark.parametrize("user_agent", ["", "a\r\nb", "é", 5])
def test_invalid_user_agent_is_refused(peer: Peer, user_agent: Any) -> None:
    """It must be printable ASCII text."""
    with pytest.raises(
        ConfigurationError, match=r'^user_agent must be printable ASCII text, such as "billing-service/2\.1"$'
    ):
        AsyncClient(**peer.options(user_agent=user_agent))


async def test_number_as_timeout_is_the_total(peer: Peer) -> None:
    """A number of seconds has the defaults for the other timeouts."""
    async with AsyncClient(**peer.options(timeout=30)) as client:
        assert client._sender.timeout == Timeout(total=30)
        assert client.with_options(timeout=1.5)._sender.timeout == Timeout(total=1.5)


@pytest.mark.parametrize("timeout", ["30", True, -1])
def test_invalid_timeout_is_refused(peer: Peer, timeout: Any) -> None:
    """The message names the argument."""
    with pytest.raises(ConfigurationError, match=r"^(timeout must be|Timeout\.total must be)"):
        AsyncClient(**peer.options(timeout=timeout))


def test_blocking_client_takes_no_session(peer: Peer) -> None:
    """A session belongs to the event loop of its creator, which is never that of the blocking client."""
    options: dict[str, Any] = {**peer.options(), "session": None}
    with pytest.raises(TypeError, match="session"):
        Client(**options)
    assert "session" not in (Client.__doc__ or "").partition("Raises:")[0].replace("sessions", "")
