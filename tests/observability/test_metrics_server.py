"""The server of the metrics, over real sockets."""

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter

from warehouse_sync.observability.metrics_server import MetricsServer


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry with one metric."""
    found = CollectorRegistry()
    Counter("things", "Things.", registry=found).inc(3)
    return found


@pytest.fixture
def healthy() -> list[bool]:
    """The result of the health check."""
    return [True]


@pytest.fixture
def server(registry: CollectorRegistry, healthy: list[bool]) -> Iterator[MetricsServer]:
    """A running server."""
    with MetricsServer(registry, is_healthy=lambda: healthy[0], host="127.0.0.1", port=0) as running:
        yield running


def get(url: str, method: str = "GET") -> tuple[int, str, str]:
    """Return the status, content type and body of a response."""
    request = urllib.request.Request(url, method=method)  # noqa: S310 - loopback
    try:
        response = urllib.request.urlopen(request, timeout=60)  # noqa: S310 - loopback
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return response.status, response.headers["Content-Type"], response.read().decode()


def test_metrics_are_served(server: MetricsServer) -> None:
    """In the text format of Prometheus."""
    status, content_type, text = get(f"{server.url}/metrics")
    assert (status, content_type.split(";")[0]) == (200, "text/plain")
    assert "\nthings_total 3.0\n" in text


def test_health_is_that_of_the_source(server: MetricsServer, healthy: list[bool]) -> None:
    """200 or 503."""
    assert get(f"{server.url}/health")[::2] == (200, "ok\n")
    healthy[0] = False
    assert get(f"{server.url}/health")[::2] == (503, "the pipelines were not read in time\n")


def test_other_paths_name_the_metrics(server: MetricsServer) -> None:
    """The root lists the paths; anything else is a 404."""
    assert get(server.url)[::2] == (200, "/metrics\n/health\n")
    assert get(f"{server.url}/favicon.ico")[::2] == (404, "not found; the metrics are at /metrics\n")


def test_silent_connection_does_not_delay_a_scrape(server: MetricsServer) -> None:
    """Each connection has its thread."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))):
        assert get(f"{server.url}/metrics")[0] == 200


def test_port_in_use_is_an_error(server: MetricsServer, registry: CollectorRegistry) -> None:
    """The address is taken when the server is created."""
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        MetricsServer(registry, is_healthy=lambda: True, host="127.0.0.1", port=port)


def test_ipv6_address_is_served(registry: CollectorRegistry) -> None:
    """The URL has brackets."""
    try:
        server = MetricsServer(registry, is_healthy=lambda: True, host="::1", port=0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        assert server.url.startswith("http://[::1]:")
        assert get(f"{server.url}/metrics")[0] == 200


def test_stopped_server_refuses_connections(registry: CollectorRegistry) -> None:
    """Its port is free afterwards."""
    with MetricsServer(registry, is_healthy=lambda: True, host="127.0.0.1", port=0) as server:
        port = int(server.url.rpartition(":")[2])
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))
