"""The practical limit: prebuilt requests on raw connections, a response decoded by `json.loads` or by `raw_typed`."""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from peers import common

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_BUFFER = memoryview(bytearray(256 * 1024))  # asyncio would allocate as much for each read


class _Connection(asyncio.BufferedProtocol):
    """One connection: sends a request and receives a body."""

    def __init__(self) -> None:
        self._response: asyncio.Future[bytes] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment] # TCP connections have a `Transport`

    def send(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request, and return a future of the body of its response."""
        self._response = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._response

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio passes it
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        self._received += _BUFFER[:nbytes]
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if separator and self._response and len(body) == _content_length(head):
            self._received = b""
            self._response.set_result(body)


class Client:
    """Untyped reports and pages."""

    def __init__(self, base_url: str) -> None:
        self._url = urlsplit(base_url)
        self._tls = ssl.create_default_context() if self._url.scheme == "https" else None
        self._idle: list[_Connection] = []
        token = common.fetch_token(base_url)
        path = common.pipelines_url("")
        self._request = (
            f"GET {path}/%s/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        )

    async def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return the pipeline and the latest run of a report."""
        report = json.loads(await self.get(pipeline_id, "report"))
        return report["pipeline_id"], report["latest_pipeline_run"]["id"]

    async def page(self, pipeline_id: str) -> tuple[int, int, int]:
        """Return the number of runs of the first page, and the first and last of them."""
        runs: list[dict[str, Any]] = json.loads(await self.get(pipeline_id, "runs?pageSize=50"))["items"]
        return len(runs), runs[0]["id"], runs[-1]["id"]

    async def get(self, pipeline_id: str, resource: str) -> bytes:
        """Return the body of a response."""
        connection = self._idle.pop() if self._idle else await self._connect()
        body = await connection.send((self._request % (pipeline_id, resource)).encode())
        self._idle.append(connection)
        return body

    async def _connect(self) -> _Connection:
        loop, url = asyncio.get_running_loop(), self._url
        _, connection = await loop.create_connection(_Connection, url.hostname, url.port, ssl=self._tls)
        return connection

    def close(self) -> None:
        """Close the connections."""
        for connection in self._idle:
            connection.transport.close()


def _content_length(head: bytes) -> int:
    start = head.index(b"Content-Length: ") + len(b"Content-Length: ")
    return int(head[start : head.index(b"\r\n", start)])


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[Client]:
    """Return a client."""
    client = Client(base_url)
    try:
        yield client
    finally:
        client.close()
