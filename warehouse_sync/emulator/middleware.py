"""What every request passes: the host check, faults, the token, its turn; and what turns every failure into the error body."""

import logging
from functools import partial
from http import HTTPStatus

from aiohttp import web

from warehouse_sync.emulator.errors import ApiError, InvalidRequestError
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.faults.fault import Fault
from warehouse_sync.emulator.faults.injector import FaultInjector, Wrapper
from warehouse_sync.emulator.host_check import HostCheck
from warehouse_sync.emulator.paths import API_PREFIX, CONTROL_PREFIX
from warehouse_sync.emulator.responses import HttpError, error_response
from warehouse_sync.emulator.routing import Request, Router
from warehouse_sync.emulator.state.access import Access, StateAccess
from warehouse_sync.emulator.token_endpoint import TokenEndpoint

_log = logging.getLogger(__name__)
# A service account key or a query is some kilobytes; nobody means to send more than this.
_LARGEST_BODY = 4 * 1024 * 1024
_WITH_BODY = frozenset({"POST", "PUT"})


class Middleware:
    """Answers every request. It does little, since everything passes it."""

    def __init__(  # noqa: PLR0913  # everything a request passes
        self,
        *,
        hosts: HostCheck,
        token_endpoint: TokenEndpoint,
        faults: ActiveFaults,
        injector: FaultInjector,
        router: Router,
        access: StateAccess,
    ) -> None:
        self._host_check = hosts
        self._token_endpoint = token_endpoint
        self._faults = faults
        self._injector = injector
        self._router = router
        self._access = access

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, always with JSON, once what it changed is safe."""
        try:
            headers = request.headers
            self._host_check.check(headers.get("Host"), headers.get("Origin"))
            fault = self._fault(request) if self._faults else None
            if fault is None:
                return await self._handle(request)
            return await self._happen(fault, request)
        except ApiError as error:
            return error_response(error)
        except (web.RequestPayloadError, ConnectionError):
            # Where the client is gone the answer goes nowhere.
            return error_response(InvalidRequestError("The request body could not be read."))
        except Exception:  # noqa: BLE001  # whatever it was, the client gets JSON and the log the trace
            _log.exception("%s %s failed", request.method, request.path)
            message = "The emulator failed; its log says why."
            return error_response(HttpError(HTTPStatus.INTERNAL_SERVER_ERROR, message))

    async def _happen(self, fault: Fault, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._injector.happen(fault, request, partial(self._handle, request))
        finally:
            self._access.save()  # the fault is used up

    async def _handle(self, request: web.BaseRequest, around: Wrapper | None = None) -> web.StreamResponse:
        """Have the handler answer; what a fault does around it belongs to the same turn."""
        path = request.rel_url.path_safe
        if path.startswith(API_PREFIX):
            self._token_endpoint.authorize(request.headers.get("Authorization"))
        route, parts = self._router.find(request.method, path)
        body = await _read(request) if request.method in _WITH_BODY else b""
        call = Request(request, parts, body)
        if around is None:
            return await self._access.take(route.access, partial(route.handler, call))
        return await self._access.take(Access.WRITE, partial(around, route.handler, call))

    def _fault(self, request: web.BaseRequest) -> Fault | None:
        if request.path.startswith(CONTROL_PREFIX):
            return None  # faults are taken back through these routes
        return self._faults.take(request.method, request.path)


async def _read(request: web.BaseRequest) -> bytes:
    """Return the body, or refuse one that is too large."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await _ask_for_body(request)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too large.")
    return bytes(body)


async def _ask_for_body(request: web.BaseRequest) -> None:
    """Tell a client that asks first, as curl does for large bodies, to send it."""
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # the answer has not begun
