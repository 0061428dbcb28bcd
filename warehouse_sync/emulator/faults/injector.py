"""Applies faults to requests."""

import socket
import struct
from asyncio import sleep
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from math import ceil

from aiohttp import web

from warehouse_sync.emulator.documents import UNKNOWN_VALUE, decode
from warehouse_sync.emulator.errors import ApiError, LoginError
from warehouse_sync.emulator.faults.fault import Fault
from warehouse_sync.emulator.paths import workspace_of
from warehouse_sync.emulator.responses import LOGIN_FAILED, HttpError, error_response, json_response
from warehouse_sync.emulator.routing import Handler, Request
from warehouse_sync.emulator.runs.schedule import add
from warehouse_sync.emulator.state.resource import Pipeline
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.token_endpoint import TokenEndpoint

# Calls the handler of a request, and does something before or after.
Wrapper = Callable[[Handler, Request], web.Response]
Respond = Callable[[Wrapper], Awaitable[web.StreamResponse]]
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
# The header names the limit: org, account, app, feed, workspace, acceleration or system.
_EXCEEDED_LIMIT = "workspace"
_UNKNOWN_FIELD = "unknown_field"
# SO_LINGER on, with no time to linger: closing the socket resets the connection.
_RESET = struct.pack("ii", 1, 0)


class FaultInjector:
    """Responds to requests with a fault applied.

    Args:
        store: Where runs are added and reports hidden.
        token_endpoint: Where tokens expire.
    """

    def __init__(self, *, store: Store, token_endpoint: TokenEndpoint) -> None:
        self._store = store
        self._token_endpoint = token_endpoint

    async def respond(self, fault: Fault, request: web.BaseRequest, respond: Respond) -> web.StreamResponse:
        """Return the response to a request, with a fault applied."""
        if fault.delay:
            await sleep(fault.delay)
        if fault.drop:
            return _reset(request)
        replacement = _replacement(fault)
        if replacement is not None:
            return replacement
        if fault.expire_token:
            self._token_endpoint.expire(request.headers.get("Authorization"))
        response = await respond(partial(self._wrap, fault))
        return await _corrupt(fault, request, response)

    def _wrap(self, fault: Fault, handler: Handler, request: Request) -> web.Response:
        """Call a handler; add runs before, or hide the report of the created pipeline after."""
        pipeline = self._pipeline(request, request.path_params.get("id"))
        if pipeline is not None:
            for _ in range(fault.new_runs):
                pipeline.scheduler.add_run(self._store.clock.now())
        response = handler(request)
        if fault.hide_report:
            self._hide_report(fault.hide_report, request, response)
        return response

    def _hide_report(self, seconds: float, request: Request, response: web.Response) -> None:
        document = decode(_body(response))
        pipeline = self._pipeline(request, document.get("id") if isinstance(document, dict) else None)
        if pipeline is not None:
            pipeline.report_available_from = add(self._store.clock.now(), timedelta(seconds=seconds))

    def _pipeline(self, request: Request, pipeline_id: str | None) -> Pipeline | None:
        if "workspace" not in request.path_params or pipeline_id is None:
            return None
        pipelines = workspace_of(request, self._store).pipelines
        return pipelines.get(pipeline_id) if pipeline_id in pipelines else None


def _replacement(fault: Fault) -> web.StreamResponse | None:
    """Return the response that replaces the real one, or None."""
    if fault.throttle is not None:
        return error_response(_throttling_error(fault, fault.throttle))
    if fault.status is not None:
        return error_response(_error(fault, fault.status))
    if fault.junk:
        return web.Response(text=_JUNK if fault.junk is True else fault.junk, content_type="text/html")
    return None


async def _corrupt(
    fault: Fault, request: web.BaseRequest, response: web.StreamResponse
) -> web.StreamResponse:
    if fault.apply_then_drop:
        return _reset(request)
    if fault.unknown:
        response = json_response(_with_unknown_values(decode(_body(response))), status=response.status)
    return await _truncated(request, response) if fault.truncate else response


def _throttling_error(fault: Fault, seconds: float) -> HttpError:
    headers = {
        "Retry-After": str(ceil(seconds)),
        "X-mp-rate-limit-exceeded": _EXCEEDED_LIMIT,
        **fault.headers,
    }
    message = fault.message or "Too many requests."
    return HttpError(HTTPStatus.TOO_MANY_REQUESTS, message, headers=headers)


def _error(fault: Fault, status: int) -> ApiError:
    if status == LOGIN_FAILED and fault.message is None:
        return LoginError()
    message = fault.message or f"An injected fault: the status {status}."
    return HttpError(status, message, headers=fault.headers)


def _with_unknown_values(value: object) -> object:
    """Return a document with undocumented values in its enumerated fields, and an undocumented field."""
    if isinstance(value, list):
        return [_with_unknown_values(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {
        name: UNKNOWN_VALUE if name in _ENUMS and item is not None else _with_unknown_values(item)
        for name, item in value.items()
    }
    return {**changed, _UNKNOWN_FIELD: {"of": ["a", "kind"]}}


def _body(response: web.StreamResponse) -> bytes:
    body = response.body if isinstance(response, web.Response) else None
    return body if isinstance(body, bytes) else b"null"


async def _truncated(request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
    """Send the head of a response and half of its body."""
    body = _body(response)
    truncated = web.StreamResponse(status=response.status, headers=response.headers)
    truncated.content_length = len(body)
    await truncated.prepare(request)
    await truncated.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()  # sends what was written first
    return truncated


def _reset(request: web.BaseRequest) -> web.StreamResponse:
    """Reset the connection with nothing sent; the returned response is discarded."""
    if request.transport is not None:
        request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        request.transport.abort()
    return web.Response()
