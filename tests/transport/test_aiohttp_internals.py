"""`FastGet` sends what aiohttp's session sends, and is not used when something replaces or configures the session."""

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Any
from unittest import mock

import aiohttp
import pytest

from tests.support.clock import warp
from tests.support.internals import loop_session
from tests.support.kinds import CONNECTION, CREATE, DELETE, READ, UPDATE, Kind
from tests.support.peer import Arrival, HeldResponses, Peer, PeerConnection, http, raw, refusal, reply, stall
from warehouse_sync import (
    APIError,
    AsyncClient,
    ConfigurationError,
    ForbiddenError,
    ReadError,
    RetryPolicy,
    Timeout,
    TimeoutError,
)
from warehouse_sync.proxies import VARIABLES
from warehouse_sync.transport import aiohttp_internals
from warehouse_sync.transport.aiohttp_internals import FastGet

pytestmark = pytest.mark.skipif(
    not aiohttp_internals.is_supported(),
    reason="FastGet does not support this aiohttp",
)

ONCE = RetryPolicy(attempts=1)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each call of `FastGet.get`, whether it sent the request."""
    calls: list[bool] = []
    get = FastGet.get

    async def recording(self: FastGet, *arguments: Any) -> Any:
        response = await get(self, *arguments)
        calls.append(response is not None)
        return response

    monkeypatch.setattr(FastGet, "get", recording)
    return calls


async def arrivals(peer: Peer, **options: Any) -> list[Arrival]:
    """Make three GET requests, and return what the server received."""
    peer.serve(READ.route, READ.success)
    before = peer.count(READ.route)
    async with AsyncClient(**peer.options(**options)) as client:
        for _ in range(3):
            assert (await client.connections.get("c1")).id == "c1"
    return peer.on(READ.route)[before:]


def contents(received: list[Arrival]) -> list[tuple[str, dict[str, str]]]:
    """The targets and headers of requests."""
    return [(arrival.target, dict(arrival.headers)) for arrival in received]


async def test_fast_get_sends_what_a_session_sends(
    peer: Peer, used: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request line and headers, with the token, equal those of a request through the session."""
    ours = contents(await arrivals(peer))
    assert used == [True, True, True]
    monkeypatch.setattr(aiohttp_internals, "SUPPORTED_AIOHTTP", "another version")
    assert contents(await arrivals(peer)) == ours
    assert used == [True, True, True]


async def test_fast_get_is_not_used_for_other_methods(peer: Peer, used: list[bool]) -> None:
    """A request that changes something goes through the session."""
    peer.serve("DELETE *", reply(204))
    async with AsyncClient(**peer.options()) as client:
        await client.connections.delete("c1")
    assert not used


async def test_fast_get_uses_only_keep_alive_connections(peer: Peer, used: list[bool]) -> None:
    """The first request to a host connects through the session; the second reuses its connection."""
    peer.serve(READ.route, READ.success)
    with Peer() as tokens:
        options = peer.options(token_url=f"{tokens.url}/oauth/token")
        async with AsyncClient(**options) as client:
            await client.connections.get("c1")
            await client.connections.get("c1")
    assert used == [False, True]


async def test_fast_get_is_not_used_on_borrowed_sessions(peer: Peer, used: list[bool]) -> None:
    """A caller's session may change requests in any way."""
    async with aiohttp.ClientSession() as session:
        await arrivals(peer, session=session)
    assert not used


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"])
async def test_fast_get_is_not_used_with_a_proxy_variable(
    peer: Peer, used: list[bool], monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """With `trust_env`, a proxy of the environment closes the fast path; without one it is used."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    await arrivals(peer, trust_env=True)
    assert bool(used) is not bool(proxy)


async def test_fast_get_is_not_used_on_sessions_that_trace(
    peer: Peer, used: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Monitoring adds traces to each new session, and sees every request."""
    seen: list[str] = []
    init = aiohttp.ClientSession.__init__

    async def note(_session: Any, _context: Any, request: aiohttp.TraceRequestStartParams) -> None:
        seen.append(request.method)

    def traced(self: aiohttp.ClientSession, **options: Any) -> None:
        traces = aiohttp.TraceConfig()
        traces.on_request_start.append(note)
        init(self, **options, trace_configs=[traces])

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", traced)
    await arrivals(peer)
    assert seen == ["POST", "GET", "GET", "GET"]
    assert not used


class Alike:
    """A wrapper that compares equal to what it wraps, as the proxies of monitoring tools do."""

    def __init__(self, method: Any) -> None:
        self.method = method
        self.__code__ = method.__code__

    def __eq__(self, other: object) -> bool:
        """Compare as the method would."""
        return other is self.method

    def __hash__(self) -> int:
        """Hash as the method does."""
        return hash(self.method)

    def __get__(self, session: Any, owner: type) -> Any:
        """Bind as the method does."""
        return self if session is None else functools.partial(self.method, session)


def wrapped(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method in the usual way."""

    @functools.wraps(method)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        return method(*arguments, **named)

    return wrapper


def mocked(method: Callable[..., Any]) -> Any:
    """Mock a method that goes on working."""
    return mock.create_autospec(method, side_effect=method)


@pytest.mark.parametrize("replaced", [Alike, wrapped, mocked])
@pytest.mark.parametrize("name", ["request", "_request"])
async def test_fast_get_is_not_used_while_methods_are_replaced(
    peer: Peer, used: list[bool], name: str, replaced: Callable[[Any], Any]
) -> None:
    """A mock or a monitor that is installed while the client is open sees every request until it is removed."""
    peer.serve(READ.route, READ.success)
    replacement = replaced(getattr(aiohttp.ClientSession, name))
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        with mock.patch.object(aiohttp.ClientSession, name, replacement):
            await client.connections.get("c1")
        await client.connections.get("c1")
    assert used == [True, False, True]


@pytest.mark.parametrize("replaced", [Alike, wrapped, mocked])
async def test_fast_get_does_not_open_while_methods_are_replaced(
    peer: Peer, used: list[bool], monkeypatch: pytest.MonkeyPatch, replaced: Callable[[Any], Any]
) -> None:
    """A method that is replaced before the session opens does not count as aiohttp's own."""
    monkeypatch.setattr(aiohttp.ClientSession, "_request", replaced(aiohttp.ClientSession._request))
    await arrivals(peer)
    assert not used


async def test_fast_get_ignores_an_unsolicited_response(peer: Peer, used: list[bool]) -> None:
    """After unsolicited data on a keep-alive connection, the next request uses another connection."""
    held_responses = HeldResponses()

    async def answer_and_more(connection: PeerConnection) -> None:
        await READ.success(connection)
        await held_responses.hold(reply(200, {**CONNECTION, "id": "another"}))(connection)

    peer.serve(READ.route, answer_and_more, READ.success)
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        held_responses.release()
        while not has_unsolicited_data(client):  # noqa: ASYNC110 - aiohttp has no event for it
            await asyncio.sleep(0)
        assert (await client.connections.get("c1")).id == "c1"
    first, second = peer.on(READ.route)
    assert first.connection != second.connection
    assert used == [True, False]


def has_unsolicited_data(client: AsyncClient) -> bool:
    """Whether data arrived on an idle keep-alive connection."""
    connector: Any = loop_session(client).aiohttp_session.connector
    return any(protocol.should_close for kept in connector._conns.values() for protocol, _ in kept)


@pytest.mark.parametrize("kind", [UPDATE, DELETE, CREATE], ids=lambda kind: kind.name)
async def test_mutation_ignores_an_unsolicited_response(peer: Peer, kind: Kind) -> None:
    """An unsolicited response does not make a refused change look like a success."""
    held_responses = HeldResponses()

    async def answer_and_more(connection: PeerConnection) -> None:
        await READ.success(connection)
        await held_responses.hold(kind.success)(connection)

    peer.serve(READ.route, answer_and_more)
    peer.serve(kind.route, refusal(403, "no"))
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        held_responses.release()
        while not has_unsolicited_data(client):  # noqa: ASYNC110 - aiohttp has no event for it
            await asyncio.sleep(0)
        with pytest.raises(ForbiddenError):
            await kind.call(client)


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]
)
async def test_fast_get_skips_interim_responses(peer: Peer, used: list[bool], interim: bytes) -> None:
    """The first response with a final status counts."""
    peer.serve(READ.route, raw(interim + interim + http(200, json.dumps(CONNECTION).encode())))
    async with AsyncClient(**peer.options()) as client:
        assert (await client.connections.get("c1")).id == "c1"
    assert used == [True]


async def test_fast_get_applies_timeout_read_after_an_interim_response(peer: Peer, used: list[bool]) -> None:
    """A server that sends nothing after 100 Continue runs into `Timeout.read`."""
    jump = warp(asyncio.get_running_loop())

    async def continue_and_stall(connection: PeerConnection) -> None:
        await connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        jump(1.05)
        await stall()(connection)

    peer.serve(READ.route, continue_and_stall)
    options = peer.options(retry=ONCE, timeout=Timeout(total=None, read=1))
    async with AsyncClient(**options) as client:
        with pytest.raises(TimeoutError) as caught:
            await client.connections.get("c1")
    assert caught.value.phase == "read"


@pytest.mark.parametrize("status", ["000", "099"])
async def test_fast_get_rejects_a_status_below_100(peer: Peer, used: list[bool], status: str) -> None:
    """A status below 100 is not an interim response but an error."""
    peer.serve(READ.route, raw(f"HTTP/1.1 {status} Odd\r\nContent-Length: 0\r\n\r\n".encode()))
    async with AsyncClient(**peer.options(retry=ONCE)) as client:
        with pytest.raises((APIError, ReadError)):
            await client.connections.get("c1")


async def test_fast_get_refuses_to_switch_protocols(peer: Peer, used: list[bool]) -> None:
    """An unsolicited 101 is an error, and its connection is not reused."""
    switch = raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n")
    peer.serve(READ.route, switch, READ.success)
    async with AsyncClient(**peer.options(retry=ONCE)) as client:
        with pytest.raises(APIError, match="101"):
            await client.connections.get("c1")
        await client.connections.get("c1")
    first, second = peer.on(READ.route)
    assert first.connection != second.connection


async def test_fast_get_of_a_closed_client_raises(peer: Peer, used: list[bool]) -> None:
    """A GET that waits while its client is closed raises an error that says so."""
    held_responses = HeldResponses()
    peer.serve(READ.route, held_responses.hold(READ.success))
    async with AsyncClient(**peer.options()) as client:
        reading = asyncio.create_task(client.connections.get("c1"))
        await peer.arrived(1, READ.route)
    with pytest.raises(ConfigurationError, match="closed"):
        await reading
    held_responses.release()


async def test_fast_get_raises_read_error_for_what_is_not_http(peer: Peer, used: list[bool]) -> None:
    """Data that aiohttp's parser rejects raises an SDK error without the data."""
    peer.serve(READ.route, raw(b"SSH-2.0-OpenSSH_9.0\r\n", then="hang"))
    async with AsyncClient(**peer.options(retry=ONCE)) as client:
        with pytest.raises(ReadError, match="the response is not valid HTTP"):
            await client.connections.get("c1")
