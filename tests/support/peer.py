"""A server that says exactly the bytes it is told to, and remembers all it was asked.

It runs in a thread of its own, so that asynchronous and blocking clients meet the same peer. Nothing here sleeps or
waits for the clock: an answer that stalls ends when its client hangs up.
"""

import asyncio
import fnmatch
import functools
import gzip
import itertools
import json
import socket
import ssl
import struct
import threading
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
        line: How many connections were accepted before its own.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    line: int

    @property
    def route(self) -> str:
        """Method and path, without the query."""
        return f"{self.method} {urlsplit(self.target).path}"

    @property
    def document(self) -> Any:
        """The JSON that was sent."""
        return json.loads(self.body)


@attrs.define(eq=False)
class Line:
    """One accepted connection.

    Attributes:
        number: How many were accepted before.
        bearer: The token of the request that is being answered.
        body: Its body.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int
    bearer: str = ""
    body: bytes = b""

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Break the connection: the client gets a reset, not an end."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOTHING_SENT)
        self.writer.transport.abort()

    def close(self) -> None:
        """End the connection properly."""
        self.writer.close()

    async def hung_up(self) -> None:
        """Wait for the client to hang up."""
        with suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


Answer = Callable[[Line], Awaitable[None]]


def raw(data: bytes, *, then: str = "keep") -> Answer:
    """Say these bytes; then keep the connection, `close`, `reset` or `hang` until the client hangs up."""

    async def answer(line: Line) -> None:
        await line.send(data)
        if then == "close":
            line.close()
        elif then == "reset":
            line.reset()
        elif then == "hang":
            await line.hung_up()

    return answer


def reply(status: int = 200, document: Any = None, *, then: str = "keep", **headers: str) -> Answer:
    """Answer with a status and JSON (or bytes as they are); a header's `_` is written as `-`."""
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
    """Return a whole answer."""
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Reason')}", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def refusal(status: int, *messages: str, **headers: str) -> Answer:
    """Answer with an error as the API words it."""
    return reply(status, {"statusCode": status, "errors": [{"message": m} for m in messages]}, **headers)


def token(access_token: str = "token-1", expires_in: Any = 28800, **more: Any) -> Answer:
    """Answer as the token endpoint does."""
    return reply(
        document={"access_token": access_token, "expires_in": expires_in, "token_type": "Bearer", **more}
    )


def refusing(bearer: str, otherwise: Answer) -> Answer:
    """Answer 401 to one token, and properly to every other."""

    async def answer(line: Line) -> None:
        await (refusal(401, "no") if line.bearer == bearer else otherwise)(line)

    return answer


def echo(status: int) -> Answer:
    """Answer with an error whose message is all that was received."""

    async def answer(line: Line) -> None:
        await refusal(status, f"bad request: {line.bearer} {line.body.decode()}")(line)

    return answer


def reset() -> Answer:
    """Break the connection before a byte of the answer."""
    return raw(b"", then="reset")


def hang_up() -> Answer:
    """End the connection before a byte of the answer."""
    return raw(b"", then="close")


def stall(data: bytes = b"") -> Answer:
    """Say these bytes and then nothing, for ever."""
    return raw(data, then="hang")


@functools.cache
def bomb(size: int) -> Answer:
    """Answer with a small body that inflates to `size` bytes."""
    member = gzip.compress(bytes(1 << 20), compresslevel=9)  # members follow one another
    return raw(http(200, member * (size >> 20), {"Content-Encoding": "gzip"}))


def endless(piece: bytes, pieces: int) -> Answer:
    """Answer in `pieces` chunks, or as many as the client takes."""

    async def answer(line: Line) -> None:
        await line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"%x\r\n%s\r\n" % (len(piece), piece)
        with suppress(ConnectionError):
            for _ in range(pieces):
                await line.send(chunk)
            await line.send(b"0\r\n\r\n")

    return answer


class Gate:
    """Holds answers back until a test opens it."""

    def __init__(self) -> None:
        self._opened = threading.Event()

    def open(self) -> None:
        """Let all answers through."""
        self._opened.set()

    def hold(self, after: Answer) -> Answer:
        """Return an answer that waits for the gate."""

        async def answer(line: Line) -> None:
            await asyncio.to_thread(self._opened.wait, 30)
            await after(line)

        return answer


@attrs.define(eq=False)
class _Script:
    """What is answered on a route: in order, and the last for ever."""

    route: str
    answers: deque[Answer]

    def next(self) -> Answer:
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


class Peer:
    """A scripted server on this machine, with a token endpoint that works until it is told otherwise.

    Attributes:
        arrivals: Every request, in the order in which they arrived.
        lines: How many connections were accepted.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.arrivals: list[Arrival] = []
        self.lines = 0
        self.port = 0
        self._tls = tls
        self._credential = f"secret-{next(_credentials)}"
        self._scripts: list[_Script] = []
        self._open: set[Line] = set()
        self._changed = threading.Condition()
        self._portal: BlockingPortal | None = None
        self.serve(TOKEN, token())

    @property
    def url(self) -> str:
        """The base of every address."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def options(self, **more: Any) -> dict[str, Any]:
        """Return what a client needs to call this peer. Each peer has a credential, and so a token, of its own."""
        return {
            "workspace_id": 1,
            "client_id": "id",
            "client_secret": self._credential,
            "api_url": self.url,
            "token_url": f"{self.url}/oauth/token",
            **more,
        }

    def serve(self, route: str, *answers: Answer) -> None:
        """Answer a route, such as `GET /a/*`, in this order; the last answer stays. Replaces what was said before."""
        self._scripts = [script for script in self._scripts if script.route != route]
        self._scripts.insert(0, _Script(route, deque(answers)))

    def count(self, route: str = "* /platform/*") -> int:
        """Return how many requests arrived on a route."""
        return len(self.on(route))

    def on(self, route: str) -> list[Arrival]:
        """Return the requests that arrived on a route."""
        return [arrival for arrival in self.arrivals if fnmatch.fnmatchcase(arrival.route, route)]

    async def arrived(self, count: int, route: str = "*") -> None:
        """Wait until so many requests have arrived on a route."""
        await asyncio.to_thread(self.wait, count, route)

    def wait(self, count: int, route: str = "*") -> None:
        """Wait, blocking, until so many requests have arrived on a route."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.count(route) >= count, timeout=30)

    def break_lines(self) -> None:
        """End every connection, without a word."""
        assert self._portal is not None
        self._portal.call(self._end_lines)

    def freeze(self) -> Callable[[], None]:
        """Do nothing at all, as if the machine had stopped, until what is returned is called."""
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

    def _end_lines(self) -> None:
        for line in list(self._open):
            line.close()

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(
            self._accept, "127.0.0.1", 0, ssl=self._tls, limit=1 << 20, backlog=2048
        )

    async def _stop(self) -> None:
        self._server.close()
        for line in list(self._open):
            line.writer.transport.abort()
        await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer, self.lines)
        self.lines += 1
        self._open.add(line)
        try:
            while not writer.is_closing():
                arrival = await self._read(line)
                line.bearer = arrival.headers.get("authorization", "").removeprefix("Bearer ")
                line.body = arrival.body
                await self._answer(arrival)(line)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the client hung up
        finally:
            self._open.discard(line)
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def _read(self, line: Line) -> Arrival:
        head = (await line.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in head[1:-2])}
        body = await line.reader.readexactly(int(headers.get("content-length", 0)))
        arrival = Arrival(method, target, headers, body, line.number)
        with self._changed:
            self.arrivals.append(arrival)
            self._changed.notify_all()
        return arrival

    def _answer(self, arrival: Arrival) -> Answer:
        for script in self._scripts:
            if fnmatch.fnmatchcase(arrival.route, script.route):
                return script.next()
        return refusal(404, f"{arrival.route} is not in the script")
