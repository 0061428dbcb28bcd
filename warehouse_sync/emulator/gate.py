"""What every request passes: the host check, faults, the token; and what turns every failure into the error body."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from warehouse_sync.emulator.answers import RefusalError
from warehouse_sync.emulator.auth import TokenDesk
from warehouse_sync.emulator.effects import Effects
from warehouse_sync.emulator.faults import Fault, Faults
from warehouse_sync.emulator.hosts import HostRule
from warehouse_sync.emulator.places import API_PREFIX, CONTROL_PREFIX

_log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gate:
    """The one middleware. It runs for every request, so it does little."""

    def __init__(
        self,
        *,
        hosts: HostRule,
        desk: TokenDesk,
        faults: Faults,
        effects: Effects,
        save: Callable[[], None],
    ) -> None:
        self._hosts = hosts
        self._desk = desk
        self._faults = faults
        self._effects = effects
        self._save = save

    @web.middleware
    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, always with JSON, once what it changed is safe."""
        try:
            answer = await self._answer(request, handler)
            self._save()
        except Exception:  # noqa: BLE001  # whatever it was, the client gets JSON and the log the trace
            _log.exception("%s %s failed", request.method, request.path)
            return RefusalError(
                HTTPStatus.INTERNAL_SERVER_ERROR, "The emulator failed; its log says why."
            ).answer()
        return answer

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await self._admit(request, handler)
        except RefusalError as refusal:
            return refusal.answer()
        except web.HTTPException as error:
            return _translated(request, error).answer()
        except (web.RequestPayloadError, ConnectionError):
            # Where the client is gone the answer goes nowhere.
            return RefusalError(HTTPStatus.BAD_REQUEST, "The request body could not be read.").answer()

    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        headers = request.headers
        self._hosts.check(headers.get("Host"), headers.get("Origin"))
        fault = self._fault(request) if self._faults else None
        if fault is None:
            return await self._authorised(request, handler)
        return await self._effects.happen(fault, request, lambda: self._authorised(request, handler))

    async def _authorised(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(API_PREFIX):
            self._desk.admit(request.headers.get("Authorization"))
        return await handler(request)

    def _fault(self, request: web.Request) -> Fault | None:
        if request.path.startswith(CONTROL_PREFIX):
            return None  # faults are taken back through these routes
        return self._faults.take(request.method, request.path)


def _translated(request: web.Request, error: web.HTTPException) -> RefusalError:
    """Return a refusal by aiohttp in the documented form."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"{request.method} is not allowed here; allowed: {allowed}."
        return RefusalError(error.status, message, headers={"Allow": allowed})
    messages = {404: f"There is no {request.path} here.", 413: "The request body is too large."}
    return RefusalError(error.status, messages.get(error.status, error.reason))
