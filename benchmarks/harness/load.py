"""Load for a server that is measured: the same request again and again, as cheaply as possible, on the other core.

It is started with a JSON argument. Each line on its standard input is a number of requests; it prints a line when all have their response.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict, dataclass

from harness import machine

_CONNECTIONS = 16


@dataclass(frozen=True)
class Target:
    """The request to send, and the expected body of its response."""

    port: int
    path: str
    token: str
    body: str

    def to_json(self) -> str:
        """Return the target as the argument of the process."""
        return json.dumps(asdict(self))

    def request(self) -> bytes:
        """Return the bytes of a request."""
        lines = (
            f"GET {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Bearer {self.token}",
        )
        return "\r\n".join((*lines, "\r\n")).encode()


class WrongResponseError(Exception):
    """The server did not send the expected response."""


class _Connection(asyncio.Protocol):
    """One connection: sends the next request as soon as a response has arrived."""

    def __init__(self, target: Target) -> None:
        self._request, self._expected = target.request(), target.body.encode()
        self._buffer = b""
        self._remaining = 0
        self._done: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # TCP connections have a `Transport`

    def send(self, count: int) -> asyncio.Future[None]:
        """Send `count` requests. The future is done when all responses have arrived."""
        self._remaining = count
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(self._request)
        return self._done

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < len(self._expected) or self._done is None:
            return
        if body != self._expected or not head.startswith(b"HTTP/1.1 200 "):
            self._done.set_exception(WrongResponseError(self._buffer.decode(errors="replace")))
            return
        self._buffer = b""
        self._remaining -= 1
        if self._remaining:
            self._transport.write(self._request)
        else:
            self._done.set_result(None)


async def run(target: Target) -> None:
    """Send as many requests as each line of standard input says."""
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: _Connection(target), "127.0.0.1", target.port)
        for _ in range(_CONNECTIONS)
    ]
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        count = int(line) // _CONNECTIONS
        await asyncio.gather(*(connection.send(count) for _, connection in opened))
        print("done", flush=True)


if __name__ == "__main__":
    machine.unpin()  # it inherits the core of the client process, which here is the measured server
    machine.pin("server")
    with machine.runner(machine.fastest_loop()) as runner:
        runner.run(run(Target(**json.loads(sys.argv[1]))))
