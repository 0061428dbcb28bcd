"""Server and client processes, as seen by the one that drives them."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.client import Job
    from harness.scenario import Sample
    from harness.server import Settings

_ROOT = Path(__file__).parents[1]


class ProcessFailedError(Exception):
    """A server or client process ended before its work was done; its own error stands above this one."""


class Server:
    """A running benchmark server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def take_stats(self) -> dict[str, Any]:
        """Return what the server did since the last time, and start its counts and polls afresh."""
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/_bench/stats")
        stats: dict[str, Any] = json.load(connection.getresponse())
        connection.close()
        return stats


class Client:
    """A running client process."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self._name = name
        self._process = process
        self._answer()

    def work(self, size: int) -> Sample:
        """Have the client work off `size` items and return what it used."""
        if self._process.stdin is not None and self._process.poll() is None:
            print(size, file=self._process.stdin, flush=True)
        sample: Sample = json.loads(self._answer())
        return sample

    def _answer(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise ProcessFailedError(f"the client {self._name!r} ended early")
        return line


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """Run a server process for the length of the block."""
    with _module("harness.server", settings.to_json()) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise ProcessFailedError("the server did not start")
        yield Server(int(line))


@contextmanager
def connected(name: str, job: Job) -> Iterator[Client]:
    """Run a client process for the length of the block."""
    with _module("harness.client", job.to_json()) as process:
        yield Client(name, process)


@contextmanager
def _module(name: str, argument: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", name, argument]
    process = subprocess.Popen(  # noqa: S603  # our own modules, under our own interpreter
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """Close the stdin that keeps the process going; end it by force if that does not help."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
