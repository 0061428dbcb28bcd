"""One HTTP request and its response over aiohttp."""

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
from multidict import CIMultiDict

from warehouse_sync.errors import ConfigurationError, ReadError, ResponseTooLargeError, TransportError
from warehouse_sync.transport.aiohttp_internals import closes_idle, separates_host_names
from warehouse_sync.transport.error_mapping import TRANSPORT_EXCEPTIONS, to_transport_error
from warehouse_sync.transport.pool import LoopSession
from warehouse_sync.transport.request import ApiRequest, RequestHeaders
from warehouse_sync.transport.response import ApiResponse, PlainResponse, read_response

if TYPE_CHECKING:
    from warehouse_sync.transport.response import FastResponse

_ENVIRONMENT = (
    "the session passed to the client cannot use the environment's settings for {host}: netrc has a login for it, which would"
    " be sent instead of the token, or a proxy variable contains no valid URL; correct it, or pass a session without trust_env"
)
_EXITING = "the main thread has ended, so that host names cannot be looked up: let the threads that use the client end before it"


async def exchange(session: LoopSession, request: ApiRequest[Any], headers: RequestHeaders) -> ApiResponse:
    """Send one request, exactly once, and read its response completely.

    Raises:
        TransportError: The request failed without a complete response.
        ResponseTooLargeError: The response is too large.
    """
    try:
        response: PlainResponse | FastResponse | aiohttp.ClientResponse | None = None
        if request.method == "GET" and session.fast_get is not None:
            target = headers.base_url.prefix + request.path
            if request.query:
                target += f"?{request.query}"
            response = await session.fast_get.get(target, headers)
        if response is None:
            response = await _send_through_session(session, request, headers)
        try:
            if request.on_headers is not None:
                request.on_headers(response.headers)
            if isinstance(response, PlainResponse):
                return response
            return await read_response(response, session.reading)
        except BaseException:
            response.close()  # not read completely: its connection must not be used for another request
            del response  # its headers may repeat the token, and tracebacks may show the locals of a frame
            raise
    except BaseException as error:
        problem = _sdk_error(error, session, request, headers)
        if problem is None:
            raise
    # Raised outside the `except` block: aiohttp's exceptions hold the request's headers, and must not be the context.
    raise problem


def _sdk_error(
    error: BaseException, session: LoopSession, request: ApiRequest[Any], headers: RequestHeaders
) -> ConfigurationError | TransportError | None:
    """Return the SDK's exception for one of aiohttp, or `None` if `error` is to be raised itself."""
    closed = session.aiohttp_session.closed
    if isinstance(error, (asyncio.CancelledError, ResponseTooLargeError)):
        _clear_traceback(error)
    elif isinstance(error, TRANSPORT_EXCEPTIONS):
        problem = to_transport_error(error, headers.base_url.host_and_port, session.proxy(headers.base_url))
        if not closed:
            return problem
        if request.idempotent or problem.sent == "no":
            return ConfigurationError(session.closed_message)
        return ReadError(f"{session.closed_message}; the server may have processed this request")
    elif isinstance(error, RuntimeError):
        exiting = not threading.main_thread().is_alive()
        if closed or exiting:
            return ConfigurationError(session.closed_message if closed else _EXITING)
        _clear_traceback(error)
    elif isinstance(error, ValueError):
        if session.aiohttp_session.trust_env:
            return ConfigurationError(_ENVIRONMENT.format(host=headers.base_url.origin.host))
        _clear_traceback(error)
    return None


async def _send_through_session(
    session: LoopSession, request: ApiRequest[Any], headers: RequestHeaders
) -> aiohttp.ClientResponse:
    """Send one request through the aiohttp session, and wait for the head of its response."""
    base_url, options, client = headers.base_url, session.options, session.aiohttp_session
    proxy = session.proxy(base_url)
    if proxy is not None:
        login = {} if proxy.authorization is None else {aiohttp.hdrs.PROXY_AUTHORIZATION: proxy.authorization}
        options = {**options, "proxy": proxy.url, "proxy_headers": login}
    fields = headers.json if request.body else headers.bare
    if not (request.idempotent or closes_idle(client)):  # the server may be closing an idle connection
        if session.unpooled_session is not None:
            client = session.unpooled_session
        elif separates_host_names():
            # aiohttp uses no connection that was opened without this name, even if it is the same, and does not keep the new one.
            options = {**options, "server_hostname": base_url.origin.raw_host}
            fields = CIMultiDict({**fields, aiohttp.hdrs.CONNECTION: "close"})
    return await client.request(
        request.method,
        base_url.url(request.path, request.query),
        data=request.body,
        headers=fields,
        allow_redirects=False,
        **options,
    )


def _clear_traceback(error: BaseException) -> None:
    """Remove the frames of an exception, whose locals hold headers and bodies."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
