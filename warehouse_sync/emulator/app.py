"""Every route of the emulator."""

from aiohttp import web

from warehouse_sync.emulator.control_api import ControlApi
from warehouse_sync.emulator.documents import decode_object
from warehouse_sync.emulator.page import Page
from warehouse_sync.emulator.paths import OPENAPI, TOKEN
from warehouse_sync.emulator.resources import ingest_v1
from warehouse_sync.emulator.resources.connections import Connections
from warehouse_sync.emulator.resources.data_models import DataModels
from warehouse_sync.emulator.resources.endpoints import ResourceEndpoints
from warehouse_sync.emulator.resources.pipelines import Pipelines
from warehouse_sync.emulator.resources.run_endpoints import RunEndpoints
from warehouse_sync.emulator.responses import json_response
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.token_endpoint import TokenEndpoint


def all_routes(
    *, token_endpoint: TokenEndpoint, store: Store, control: ControlApi, page: Page
) -> list[Route]:
    """Return the routes of the API, the token endpoint, the control routes and the page; what is asked for most first."""
    return [
        *RunEndpoints(store).routes(),
        *ResourceEndpoints(Pipelines(store)).routes(),
        *ResourceEndpoints(Connections(store)).routes(),
        *ResourceEndpoints(DataModels(store)).routes(),
        *ingest_v1.routes(store),
        *control.routes(),
        *page.routes(),
        _token_route(token_endpoint),
        Route("GET", OPENAPI, _contract, apart=True),
    ]


def _contract(call: Request) -> web.Response:
    """Answer with the OpenAPI document, for this address."""
    from warehouse_sync.emulator.openapi import document  # noqa: PLC0415  # few ask for it

    return json_response({**document(), "servers": [{"url": str(call.request.url.origin())}]})


def _token_route(token_endpoint: TokenEndpoint) -> Route:
    def issue(call: Request) -> web.Response:
        return json_response(
            token_endpoint.issue(decode_object(call.body)), headers={"Cache-Control": "no-store"}
        )

    return Route("POST", TOKEN, issue, apart=True)
