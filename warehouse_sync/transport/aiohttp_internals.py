"""A fast path for GET requests, and all use of aiohttp's private names.

`ClientSession` prepares each request for bodies, cookies, redirects, proxies, tracing and middlewares. A GET of the SDK has none of
them, and on a keep-alive connection that preparation takes half of its time. `FastGet` leaves it out: it takes a keep-alive
connection from aiohttp's connector and writes the request. `ResponseReader` passes a plain response that arrives in one piece
straight to the request that waits for it, and gives everything else to aiohttp's parser.

A request goes through `ClientSession` instead when the session is borrowed, traces, has middlewares or uses proxies of the
environment, when the methods of `ClientSession` are replaced (by mocks or monitoring), and under a version of aiohttp
other than `SUPPORTED_AIOHTTP`.
"""

import asyncio
import functools
import re
import time
import types
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from multidict import CIMultiDict

from warehouse_sync.transport.request import RequestHeaders
from warehouse_sync.transport.response import FastResponse, PlainResponse, read_plain_response

SUPPORTED_AIOHTTP: Final = r"3\.14\.([3-9]|\d\d+)"  # the versions whose private names this module uses

_CLOSES_AT_ONCE = ("3.13.", "3.14.")  # the versions whose connectors can close without waiting
_INTERIM = frozenset(range(100, 200)) - {101}  # after 101 the connection speaks another protocol
_RECEIVE_BUFFER = 256 * 1024  # bytes, as many as asyncio reads at once
_POST_MAX_IDLE = 1.0  # seconds; the keep-alive timeouts of most servers are longer


class ResponseReader(ResponseHandler, asyncio.BufferedProtocol):
    """A protocol of aiohttp that reads plain responses without its parser.

    It receives into a buffer that all connections of a connector share: asyncio would allocate 256 KiB for each read.
    asyncio fills the buffer and calls `buffer_updated` in one step, so two connections never use it at once.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, receive_buffer: memoryview) -> None:
        super().__init__(loop=loop)
        self._receive_buffer = receive_buffer
        self._at_start = False  # of a response that may be plain

    def expect_response(self, read_timeout: float | None) -> None:
        """Accept a plain response next. Call this just before the request is written.

        Args:
            read_timeout: The longest silence of the server, in seconds.
        """
        self._at_start = True
        self._parser = None  # that of an earlier response
        self._read_timeout = read_timeout
        if read_timeout is not None:
            self.start_timeout()

    def arrival(self) -> "asyncio.Future[None]":
        """Return a future that ends when a response can be read.

        `read` would wait for it in another coroutine.
        """
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._waiter = waiter
        return waiter

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio passes it
        """Return the buffer to receive into."""
        return self._receive_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Process the first `nbytes` of the buffer."""
        data = self._receive_buffer[:nbytes]
        if not self._deliver_plain(data):
            super().data_received(data.tobytes())

    def data_received(self, data: bytes) -> None:
        """Process data. uvloop calls this in place of `buffer_updated`."""
        if not self._deliver_plain(data):
            super().data_received(data)

    def _deliver_plain(self, data: bytes | memoryview) -> bool:
        """Pass a plain response to the request that waits for it. Return whether `data` is one."""
        if not self._at_start:
            return False
        self._at_start = False
        response = read_plain_response(data)
        if response is None:
            self.set_response_params(read_until_eof=True, read_timeout=self._read_timeout)
            return False
        if self._read_timeout_handle is not None:
            self._drop_timeout()
        self.feed_data(response)  # type: ignore[arg-type] # `FastGet` distinguishes it from aiohttp's
        return True


class Connector(aiohttp.TCPConnector):
    """A connector whose connections have a `ResponseReader`.

    A connection with unsolicited data is not reused: aiohttp would read the data as the response to the next request.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(**options)
        buffer = memoryview(bytearray(_RECEIVE_BUFFER))
        self._keepalive_seconds: Any = self._keepalive_timeout
        self._factory = functools.partial(ResponseReader, self._loop, buffer)  # type: ignore[assignment] # typed as a partial of aiohttp's

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Return a connection for a request.

        A POST, which is not repeated, gets none that idled for long.
        """
        if req.method == aiohttp.hdrs.METH_POST:
            self._close_idle(req.connection_key)
        return await super().connect(req, traces, timeout)

    def _close_idle(self, key: ConnectionKey) -> None:
        """Close the connections that the server may be about to close."""
        idle: Any = self._conns.get(key, ())  # in the order of their release
        oldest = time.monotonic() - _POST_MAX_IDLE
        while idle and idle[0][1] < oldest:
            reader, _ = idle.popleft()
            reader.close()
        if not idle:
            self._conns.pop(key, None)

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            if not connection.protocol.should_close:  # type: ignore[union-attr] # set until it is released
                return connection
            connection.close()
        return None

    def take(self, key: ConnectionKey) -> ResponseReader | None:
        """Take a keep-alive connection that can be used, or return `None`.

        aiohttp makes a `Connection` for each request, which takes longer than all of this.
        """
        idle: Any = self._conns.get(key)
        reader: ResponseReader
        oldest = time.monotonic() - self._keepalive_seconds
        while idle:
            reader, idle_since = idle.popleft()
            if not idle:
                del self._conns[key]
            if idle_since >= oldest and reader.is_connected() and not reader.should_close:
                self._acquired.add(reader)
                return reader
            reader.close()
        return None

    def put_back(self, key: ConnectionKey, reader: ResponseReader) -> None:
        """Keep a connection after a plain response.

        Its state is checked before it is used again.
        """
        if self._cleanup_handle is None:  # no connection is kept, or the connector is closed
            self._release(key, reader)
        else:
            self._acquired.discard(reader)
            self._conns[key].append((reader, time.monotonic()))


class RequestHead:
    """The common part of GET requests with the same headers.

    Its repr shows no headers.

    Attributes:
        key: The connector's key of their connections.
        rest: The bytes of the head after the target.
    """

    __slots__ = ("key", "rest")

    def __init__(self, key: ConnectionKey, rest: bytes) -> None:
        self.key: ConnectionKey = key
        self.rest: bytes = rest


class FastGet:
    """The fast path of one session. `open_fast_get` returns it."""

    def __init__(self, session: aiohttp.ClientSession, connector: Connector) -> None:
        self._session_class = type(session)
        self._public_method, self._private_method = _methods(type(session))
        self._connector = connector
        self._session_headers = session.headers
        self._read_timeout = session.timeout.sock_read

    async def get(self, target: str, headers: RequestHeaders) -> PlainResponse | FastResponse | None:
        """Send a GET request on a keep-alive connection, and wait for the response.

        A plain response is complete; of any other, the head has arrived.

        Args:
            target: The path and query, encoded.
            headers: The headers, and the server they are for.

        Returns:
            The response, or `None` if nothing was sent: no keep-alive connection is free, or the session's
            methods are replaced.
        """
        head = headers.request_head
        if not isinstance(head, RequestHead):
            head = headers.request_head = _request_head(headers, self._session_headers)
        if self._methods_are_replaced():
            return None
        reader = self._connector.take(head.key)
        if reader is None:
            return None
        try:
            reader.expect_response(self._read_timeout)
            reader.transport.write(f"GET {target}".encode("ascii") + head.rest)  # type: ignore[union-attr] # it is connected
            await reader.arrival()
        except BaseException:
            self._connector._release(head.key, reader, should_close=True)  # noqa: SLF001 - see `SUPPORTED_AIOHTTP`
            raise
        response: Any = reader._buffer.popleft()[0]  # noqa: SLF001 - see `SUPPORTED_AIOHTTP`
        if isinstance(response, PlainResponse):
            self._connector.put_back(head.key, reader)
            return response
        return await self._skip_interim(response, head.key, reader)

    def _methods_are_replaced(self) -> bool:
        session_class = self._session_class
        return (
            session_class.request is not self._public_method
            or session_class._request is not self._private_method  # noqa: SLF001 - see `SUPPORTED_AIOHTTP`
        )

    async def _skip_interim(self, parsed: Any, key: ConnectionKey, reader: ResponseReader) -> FastResponse:  # noqa: ANN401 - aiohttp's private class
        """Return the first final response, given what aiohttp's parser made of the first one."""
        connection = Connection(self._connector, key, reader, asyncio.get_running_loop())
        try:
            message, content = parsed
            while message.code in _INTERIM:
                reader.start_timeout()  # aiohttp stops it after each response
                message, content = await reader.read()
            content.on_eof(connection.release)
        except BaseException:
            connection.close()
            raise
        return FastResponse(message, content, connection)


def open_fast_get(session: aiohttp.ClientSession) -> FastGet | None:
    """Return the fast path of a session, or `None` if it must not be used.

    Then all requests go through the session.
    """
    connector = session.connector
    if not (is_supported() and isinstance(connector, Connector)):
        return None
    plain = not (session.trust_env or session.trace_configs or session._middlewares)  # noqa: SLF001 - see `SUPPORTED_AIOHTTP`
    original = all(map(_is_original, _methods(type(session))))
    return FastGet(session, connector) if plain and original else None


def is_supported() -> bool:
    """Return whether the private names of the installed aiohttp are known."""
    return re.fullmatch(SUPPORTED_AIOHTTP, aiohttp.__version__, re.ASCII) is not None


def create_connector(**options: Any) -> aiohttp.TCPConnector:  # noqa: ANN401 - passed on
    """Return a connector.

    It is aiohttp's own under a version of aiohttp that is not supported here.
    """
    return (Connector if is_supported() else aiohttp.TCPConnector)(**options)


def separates_host_names() -> bool:
    """Return whether aiohttp keeps connections by their `server_hostname`."""
    return "server_hostname" in ConnectionKey._fields


def closes_idle(session: aiohttp.ClientSession) -> bool:
    """Return whether a session sends no POST on a connection that idled."""
    return isinstance(session.connector, Connector)


async def close_session_now(session: aiohttp.ClientSession) -> None:
    """Close a session without waiting for its connections.

    Its event loop may be about to end.
    """
    connector = session.connector
    if isinstance(connector, aiohttp.TCPConnector) and aiohttp.__version__.startswith(_CLOSES_AT_ONCE):
        connector._close(abort_ssl=True)  # noqa: SLF001 - see `SUPPORTED_AIOHTTP`
        await connector._resolver.close()  # noqa: SLF001 - see `SUPPORTED_AIOHTTP`
    else:
        await session.close()


def disable_resend(session: aiohttp.ClientSession) -> None:
    """Keep aiohttp from resending a request when a connection breaks."""
    session._retry_connection = False  # noqa: SLF001 - costs nothing per request, unlike a middleware


def belongs_to(session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether a session belongs to an event loop, as far as is known."""
    return getattr(session, "_loop", loop) is loop


def session_middlewares(session: aiohttp.ClientSession) -> Sequence[aiohttp.ClientMiddlewareType]:
    """Return the middlewares of a session."""
    return getattr(session, "_middlewares", ())


def _methods(session_class: type[aiohttp.ClientSession]) -> tuple[object, object]:
    """Return the methods that send: the public one, and the one that mocks and monitors replace."""
    return session_class.request, session_class._request  # noqa: SLF001 - see above


def _is_original(method: object) -> bool:
    """Return whether a method is aiohttp's own. A wrapper may compare equal to it, but its code is in another file."""
    return type(method) is types.FunctionType and method.__code__.co_filename == aiohttp.client.__file__


def _request_head(headers: RequestHeaders, session_headers: Mapping[str, str]) -> RequestHead:
    """Return the head that `ClientSession` would send, and the key of the connections that it would use."""
    origin = headers.base_url.origin
    key = ConnectionKey(
        host=origin.raw_host or "",
        port=origin.port,
        is_ssl=origin.scheme == "https",
        ssl=True,
        proxy=None,
        proxy_auth=None,
        proxy_headers_hash=None,
        server_hostname=None,
    )
    merged = CIMultiDict({aiohttp.hdrs.HOST: origin.host_port_subcomponent or ""})
    merged.update(aiohttp.ClientRequest.DEFAULT_HEADERS)
    merged.update(session_headers)
    merged.update(headers.bare)
    lines = "".join(f"{name}: {value}\r\n" for name, value in merged.items())
    return RequestHead(key, f" HTTP/1.1\r\n{lines}\r\n".encode("ascii"))
