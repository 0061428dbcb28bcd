"""When `FastGet` is available, and the request head it writes."""

import aiohttp
import pytest
from yarl import URL

from warehouse_sync.transport.aiohttp_internals import Connector, _request_head, is_supported, open_fast_get
from warehouse_sync.transport.request import BaseUrl, RequestHeaders

supported = pytest.mark.skipif(not is_supported(), reason="FastGet does not support this aiohttp")


@supported
@pytest.mark.parametrize(
    ("origin", "host", "port", "secure", "named"),
    [
        ("https://api.example", "api.example", 443, True, "api.example"),
        ("https://api.example:8443", "api.example", 8443, True, "api.example:8443"),
        ("http://127.0.0.1:80", "127.0.0.1", 80, False, "127.0.0.1"),
    ],
)
def test_request_head_names_the_server(
    origin: str, host: str, port: int, *, secure: bool, named: str
) -> None:
    """The key has the host, port and TLS of the server; the head has a Host header."""
    head = _request_head(RequestHeaders(BaseUrl(URL(origin)), {}), {})
    assert (head.key.host, head.key.port, head.key.is_ssl, head.key.ssl) == (
        host,
        port,
        secure,
        True,
    )
    assert head.rest.startswith(f" HTTP/1.1\r\nHost: {named}\r\n".encode())


@supported
def test_request_head_prefers_the_headers_of_the_request() -> None:
    """Each header appears once: the request's, else the session's, else aiohttp's default."""
    headers = RequestHeaders(BaseUrl(URL("https://api.example")), {}, "t1")
    lines = (
        _request_head(headers, {"accept": "a", "Authorization": "none"}).rest.decode().lower().splitlines()
    )
    assert [line for line in lines if line.startswith(("accept:", "authorization:"))] == [
        "accept: a",
        "authorization: bearer t1",
    ]
    assert lines[-1] == ""


async def test_fast_get_needs_the_connector_of_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that one never returns a connection with unsolicited data, and only under a supported aiohttp."""
    async with (
        aiohttp.ClientSession(connector=Connector()) as ours,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector()) as theirs,
    ):
        assert (open_fast_get(ours) is not None) is is_supported()
        assert open_fast_get(theirs) is None
        monkeypatch.setattr(aiohttp, "__version__", "4.0.0")
        assert open_fast_get(ours) is None
