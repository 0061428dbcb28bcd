"""A running emulator with a virtual clock, and a plain HTTP client."""

import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from attrs import define, field, frozen

from warehouse_sync.emulator import Emulator, VirtualClock

Document = dict[str, Any]
Vector = Callable[[str], Any]
VECTORS = Path(__file__).parents[1] / "vectors"
NOW = datetime(2023, 2, 3, 23, 53, 8, 413_000, tzinfo=UTC)
CREDENTIAL = {
    "client_id": "emu_client",
    "client_secret": "emu_secret",
    "audience": "https://api.mparticle.com",
    "grant_type": "client_credentials",
}


@frozen
class Response:
    """A response; the document is None if there was no body."""

    status: int
    document: Any
    headers: Any

    @property
    def messages(self) -> list[str]:
        """The messages of an error body."""
        assert self.document["statusCode"] == self.status
        return [error["message"] for error in self.document["errors"]]


@define
class Api:
    """A plain HTTP client of the emulator."""

    session: aiohttp.ClientSession
    url: str
    token: str = ""
    base: str = field(default="/platform/v2/workspaces/5328")

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> Response:
        """Send a request; a path without an API prefix is below `base`."""
        full = (
            path
            if path.startswith(("/platform", "/v1", "/oauth", "/_emulator", "/openapi", "/nowhere"))
            else self.base + path
        )
        text = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        async with self.session.request(
            method, self.url + full, data=io.BytesIO(text), headers=sent
        ) as response:
            received = await response.read()
            if received:
                assert response.content_type == "application/json"
            return Response(response.status, json.loads(received) if received else None, response.headers)

    async def get(self, path: str, **headers: str) -> Response:
        """Send a GET."""
        return await self.call("GET", path, **headers)

    async def post(self, path: str, body: object) -> Response:
        """Send a POST."""
        return await self.call("POST", path, body)

    async def put(self, path: str, body: object) -> Response:
        """Send a PUT."""
        return await self.call("PUT", path, body)

    async def delete(self, path: str) -> Response:
        """Send a DELETE."""
        return await self.call("DELETE", path)

    async def sign_in(self) -> None:
        """Request a token and use it from then on."""
        self.token = (await self.post("/oauth/token", CREDENTIAL)).document["access_token"]


@pytest.fixture
def vector() -> Vector:
    """Read an example of the reference."""

    def read(name: str) -> Any:
        return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))

    return read


@pytest.fixture
def clock() -> VirtualClock:
    """A virtual clock at the time that the reference's responses show."""
    return VirtualClock(NOW)


@pytest.fixture
async def emulator(clock: VirtualClock) -> AsyncIterator[Emulator]:
    """A running emulator whose runs queue for 10 seconds and run for 20."""
    async with Emulator(clock=clock, queued=10, running=20) as running:
        yield running


@pytest.fixture
async def api(emulator: Emulator) -> AsyncIterator[Api]:
    """A client with a token."""
    async with aiohttp.ClientSession() as session:
        api = Api(session, emulator.url)
        await api.sign_in()
        yield api


@pytest.fixture
async def stocked(api: Api, vector: Vector) -> Api:
    """A client of a workspace that has a connection, a data model, and the data plan of the examples."""
    await api.post("/_emulator/data-plans", {"data_plan_id": "example-data-plan-id", "version": 2})
    await api.post("/connections", vector("connections/create-databricks.request"))
    await api.post("/data-models", vector("data-models/create.request"))
    return api


@pytest.fixture
def pipeline() -> Document:
    """The body that creates an on-demand pipeline in a stocked workspace."""
    return {
        "id": "example-pipeline",
        "name": "Example Pipeline",
        "pipeline_type": "user_attributes",
        "connection_id": "example-databricks-connection",
        "data_model_id": "example-data-model",
        "state": "active",
        "sync_mode": {
            "type": "incremental",
            "iterator_field": "updated_on",
            "iterator_data_type": "datetime_tz",
            "from": "2020-01-01T00:00:00Z",
        },
        "schedule": {"type": "on_demand"},
        "environment": "development",
    }
