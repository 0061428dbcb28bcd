"""The server that every client is measured against: canned responses from a raw protocol in its own process.

It parses only as much of a request as it needs, so that it is several times faster than any client.
Run as `python -m harness.server '{"runs": 50}'`. Its first line of output is JSON with its ports. It exits when its standard
input is closed.
"""

from __future__ import annotations

import asyncio
import json
import resource
import ssl
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from functools import lru_cache
from urllib.parse import parse_qs

from harness import machine, responses

_BEARER = f"Bearer {responses.ACCESS_TOKEN}".encode()
_UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Settings:
    """The settings of the server for one scenario."""

    runs: int = responses.PAGE_SIZE
    """Number of runs of each pipeline."""
    pipelines: int = 50
    """Number of pipelines in the list of pipelines. Reports exist for any number of them."""
    latency: float = 0.0
    """Seconds before each response."""
    finish_after_polls: int = 0
    """Number of requests for a pipeline after which its runs are finished."""
    finish_after_seconds: float = 0.0
    """Seconds after the first request of a slice after which all runs are finished."""
    only_last_runs: bool = False
    """Whether only the last run of each pipeline has yet to finish."""
    tls: bool = False
    """Whether to serve HTTPS."""
    certificate: str = ""
    """File with the private key and the certificate chain. `serving` fills it in."""

    def to_json(self) -> str:
        """Return the settings as the argument of the server process."""
        return json.dumps(asdict(self))


class Api:
    """Returns the response to a request target, and counts the requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter()
        self._polls: Counter[int] = Counter()
        self._finish_at = 0.0
        self.slice = 0
        self._used = self._open = self._most = 0
        self._reports = {finished: self._report_template(finished=finished) for finished in (False, True)}
        self._page = lru_cache(4096)(self._encode_page)
        self._pipelines = responses.encode(
            [responses.pipeline(number) for number in range(settings.pipelines)]
        )

    def encode_history(self) -> None:
        """Encode the pages of the first pipeline in advance, so that it does not delay a client."""
        for number in range(1, -(-self.settings.runs // responses.PAGE_SIZE) + 1):
            self._page(1, number, responses.PAGE_SIZE, finished=True)

    def response(self, target: str) -> bytes:
        """Return the response to an authorized GET request."""
        path, _, query = target.partition("?")
        if path == responses.PIPELINES_PATH:
            return self._count("pipelines", self._pipelines)
        parts = path.removeprefix(responses.PIPELINES_PATH + "/").split("/")
        if parts[-1] == "report":
            return self._count("report", self._latest(parts[0]))
        if parts[-1] == "runs":
            return self._count("runs", self._listed(parts[0], query))
        if parts[-2:-1] == ["runs"]:
            return self._count("run", self._single(parts[0], int(parts[-1])))
        return _NOT_FOUND

    def stats(self) -> bytes:
        """Return the CPU time, and the requests and connections since the last call; reset these counters."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        stats = {
            "requests": self.counts.total(),
            "connections": self._used,
            "most_connections": self._most,
            "cpu_s": used.ru_utime + used.ru_stime,
        }
        self.counts.clear()
        self._polls.clear()
        self._finish_at = 0.0
        self._used = self._open = self._most = 0
        self.slice += 1
        return responses.encode(stats)

    def connection_used(self) -> None:
        """Count the first request of a connection in a slice."""
        self._used += 1
        self._open += 1
        self._most = max(self._most, self._open)

    def connection_closed(self, in_slice: int) -> None:
        """Count the end of a connection, if it was used in the current slice."""
        self._open -= in_slice == self.slice

    def _count(self, route: str, response: bytes) -> bytes:
        self.counts[route] += 1
        return response

    def _finished(self, pipeline: int) -> bool:
        if self.settings.finish_after_seconds:
            now = time.monotonic()
            self._finish_at = self._finish_at or now + self.settings.finish_after_seconds
            return now >= self._finish_at
        if not self.settings.finish_after_polls:
            return True
        self._polls[pipeline] += 1
        return self._polls[pipeline] > self.settings.finish_after_polls

    def _latest(self, slug: str) -> bytes:
        pipeline = responses.pipeline_number(slug)
        head, body = self._reports[self._finished(pipeline)]
        run = responses.run_id(pipeline, self.settings.runs - 1)
        filled = body % {b"slug": slug.encode(), b"run": run}
        return head % len(filled) + filled

    def _listed(self, slug: str, query: str) -> bytes:
        fields = parse_qs(query)
        number = int(fields.get("currentPage", ["1"])[0])
        size = int(fields.get("pageSize", [responses.PAGE_SIZE])[0])
        pipeline = responses.pipeline_number(slug)
        return self._page(pipeline, number, size, finished=self._finished(pipeline))

    def _single(self, slug: str, run_id: int) -> bytes:
        pipeline = responses.pipeline_number(slug)
        index = run_id - responses.run_id(pipeline, 0)
        if not 0 <= index < self.settings.runs:
            return _NOT_FOUND
        return responses.encode(responses.run(pipeline, index, finished=self._finished(pipeline)))

    def _report_template(self, *, finished: bool) -> tuple[bytes, bytes]:
        """Return a report with placeholders: encoding 100,000 reports would make the server the bottleneck."""
        pipeline, runs = 1, self.settings.runs
        response = responses.encode(responses.report(pipeline, runs=runs, finished=finished))
        head, _, body = response.partition(_HEAD_END)
        body = body.replace(responses.pipeline_id(pipeline).encode(), b"%(slug)b")
        body = body.replace(b"%d" % responses.run_id(pipeline, runs - 1), b"%(run)d")
        return head.replace(b"%d" % _content_length(head), b"%d") + _HEAD_END, body

    def _encode_page(self, pipeline: int, number: int, size: int, *, finished: bool) -> bytes:
        runs = self.settings.runs
        earlier = runs - 1 if self.settings.only_last_runs else 0
        page = responses.page(pipeline, number, runs=runs, size=size, finished=runs if finished else earlier)
        return responses.encode(page)


class Connection(asyncio.Protocol):
    """One keep-alive connection: splits the stream into requests, and writes their responses."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._slice = -1  # the last one with a request
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = transport  # type: ignore[assignment] # TCP servers pass a `Transport`

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the signature of asyncio
        """Count the end of the connection."""
        self._api.connection_closed(self._slice)

    def data_received(self, data: bytes) -> None:
        """Respond to each complete request."""
        self._buffer += data
        while (end := self._request_end()) > 0:
            request, self._buffer = self._buffer[:end], self._buffer[end:]
            self._respond(request)

    def _request_end(self) -> int:
        """Return the end of the first request, or 0 if it is not complete."""
        head_end = self._buffer.find(_HEAD_END)
        if head_end < 0:
            return 0
        head_end += len(_HEAD_END)
        if not self._buffer.startswith(b"POST"):
            return head_end
        end = head_end + _content_length(self._buffer[:head_end])
        return end if len(self._buffer) >= end else 0

    def _respond(self, request: bytes) -> None:
        method, target, _ = request[: request.index(b"\r\n")].decode().split(" ")
        if target == "/stats":
            self._write(self._api.stats())
            return
        if self._slice != self._api.slice:
            self._slice = self._api.slice
            self._api.connection_used()
        if target == "/oauth/token" and method == "POST":
            self._write(responses.encode(responses.token()))
        elif _BEARER not in request:
            self._write(_UNAUTHORIZED)
        elif self._api.settings.latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._api.settings.latency, self._write, self._api.response(target))
        else:
            self._write(self._api.response(target))

    def _write(self, response: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(response)


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _stop_with_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(stop.set)


def _tls_context(certificate: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


async def serve(settings: Settings) -> None:
    """Serve on free loopback ports until standard input is closed.

    The control port is always HTTP, so that the runner can read the statistics of an HTTPS server.
    """
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    api = Api(settings)
    api.encode_history()
    context = _tls_context(settings.certificate) if settings.tls else None
    server = await loop.create_server(lambda: Connection(api), "127.0.0.1", 0, backlog=1024, ssl=context)
    control = await loop.create_server(lambda: Connection(api), "127.0.0.1", 0)
    ports = [each.sockets[0].getsockname()[1] for each in (server, control)]
    print(json.dumps(dict(zip(("port", "control_port"), ports, strict=True))), flush=True)
    threading.Thread(target=_stop_with_stdin, args=(loop, stop), daemon=True).start()
    await stop.wait()


if __name__ == "__main__":
    machine.pin("server")
    with machine.runner(machine.fastest_loop()) as server_runner:
        server_runner.run(serve(Settings(**json.loads(sys.argv[1]))))
