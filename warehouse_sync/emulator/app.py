"""The web application: every route, behind one gate."""

from aiohttp import web

from warehouse_sync.emulator import ingest_v1
from warehouse_sync.emulator.answers import json_answer, read_object
from warehouse_sync.emulator.auth import TokenDesk
from warehouse_sync.emulator.connections import Connections
from warehouse_sync.emulator.control import Control
from warehouse_sync.emulator.crud import Endpoints
from warehouse_sync.emulator.data_models import DataModels
from warehouse_sync.emulator.gate import Gate
from warehouse_sync.emulator.page import Page
from warehouse_sync.emulator.pipeline_runs import PipelineRuns
from warehouse_sync.emulator.pipelines import Pipelines
from warehouse_sync.emulator.places import OPENAPI, TOKEN
from warehouse_sync.emulator.store import Store

# A service account key or a query is some kilobytes; nobody means to send more than this.
_LARGEST_BODY = 4 * 1024 * 1024


def build_app(*, gate: Gate, desk: TokenDesk, store: Store, control: Control, page: Page) -> web.Application:
    """Return the application that serves the API, the token endpoint and the control routes."""
    app = web.Application(middlewares=[gate.pass_through], client_max_size=_LARGEST_BODY)
    app.add_routes(
        [
            *PipelineRuns(store).routes(),
            *Endpoints(Pipelines(store)).routes(),
            *Endpoints(Connections(store)).routes(),
            *Endpoints(DataModels(store)).routes(),
            *ingest_v1.routes(store),
            *control.routes(),
            *page.routes(),
            _token_route(desk),
            web.route("GET", OPENAPI, _contract),
        ]
    )
    return app


async def _contract(request: web.Request) -> web.Response:
    """Answer with the OpenAPI document, for this address."""
    from warehouse_sync.emulator.openapi import document  # noqa: PLC0415  # few ask for it

    return json_answer({**document(), "servers": [{"url": str(request.url.origin())}]})


def _token_route(desk: TokenDesk) -> web.RouteDef:
    async def issue(request: web.Request) -> web.Response:
        return json_answer(desk.issue(await read_object(request)), headers={"Cache-Control": "no-store"})

    return web.route("POST", TOKEN, issue)
