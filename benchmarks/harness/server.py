"""The server every client is measured against: canned answers from a raw protocol, in a process of its own.

It parses no more of a request than it needs, so that it stays several times faster than any client.
Run as `python -m harness.server '{"runs": 50}'`; it prints its port as its first line, and ends with its stdin.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from functools import lru_cache
from urllib.parse import parse_qs

from harness import answers, machine

_BEARER = f"Bearer {answers.ACCESS_TOKEN}".encode()
_UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Settings:
    """What a scenario asks of its server."""

    runs: int = answers.PAGE_SIZE
    """Runs in every pipeline's history."""
    latency: float = 0.0
    """Seconds before each answer."""
    finish_after_polls: int = 0
    """How often a pipeline is asked about before its runs have finished."""

    def to_json(self) -> str:
        """Return the settings as the argument the server process takes."""
        return json.dumps(asdict(self))


class Api:
    """Maps a request's target to the bytes of its answer, and counts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter()
        self._polls: Counter[int] = Counter()
        self._reports = {finished: self._report_template(finished=finished) for finished in (False, True)}
        self._page = lru_cache(4096)(self._encode_page)

    def encode_history(self) -> None:
        """Encode the pages of the first pipeline ahead of time, so that no client pays for it."""
        for number in range(1, -(-self.settings.runs // answers.PAGE_SIZE) + 1):
            self._page(1, number, answers.PAGE_SIZE, finished=True)

    def answer(self, target: str) -> bytes:
        """Return the answer to an authorized GET."""
        path, _, query = target.partition("?")
        parts = path.removeprefix(answers.PIPELINES_PATH + "/").split("/")
        if parts[-1] == "report":
            return self._count("report", self._latest(parts[0]))
        if parts[-1] == "runs":
            return self._count("runs", self._listed(parts[0], query))
        if parts[-2:-1] == ["runs"]:
            return self._count("run", self._single(parts[0], int(parts[-1])))
        return _NOT_FOUND

    def stats(self) -> bytes:
        """Return what the server has done since the last time it was asked."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        stats = {
            "requests": self.counts.total(),
            "by_route": dict(self.counts),
            "cpu_s": used.ru_utime + used.ru_stime,
            "clock": time.perf_counter(),
        }
        self.counts.clear()
        self._polls.clear()
        return answers.encode(stats)

    def _count(self, route: str, answer: bytes) -> bytes:
        self.counts[route] += 1
        return answer

    def _finished(self, pipeline: int) -> bool:
        if not self.settings.finish_after_polls:
            return True
        self._polls[pipeline] += 1
        return self._polls[pipeline] > self.settings.finish_after_polls

    def _latest(self, slug: str) -> bytes:
        pipeline = answers.pipeline_number(slug)
        head, body = self._reports[self._finished(pipeline)]
        last_run = answers.run_id(pipeline, self.settings.runs - 1)
        filled = body % {b"slug": slug.encode(), b"run": last_run}
        return head % len(filled) + filled

    def _listed(self, slug: str, query: str) -> bytes:
        asked = parse_qs(query)
        number = int(asked.get("currentPage", ["1"])[0])
        size = int(asked.get("pageSize", [str(answers.PAGE_SIZE)])[0])
        pipeline = answers.pipeline_number(slug)
        return self._page(pipeline, number, size, finished=self._finished(pipeline))

    def _single(self, slug: str, run_id: int) -> bytes:
        pipeline = answers.pipeline_number(slug)
        index = run_id - answers.run_id(pipeline, 0)
        return answers.encode(answers.run(pipeline, index, finished=self._finished(pipeline)))

    def _report_template(self, *, finished: bool) -> tuple[bytes, bytes]:
        """Return a report to fill in: encoding each of 100,000 would make the server the bottleneck."""
        pipeline, runs = 1, self.settings.runs
        answer = answers.encode(answers.report(pipeline, runs=runs, finished=finished))
        head, _, body = answer.partition(b"\r\n\r\n")
        body = body.replace(answers.pipeline_id(pipeline).encode(), b"%(slug)b")
        body = body.replace(b"%d" % answers.run_id(pipeline, runs - 1), b"%(run)d")
        return head.replace(b"%d" % _content_length(head), b"%d") + b"\r\n\r\n", body

    def _encode_page(self, pipeline: int, number: int, size: int, *, finished: bool) -> bytes:
        page = answers.page(pipeline, number, runs=self.settings.runs, size=size, finished=finished)
        return answers.encode(page)


class Connection(asyncio.Protocol):
    """One keep-alive connection: splits requests off the stream and writes their answers."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        self._transport = transport  # type: ignore[assignment]  # a TCP server is handed a full Transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that has arrived whole."""
        self._buffer += data
        while (end := self._request_end()) > 0:
            request, self._buffer = self._buffer[:end], self._buffer[end:]
            self._respond(request)

    def _request_end(self) -> int:
        head_end = self._buffer.find(b"\r\n\r\n") + 4
        if head_end < len(b"\r\n\r\n") or not self._buffer.startswith(b"POST"):
            return head_end if head_end >= len(b"\r\n\r\n") else 0
        end = head_end + _content_length(self._buffer[:head_end])
        return end if len(self._buffer) >= end else 0

    def _respond(self, request: bytes) -> None:
        method, target, _ = request[: request.index(b"\r\n")].decode().split(" ")
        if target == "/oauth/token" and method == "POST":
            self._write(answers.encode(answers.token()))
        elif target == "/_bench/stats":
            self._write(self._api.stats())
        elif _BEARER not in request:
            self._write(_UNAUTHORIZED)
        elif self._api.settings.latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._api.settings.latency, self._write, self._api.answer(target))
        else:
            self._write(self._api.answer(target))

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _exit_with_stdin(loop: asyncio.AbstractEventLoop, done: asyncio.Event) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(done.set)


async def serve(settings: Settings) -> None:
    """Serve on a free loopback port until stdin closes."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    api = Api(settings)
    api.encode_history()
    server = await loop.create_server(lambda: Connection(api), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=_exit_with_stdin, args=(loop, done), daemon=True).start()
    await done.wait()


if __name__ == "__main__":
    machine.pin("server")
    with machine.runner(machine.fastest_loop()) as server_runner:
        server_runner.run(serve(Settings(**json.loads(sys.argv[1]))))
