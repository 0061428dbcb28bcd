"""`FastGet` over real connections: plain responses, all others, and never one of another request."""

import asyncio
import gzip
import json
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support.internals import loop_session
from tests.support.kinds import BASE, CONNECTION, READ
from tests.support.peer import Answer, HeldResponses, Peer, PeerConnection, http, raw, reply
from warehouse_sync import AsyncClient, Timeout
from warehouse_sync.transport import aiohttp_internals
from warehouse_sync.transport.aiohttp_internals import Connector, ResponseReader
from warehouse_sync.transport.response import read_plain_response

pytestmark = pytest.mark.skipif(
    not aiohttp_internals.is_supported(),
    reason="FastGet does not support this aiohttp",
)

BODY = json.dumps(CONNECTION).encode()
WHOLE = http(200, BODY)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each response to `FastGet`, whether it was plain."""
    calls: list[bool] = []

    def recording(data: bytes | memoryview) -> Any:
        response = read_plain_response(data)
        calls.append(response is not None)
        return response

    monkeypatch.setattr(aiohttp_internals, "read_plain_response", recording)
    return calls


def kept(client: AsyncClient) -> list[ResponseReader]:
    """The idle keep-alive connections of a client."""
    connector: Any = loop_session(client).aiohttp_session.connector
    return [reader for connections in connector._conns.values() for reader, _ in connections]


async def test_plain_response_needs_no_parser(peer: Peer, plain: list[bool]) -> None:
    """Each response that arrives in one piece goes to its request without aiohttp's parser."""
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options()) as client:
        for _ in range(3):
            assert (await client.connections.get("c1")).id == "c1"
    assert plain == [True, True, True]
    assert {arrival.connection for arrival in peer.on(READ.route)} == {0}


async def test_plain_response_needs_no_parser_over_tls(plain: list[bool], tmp_path: Path) -> None:
    """The same over TLS."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Peer(tls=context) as peer:
        peer.serve(READ.route, READ.success)
        async with AsyncClient(**peer.options(ca_file=tmp_path / "ca.pem")) as client:
            for _ in range(3):
                assert (await client.connections.get("c1")).id == "c1"
    assert plain == [True, True, True]
    assert {arrival.connection for arrival in peer.on(READ.route)} == {0}


@pytest.mark.parametrize("cut", [1, 30, len(WHOLE) - len(BODY), len(WHOLE) - 1])
async def test_response_in_two_pieces_is_read_by_the_parser(peer: Peer, plain: list[bool], cut: int) -> None:
    """Wherever it is cut: the model is the same, and the connection is used again."""
    held_responses = HeldResponses()

    async def first_half(connection: PeerConnection) -> None:
        await connection.send(WHOLE[:cut])
        await held_responses.hold(raw(WHOLE[cut:]))(connection)

    peer.serve(READ.route, first_half, READ.success)
    async with AsyncClient(**peer.options()) as client:
        reading = asyncio.create_task(client.connections.get("c1"))
        while not plain:  # noqa: ASYNC110 - aiohttp has no event for it
            await asyncio.sleep(0)
        held_responses.release()
        assert (await reading).id == "c1"
        await client.connections.get("c1")
    assert plain == [False, True]
    assert {arrival.connection for arrival in peer.on(READ.route)} == {0}


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n0\r\n\r\n" % (
    len(BODY),
    BODY,
)
UNUSUAL: dict[str, Answer] = {
    "chunked": raw(CHUNKED),
    "compressed": reply(200, gzip.compress(BODY), Content_Encoding="gzip"),
    "leading zero": raw(WHOLE.replace(b"Content-Length: ", b"Content-Length: 0")),
    "after an interim response": raw(b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE),
    "larger than the buffer": reply(200, {**CONNECTION, "name": "x" * 600_000}),
}


@pytest.mark.parametrize("answer", UNUSUAL.values(), ids=UNUSUAL)
async def test_response_that_is_not_plain_is_read_by_the_parser(
    peer: Peer, plain: list[bool], answer: Answer
) -> None:
    """The model is the same, the connection is used again, and the next plain response needs no parser."""
    peer.serve(READ.route, READ.success, answer, READ.success)
    async with AsyncClient(**peer.options()) as client:
        for _ in range(3):
            assert (await client.connections.get("c1")).id == "c1"
    assert plain == [True, False, True]
    assert {arrival.connection for arrival in peer.on(READ.route)} == {0}


async def test_connection_that_the_server_closes_is_not_reused(peer: Peer, plain: list[bool]) -> None:
    """`Connection: close` ends it after the response."""
    peer.serve(READ.route, reply(200, CONNECTION, Connection="close"), READ.success)
    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        await client.connections.get("c1")
    assert plain == [False]
    first, second = peer.on(READ.route)
    assert first.connection != second.connection


async def test_response_that_arrives_as_its_request_is_cancelled_is_dropped(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not delivered to the next request, which uses another connection."""
    peer.serve(READ.route, READ.success, reply(200, {**CONNECTION, "id": "dropped"}), READ.success)
    feed_data = ResponseReader.feed_data

    def cancelling(self: ResponseReader, data: Any, size: int = 0) -> None:
        feed_data(self, data, size)
        reading.cancel()

    async with AsyncClient(**peer.options()) as client:
        await client.connections.get("c1")
        with monkeypatch.context() as patch:
            patch.setattr(ResponseReader, "feed_data", cancelling)
            reading = asyncio.create_task(client.connections.get("c1"))
            with pytest.raises(asyncio.CancelledError):
                await reading
        assert not kept(client)
        assert (await client.connections.get("c1")).id == "c1"
    assert [arrival.connection for arrival in peer.on(READ.route)] == [0, 0, 1]


async def test_responses_of_many_connections_do_not_mix(peer: Peer) -> None:
    """Connections that share the buffer to receive into deliver each its own response, small and large."""
    ids = [f"c{number}" for number in range(24)]
    for number, name in enumerate(ids):
        document = {**CONNECTION, "id": name, "name": name * (1 if number % 2 else 50_000)}
        peer.serve(f"GET {BASE}/connections/{name}", reply(200, document))
    async with AsyncClient(**peer.options()) as client:
        for _ in range(3):
            found = await asyncio.gather(*map(client.connections.get, ids))
            assert [connection.id for connection in found] == ids
            assert all(connection.name.startswith(connection.id) for connection in found)
            assert [len(connection.name) for connection in found[1::2]] == [len(name) for name in ids[1::2]]


async def test_timer_of_a_plain_response_ends_with_it(peer: Peer) -> None:
    """An idle connection has no timer that would close it."""
    peer.serve(READ.route, READ.success)
    async with AsyncClient(**peer.options(timeout=Timeout(read=30))) as client:
        await client.connections.get("c1")
        [reader] = kept(client)
        assert reader._read_timeout_handle is None


def test_unsolicited_data_after_a_plain_response_closes_its_connection() -> None:
    """However little it is, and also if the connection has read other responses before."""
    loop = asyncio.new_event_loop()
    reader = ResponseReader(loop, memoryview(bytearray(1)))
    for response in (CHUNKED, WHOLE):
        reader.expect_response(None)
        reader.data_received(response)
        reader._buffer.popleft()
        assert not reader.should_close
    reader.data_received(b"H")
    loop.close()
    assert reader.should_close


def test_buffer_is_shared_by_the_connections_of_a_connector() -> None:
    """Only the bytes that arrived last are read from it."""
    loop, buffer = asyncio.new_event_loop(), memoryview(bytearray(1000))
    first, second = ResponseReader(loop, buffer), ResponseReader(loop, buffer)
    for reader, data in ((first, WHOLE), (second, WHOLE.replace(b"c1", b"c2")), (first, b"x")):
        reader.expect_response(None)
        reader.get_buffer(-1)[: len(data)] = data
        reader.buffer_updated(len(data))
    loop.close()
    assert [item.body for item, _ in first._buffer] == [BODY]  # type: ignore[attr-defined] # a plain response
    assert [item.body for item, _ in second._buffer] == [BODY.replace(b"c1", b"c2")]  # type: ignore[attr-defined] # the same


async def test_connectors_do_not_share_a_buffer() -> None:
    """Connectors of two loops may receive at the same time."""
    async with Connector() as first, Connector() as second:
        assert first._factory().get_buffer(-1) is first._factory().get_buffer(-1)  # type: ignore[attr-defined] # a ResponseReader
        assert first._factory().get_buffer(-1) is not second._factory().get_buffer(-1)  # type: ignore[attr-defined] # the same
