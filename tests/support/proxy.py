"""A proxy that tunnels CONNECT requests, in a thread of its own."""

import asyncio
import base64
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from anyio.from_thread import start_blocking_portal


class ConnectProxy:
    """A CONNECT proxy on the loopback interface.

    Attributes:
        requests: The head of each request: the first line, and the headers with lower-case names.
        tunnels: The number of tunnels that were opened.
    """

    def __init__(self, login: str | None = None, targets: Mapping[str, int] | None = None) -> None:
        """Create the proxy.

        Args:
            login: The `user:password` that it requires.
            targets: The loopback port to connect to for each `host:port` of a request.
        """
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.tunnels = 0
        self.port = 0
        self._login = login
        self._targets = dict(targets or {})
        self._writers: set[asyncio.StreamWriter] = set()

    def url(self, login: str = "") -> str:
        """Return the URL of the proxy, with a login."""
        return f"http://{login}{'@' if login else ''}127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._entered = start_blocking_portal()
        self._portal = self._entered.__enter__()
        self._server = self._portal.call(self._start)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._portal.call(self._stop)
        self._entered.__exit__(None, None, None)

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def _stop(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)
        self._writers.discard(writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        self.requests.append((head[0], headers))
        if self._login is not None:
            expected = f"Basic {base64.b64encode(self._login.encode()).decode()}"
            if headers.get("proxy-authorization") != expected:
                challenge = b'Proxy-Authenticate: Basic realm="proxy"\r\n'
                writer.write(b"HTTP/1.1 407 Login required\r\n" + challenge + b"Content-Length: 0\r\n\r\n")
                await writer.drain()
                return
        address = head[0].split()[1]
        port = self._targets.get(address, int(address.rpartition(":")[2]))
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        self._writers.add(upstream_writer)
        self.tunnels += 1
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, upstream_writer), _copy(upstream_reader, writer))
        self._writers.discard(upstream_writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
