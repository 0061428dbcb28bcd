"""aiohttp's exceptions become ours, which hold no request, no header and no value."""

import builtins
import ssl

import aiohttp
from aiohttp.http import HttpProcessingError

from warehouse_sync.errors import ConnectError, ReadError, TimeoutError, TLSError, TransportError
from warehouse_sync.transport.pool import ResendPreventedError

# What one request can raise. `OSError` covers what comes from below aiohttp.
FAULTS = (aiohttp.ClientError, HttpProcessingError, ResendPreventedError, OSError)


def translate(error: BaseException, where: str) -> TransportError:  # noqa: C901, PLR0911 - a table
    """Name what happened to a request.

    Args:
        error: What aiohttp raised.
        where: The host and port.
    """
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return TLSError(
                f"{where}: its certificate was refused: {_certificate_reason(error.certificate_error)}"
            )
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return TLSError(f"{where}: no secure connection: {_ssl_reason(error)}")
        case aiohttp.ConnectionTimeoutError():
            return TimeoutError(f"{where}: no connection within Timeout.connect", phase="connect", sent="no")
        case aiohttp.ClientConnectorDNSError():
            return ConnectError(f"{where}: the name is unknown, or cannot be looked up now")
        case aiohttp.ClientConnectorError():
            return ConnectError(
                f"{where}: no connection: {error.os_error.strerror or type(error.os_error).__name__}"
            )
        case builtins.TimeoutError():  # aiohttp's, the system's, or a mock's
            return TimeoutError(
                f"{where}: the server sent nothing for Timeout.read, or for as long as the system waits",
                phase="read",
                sent="maybe",
            )
        case ResendPreventedError():
            return ReadError(f"{where}: the connection broke before the answer ({error.cause_name})")
        case aiohttp.ClientHttpProxyError():
            return ConnectError(f"{where}: the proxy refused, with status {error.status}")
        case aiohttp.ClientPayloadError():
            return ReadError(f"{where}: the answer was cut short or garbled")
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return ReadError(f"{where}: the answer is not HTTP the SDK can read")
        case _:
            return ReadError(f"{where}: the connection broke ({type(error).__name__})")


def _certificate_reason(error: Exception) -> str:
    return getattr(error, "verify_message", "") or type(error).__name__


def _ssl_reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", error)
    return getattr(inner, "reason", None) or type(inner).__name__
