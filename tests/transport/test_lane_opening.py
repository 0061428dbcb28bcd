"""Where there is a short lane, and what all requests on it begin with."""

import aiohttp
import pytest
from yarl import URL

from warehouse_sync.transport.connector import WRITTEN_FOR, Connector
from warehouse_sync.transport.lane import _opening, lane_beside
from warehouse_sync.transport.site import Headers, Site


@pytest.mark.parametrize(
    ("origin", "host", "port", "secure", "named"),
    [
        ("https://api.example", "api.example", 443, True, "api.example"),
        ("https://api.example:8443", "api.example", 8443, True, "api.example:8443"),
        ("http://127.0.0.1:80", "127.0.0.1", 80, False, "127.0.0.1"),
    ],
)
def test_opening_names_the_server(origin: str, host: str, port: int, *, secure: bool, named: str) -> None:
    """The connections that are looked for are those of the same host, port and security; the head names the host."""
    opening = _opening(Headers(Site(URL(origin)), {}), {})
    assert (opening.key.host, opening.key.port, opening.key.is_ssl, opening.key.ssl) == (
        host,
        port,
        secure,
        True,
    )
    assert opening.rest.startswith(f" HTTP/1.1\r\nHost: {named}\r\n".encode())


def test_opening_prefers_the_headers_of_the_call() -> None:
    """Each header stands there once: the call's, before the session's, before aiohttp's own."""
    headers = Headers(Site(URL("https://api.example")), {}, "t1")
    lines = _opening(headers, {"accept": "a", "Authorization": "none"}).rest.decode().lower().splitlines()
    assert [line for line in lines if line.startswith(("accept:", "authorization:"))] == [
        "accept: a",
        "authorization: bearer t1",
    ]
    assert lines[-1] == ""


async def test_lane_needs_a_connector_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that one hands out no connection with an answer on it that nobody asked for, and only under an aiohttp it knows."""
    async with (
        aiohttp.ClientSession(connector=Connector()) as ours,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector()) as theirs,
    ):
        assert (lane_beside(ours) is not None) is aiohttp.__version__.startswith(WRITTEN_FOR)
        assert lane_beside(theirs) is None
        monkeypatch.setattr(aiohttp, "__version__", "4.0.0")
        assert lane_beside(ours) is None
