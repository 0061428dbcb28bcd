"""An HTTP server for metrics and the health of their source."""

import socket
import threading
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SOCKET_TIMEOUT = 10.0  # seconds without data from a client


class _Handler(WSGIRequestHandler):
    timeout = _SOCKET_TIMEOUT

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as in the base class
        """Log nothing: scrapes are frequent."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # That of `HTTPServer` would look up the name of the host, which can take seconds.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class MetricsServer:
    """Serves `/metrics`, and `/health` with 200 or 503, in threads of its own.

    Args:
        registry: The metrics.
        is_healthy: Returns the result of `/health`. Called in any thread.
        host: The address to listen on.
        port: The port; 0 selects a free one.

    Raises:
        OSError: The address cannot be used.
    """

    def __init__(
        self, registry: CollectorRegistry, *, is_healthy: Callable[[], bool], host: str, port: int
    ) -> None:
        self._metrics = make_wsgi_app(registry)
        self._is_healthy = is_healthy
        server_class = type("_Server", (_Server,), {"address_family": _family(host)})
        self._server: WSGIServer = server_class((host, port), _Handler)
        self._server.set_app(self._respond)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="metrics", daemon=True
        )

    @property
    def url(self) -> str:
        """The URL of the server."""
        host = str(self._server.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _respond(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                response: Iterable[bytes] = self._metrics(environ, start_response)
                return response
            case "/health" if self._is_healthy():
                status, text = "200 OK", "ok"
            case "/health":
                status, text = "503 Service Unavailable", "the pipelines were not read in time"
            case "/":
                status, text = "200 OK", "/metrics\n/health"
            case _:
                status, text = "404 Not Found", "not found; the metrics are at /metrics"
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{text}\n".encode()]


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
