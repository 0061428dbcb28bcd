"""No client at all: canned request bytes on raw connections. Shows what the server can do, and the practical limit."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from peers import place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CONNECTIONS = 64


class _Exchange(asyncio.Protocol):
    """One connection: a request out, its body in."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bytes] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # TCP: a full Transport

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        """Send a request; the future holds the body of its answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Resolve the future once the body is complete."""
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if separator and self._answer and len(body) == _content_length(head):
            self._buffer = b""
            self._answer.set_result(body)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


class Client:
    """Reports, untyped, over a fixed set of connections."""

    def __init__(self, connections: list[_Exchange], port: int) -> None:
        self._idle = connections
        token = place.fetch_token(port)
        path = place.pipelines_url(port).removeprefix(f"http://127.0.0.1:{port}")
        self._request = (
            f"GET {path}/%s/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        )

    async def report(self, pipeline_id: str) -> tuple[str, int]:
        """Return a report's pipeline and latest run."""
        report = await self._get(self._request % (pipeline_id, "report"))
        return report["pipeline_id"], report["latest_pipeline_run"]["id"]

    async def page(self, pipeline_id: str) -> tuple[int, int, int]:
        """Return the size, the first and the last id of the first page of runs."""
        runs = (await self._get(self._request % (pipeline_id, "runs?pageSize=50")))["items"]
        return len(runs), runs[0]["id"], runs[-1]["id"]

    async def _get(self, request: str) -> Any:  # noqa: ANN401  # JSON
        connection = self._idle.pop()
        body = await connection.ask(request.encode())
        self._idle.append(connection)
        return json.loads(body)


def _content_length(head: bytes) -> int:
    start = head.index(b"Content-Length: ") + len(b"Content-Length: ")
    return int(head[start : head.index(b"\r\n", start)])


@asynccontextmanager
async def connect(port: int) -> AsyncIterator[Client]:
    """Open the connections."""
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(_Exchange, "127.0.0.1", port) for _ in range(_CONNECTIONS)]
    connections = [protocol for _, protocol in opened]
    try:
        yield Client(list(connections), port)
    finally:
        for connection in connections:
            connection.close()
