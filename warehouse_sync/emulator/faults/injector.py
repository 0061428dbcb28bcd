"""What a fault does to a request."""

import socket
import struct
from asyncio import sleep
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from math import ceil

from aiohttp import web
from msgspec.json import decode

from warehouse_sync.emulator.errors import ApiError, LoginError
from warehouse_sync.emulator.faults.fault import Fault
from warehouse_sync.emulator.paths import workspace_of
from warehouse_sync.emulator.responses import LOGIN_FAILED, HttpError, error_response, json_response
from warehouse_sync.emulator.routing import Handler, Request
from warehouse_sync.emulator.state.resource import Pipeline
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.token_endpoint import TokenEndpoint

# Answers a call by its handler, and does something before or after.
Wrapper = Callable[[Handler, Request], web.Response]
Handle = Callable[[Wrapper], Awaitable[web.StreamResponse]]
_JUNK = "<!doctype html><title>Bad gateway</title><h1>This is not the API</h1>"
# Fields whose values the reference lists.
_ENUMS = frozenset(
    {
        "status",
        "state",
        "type",
        "pipeline_type",
        "environment",
        "frequency",
        "connection_status",
        "data_model_status",
    }
)
_UNKNOWN_VALUE, _UNKNOWN_FIELD = "value_of_tomorrow", "field_of_tomorrow"
# `on` and no time to linger: the close is a reset.
_RESET = struct.pack("ii", 1, 0)


class FaultInjector:
    """Answers requests the way faults have it.

    Args:
        store: Where runs arrive that shift pages.
        token_endpoint: Where tokens expire.
    """

    def __init__(self, *, store: Store, token_endpoint: TokenEndpoint) -> None:
        self._store = store
        self._token_endpoint = token_endpoint

    async def happen(self, fault: Fault, request: web.BaseRequest, handle: Handle) -> web.StreamResponse:
        """Answer a request the way a fault has it."""
        if fault.delay:
            await sleep(fault.delay)
        if fault.drop:
            return _reset(request)
        instead = _answer_instead(fault)
        if instead is not None:
            return instead
        if fault.expire_token:
            self._token_endpoint.expire(request.headers.get("Authorization"))
        answer = await handle(partial(self._wrap, fault))
        return await _spoiled(fault, request, answer)

    def _wrap(self, fault: Fault, handler: Handler, call: Request) -> web.Response:
        """Let runs happen before a call, or hide the report of the pipeline it creates."""
        pipeline = self._pipeline(call, call.parts.get("id"))
        if pipeline is not None:
            for _ in range(fault.new_runs):
                pipeline.scheduler.sync_now(self._store.clock.now())
        answer = handler(call)
        if fault.hide_report:
            self._hide_report(fault.hide_report, call, answer)
        return answer

    def _hide_report(self, seconds: float, call: Request, answer: web.Response) -> None:
        document = decode(_body(answer))
        pipeline = self._pipeline(call, document.get("id") if isinstance(document, dict) else None)
        if pipeline is not None:
            pipeline.report_available_from = self._store.clock.now() + timedelta(seconds=seconds)

    def _pipeline(self, call: Request, pipeline_id: str | None) -> Pipeline | None:
        if "workspace" not in call.parts or pipeline_id is None:
            return None
        pipelines = workspace_of(call, self._store).pipelines
        return pipelines.get(pipeline_id) if pipeline_id in pipelines else None


def _answer_instead(fault: Fault) -> web.StreamResponse | None:
    if fault.throttle is not None:
        return error_response(_throttled(fault, fault.throttle))
    if fault.status is not None:
        return error_response(_refused(fault, fault.status))
    if fault.junk:
        return web.Response(text=_JUNK if fault.junk is True else fault.junk, content_type="text/html")
    return None


async def _spoiled(fault: Fault, request: web.BaseRequest, answer: web.StreamResponse) -> web.StreamResponse:
    if fault.apply_then_drop:
        return _reset(request)
    if fault.unknown:
        answer = json_response(_made_unknown(decode(_body(answer))), status=answer.status)
    return await _truncated(request, answer) if fault.truncate else answer


def _throttled(fault: Fault, seconds: float) -> ApiError:
    headers = {
        "Retry-After": str(ceil(seconds)),
        "X-mp-rate-limit-exceeded": "true",
        "X-mp-rate-limit-percentage-used": "100",
        **fault.headers,
    }
    message = fault.message or "Too many requests."
    return HttpError(HTTPStatus.TOO_MANY_REQUESTS, message, headers=headers)


def _refused(fault: Fault, status: int) -> ApiError:
    if status == LOGIN_FAILED and fault.message is None:
        return LoginError()
    message = fault.message or f"The emulator was told to answer {status}."
    return HttpError(status, message, headers=fault.headers)


def _made_unknown(value: object) -> object:
    """Return a document with values no document names in its enumerated fields, and a field nobody knows."""
    if isinstance(value, list):
        return [_made_unknown(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {
        name: _UNKNOWN_VALUE if name in _ENUMS and item is not None else _made_unknown(item)
        for name, item in value.items()
    }
    return {**changed, _UNKNOWN_FIELD: {"of": ["a", "kind"]}}


def _body(answer: web.StreamResponse) -> bytes:
    body = answer.body if isinstance(answer, web.Response) else None
    return body if isinstance(body, bytes) else b"null"


async def _truncated(request: web.BaseRequest, answer: web.StreamResponse) -> web.StreamResponse:
    """Send the head of an answer and half of its body."""
    body = _body(answer)
    cut = web.StreamResponse(status=answer.status, headers=answer.headers)
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()  # what was written goes out first
    return cut


def _reset(request: web.BaseRequest) -> web.StreamResponse:
    """Reset the connection with nothing sent; the answer returned goes nowhere."""
    if request.transport is not None:
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        request.transport.abort()
    return web.Response()
