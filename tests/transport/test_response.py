"""Reading a response in pieces, to its end or to the limit."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict

from warehouse_sync.errors import ResponseTooLargeError
from warehouse_sync.transport import response as response_module
from warehouse_sync.transport.response import _read, _read_bounded, _read_error, read_response


class Response:
    """A response that arrives in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.closed = self.ended = False
        self.content = self
        self.connection: Any = None
        self.headers: CIMultiDict[str] = CIMultiDict()
        self.status = 200

    def is_eof(self) -> bool:
        """Return whether the body is complete."""
        return self.ended

    def read_nowait(self) -> bytes:
        """Return the received part of the body."""
        return b"".join(self.pieces)

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Yield the pieces, as aiohttp's reader does."""
        for piece in self.pieces:
            yield piece

    def close(self) -> None:
        """Close the connection."""
        self.closed = True


async def test_read_bounded_joins_the_pieces() -> None:
    """A body of exactly the limit is read."""
    response: Any = Response(b"ab", b"c", b"d")
    reading = set[Any]()
    assert await _read_bounded(response, reading, 4) == b"abcd"
    assert reading == set()


async def test_read_bounded_rejects_a_body_above_the_limit() -> None:
    """The error contains the limit."""
    response: Any = Response(b"x" * 1024, b"x" * 1024, b"x")
    with pytest.raises(
        ResponseTooLargeError, match=r"^the response is larger than 2 KiB once decompressed; the rest was"
    ):
        await _read_bounded(response, set(), 2048)


async def test_read_returns_a_complete_body_or_reads_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A complete body needs no loop; an incomplete one is read up to the limit."""
    response: Any = Response(b"ab", b"c")
    assert await _read(response, set()) == b"abc"
    response.ended = True
    assert await _read(response, set()) == b"abc"
    response.ended = False
    monkeypatch.setattr(response_module, "MAX_BODY", 2)
    with pytest.raises(ResponseTooLargeError):
        await _read(response, set())


async def test_read_error_of_a_long_body_returns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is still reported, and the connection is closed."""
    monkeypatch.setattr(response_module, "MAX_ERROR_BODY", 3)
    response: Any = Response(b"ab", b"cd")
    assert await _read_error(response, set()) == b""
    assert response.closed


@pytest.mark.parametrize(("status", "success"), [(199, False), (200, True), (299, True), (300, False)])
async def test_read_response_reads_more_headers_of_errors(status: int, *, success: bool) -> None:
    """The used rate limit is read from all responses, the retry delay and request id from errors."""
    response: Any = Response(b"body")
    response.status = status
    response.headers.update(
        {
            "x-mp-rate-limit-percentage-used": "7",
            "RetryAfter": "5",
            "x-amzn-RequestId": "b",
            "X-Request-Id": "a",
        }
    )
    parsed = await read_response(response, set())
    assert (parsed.status, parsed.body, parsed.usage) == (status, b"body", "7")
    assert (parsed.retry_after, parsed.request_id) == ((None, None) if success else ("5", "a"))


@pytest.mark.parametrize("header", ["Content-Length", "Transfer-Encoding"])
async def test_reset_ends_a_body_without_length(header: str) -> None:
    """Only then the end of the connection is the end of the body, and a reset loses a part of it."""
    response: Any = Response(b"body")
    response.connection = SimpleNamespace(protocol=SimpleNamespace(exception=ConnectionResetError))
    with pytest.raises(aiohttp.ClientPayloadError):
        await read_response(response, set())
    response.headers[header] = "1"
    assert (await read_response(response, set())).body == b"body"
