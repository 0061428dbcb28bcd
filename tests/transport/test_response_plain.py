"""What counts as a plain response, and that it reads as aiohttp's parser reads it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from hypothesis import example, given
from hypothesis import strategies as st

from warehouse_sync.transport.aiohttp_internals import ResponseReader, is_supported
from warehouse_sync.transport.response import PlainResponse, read_plain_response

BODY = b'{"a":1}'
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n" + BODY


def response(
    *lines: bytes, status: bytes = b"HTTP/1.1 200 OK", body: bytes = BODY, end: bytes = b"\r\n"
) -> bytes:
    """The bytes of a response."""
    return b"".join(line + end for line in (status, *lines, b"")) + body


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        response(b"Content-Length: 7", b"Connection: keep-alive"),
        response(b"connection: Keep-Alive", b"CONTENT-LENGTH: 7", b"Keep-Alive: timeout=5"),
        response(b"Content-Length: 7", b"Vary: Accept-Encoding, Content-Encoding, Connection", b"Empty:"),
        response(b"Content-Length: 7", status=b"HTTP/1.1 200 "),
        response(b"Content-Length: 0", body=b""),
        response(b"Content-Length: 7", *[b"X-%d: y" % number for number in range(63)]),
    ],
)
def test_plain_response_is_read(data: bytes) -> None:
    """The body is what follows the head."""
    plain = read_plain_response(data)
    assert plain is not None
    assert plain.head + plain.body == data
    assert plain.head.endswith(b"\r\n\r\n")
    assert plain.status == 200


ODD = {
    "another status": response(b"Content-Length: 7", status=b"HTTP/1.1 201 Created"),
    "an error status": response(b"Content-Length: 7", status=b"HTTP/1.1 503 No"),
    "no content": response(b"Content-Length: 0", status=b"HTTP/1.1 204 No Content", body=b""),
    "an interim response first": response(status=b"HTTP/1.1 100 Continue", body=PLAIN),
    "HTTP/1.0": response(b"Content-Length: 7", status=b"HTTP/1.0 200 OK"),
    "a status line without a reason": response(b"Content-Length: 7", status=b"HTTP/1.1 200"),
    "a leading space": b" " + PLAIN,
    "a leading line end": b"\r\n" + PLAIN,
    "no length": response(b"Content-Type: application/json"),
    "two lengths": response(b"Content-Length: 7", b"Content-Length: 7"),
    "two different lengths": response(b"Content-Length: 7", b"Content-Length: 8"),
    "a list of lengths": response(b"Content-Length: 7, 7"),
    "length and chunked": response(b"Content-Length: 7", b"Transfer-Encoding: chunked"),
    "chunked": response(b"Transfer-Encoding: chunked", body=b"7\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "identity": response(b"Content-Length: 7", b"Transfer-Encoding: identity"),
    "a content encoding": response(b"Content-Length: 7", b"Content-Encoding: gzip"),
    "an upgrade": response(b"Content-Length: 7", b"Upgrade: websocket"),
    "a closing connection": response(b"Content-Length: 7", b"Connection: close"),
    "both kinds of connection": response(b"Content-Length: 7", b"Connection: keep-alive, close"),
    "a closing proxy": response(b"Content-Length: 7", b"Proxy-Connection: close"),
    "an old websocket key": response(b"Content-Length: 7", b"Sec-WebSocket-Key1: x"),
    "a plus sign": response(b"Content-Length: +7"),
    "a minus sign": response(b"Content-Length: -7"),
    "a leading zero": response(b"Content-Length: 07"),
    "a hexadecimal length": response(b"Content-Length: 0x7"),
    "an underscore": response(b"Content-Length: 1_0", body=BODY + b"123"),
    "no space before the length": response(b"Content-Length:7"),
    "two spaces before the length": response(b"Content-Length:  7"),
    "a space after the length": response(b"Content-Length: 7 "),
    "a tab before the length": response(b"Content-Length:\t7"),
    "a space before the colon": response(b"Content-Length : 7"),
    "a folded line": response(b"Content-Length: 7", b"X: a", b" b"),
    "a folded length": response(b"Content-Length:", b" 7"),
    "a first line that is folded": response(b" Content-Length: 7"),
    "a line without a colon": response(b"Content-Length: 7", b"X"),
    "an empty name": response(b"Content-Length: 7", b": x"),
    "line feeds alone": response(b"Content-Length: 7", end=b"\n"),
    "one line feed alone": response(b"Content-Length: 7\nX: y"),
    "a carriage return alone": response(b"Content-Length: 7\rX: y"),
    "a null byte": response(b"Content-Length: 7", b"X: \0"),
    "a control character": response(b"Content-Length: 7", b"X: \x0b"),
    "a byte beyond ASCII": response(b"Content-Length: 7", b"X: \xe9"),
    "a name beyond ASCII": response(b"Content-Length: 7", b"\xe9: x"),
    "more bytes than announced": PLAIN + b"x",
    "a second response": PLAIN + PLAIN,
    "fewer bytes than announced": PLAIN[:-1],
    "a head alone": PLAIN[: -len(BODY)],
    "half a head": PLAIN[:30],
    "no headers": response(),
    "nothing": b"",
    "many headers": response(b"Content-Length: 7", *[b"X-%d: y" % number for number in range(64)]),
    "a long header": response(b"Content-Length: 7", b"X: " + b"y" * 8000),
}  # fmt: skip


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_anything_else_is_left_to_the_parser(data: bytes) -> None:
    """Whatever could be read in two ways, or is incomplete, is not read here."""
    assert read_plain_response(data) is None


@pytest.mark.parametrize(("size", "is_plain"), [(8000, True), (8001, False)])
def test_head_of_a_plain_response_is_limited(size: int, *, is_plain: bool) -> None:
    """A head of 8,000 bytes is read here, and a larger one by the parser."""
    head = len(response(b"Content-Length: 7", b"X: ")) - len(BODY)
    data = response(b"Content-Length: 7", b"X: " + b"y" * (size - head))
    assert (read_plain_response(data) is not None) == is_plain


def test_headers_of_a_plain_response_are_read_when_asked_for() -> None:
    """Names compare without regard to case, values lose the spaces around them, and the first of several counts."""
    plain = read_plain_response(response(b"Content-Length: 7", b"A-B: \t x y \t", b"a-b: second", b"C:"))
    assert plain is not None
    assert (plain.headers["a-b"], plain.headers["c"]) == ("x y", "")
    assert len(plain.headers) == 4


@pytest.mark.parametrize(
    ("lines", "usage"),
    [
        ([b"x-MP-rate-limit-percentage-USED: \t 7 % \t"], "7 %"),
        ([b"X-mp-rate-limit-percentage-used:1", b"X-mp-rate-limit-percentage-used: 2"], "1"),
        ([b"X-mp-rate-limit-percentage-used:"], ""),
        ([b"Y-X-mp-rate-limit-percentage-used: 1", b"Y: x-mp-rate-limit-percentage-used:1"], None),
    ],
)
def test_usage_of_a_plain_response_is_that_of_its_headers(lines: list[bytes], usage: str | None) -> None:
    """Names compare without regard to case, values lose the spaces around them, and the first of several counts."""
    plain = read_plain_response(response(b"Content-Length: 7", *lines))
    assert plain is not None
    assert (plain.status, plain.body, plain.usage) == (200, BODY, usage)
    assert plain.usage == plain.headers.get("X-mp-rate-limit-percentage-used")


def test_repr_of_a_plain_response_shows_nothing_of_it() -> None:
    """The body may hold anything."""
    assert "Content-Type" not in repr(read_plain_response(PLAIN))
    assert '"a"' not in repr(read_plain_response(PLAIN))


LINES = st.sampled_from(
    [
        b"Content-Length: 7",
        b"content-length: 7",
        b"Content-Length: 8",
        b"Content-Length: 0",
        b"Content-Length: 07",
        b"Content-Length:7",
        b"Content-Length: +7",
        b"Content-Length: 7 ",
        b"Transfer-Encoding: chunked",
        b"Content-Encoding: gzip",
        b"Connection: keep-alive",
        b"Connection: close",
        b"Proxy-Connection: close",
        b"Upgrade: h2c",
        b"Content-Type: application/json",
        b"Set-Cookie: a=b",
        b"X: \xe9",
        b"X:",
        b" folded",
        b"X : y",
        b"Keep-Alive: timeout=5",
    ]
)
STATUSES = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 ", b"HTTP/1.1 200", b"HTTP/1.1 204 No", b"HTTP/1.1 404 No", b"HTTP/1.0 200 OK", b"HTTP/1.1 100 Go"]
)  # fmt: skip
BODIES = st.sampled_from([b"", BODY, BODY + b"1", BODY * 2, PLAIN, b"7\r\n" + BODY + b"\r\n0\r\n\r\n"])


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    """Responses made of usual and unusual parts, with or without a few changed bytes."""
    lines = draw(st.lists(LINES, max_size=4))
    if draw(st.booleans()):
        lines.append(b"Content-Length: 7")
    end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"]))
    data = bytearray(response(*lines, status=draw(STATUSES), body=draw(BODIES), end=end))
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        start = draw(st.integers(0, len(data)))
        data[start : start + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data)


@st.composite
def splits(draw: st.DrawFn) -> list[bytes]:
    """Bytes that may be a response, cut into pieces anywhere."""
    data = draw(st.one_of(responses(), responses(), st.just(PLAIN), st.binary(max_size=60)))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=3)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


Outcome = tuple[list[tuple[int, list[tuple[str, str]], bytes, bool]], str, bool]


def outcome(protocol: ResponseHandler, pieces: list[bytes]) -> Outcome:
    """What a connection delivers: its responses, its exception, and whether it must be closed."""
    for piece in pieces:
        protocol.data_received(piece)
    closes = protocol._should_close or (protocol._payload is not None and not protocol._payload.is_eof())
    received = list(protocol._buffer)
    delivered = [delivery(item) for item, _ in received]
    rest = len(received) > 1 or bool(protocol._tail) or protocol._upgraded
    return delivered, type(protocol.exception()).__name__, closes or rest


def delivery(item: Any) -> tuple[int, list[tuple[str, str]], bytes, bool]:
    """Status, headers, what there is of the body, and whether it is complete."""
    if isinstance(item, PlainResponse):
        return item.status, list(item.headers.items()), item.body, True
    message, content = item
    return message.code, list(message.headers.items()), b"".join(pieces_of(content)), content.is_eof()


def pieces_of(content: aiohttp.StreamReader) -> Iterator[bytes]:
    """What has arrived of a body."""
    return iter(getattr(content, "_buffer", ()))


@pytest.mark.skipif(not is_supported(), reason="FastGet does not support this aiohttp")
@given(pieces=splits())
@example(pieces=[PLAIN])
@example(pieces=[b"", PLAIN])
@example(pieces=[PLAIN + b"x"])
@example(pieces=[PLAIN, b"HTTP/1.1 200 OK\r\n"])
@example(pieces=[PLAIN[:5], PLAIN[5:]])
@example(pieces=[PLAIN[: -len(BODY)], BODY])
def test_responses_read_as_aiohttp_reads_them(pieces: list[bytes]) -> None:
    """Any bytes, split anywhere: the same responses and errors, and the connection is kept or closed alike."""
    loop = asyncio.new_event_loop()
    try:
        theirs = ResponseHandler(loop)
        theirs.set_response_params(read_until_eof=True)
        ours = ResponseReader(loop, memoryview(bytearray(1)))
        ours.expect_response(None)
        expected, actual = outcome(theirs, pieces), outcome(ours, pieces)
    finally:
        loop.close()
    first, *rest = [piece for piece in pieces if piece] or [b""]
    if read_plain_response(first) and rest:  # unsolicited, so it is not read, and the connection is closed
        assert actual == (expected[0][:1], "NoneType", True)
    else:
        assert actual == expected
