"""Mapping of aiohttp exceptions and error responses to the SDK's exceptions.

The SDK's exceptions hold no request and no secret.
"""

import builtins
import ssl
from typing import Any

import aiohttp
from aiohttp.http import HttpProcessingError

from warehouse_sync.errors import (
    APIError,
    ConnectError,
    DecodeError,
    ReadError,
    TimeoutError,
    TLSError,
    TransportError,
)
from warehouse_sync.proxies import Proxy
from warehouse_sync.transport.pool import ResendPreventedError
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.transport.response import ApiResponse
from warehouse_sync.transport.retry import parse_retry_after

# OpenSSL's codes for a certificate that is self-signed or of an unknown authority.
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})

# What one HTTP request can raise. `OSError` covers errors from below aiohttp.
TRANSPORT_EXCEPTIONS = (aiohttp.ClientError, HttpProcessingError, ResendPreventedError, OSError)


def to_api_error(  # noqa: PLR0913 - everything the error reports
    request: ApiRequest[Any],
    response: ApiResponse,
    *,
    secrets: tuple[str, ...],
    attempts: int,
    elapsed: float,
    now: float,
) -> APIError:
    """Return the exception for an error response.

    Args:
        request: The request.
        response: The error response.
        secrets: Secrets to mask in what the server sent.
        attempts: The number of HTTP requests made.
        elapsed: Seconds since the first of them started.
        now: Seconds since 1970.
    """
    from warehouse_sync.wire.error_responses import (  # noqa: PLC0415 - it would slow down the creation of the first client
        error_class,
        error_messages,
        without_secrets,
    )

    messages = error_messages(response.body, secrets)
    return error_class(response.status, messages)(
        status=response.status,
        messages=messages,
        method=request.method,
        path=request.path,
        request_id=without_secrets(response.request_id, secrets),
        attempts=attempts,
        elapsed=elapsed,
        retry_after=parse_retry_after(response.retry_after, now),
    )


def to_decode_error(
    problem: DecodeError, request: ApiRequest[Any], response: ApiResponse, *, secrets: tuple[str, ...]
) -> DecodeError:
    """Return the exception for a successful response that could not be decoded.

    Args:
        problem: Why it could not be decoded.
        request: The request.
        response: The response.
        secrets: Secrets to mask in what the server sent.
    """
    from warehouse_sync.wire.error_responses import without_secrets  # noqa: PLC0415 - see `to_api_error`

    media_type = without_secrets(response.media_type, secrets)
    received = f"{response.status} with {media_type or 'no content type'}"
    return DecodeError(
        f"{request.method} {request.path} returned {received}: {problem}",
        status=response.status,
        content_type=media_type,
    )


def to_transport_error(error: BaseException, server: str, proxy: Proxy | None = None) -> TransportError:  # noqa: C901, PLR0911 - a table
    """Return the exception for an aiohttp exception.

    Args:
        error: The exception that aiohttp raised.
        server: The host and port, for the message.
        proxy: The proxy that was used, if any.
    """
    if proxy is not None:
        server = f"{server} (through the proxy {proxy.host_and_port} of {proxy.variable})"
    match error:
        case aiohttp.ClientConnectorCertificateError():
            reason = _certificate_reason(error.certificate_error)
            return TLSError(f"{server}: certificate verification failed: {reason}")
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return TLSError(f"{server}: no TLS connection: {_ssl_reason(error)}")
        case aiohttp.ConnectionTimeoutError():
            return TimeoutError(f"{server}: no connection within Timeout.connect", phase="connect", sent="no")
        case aiohttp.ClientConnectorDNSError():
            return ConnectError(f"{server}: the host name cannot be resolved")
        case aiohttp.ClientConnectorError():
            return ConnectError(
                f"{server}: no connection: {error.os_error.strerror or type(error.os_error).__name__}"
            )
        case builtins.TimeoutError():  # from aiohttp, the operating system or a mock
            return TimeoutError(
                f"{server}: no data from the server within Timeout.read or the operating system's limit",
                phase="read",
            )
        case ResendPreventedError():
            return ReadError(f"{server}: the connection broke before the response ({error.cause_name})")
        case aiohttp.ClientHttpProxyError():
            return ConnectError(_proxy_refusal(server, error.status))
        case aiohttp.ClientPayloadError():
            return ReadError(f"{server}: the response body is incomplete or malformed")
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return ReadError(f"{server}: the response is not valid HTTP")
        case _:
            return ReadError(f"{server}: the connection broke ({type(error).__name__})")


def _proxy_refusal(server: str, status: int) -> str:
    refusal = f"{server}: the proxy refused the connection with status {status}"
    if status == 407:  # noqa: PLR2004 - an HTTP status
        return f"{refusal}: it requires a login; set the variable to a URL such as http://user:password@proxy.example:3128"
    return refusal


def _certificate_reason(error: Exception) -> str:
    reason = getattr(error, "verify_message", None) or type(error).__name__
    if getattr(error, "verify_code", None) in _UNKNOWN_AUTHORITY:
        return f"{reason}; if you trust its authority, pass its certificate as ca_file or in WAREHOUSE_SYNC_CA_FILE"
    return reason


def _ssl_reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", error)
    return getattr(inner, "reason", None) or type(inner).__name__
