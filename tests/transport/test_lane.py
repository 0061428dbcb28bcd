"""The short lane says the same as aiohttp's session, and stays out of everybody's way."""

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Any
from unittest import mock

import aiohttp
import pytest

from tests.support.clock import warp
from tests.support.kinds import CONNECTION, CREATE, DELETE, READ, UPDATE, Kind
from tests.support.peer import Arrival, Gate, Line, Peer, http, raw, refusal, reply, stall
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
from warehouse_sync.transport import connector
from warehouse_sync.transport.lane import Lane

pytestmark = pytest.mark.skipif(
    not aiohttp.__version__.startswith(connector.WRITTEN_FOR), reason="this version of aiohttp has no lane"
)

ONCE = RetryPolicy(attempts=1)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Notes of each GET whether the lane took it."""
    notes: list[bool] = []
    get = Lane.get

    async def noting(self: Lane, *arguments: Any) -> Any:
        answer = await get(self, *arguments)
        notes.append(answer is not None)
        return answer

    monkeypatch.setattr(Lane, "get", noting)
    return notes


async def arrivals(peer: Peer, **options: Any) -> list[Arrival]:
    """Make a few reads, and return how they arrived."""
    peer.serve(READ.route, READ.success)
    before = peer.count(READ.route)
    async with AsyncClient(**peer.options(**options)) as client:
        for _ in range(3):
            assert (await client.connections.get("c1")).id == "c1"
    return peer.on(READ.route)[before:]


def said(found: list[Arrival]) -> list[tuple[str, dict[str, str]]]:
    """What requests say, without the connection they came on."""
    return [(arrival.target, dict(arrival.headers)) for arrival in found]


async def test_lane_says_what_a_session_says(
    peer: Peer, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same lines and headers, the token among them, as where every request goes through the session."""
    ours = said(await arrivals(peer))
    assert taken == [True, True, True]
    monkeypatch.setattr(connector, "WRITTEN_FOR", "another version")
    assert said(await arrivals(peer)) == ours
    assert taken == [True, True, True]


async def test_lane_is_for_reads_alone(peer: Peer, taken: list[bool]) -> None:
    """What changes something goes through the session."""
    peer.serve("DELETE *", reply(204))
    async with AsyncClient(**peer.options()) as client:
        await client.connections.delete("c1")
    assert not taken


async def test_lane_takes_only_kept_connections(peer: Peer, taken: list[bool]) -> None:
    """The first request to a host connects through the session; the next one finds the connection kept."""
    peer.serve(READ.route, READ.success)
    with Peer() as tokens:
        options = peer.options(token_url=f"{tokens.url}/oauth/token")
        async with AsyncClient(**options) as client:
            await client.connections.get("c1")
            await client.connections.get("c1")
    assert taken == [False, True]


async def test_lane_is_shut_on_borrowed_sessions(peer: Peer, taken: list[bool]) -> None:
    """A caller's session may do anything with a request."""
    async with aiohttp.ClientSession() as session:
        await arrivals(peer, session=session)
    assert not taken


async def test_lane_is_shut_where_the_environment_is_trusted(peer: Peer, taken: list[bool]) -> None:
    """A proxy may be wanted."""
    await arrivals(peer, trust_env=True)
    assert not taken


async def test_lane_is_shut_on_sessions_that_trace(
    peer: Peer, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Monitors add traces to every session that is opened, and then see every request."""
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
    assert not taken


class Alike:
    """A wrapper that compares equal to what it wraps, as the proxies of monitors do."""

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
async def test_lane_is_shut_while_the_sessions_methods_are_replaced(
    peer: Peer, taken: list[bool], name: str, replaced: Callable[[Any], Any]
) -> None:
    """A mock or a monitor that comes while the client is open sees every request until it goes."""
    peer.serve(READ.route, READ.success)
    replacement = replaced(getattr(aiohttp.ClientSession, name))
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        with mock.patch.object(aiohttp.ClientSession, name, replacement):
            await client.connections.get("c1")
        await client.connections.get("c1")
    assert taken == [True, False, True]


@pytest.mark.parametrize("replaced", [Alike, wrapped, mocked])
async def test_lane_does_not_open_while_the_sessions_methods_are_replaced(
    peer: Peer, taken: list[bool], monkeypatch: pytest.MonkeyPatch, replaced: Callable[[Any], Any]
) -> None:
    """What was there first is not taken for aiohttp's own."""
    monkeypatch.setattr(aiohttp.ClientSession, "_request", replaced(aiohttp.ClientSession._request))
    await arrivals(peer)
    assert not taken


async def test_lane_does_not_take_what_came_unasked_for_the_answer(peer: Peer, taken: list[bool]) -> None:
    """A server that says something between two requests, and keeps the connection, is asked on another one."""
    gate = Gate()

    async def answer_and_more(line: Line) -> None:
        await READ.success(line)
        await gate.hold(reply(200, {**CONNECTION, "id": "another"}))(line)

    peer.serve(READ.route, answer_and_more, READ.success)
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        gate.open()
        while not unasked(client):  # noqa: ASYNC110 - aiohttp has no event for it
            await asyncio.sleep(0)
        assert (await client.connections.get("c1")).id == "c1"
    first, second = peer.on(READ.route)
    assert first.line != second.line
    assert taken == [True, False]


def unasked(client: AsyncClient) -> bool:
    """Whether something has come on a connection that is kept."""
    connector: Any = client._transport.carrier.pool.here().session.connector
    return any(len(protocol) for kept in connector._conns.values() for protocol, _ in kept)


@pytest.mark.parametrize("kind", [UPDATE, DELETE, CREATE], ids=lambda kind: kind.name)
async def test_changes_do_not_take_what_came_unasked_for_the_answer(peer: Peer, kind: Kind) -> None:
    """An answer nobody asked for must not make a refused change look like a success."""
    gate = Gate()

    async def answer_and_more(line: Line) -> None:
        await READ.success(line)
        await gate.hold(kind.success)(line)

    peer.serve(READ.route, answer_and_more)
    peer.serve(kind.route, refusal(403, "no"))
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        gate.open()
        while not unasked(client):  # noqa: ASYNC110 - aiohttp has no event for it
            await asyncio.sleep(0)
        with pytest.raises(ForbiddenError):
            await kind.call(client)


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]
)
async def test_lane_passes_over_interim_answers(peer: Peer, taken: list[bool], interim: bytes) -> None:
    """The answer is the first that is final."""
    peer.serve(READ.route, raw(interim + interim + http(200, json.dumps(CONNECTION).encode())))
    async with AsyncClient(**peer.options()) as client:
        assert (await client.connections.get("c1")).id == "c1"
    assert taken == [True]


async def test_lane_keeps_its_read_timeout_after_an_interim_answer(peer: Peer, taken: list[bool]) -> None:
    """A server that says "continue" and then nothing has `Timeout.read` to say more."""
    jump = warp(asyncio.get_running_loop())

    async def continue_and_stall(line: Line) -> None:
        await line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        jump(1.05)
        await stall()(line)

    peer.serve(READ.route, continue_and_stall)
    options = peer.options(retry=ONCE, timeout=Timeout(total=None, read=1))
    async with AsyncClient(**options) as client:
        with pytest.raises(TimeoutError) as caught:
            await client.connections.get("c1")
    assert caught.value.phase == "read"


@pytest.mark.parametrize("status", ["000", "099"])
async def test_lane_takes_no_nonsense_for_an_interim_answer(
    peer: Peer, taken: list[bool], status: str
) -> None:
    """A status below 100 is an answer, and an error."""
    peer.serve(READ.route, raw(f"HTTP/1.1 {status} Odd\r\nContent-Length: 0\r\n\r\n".encode()))
    async with AsyncClient(**peer.options(retry=ONCE)) as client:
        with pytest.raises((APIError, ReadError)):
            await client.connections.get("c1")


async def test_lane_refuses_to_switch_protocols(peer: Peer, taken: list[bool]) -> None:
    """Nobody asked for another protocol: an error, and the connection is not used again."""
    switch = raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n")
    peer.serve(READ.route, switch, READ.success)
    async with AsyncClient(**peer.options(retry=ONCE)) as client:
        with pytest.raises(APIError, match="101"):
            await client.connections.get("c1")
        await client.connections.get("c1")
    first, second = peer.on(READ.route)
    assert first.line != second.line


async def test_lane_of_a_client_closed_meanwhile_says_so(peer: Peer, taken: list[bool]) -> None:
    """A read under way when its client is closed ends with an error that names the mend."""
    gate = Gate()
    peer.serve(READ.route, gate.hold(READ.success))
    async with AsyncClient(**peer.options()) as client:
        reading = asyncio.create_task(client.connections.get("c1"))
        await peer.arrived(1, READ.route)
    with pytest.raises(ConfigurationError, match="closed"):
        await reading
    gate.open()


async def test_lane_names_answers_that_are_not_http(peer: Peer, taken: list[bool]) -> None:
    """What aiohttp's parser refuses is an error of ours, without what the server said."""
    peer.serve(READ.route, raw(b"SSH-2.0-OpenSSH_9.0\r\n", then="hang"))
    async with AsyncClient(**peer.options(retry=ONCE)) as client:
        with pytest.raises(ReadError, match="not HTTP the SDK can read"):
            await client.connections.get("c1")
