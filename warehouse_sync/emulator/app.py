"""Every route of the emulator."""

from datetime import timedelta
from functools import cache

from aiohttp import web

from warehouse_sync.emulator.clock import SystemClock
from warehouse_sync.emulator.control_api import ControlApi
from warehouse_sync.emulator.documents import decode_object
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.page import StatusPage
from warehouse_sync.emulator.paths import CONTROL_PREFIX, OPENAPI, TOKEN
from warehouse_sync.emulator.resources import ingest_v1
from warehouse_sync.emulator.resources.connections import Connections
from warehouse_sync.emulator.resources.data_models import DataModels
from warehouse_sync.emulator.resources.data_plans import DataPlans
from warehouse_sync.emulator.resources.endpoints import ResourceEndpoints
from warehouse_sync.emulator.resources.feeds import Feeds
from warehouse_sync.emulator.resources.pipelines import Pipelines
from warehouse_sync.emulator.resources.run_endpoints import RunEndpoints
from warehouse_sync.emulator.responses import json_response
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.runs.run import RunTiming
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.token_endpoint import TokenEndpoint


def all_routes(
    *, store: Store, token_endpoint: TokenEndpoint, faults: ActiveFaults, workspace_id: str
) -> list[Route]:
    """Return every route, the most requested first.

    Args:
        store: The state that the handlers use.
        token_endpoint: Issues the tokens.
        faults: The faults that the control routes list and change.
        workspace_id: The workspace of control requests that name none.
    """
    return [
        *RunEndpoints(store).routes(),
        *ResourceEndpoints(Pipelines(store)).routes(),
        *ResourceEndpoints(Connections(store)).routes(),
        *ResourceEndpoints(DataModels(store)).routes(),
        *DataPlans(store).routes(),
        *Feeds(store).routes(),
        *ingest_v1.routes(store),
        *ControlApi(store=store, faults=faults, workspace_id=workspace_id).routes(),
        *StatusPage(store, faults, workspace_id).routes(),
        _token_route(token_endpoint),
        Route("GET", OPENAPI, _openapi_document, stateless=True),
    ]


@cache
def injectable_routes() -> tuple[tuple[str, str], ...]:
    """Return the method and path of each route except the control routes.

    Faults apply to these routes.
    """
    clock = SystemClock()
    timing = RunTiming(queued=timedelta(), running=timedelta())
    routes = all_routes(  # of an emulator that serves nothing
        store=Store(clock=clock, timing=timing, author=""),
        token_endpoint=TokenEndpoint(clock, client_id="", client_secret=""),
        faults=ActiveFaults(),
        workspace_id="",
    )
    return tuple((route.method, route.path) for route in routes if not route.path.startswith(CONTROL_PREFIX))


def _openapi_document(request: Request) -> web.Response:
    """Return the OpenAPI document, with this emulator as its only server: clients send it their credentials."""
    from warehouse_sync.emulator.openapi import document  # noqa: PLC0415 - few clients request it

    origin = str(request.http.url.origin())
    return json_response(document(api_server=origin, sso_server=origin))


def _token_route(token_endpoint: TokenEndpoint) -> Route:
    def issue(request: Request) -> web.Response:
        token = token_endpoint.issue(decode_object(request.body))
        return json_response(token, headers={"Cache-Control": "no-store"})

    return Route("POST", TOKEN, issue, stateless=True)
