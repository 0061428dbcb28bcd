"""Every route of the emulator."""

from aiohttp import web

from warehouse_sync.emulator import ingest_v1
from warehouse_sync.emulator.answers import json_answer, read_object
from warehouse_sync.emulator.auth import TokenDesk
from warehouse_sync.emulator.connections import Connections
from warehouse_sync.emulator.control import Control
from warehouse_sync.emulator.crud import Endpoints
from warehouse_sync.emulator.data_models import DataModels
from warehouse_sync.emulator.page import Page
from warehouse_sync.emulator.pipeline_runs import PipelineRuns
from warehouse_sync.emulator.pipelines import Pipelines
from warehouse_sync.emulator.places import OPENAPI, TOKEN
from warehouse_sync.emulator.routing import Call, Route
from warehouse_sync.emulator.store import Store


def all_routes(*, desk: TokenDesk, store: Store, control: Control, page: Page) -> list[Route]:
    """Return the routes of the API, the token endpoint, the control routes and the page; what is asked for most first."""
    return [
        *PipelineRuns(store).routes(),
        *Endpoints(Pipelines(store)).routes(),
        *Endpoints(Connections(store)).routes(),
        *Endpoints(DataModels(store)).routes(),
        *ingest_v1.routes(store),
        *control.routes(),
        *page.routes(),
        _token_route(desk),
        Route("GET", OPENAPI, _contract, apart=True),
    ]


def _contract(call: Call) -> web.Response:
    """Answer with the OpenAPI document, for this address."""
    from warehouse_sync.emulator.openapi import document  # noqa: PLC0415  # few ask for it

    return json_answer({**document(), "servers": [{"url": str(call.request.url.origin())}]})


def _token_route(desk: TokenDesk) -> Route:
    def issue(call: Call) -> web.Response:
        return json_answer(desk.issue(read_object(call.body)), headers={"Cache-Control": "no-store"})

    return Route("POST", TOKEN, issue, apart=True)
