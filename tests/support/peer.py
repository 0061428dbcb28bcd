"""A scripted server that sends exact bytes, and records all requests.

It runs in a thread of its own, so that asynchronous and blocking clients meet the same peer. Nothing here sleeps or
waits for the clock: an answer that stalls ends when its client hangs up.
"""

import asyncio
import fnmatch
import functools
import itertools
import json
import socket
import ssl
import struct
import threading
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import attrs
from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

TOKEN = "POST /oauth/token"
_NOTHING_SENT = struct.pack("ii", 1, 0)  # SO_LINGER: a close that resets
_credentials = itertools.count()
_REASONS = {200: "OK", 204: "No Content", 404: "Not Found", 505: "HTTP Version Not Supported"}


@attrs.frozen
class Arrival:
    """A request as it arrived.

    Attributes:
        connection: The number of connections accepted before its own.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def route(self) -> str:
        """The method and path, without the query."""
        return f"{self.method} {urlsplit(self.target).path}"

    @property
    def document(self) -> Any:
        """The JSON body."""
        return json.loads(self.body)


@attrs.define(eq=False)
class PeerConnection:
    """One accepted connection.

    Attributes:
        number: The number of connections accepted before.
        bearer: The token of the current request.
        body: Its body.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    bearer: str = ""
    body: bytes = b""

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Break the connection: the client gets a reset, not an end."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOTHING_SENT)
        self.writer.transport.abort()

    def close(self) -> None:
        """Close the connection."""
        self.writer.close()

    async def hung_up(self) -> None:
        """Wait until the client disconnects."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


Answer = Callable[[PeerConnection], Awaitable[None]]


def raw(data: bytes, *, then: str = "keep") -> Answer:
    """Send bytes, then keep the connection open, `close`, `reset` or `hang` until the client disconnects."""

    async def answer(connection: PeerConnection) -> None:
        await connection.send(data)
        if then == "close":
            connection.close()
        elif then == "reset":
            connection.reset()
        elif then == "hang":
            await connection.hung_up()

    return answer


def reply(status: int = 200, document: Any = None, *, then: str = "keep", **headers: str) -> Answer:
    """Respond with a status and JSON (or bytes as they are); `_` in a header's name becomes `-`."""
    body = (
        document
        if isinstance(document, bytes)
        else b""
        if document is None
        else json.dumps(document).encode()
    )
    return raw(
        http(status, body, {name.replace("_", "-"): value for name, value in headers.items()}), then=then
    )


def http(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a response."""
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Reason')}", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def refusal(status: int, *messages: str, **headers: str) -> Answer:
    """Respond with an error in the API's format."""
    return reply(status, {"statusCode": status, "errors": [{"message": m} for m in messages]}, **headers)


def token(access_token: str = "token-1", expires_in: Any = 28800, **more: Any) -> Answer:
    """Respond as the token endpoint does."""
    return reply(
        document={"access_token": access_token, "expires_in": expires_in, "token_type": "Bearer", **more}
    )


def refusing(bearer: str, otherwise: Answer) -> Answer:
    """Respond with 401 to one token, and normally to every other."""

    async def answer(connection: PeerConnection) -> None:
        await (refusal(401, "no") if connection.bearer == bearer else otherwise)(connection)

    return answer


def echo(status: int) -> Answer:
    """Respond with an error whose message is the whole request."""

    async def answer(connection: PeerConnection) -> None:
        await refusal(status, f"bad request: {connection.bearer} {connection.body.decode()}")(connection)

    return answer


def reset() -> Answer:
    """Break the connection before a byte of the answer."""
    return raw(b"", then="reset")


def hang_up() -> Answer:
    """Close the connection before the response."""
    return raw(b"", then="close")


def stall(data: bytes = b"") -> Answer:
    """Send bytes, and then nothing."""
    return raw(data, then="hang")


@functools.cache
def bomb(size: int) -> Answer:
    """Respond with a small body that decompresses to `size` bytes."""
    compressor = zlib.compressobj(level=1, wbits=31)  # one member: aiohttp before 3.14 reads no others
    pieces = [compressor.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return raw(http(200, b"".join([*pieces, compressor.flush()]), {"Content-Encoding": "gzip"}))


def endless(piece: bytes, pieces: int) -> Answer:
    """Respond with `pieces` chunks, or as many as the client reads."""

    async def answer(connection: PeerConnection) -> None:
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"%x\r\n%s\r\n" % (len(piece), piece)
        with suppress(ConnectionError):
            for _ in range(pieces):
                await connection.send(chunk)
            await connection.send(b"0\r\n\r\n")

    return answer


class HeldResponses:
    """Holds responses until a test releases them."""

    def __init__(self) -> None:
        self._released = threading.Event()

    def release(self) -> None:
        """Release all responses."""
        self._released.set()

    def hold(self, after: Answer) -> Answer:
        """Return a response that waits until it is released."""

        async def answer(connection: PeerConnection) -> None:
            await asyncio.to_thread(self._released.wait, 30)
            await after(connection)

        return answer


@attrs.define(eq=False)
class _Script:
    """The responses of a route, in order; the last one repeats."""

    route: str
    answers: deque[Answer]

    def next(self) -> Answer:
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


class Peer:
    """A scripted server on the loopback interface, with a working token endpoint by default.

    Attributes:
        arrivals: All requests in the order of arrival.
        connections: The number of accepted connections.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.arrivals: list[Arrival] = []
        self.connections = 0
        self.port = 0
        self._tls = tls
        self._credential = f"secret-{next(_credentials)}"
        self._scripts: list[_Script] = []
        self._open: set[PeerConnection] = set()
        self._changed = threading.Condition()
        self._portal: BlockingPortal | None = None
        self.serve(TOKEN, token())

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def options(self, **more: Any) -> dict[str, Any]:
        """Return the options of a client for this peer. Each peer has its own credential, and so its own token."""
        return {
            "workspace_id": 1,
            "client_id": "id",
            "client_secret": self._credential,
            "api_url": self.url,
            "token_url": f"{self.url}/oauth/token",
            **more,
        }

    def serve(self, route: str, *answers: Answer) -> None:
        """Set the responses of a route such as `GET /a/*`, in order; the last one repeats."""
        self._scripts = [script for script in self._scripts if script.route != route]
        self._scripts.insert(0, _Script(route, deque(answers)))

    def count(self, route: str = "* /platform/*") -> int:
        """Return the number of requests of a route."""
        return len(self.on(route))

    def on(self, route: str) -> list[Arrival]:
        """Return the requests of a route."""
        return [arrival for arrival in self.arrivals if fnmatch.fnmatchcase(arrival.route, route)]

    async def arrived(self, count: int, route: str = "*") -> None:
        """Wait until a number of requests of a route have arrived."""
        await asyncio.to_thread(self.wait, count, route)

    def wait(self, count: int, route: str = "*") -> None:
        """Block until a number of requests of a route have arrived."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.count(route) >= count, timeout=60)

    def close_connections(self) -> None:
        """Close every connection."""
        assert self._portal is not None
        self._portal.call(self._close_all)

    def freeze(self) -> Callable[[], None]:
        """Stop the server as if its machine had stopped; the returned function continues it."""
        assert self._portal is not None
        frozen, thawed = threading.Event(), threading.Event()

        def stand_still() -> None:
            frozen.set()
            thawed.wait()

        self._portal.start_task_soon(stand_still)
        frozen.wait()
        return thawed.set

    def __enter__(self) -> Self:
        self._entered = start_blocking_portal()
        self._portal = self._entered.__enter__()
        self._server = self._portal.call(self._start)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._portal is not None
        self._portal.call(self._stop)
        self._entered.__exit__(None, None, None)

    def _close_all(self) -> None:
        for connection in list(self._open):
            connection.close()

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(
            self._accept, "127.0.0.1", 0, ssl=self._tls, limit=1 << 20, backlog=2048
        )

    async def _stop(self) -> None:
        self._server.close()
        for connection in list(self._open):
            connection.writer.transport.abort()
        await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = PeerConnection(reader, writer, self.connections)
        self.connections += 1
        self._open.add(connection)
        try:
            while not writer.is_closing():
                arrival = await self._read(connection)
                connection.bearer = arrival.headers.get("authorization", "").removeprefix("Bearer ")
                connection.body = arrival.body
                await self._answer(arrival)(connection)
                if arrival.headers.get("connection") == "close":
                    connection.close()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the client hung up
        finally:
            self._open.discard(connection)
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def _read(self, connection: PeerConnection) -> Arrival:
        head = (await connection.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in head[1:-2])}
        body = await connection.reader.readexactly(int(headers.get("content-length", 0)))
        arrival = Arrival(method, target, headers, body, connection.number)
        with self._changed:
            self.arrivals.append(arrival)
            self._changed.notify_all()
        return arrival

    def _answer(self, arrival: Arrival) -> Answer:
        for script in self._scripts:
            if fnmatch.fnmatchcase(arrival.route, script.route):
                return script.next()
        return refusal(404, f"{arrival.route} is not in the script")
