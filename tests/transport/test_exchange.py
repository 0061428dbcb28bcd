"""Reading an answer piece by piece: to its end, or to where it is too large."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict
from yarl import URL

from warehouse_sync.errors import ConfigurationError, ReadError, ResponseTooLargeError
from warehouse_sync.transport import exchange
from warehouse_sync.transport.exchange import (
    _read,
    _read_bounded,
    _read_error,
    _read_response,
)
from warehouse_sync.transport.fast_get import delimiting_connection
from warehouse_sync.transport.request import ApiRequest, BaseUrl, RequestHeaders


class Response:
    """An answer that comes in these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.closed = self.ended = False
        self.content = self
        self.connection: Any = None
        self.headers: CIMultiDict[str] = CIMultiDict()
        self.status = 200

    def is_eof(self) -> bool:
        """Tell whether all of it has come already."""
        return self.ended

    def read_nowait(self) -> bytes:
        """Return what has come."""
        return b"".join(self.pieces)

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Yield the pieces, as aiohttp's reader does."""
        for piece in self.pieces:
            yield piece

    def close(self) -> None:
        """Give the connection up."""
        self.closed = True


@pytest.mark.parametrize(("closed", "kind"), [(True, ConfigurationError), (False, ReadError)])
async def test_exchange_over_a_session_that_was_closed_says_so(
    *, closed: bool, kind: type[Exception]
) -> None:
    """Whatever aiohttp raises then, it is our closing that the caller should know of."""

    async def request(*_: Any, **__: Any) -> None:
        raise aiohttp.ServerDisconnectedError

    local: Any = SimpleNamespace(
        fast_get=None,
        options={},
        aiohttp_session=SimpleNamespace(request=request, closed=closed),
        closed_message="closed, so",
    )
    with pytest.raises(kind, match="closed, so" if closed else "the connection broke") as caught:
        await exchange.exchange(
            local, ApiRequest("GET", "/x", bytes), RequestHeaders(BaseUrl(URL("https://h")), {})
        )
    assert caught.value.__cause__ is caught.value.__context__ is None


def here() -> Any:
    """A loop's share of the pool, as far as reading needs it."""
    return SimpleNamespace(reading=set())


async def test_read_bounded_puts_the_pieces_together() -> None:
    """A body up to the limit, and just that, is read whole."""
    response: Any = Response(b"ab", b"c", b"d")
    local = here()
    assert await _read_bounded(local, response, 4) == b"abcd"
    assert local.reading == set()


async def test_read_bounded_refuses_one_byte_more() -> None:
    """The error tells the limit."""
    response: Any = Response(b"x" * 1024, b"x" * 1024, b"x")
    with pytest.raises(
        ResponseTooLargeError, match=r"^the response is larger than 2 KiB once decompressed; the rest was"
    ):
        await _read_bounded(here(), response, 2048)


async def test_read_takes_what_has_come_or_waits_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that is there costs no loop; one that is still coming is bounded."""
    response: Any = Response(b"ab", b"c")
    assert await _read(here(), response) == b"abc"
    response.ended = True
    assert await _read(here(), response) == b"abc"
    response.ended = False
    monkeypatch.setattr(exchange, "MAX_BODY", 2)
    with pytest.raises(ResponseTooLargeError):
        await _read(here(), response)


async def test_read_error_that_is_too_long_explains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its status counts all the same; its connection is given up."""
    monkeypatch.setattr(exchange, "MAX_ERROR_BODY", 3)
    response: Any = Response(b"ab", b"cd")
    assert await _read_error(here(), response) == b""
    assert response.closed


@pytest.mark.parametrize(("status", "success"), [(199, False), (200, True), (299, True), (300, False)])
async def test_answer_of_an_error_tells_more_than_a_success(status: int, *, success: bool) -> None:
    """What the server says of its load is read in both; when to come back, and the request's id, of errors."""
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
    answer = await _read_response(here(), response)
    assert (answer.status, answer.body, answer.usage) == (status, b"body", "7")
    assert (answer.retry_after, answer.request_id) == ((None, None) if success else ("5", "a"))


@pytest.mark.parametrize("header", ["Content-Length", "Transfer-Encoding"])
def test_delimiting_connection_is_that_of_a_response_without_length(
    header: str,
) -> None:
    """Only then is the end of the connection the end of the answer, and only while there is a connection."""
    response: Any = Response()
    assert delimiting_connection(response) is None
    response.connection = SimpleNamespace(protocol=(line := object()))
    assert delimiting_connection(response) is line
    response.headers[header] = "1"
    assert delimiting_connection(response) is None
