"""aiohttp's exceptions as ours: the right class, what happened, and nothing of the request."""

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
from warehouse_sync.transport.faults import FAULTS, translate
from warehouse_sync.transport.pool import ResendPreventedError

KEY = ConnectionKey("h", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None)
REQUEST = aiohttp.RequestInfo(
    URL("https://h/"),
    "GET",
    CIMultiDictProxy(CIMultiDict({"Authorization": "Bearer canary"})),
    URL("https://h/"),
)


def because(error: ssl.SSLError, **reason: str) -> ssl.SSLError:
    """An error of OpenSSL, with what it says about it."""
    vars(error).update(reason)
    return error


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (
            aiohttp.ClientConnectorCertificateError(KEY, ssl.CertificateError("x")),
            TLSError,
            "its certificate was refused: SSLCertVerificationError",
        ),
        (
            aiohttp.ClientConnectorCertificateError(
                KEY, because(ssl.CertificateError("x"), verify_message="certificate has expired")
            ),
            TLSError,
            "its certificate was refused: certificate has expired",
        ),
        (
            aiohttp.ClientConnectorSSLError(
                KEY, because(ssl.SSLError(1, "x"), reason="WRONG_VERSION_NUMBER")
            ),
            TLSError,
            "no secure connection: WRONG_VERSION_NUMBER",
        ),
        (
            aiohttp.ClientConnectorSSLError(KEY, OSError(1, "x")),
            TLSError,
            "no secure connection: PermissionError",
        ),
        (ssl.SSLError(1, "[X] canary"), TLSError, "no secure connection: SSLError"),
        (aiohttp.ConnectionTimeoutError("canary"), TimeoutError, "no connection within Timeout.connect"),
        (aiohttp.ClientConnectorDNSError(KEY, OSError(1, "x")), ConnectError, "the name is unknown"),
        (aiohttp.ClientConnectorError(KEY, OSError(111, "refused")), ConnectError, "no connection: refused"),
        (aiohttp.ClientConnectorError(KEY, ConnectionResetError()), ConnectError, "ConnectionResetError"),
        (aiohttp.SocketTimeoutError("canary"), TimeoutError, "sent nothing for Timeout.read"),
        (builtins.TimeoutError(110, "canary"), TimeoutError, "as long as the system waits"),
        (HttpProcessingError(message="canary"), ReadError, "not HTTP the SDK can read"),
        (ResendPreventedError(OSError("canary")), ReadError, "broke before the answer (OSError)"),
        (
            aiohttp.ClientHttpProxyError(REQUEST, (), status=407, message="canary"),
            ConnectError,
            "the proxy refused, with status 407",
        ),
        (aiohttp.ClientPayloadError("canary"), ReadError, "cut short or garbled"),
        (aiohttp.ClientResponseError(REQUEST, (), message="canary"), ReadError, "not HTTP the SDK can read"),
        (aiohttp.ServerDisconnectedError("canary"), ReadError, "broke (ServerDisconnectedError)"),
        (ConnectionResetError("canary"), ReadError, "broke (ConnectionResetError)"),
    ],
)
def test_translate_names_what_happened(error: Any, kind: type[TransportError], says: str) -> None:
    """Each of aiohttp's exceptions is one of ours, and keeps neither its text nor its headers."""
    assert isinstance(error, FAULTS)
    ours = translate(error, "h:443")
    assert type(ours) is kind
    assert str(ours).startswith("h:443: ")
    assert says in str(ours)
    assert "canary" not in f"{ours} {vars(ours)}"
    assert ours.__cause__ is ours.__context__ is None


@pytest.mark.parametrize(
    ("error", "phase", "sent"),
    [(aiohttp.ConnectionTimeoutError(), "connect", "no"), (aiohttp.SocketTimeoutError(), "read", "maybe")],
)
def test_translate_tells_the_phases_apart(error: Exception, phase: str, sent: str) -> None:
    """Connecting that took too long sent nothing; silence may follow a request that arrived."""
    ours = translate(error, "h:443")
    assert isinstance(ours, TimeoutError)
    assert (ours.phase, ours.sent) == (phase, sent)
