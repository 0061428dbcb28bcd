"""One request and its answer over aiohttp: the only place where bytes leave and arrive."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from warehouse_sync.errors import ConfigurationError, ResponseTooLargeError
from warehouse_sync.transport.call import Answer, Call
from warehouse_sync.transport.fast_get import FastResponse
from warehouse_sync.transport.faults import FAULTS, translate
from warehouse_sync.transport.pool import Local
from warehouse_sync.transport.site import Headers

if TYPE_CHECKING:
    from warehouse_sync.errors import TransportError

LARGEST: Final = 16 * 1024 * 1024  # bytes of one answer, decompressed
LARGEST_ERROR: Final = 256 * 1024  # bytes of an error answer worth reading

_ENVIRONMENT = (
    "aiohttp cannot use what the environment says for {host}: netrc has a login for it, which would be sent in place of the"
    " token, or a proxy variable holds no address; mend it, or leave trust_env off"
)
_USAGE = "X-mp-rate-limit-percentage-used"
_REQUEST_IDS = ("X-Request-Id", "X-Correlation-Id", "x-amzn-RequestId")


async def exchange(local: Local, call: Call[Any], headers: Headers) -> Answer:
    """Send one request, exactly once, and read its answer whole.

    Raises:
        TransportError: The request or the answer did not get through.
        ResponseTooLargeError: The answer is too large.
    """
    problem: ConfigurationError | TransportError
    try:
        response = await _send(local, call, headers)
        try:
            if call.heard is not None:
                call.heard(response.headers)
            return await _answer(local, response)
        except BaseException:
            response.close()  # half-read: its connection must not serve another request
            del response  # its headers may repeat the token, and tracebacks may show what a frame holds
            raise
    except (asyncio.CancelledError, ResponseTooLargeError) as interruption:
        _forget_frames(interruption)
        raise
    except FAULTS as error:
        problem = (
            ConfigurationError(local.when_closed)
            if local.session.closed
            else translate(error, str(headers.site))
        )
    except RuntimeError as error:
        if not local.session.closed:
            _forget_frames(error)
            raise
        problem = ConfigurationError(local.when_closed)
    except ValueError as error:
        if not local.session.trust_env:
            _forget_frames(error)
            raise
        problem = ConfigurationError(_ENVIRONMENT.format(host=headers.site.origin.host))
    # Raised out here: aiohttp's exceptions hold the request's headers, and must not stay in the chain.
    raise problem


async def _send(local: Local, call: Call[Any], headers: Headers) -> FastResponse | aiohttp.ClientResponse:
    """Send one request, and wait for the head of its answer."""
    site = headers.site
    if call.method == "GET" and local.fast_get is not None:
        response = await local.fast_get.get(site.target(call.path, call.query), headers)
        if response is not None:
            return response
    return await local.session.request(
        call.method,
        site.url(call.path, call.query),
        data=call.body,
        headers=headers.json if call.body else headers.bare,
        allow_redirects=False,
        **local.options,
    )


async def _answer(local: Local, response: FastResponse | aiohttp.ClientResponse) -> Answer:
    status, headers = response.status, response.headers
    if 200 <= status < 300:  # noqa: PLR2004 - success
        return Answer(status, await _read(local, response), headers.get(_USAGE))
    return Answer(
        status,
        await _read_error(local, response),
        headers.get(_USAGE),
        retry_after=headers.get("Retry-After") or headers.get("RetryAfter"),
        request_id=next((headers[name] for name in _REQUEST_IDS if name in headers), None),
    )


async def _read(local: Local, response: FastResponse | aiohttp.ClientResponse) -> bytes:
    if not response.content.is_eof():
        return await _read_bounded(local, response, LARGEST)
    return (
        response.content.read_nowait()
    )  # all of it has come, so it fits aiohttp's buffer, far below the limit


async def _read_error(local: Local, response: FastResponse | aiohttp.ClientResponse) -> bytes:
    """Read what explains an error. One too long to be an explanation explains nothing, and the status still counts."""
    try:
        return await _read_bounded(local, response, LARGEST_ERROR)
    except ResponseTooLargeError:
        response.close()
        return b""


async def _read_bounded(local: Local, response: FastResponse | aiohttp.ClientResponse, limit: int) -> bytes:
    """Read piece by piece, so that a small compressed body cannot fill the memory."""
    content, line = response.content, _line_that_ends(response)
    pieces: list[bytes] = []
    size = 0
    local.reading.add(content)
    try:
        async for piece in content.iter_any():
            size += len(piece)
            if size > limit:
                raise ResponseTooLargeError(
                    f"the answer is larger than {limit // 1024} KiB once decompressed; it was not read further"
                )
            pieces.append(piece)
    finally:
        local.reading.discard(content)
    if line is not None and isinstance(line.exception(), OSError):
        raise aiohttp.ClientPayloadError  # a reset, which aiohttp takes for the end
    return b"".join(pieces)


def _line_that_ends(response: FastResponse | aiohttp.ClientResponse) -> ResponseHandler | None:
    """Return the connection whose end is to be the answer's, where the answer does not say how long it is."""
    says = (
        aiohttp.hdrs.CONTENT_LENGTH in response.headers or aiohttp.hdrs.TRANSFER_ENCODING in response.headers
    )
    return None if says or response.connection is None else response.connection.protocol


def _forget_frames(error: BaseException) -> None:
    """Drop the frames an exception came through: they hold the headers and the body, of the request or of the answer."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
