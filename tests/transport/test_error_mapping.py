"""Mapping of aiohttp exceptions to the SDK's, which contain nothing of the request."""

import builtins
import ssl
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from warehouse_sync.errors import (
    ConnectError,
    ReadError,
    TimeoutError,
    TLSError,
    TransportError,
)
from warehouse_sync.transport.error_mapping import TRANSPORT_EXCEPTIONS, to_transport_error
from warehouse_sync.transport.pool import ResendPreventedError

KEY = ConnectionKey("h", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None)
REQUEST = aiohttp.RequestInfo(
    URL("https://h/"),
    "GET",
    CIMultiDictProxy(CIMultiDict({"Authorization": "Bearer canary"})),
    URL("https://h/"),
)


def with_reason(error: ssl.SSLError, **reason: str) -> ssl.SSLError:
    """Return an OpenSSL error with its attributes."""
    vars(error).update(reason)
    return error


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (
            aiohttp.ClientConnectorCertificateError(KEY, ssl.CertificateError("x")),
            TLSError,
            "certificate verification failed: SSLCertVerificationError",
        ),
        (
            aiohttp.ClientConnectorCertificateError(
                KEY, with_reason(ssl.CertificateError("x"), verify_message="certificate has expired")
            ),
            TLSError,
            "certificate verification failed: certificate has expired",
        ),
        (
            aiohttp.ClientConnectorSSLError(
                KEY, with_reason(ssl.SSLError(1, "x"), reason="WRONG_VERSION_NUMBER")
            ),
            TLSError,
            "no TLS connection: WRONG_VERSION_NUMBER",
        ),
        (
            aiohttp.ClientConnectorSSLError(KEY, OSError(1, "x")),
            TLSError,
            "no TLS connection: PermissionError",
        ),
        (ssl.SSLError(1, "[X] canary"), TLSError, "no TLS connection: SSLError"),
        (aiohttp.ConnectionTimeoutError("canary"), TimeoutError, "no connection within Timeout.connect"),
        (
            aiohttp.ClientConnectorDNSError(KEY, OSError(1, "x")),
            ConnectError,
            "the host name cannot be resolved",
        ),
        (aiohttp.ClientConnectorError(KEY, OSError(111, "refused")), ConnectError, "no connection: refused"),
        (aiohttp.ClientConnectorError(KEY, ConnectionResetError()), ConnectError, "ConnectionResetError"),
        (aiohttp.SocketTimeoutError("canary"), TimeoutError, "no data from the server within Timeout.read"),
        (builtins.TimeoutError(110, "canary"), TimeoutError, "or the operating system's limit"),
        (HttpProcessingError(message="canary"), ReadError, "the response is not valid HTTP"),
        (ResendPreventedError(OSError("canary")), ReadError, "broke before the response (OSError)"),
        (
            aiohttp.ClientHttpProxyError(REQUEST, (), status=407, message="canary"),
            ConnectError,
            "the proxy refused the connection with status 407",
        ),
        (
            aiohttp.ClientHttpProxyError(REQUEST, (), status=502, message="canary"),
            ConnectError,
            "the proxy refused the connection with status 502",
        ),
        (aiohttp.ClientPayloadError("canary"), ReadError, "incomplete or malformed"),
        (
            aiohttp.ClientResponseError(REQUEST, (), message="canary"),
            ReadError,
            "the response is not valid HTTP",
        ),
        (aiohttp.ServerDisconnectedError("canary"), ReadError, "broke (ServerDisconnectedError)"),
        (ConnectionResetError("canary"), ReadError, "broke (ConnectionResetError)"),
    ],
)
def test_to_transport_error_returns_class_and_reason(
    error: Any, kind: type[TransportError], says: str
) -> None:
    """The SDK's exception contains neither the text nor the headers of aiohttp's."""
    assert isinstance(error, TRANSPORT_EXCEPTIONS)
    ours = to_transport_error(error, "h:443")
    assert type(ours) is kind
    assert str(ours).startswith("h:443: ")
    assert says in str(ours)
    assert "canary" not in f"{ours} {vars(ours)}"
    assert ours.__cause__ is ours.__context__ is None


@pytest.mark.parametrize(
    ("error", "phase", "sent"),
    [(aiohttp.ConnectionTimeoutError(), "connect", "no"), (aiohttp.SocketTimeoutError(), "read", "maybe")],
)
def test_to_transport_error_distinguishes_timeout_phases(error: Exception, phase: str, sent: str) -> None:
    """Nothing was sent if connecting timed out; a request without a response may have arrived."""
    ours = to_transport_error(error, "h:443")
    assert isinstance(ours, TimeoutError)
    assert (ours.phase, ours.sent) == (phase, sent)
