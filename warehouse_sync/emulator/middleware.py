"""Middleware of every request.

It checks the host, injects faults, checks the token, calls the handler and handles errors.
"""

import logging
from functools import partial
from http import HTTPStatus

from aiohttp import web

from warehouse_sync.emulator.errors import ApiError, InvalidRequestError
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.faults.fault import Fault
from warehouse_sync.emulator.faults.injector import FaultInjector, Wrapper
from warehouse_sync.emulator.host_check import HostCheck
from warehouse_sync.emulator.paths import API_PREFIXES, CONTROL_PREFIX, PLATFORM_V1_PREFIX
from warehouse_sync.emulator.request_log import LoggedRequest, RequestLog
from warehouse_sync.emulator.responses import HttpError, error_response
from warehouse_sync.emulator.routing import Request, Router
from warehouse_sync.emulator.state.access import Access, StateAccess
from warehouse_sync.emulator.token_endpoint import TokenEndpoint

_log = logging.getLogger(__name__)
# A service account key or a query takes some kilobytes.
_MAX_BODY_BYTES = 4 * 1024 * 1024
# The platform sends it with successful responses. The emulator has no rate limit, so none of it is used.
_USAGE_HEADER, _USAGE = "X-mp-rate-limit-percentage-used", "0"
_METHODS_WITH_BODY = frozenset({"POST", "PUT"})


class Middleware:
    """The middleware of every request.

    It stays short, because it limits the emulator's request rate.
    """

    def __init__(  # noqa: PLR0913 - the parts that a request passes through
        self,
        *,
        host_check: HostCheck,
        token_endpoint: TokenEndpoint,
        faults: ActiveFaults,
        injector: FaultInjector,
        router: Router,
        access: StateAccess,
        request_log: RequestLog,
    ) -> None:
        self._host_check = host_check
        self._token_endpoint = token_endpoint
        self._faults = faults
        self._injector = injector
        self._router = router
        self._access = access
        self._request_log = request_log

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Return the response to a request, once its changes are saved.

        Errors become JSON, too.
        """
        try:
            headers = request.headers
            self._host_check.check(headers.get("Host"), headers.get("Origin"))
            logged = self._request_log.add(request)
            fault = self._fault(request) if self._faults else None
            if fault is None:
                return await self._respond(request, logged)
            return await self._respond_with_fault(fault, request, logged)
        except ApiError as error:
            return error_response(error, enveloped=request.path.startswith(PLATFORM_V1_PREFIX))
        except (web.RequestPayloadError, ConnectionError):
            # If the client has disconnected, the response is discarded.
            return error_response(InvalidRequestError("The request body could not be read."))
        except Exception:  # noqa: BLE001 - any bug becomes JSON for the client and a traceback in the log
            _log.exception("%s %s failed", request.method, request.path)
            message = "The emulator failed; see its log for the traceback."
            return error_response(HttpError(HTTPStatus.INTERNAL_SERVER_ERROR, message))

    async def _respond_with_fault(
        self, fault: Fault, request: web.BaseRequest, logged: LoggedRequest | None
    ) -> web.StreamResponse:
        try:
            return await self._injector.respond(fault, request, partial(self._respond, request, logged))
        finally:
            self._access.save()  # the fault's remaining count

    async def _respond(
        self, request: web.BaseRequest, logged: LoggedRequest | None, wrapper: Wrapper | None = None
    ) -> web.StreamResponse:
        """Call the handler. A fault's wrapper around it shares its access to the state."""
        path = request.rel_url.path_safe
        is_api = path.startswith(API_PREFIXES)
        if is_api:
            self._token_endpoint.authorize(request.headers.get("Authorization"))
        route, path_params = self._router.find(request.method, path)
        body = b""
        if request.method in _METHODS_WITH_BODY:
            body = await _read_body(request)
            self._request_log.set_body(logged, body)
        routed = Request(request, path_params, body)
        if wrapper is not None:
            response = await self._access.run(Access.WRITE, partial(wrapper, route.handler, routed))
        elif self._access.is_immediate(route.access):  # without a coroutine, as most requests
            response = self._access.run_now(route.access, partial(route.handler, routed))
        else:
            response = await self._access.run(route.access, partial(route.handler, routed))
        if is_api:  # errors do not get here
            response.headers[_USAGE_HEADER] = _USAGE
        return response

    def _fault(self, request: web.BaseRequest) -> Fault | None:
        if request.path.startswith(CONTROL_PREFIX):
            return None  # these routes clear faults
        return self._faults.take(request.method, request.path)


async def _read_body(request: web.BaseRequest) -> bytes:
    """Return the body of a request.

    Raises:
        HttpError: 413: the body is too large.
    """
    if request.headers.get("Expect", "").lower() == "100-continue":
        await _send_continue(request)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too large.")
    return bytes(body)


async def _send_continue(request: web.BaseRequest) -> None:
    """Let a client send its body that waits for permission, as curl does before large bodies."""
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # the response has not started
