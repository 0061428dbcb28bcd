"""Mapping of aiohttp exceptions and error responses to the SDK's exceptions.

The SDK's exceptions hold no request and no secret.
"""

import builtins
import ssl
from typing import Any

import aiohttp
from aiohttp.http import HttpProcessingError

from warehouse_sync.errors import APIError, ConnectError, ReadError, TimeoutError, TLSError, TransportError
from warehouse_sync.transport.pool import ResendPreventedError
from warehouse_sync.transport.request import ApiRequest, ApiResponse
from warehouse_sync.transport.retry import parse_retry_after

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


def to_transport_error(error: BaseException, server: str) -> TransportError:  # noqa: C901, PLR0911 - a table
    """Return the exception for an aiohttp exception.

    Args:
        error: The exception that aiohttp raised.
        server: The host and port, for the message.
    """
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return TLSError(
                f"{server}: certificate verification failed: {_certificate_reason(error.certificate_error)}"
            )
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
                sent="maybe",
            )
        case ResendPreventedError():
            return ReadError(f"{server}: the connection broke before the response ({error.cause_name})")
        case aiohttp.ClientHttpProxyError():
            return ConnectError(f"{server}: the proxy refused the connection with status {error.status}")
        case aiohttp.ClientPayloadError():
            return ReadError(f"{server}: the response body is incomplete or malformed")
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return ReadError(f"{server}: the response is not valid HTTP")
        case _:
            return ReadError(f"{server}: the connection broke ({type(error).__name__})")


def _certificate_reason(error: Exception) -> str:
    return getattr(error, "verify_message", "") or type(error).__name__


def _ssl_reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", error)
    return getattr(inner, "reason", None) or type(inner).__name__
