"""Reading a response in pieces, to its end or to the limit."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict
from yarl import URL

from tests.support.kinds import BASE, READ
from tests.support.peer import Peer
from warehouse_sync import AsyncClient
from warehouse_sync.errors import ConfigurationError, ReadError, ResponseTooLargeError
from warehouse_sync.transport import exchange
from warehouse_sync.transport.aiohttp_internals import delimiting_connection
from warehouse_sync.transport.exchange import (
    _read,
    _read_bounded,
    _read_error,
    _read_response,
)
from warehouse_sync.transport.request import ApiRequest, BaseUrl, RequestHeaders


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


@pytest.mark.parametrize(("closed", "kind"), [(True, ConfigurationError), (False, ReadError)])
async def test_exchange_over_a_closed_session_is_a_clear_error(
    *, closed: bool, kind: type[Exception]
) -> None:
    """Whatever aiohttp raises, the cause is that the client was closed."""

    async def request(*_: Any, **__: Any) -> None:
        raise aiohttp.ServerDisconnectedError

    session: Any = SimpleNamespace(
        fast_get=None,
        options={},
        aiohttp_session=SimpleNamespace(request=request, closed=closed),
        closed_message="closed, so",
        proxy=lambda _: None,
    )
    with pytest.raises(kind, match="closed, so" if closed else "the connection broke") as caught:
        await exchange.exchange(
            session, ApiRequest("GET", "/x", bytes), RequestHeaders(BaseUrl(URL("https://h")), {})
        )
    assert caught.value.__cause__ is caught.value.__context__ is None


async def test_exchange_with_invalid_environment_settings_is_a_clear_error() -> None:
    """With `trust_env`, aiohttp raises `ValueError` for a login in netrc or an invalid proxy variable."""

    async def request(*_: Any, **__: Any) -> None:
        raise ValueError

    session: Any = SimpleNamespace(
        fast_get=None,
        options={},
        aiohttp_session=SimpleNamespace(request=request, closed=False, trust_env=True),
        proxy=lambda _: None,
    )
    headers = RequestHeaders(BaseUrl(URL("https://h")), {})
    with pytest.raises(ConfigurationError, match="netrc has a login"):
        await exchange.exchange(session, ApiRequest("GET", "/x", bytes), headers)


def new_session() -> Any:
    """Return a session with the attributes that reading needs."""
    return SimpleNamespace(reading=set())


async def test_read_bounded_joins_the_pieces() -> None:
    """A body of exactly the limit is read."""
    response: Any = Response(b"ab", b"c", b"d")
    session = new_session()
    assert await _read_bounded(session, response, 4) == b"abcd"
    assert session.reading == set()


async def test_read_bounded_rejects_a_body_above_the_limit() -> None:
    """The error contains the limit."""
    response: Any = Response(b"x" * 1024, b"x" * 1024, b"x")
    with pytest.raises(
        ResponseTooLargeError, match=r"^the response is larger than 2 KiB once decompressed; the rest was"
    ):
        await _read_bounded(new_session(), response, 2048)


async def test_read_returns_a_complete_body_or_reads_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A complete body needs no loop; an incomplete one is read up to the limit."""
    response: Any = Response(b"ab", b"c")
    assert await _read(new_session(), response) == b"abc"
    response.ended = True
    assert await _read(new_session(), response) == b"abc"
    response.ended = False
    monkeypatch.setattr(exchange, "MAX_BODY", 2)
    with pytest.raises(ResponseTooLargeError):
        await _read(new_session(), response)


async def test_read_error_of_a_long_body_returns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is still reported, and the connection is closed."""
    monkeypatch.setattr(exchange, "MAX_ERROR_BODY", 3)
    response: Any = Response(b"ab", b"cd")
    assert await _read_error(new_session(), response) == b""
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
    parsed = await _read_response(new_session(), response)
    assert (parsed.status, parsed.body, parsed.usage) == (status, b"body", "7")
    assert (parsed.retry_after, parsed.request_id) == ((None, None) if success else ("5", "a"))


@pytest.mark.parametrize("header", ["Content-Length", "Transfer-Encoding"])
def test_delimiting_connection_is_that_of_a_response_without_length(
    header: str,
) -> None:
    """Only then the end of the connection is the end of the body."""
    response: Any = Response()
    assert delimiting_connection(response) is None
    response.connection = SimpleNamespace(protocol=(line := object()))
    assert delimiting_connection(response) is line
    response.headers[header] = "1"
    assert delimiting_connection(response) is None


async def test_error_of_a_callback_is_raised_itself(peer: Peer) -> None:
    """An exception that is neither aiohttp's nor the SDK's is not hidden behind another one, and the client stays usable."""

    def fail(_: object) -> None:
        raise LookupError("no such header")

    peer.serve(READ.route, READ.success, READ.success)
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(LookupError, match="no such header"):
            await client._sender.send(ApiRequest("GET", f"{BASE}/connections/c1", bytes, on_headers=fail))
        assert (await client.connections.get("c1")).id == "c1"
