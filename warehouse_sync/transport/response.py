"""Reading of responses.

A plain response needs no HTTP parser: status 200 over HTTP/1.1, a head without any oddity, a body of the length that one
`Content-Length` states, no encoding, a connection that stays open, and nothing after the body. aiohttp's parser reads or rejects
every other response.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import attrs
from multidict import CIMultiDict

from warehouse_sync.errors import ResponseTooLargeError

MAX_BODY: Final = 16 * 1024 * 1024  # bytes of a response body, decompressed
MAX_ERROR_BODY: Final = 256 * 1024  # bytes of the body of an error response

_USAGE = "X-mp-rate-limit-percentage-used"
_CONTENT_TYPE = "Content-Type"
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,80}(?=\s*(?:;|$))", re.ASCII | re.IGNORECASE)
_REQUEST_IDS = ("X-Request-Id", "X-Correlation-Id", "x-amzn-RequestId")

_LARGEST_HEAD: Final = 8000  # bytes; aiohttp rejects lines of more than 8190

_HEAD = re.compile(
    rb"HTTP/1\.1 200 [\x20-\x7e]*+\r\n"
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[\t\x20-\x7e]*+\r\n){1,64}+"  # aiohttp rejects more than 128
    rb"\r\n"
)
_LINE = re.compile(rb"\r\n([^:\r]+):[\t ]*([^\r]*)")
# The headers that decide where a response ends, how its body is encoded, and what follows on its connection.
_FRAMING = re.compile(
    rb"\n((?:con(?:nection(?!: keep-alive\r)|tent-(?:length|encoding))"
    rb"|transfer-encoding|proxy-connection|upgrade|sec-websocket-key1):[^\r]*)"
)
_USAGE_LINE = f"\r\n{_USAGE}:".lower().encode()


@attrs.define(eq=False, repr=False)
class ApiResponse:
    """The response to one request, read completely.

    Attributes:
        status: The HTTP status.
        body: The decompressed body.
        usage: The used share of the rate limit in percent, if the server sent it.
        retry_after: The `Retry-After` header (or `RetryAfter`, as some servers spell it), unparsed.
        request_id: The server's id of the request.
        content_type: The `Content-Type` header of a successful response, unparsed.
    """

    status: int
    body: bytes
    usage: str | None = None
    retry_after: str | None = None
    request_id: str | None = None
    content_type: str | None = None

    @property
    def media_type(self) -> str | None:
        """The media type without parameters; `None` if missing or invalid."""
        match = _MEDIA_TYPE.match(self.content_type or "")
        return None if match is None else match[0].lower()


@attrs.define(eq=False, repr=False)
class PlainResponse(ApiResponse):
    """A plain response.

    Attributes:
        head: The status line and the headers.
    """

    head: bytes = b""

    def close(self) -> None:
        """Do nothing: its connection was released when it arrived."""

    @property
    def media_type(self) -> str | None:
        """The media type without parameters; `None` if missing or invalid."""
        return ApiResponse(self.status, b"", content_type=self.headers.get(_CONTENT_TYPE)).media_type

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, parsed on each access."""
        return CIMultiDict(
            (name.decode("ascii"), value.rstrip(b"\t ").decode("ascii"))
            for name, value in _LINE.findall(self.head)
        )


class FastResponse:
    """A response whose head has arrived.

    It has the attributes of `aiohttp.ClientResponse` that the SDK reads.

    Attributes:
        status: The HTTP status.
        headers: The headers.
        content: The body, decompressed.
        connection: The connection it arrives on.
    """

    __slots__ = ("connection", "content", "headers", "status")

    def __init__(self, message: Any, content: aiohttp.StreamReader, connection: Any) -> None:  # noqa: ANN401 - aiohttp's private classes
        self.status: int = message.code
        self.headers: Mapping[str, str] = message.headers
        self.content: aiohttp.StreamReader = content
        self.connection: Any = connection

    def close(self) -> None:
        """Close the connection, unless it was released after a complete response."""
        self.connection.close()


def read_plain_response(data: bytes | memoryview) -> PlainResponse | None:
    """Return the plain response in `data`, or `None` if `data` is anything else."""
    match = _HEAD.match(data)
    if match is None or match.end() > _LARGEST_HEAD:
        return None
    end = match.end()
    head = bytes(data[:end])
    lower_head = head.lower()
    if _FRAMING.findall(lower_head) != [b"content-length: %d" % (len(data) - end)]:
        return None
    return PlainResponse(200, bytes(data[end:]), _usage(head, lower_head), head=head)


def _usage(head: bytes, lower_head: bytes) -> str | None:
    """Return the used share of the rate limit from the head of a plain response."""
    start = lower_head.find(_USAGE_LINE)
    if start == -1:
        return None
    start += len(_USAGE_LINE)
    return head[start : head.index(b"\r", start)].strip().decode()


async def read_response(
    response: FastResponse | aiohttp.ClientResponse, reading: set[aiohttp.StreamReader]
) -> ApiResponse:
    """Read a response completely.

    Args:
        response: The response, whose head has arrived.
        reading: Contains the body while it is being read.

    Raises:
        ResponseTooLargeError: The body of a successful response is too large.
    """
    status, headers = response.status, response.headers
    if 200 <= status < 300:  # noqa: PLR2004 - success
        body = await _read(response, reading)
        return ApiResponse(status, body, headers.get(_USAGE), content_type=headers.get(_CONTENT_TYPE))
    return ApiResponse(
        status,
        await _read_error(response, reading),
        headers.get(_USAGE),
        retry_after=headers.get("Retry-After") or headers.get("RetryAfter"),
        request_id=request_id_of(headers),
    )


async def _read(response: FastResponse | aiohttp.ClientResponse, reading: set[aiohttp.StreamReader]) -> bytes:
    if not response.content.is_eof():
        return await _read_bounded(response, reading, MAX_BODY)
    # It is complete, so it fits aiohttp's buffer, which is far smaller than the limit.
    return response.content.read_nowait()


async def _read_error(
    response: FastResponse | aiohttp.ClientResponse, reading: set[aiohttp.StreamReader]
) -> bytes:
    """Read the body of an error response. If it is too large, ignore it: the status is enough."""
    try:
        return await _read_bounded(response, reading, MAX_ERROR_BODY)
    except ResponseTooLargeError:
        response.close()
        return b""


async def _read_bounded(
    response: FastResponse | aiohttp.ClientResponse, reading: set[aiohttp.StreamReader], limit: int
) -> bytes:
    """Read a body in pieces, so that a small compressed body cannot exhaust the memory."""
    content, connection = response.content, response.connection
    protocol = None if connection is None or _has_length(response.headers) else connection.protocol
    pieces: list[bytes] = []
    size = 0
    reading.add(content)
    try:
        async for piece in content.iter_any():
            size += len(piece)
            if size > limit:
                raise ResponseTooLargeError(
                    f"the response is larger than {limit // 1024} KiB once decompressed; the rest was not read"
                )
            pieces.append(piece)
    finally:
        reading.discard(content)
    if protocol is not None and isinstance(protocol.exception(), OSError):
        raise aiohttp.ClientPayloadError  # a reset, which aiohttp treats as the end of the body
    return b"".join(pieces)


def _has_length(headers: Mapping[str, str]) -> bool:
    """Return whether the headers mark the end of the body. Otherwise it ends with the connection."""
    return aiohttp.hdrs.CONTENT_LENGTH in headers or aiohttp.hdrs.TRANSFER_ENCODING in headers


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Return the server's id of a request from the headers of its response."""
    return next((headers[name] for name in _REQUEST_IDS if name in headers), None)
