"""The server and client processes, as the runner uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.client import Job
    from harness.scenario import Sample
    from harness.server import Settings

_ROOT = Path(__file__).parents[1]


class ProcessFailedError(Exception):
    """A server or client process exited early. It has written its own error to standard error."""


class Server:
    """A running benchmark server."""

    def __init__(self, base_url: str, control_port: int, environment: Mapping[str, str]) -> None:
        self.base_url = base_url
        self.environment = environment
        """The environment variables that clients need: over TLS, the file of the certificate authority."""
        self._control_port = control_port

    def take_stats(self) -> dict[str, Any]:
        """Return the statistics since the last call, and reset them."""
        connection = HTTPConnection("127.0.0.1", self._control_port)
        connection.request("GET", "/stats")
        stats: dict[str, Any] = json.load(connection.getresponse())
        connection.close()
        return stats


class Client:
    """A running client process."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self._name = name
        self._process = process
        self._read_line()

    def work(self, size: int) -> Sample:
        """Let the client process `size` items, and return what it used."""
        if self._process.stdin is not None and self._process.poll() is None:
            print(size, file=self._process.stdin, flush=True)
        sample: Sample = json.loads(self._read_line())
        return sample

    def _read_line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise ProcessFailedError(f"the client {self._name!r} ended early")
        return line


@contextmanager
def serving(settings: Settings) -> Iterator[Server]:
    """Run a server process for the duration of the block."""
    with TemporaryDirectory() as folder:
        environment = {}
        if settings.tls:
            settings = replace(settings, certificate=_write_certificate(Path(folder)))
            environment["SSL_CERT_FILE"] = str(Path(folder, "ca.pem"))
        with _running("harness.server", settings.to_json()) as process:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise ProcessFailedError("the server did not start")
            ports = json.loads(line)
            base_url = f"{'https' if settings.tls else 'http'}://127.0.0.1:{ports['port']}"
            yield Server(base_url, ports["control_port"], environment)


@contextmanager
def connected(name: str, job: Job, environment: Mapping[str, str]) -> Iterator[Client]:
    """Run a client process for the duration of the block."""
    with _running("harness.client", job.to_json(), environment) as process:
        yield Client(name, process)


def _write_certificate(folder: Path) -> str:
    """Write a certificate for 127.0.0.1 and its authority, and return the name of the former."""
    import trustme  # noqa: PLC0415 - only HTTPS servers need it

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate = folder / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    return str(certificate)


@contextmanager
def _running(
    module: str, argument: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - modules of this folder, run by the same interpreter
        [sys.executable, "-m", module, argument],
        cwd=_ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    """Close the standard input of a process, which ends it. Kill it if it has not ended after 10 s."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
