"""What every request passes: the host check, faults, the token, its turn; and what turns every failure into the error body."""

import logging
from functools import partial
from http import HTTPStatus

from aiohttp import web

from warehouse_sync.emulator.answers import RefusalError
from warehouse_sync.emulator.auth import TokenDesk
from warehouse_sync.emulator.effects import Around, Effects
from warehouse_sync.emulator.faults import Fault, Faults
from warehouse_sync.emulator.hosts import HostRule
from warehouse_sync.emulator.places import API_PREFIX, CONTROL_PREFIX
from warehouse_sync.emulator.routing import Call, Router, Touches
from warehouse_sync.emulator.turns import Turns

_log = logging.getLogger(__name__)
# A service account key or a query is some kilobytes; nobody means to send more than this.
_LARGEST_BODY = 4 * 1024 * 1024
_WITH_BODY = frozenset({"POST", "PUT"})


class Gate:
    """Answers every request. It does little, since everything passes it."""

    def __init__(  # noqa: PLR0913  # everything a request passes
        self,
        *,
        hosts: HostRule,
        desk: TokenDesk,
        faults: Faults,
        effects: Effects,
        router: Router,
        turns: Turns,
    ) -> None:
        self._hosts = hosts
        self._desk = desk
        self._faults = faults
        self._effects = effects
        self._router = router
        self._turns = turns

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, always with JSON, once what it changed is safe."""
        try:
            headers = request.headers
            self._hosts.check(headers.get("Host"), headers.get("Origin"))
            fault = self._fault(request) if self._faults else None
            if fault is None:
                return await self._handle(request)
            return await self._happen(fault, request)
        except RefusalError as refusal:
            return refusal.answer()
        except (web.RequestPayloadError, ConnectionError):
            # Where the client is gone the answer goes nowhere.
            return RefusalError(HTTPStatus.BAD_REQUEST, "The request body could not be read.").answer()
        except Exception:  # noqa: BLE001  # whatever it was, the client gets JSON and the log the trace
            _log.exception("%s %s failed", request.method, request.path)
            return RefusalError(
                HTTPStatus.INTERNAL_SERVER_ERROR, "The emulator failed; its log says why."
            ).answer()

    async def _happen(self, fault: Fault, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._effects.happen(fault, request, partial(self._handle, request))
        finally:
            self._turns.keep()  # the fault is used up

    async def _handle(self, request: web.BaseRequest, around: Around | None = None) -> web.StreamResponse:
        """Have the handler answer; what a fault does around it belongs to the same turn."""
        path = request.rel_url.path_safe
        if path.startswith(API_PREFIX):
            self._desk.admit(request.headers.get("Authorization"))
        route, parts = self._router.find(request.method, path)
        body = await _read(request) if request.method in _WITH_BODY else b""
        call = Call(request, parts, body)
        if around is None:
            return await self._turns.take(route.touches, partial(route.handler, call))
        return await self._turns.take(Touches.CHANGES, partial(around, route.handler, call))

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
            raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too large.")
    return bytes(body)


async def _ask_for_body(request: web.BaseRequest) -> None:
    """Tell a client that asks first, as curl does for large bodies, to send it."""
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # the answer has not begun
