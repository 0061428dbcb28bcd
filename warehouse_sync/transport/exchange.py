"""One request and its answer over aiohttp: the only place where bytes leave and arrive."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

import aiohttp

from warehouse_sync.errors import ConfigurationError, ResponseTooLargeError
from warehouse_sync.transport.call import Answer, Call
from warehouse_sync.transport.faults import FAULTS, translate
from warehouse_sync.transport.lane import Reply
from warehouse_sync.transport.pool import Local
from warehouse_sync.transport.site import Headers

if TYPE_CHECKING:
    from warehouse_sync.errors import TransportError

LARGEST: Final = 16 * 1024 * 1024  # bytes of one answer, decompressed
LARGEST_ERROR: Final = 256 * 1024  # bytes of an error answer worth reading

_NETRC = "netrc has a login for {host}, which aiohttp would send in place of the token: remove it, or leave trust_env off"
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
            return await _answer(response)
        except BaseException:
            response.close()  # half-read: its connection must not serve another request
            raise
    except asyncio.CancelledError as interruption:
        interruption.__traceback__ = None  # aiohttp's frames hold the headers and the body
        raise
    except FAULTS as error:
        problem = (
            ConfigurationError(local.when_closed)
            if local.session.closed
            else translate(error, str(headers.site))
        )
    except RuntimeError:
        if not local.session.closed:
            raise
        problem = ConfigurationError(local.when_closed)
    except ValueError:
        if not local.session.trust_env:
            raise
        problem = ConfigurationError(_NETRC.format(host=headers.site.origin.host))
    # Raised out here: aiohttp's exceptions hold the request's headers, and must not stay in the chain.
    raise problem


async def _send(local: Local, call: Call[Any], headers: Headers) -> Reply | aiohttp.ClientResponse:
    """Send one request, and wait for the head of its answer."""
    site = headers.site
    if call.method == "GET" and local.lane is not None:
        reply = await local.lane.get(site.target(call.path, call.query), headers)
        if reply is not None:
            return reply
    return await local.session.request(
        call.method,
        site.url(call.path, call.query),
        data=call.body,
        headers=headers.json if call.body else headers.bare,
        allow_redirects=False,
        middlewares=local.middlewares,
    )


async def _answer(response: Reply | aiohttp.ClientResponse) -> Answer:
    status, headers = response.status, response.headers
    if 200 <= status < 300:  # noqa: PLR2004 - success
        return Answer(status, await _read(response.content), headers.get(_USAGE))
    return Answer(
        status,
        await _read_error(response),
        headers.get(_USAGE),
        retry_after=headers.get("Retry-After") or headers.get("RetryAfter"),
        request_id=next((headers[name] for name in _REQUEST_IDS if name in headers), None),
    )


async def _read(content: aiohttp.StreamReader) -> bytes:
    if not content.is_eof():
        return await _read_bounded(content, LARGEST)
    return content.read_nowait()  # all of it has come, so it fits aiohttp's buffer, far below the limit


async def _read_error(response: Reply | aiohttp.ClientResponse) -> bytes:
    """Read what explains an error. One too long to be an explanation explains nothing, and the status still counts."""
    try:
        return await _read_bounded(response.content, LARGEST_ERROR)
    except ResponseTooLargeError:
        response.close()
        return b""


async def _read_bounded(content: aiohttp.StreamReader, limit: int) -> bytes:
    """Read piece by piece, so that a small compressed body cannot fill the memory."""
    pieces: list[bytes] = []
    size = 0
    async for piece in content.iter_any():
        size += len(piece)
        if size > limit:
            raise ResponseTooLargeError(
                f"the answer is larger than {limit // 1024} KiB once decompressed; it was not read further"
            )
        pieces.append(piece)
    return b"".join(pieces)
