"""Load for a server that is measured: one request again and again, at the least possible cost, on the other core.

Started with a JSON argument; each line on its stdin is a number of requests, answered by a line once they are through.
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
    """What is asked for, and what every answer must be."""

    port: int
    path: str
    token: str
    body: str

    def to_json(self) -> str:
        """Return the target as the argument the process takes."""
        return json.dumps(asdict(self))

    def request(self) -> bytes:
        """Return the bytes of a request."""
        lines = (
            f"GET {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Bearer {self.token}",
        )
        return "\r\n".join((*lines, "\r\n")).encode()


class WrongAnswerError(Exception):
    """The server did not answer what it should."""


class _Asker(asyncio.Protocol):
    """One connection: as soon as an answer is in, the next request goes out, while there are any."""

    def __init__(self, target: Target) -> None:
        self._request, self._expected = target.request(), target.body.encode()
        self._buffer = b""
        self._left = 0
        self._through: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # TCP: a full Transport

    def ask(self, times: int) -> asyncio.Future[None]:
        """Begin; the future is done once every answer is in."""
        self._left = times
        self._through = asyncio.get_running_loop().create_future()
        self._transport.write(self._request)
        return self._through

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or len(body) < len(self._expected) or self._through is None:
            return
        if body != self._expected or not head.startswith(b"HTTP/1.1 200 "):
            self._through.set_exception(WrongAnswerError(self._buffer.decode(errors="replace")))
            return
        self._buffer = b""
        self._left -= 1
        if self._left:
            self._transport.write(self._request)
        else:
            self._through.set_result(None)


async def ask(target: Target) -> None:
    """Send as many requests as each line of stdin says."""
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: _Asker(target), "127.0.0.1", target.port)
        for _ in range(_CONNECTIONS)
    ]
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        times = int(line) // _CONNECTIONS
        await asyncio.gather(*(asker.ask(times) for _, asker in opened))
        print("through", flush=True)


if __name__ == "__main__":
    machine.unpin()  # the server that started this process is pinned to the clients' core
    machine.pin("server")
    with machine.runner(machine.fastest_loop()) as runner:
        runner.run(ask(Target(**json.loads(sys.argv[1]))))
