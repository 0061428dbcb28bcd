"""The kinds of calls of a client, and both clients to make them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import attrs

from tests.support.peer import TOKEN, Answer, reply, token
from warehouse_sync import AsyncClient, Client, ConnectionSpec, DatabricksConfig, ResourceState

T = TypeVar("T")

BASE = "/platform/v2/workspaces/1"
SPEC = ConnectionSpec(
    id="c1", name="One", state=ResourceState.ACTIVE, config=DatabricksConfig(provider="AWS", schema="raw")
)
CONNECTION = {
    "id": "c1",
    "name": "One",
    "state": "active",
    "service_provider": "Databricks",
    "config": {"provider": "AWS", "schema": "raw"},
    "created_on": "2099-01-01T00:00:00Z",  # after each create, on every clock
}
TRIGGERED = {"pipeline_run_id": 7, "status": "queued"}


@attrs.frozen
class Kind:
    """A kind of call.

    Attributes:
        name: The name in the tables.
        route: The route of its request.
        success: The successful response.
        call: Makes the call with an asynchronous or blocking client.
    """

    name: str
    route: str
    success: Answer
    call: Callable[[Any], Any]


READ = Kind("read", f"GET {BASE}/connections/c1", reply(200, CONNECTION), lambda c: c.connections.get("c1"))
UPDATE = Kind(
    "update", f"PUT {BASE}/connections/c1", reply(200, CONNECTION), lambda c: c.connections.update(SPEC)
)
DELETE = Kind("delete", f"DELETE {BASE}/connections/c1", reply(204), lambda c: c.connections.delete("c1"))
CREATE = Kind(
    "create", f"POST {BASE}/connections", reply(200, CONNECTION), lambda c: c.connections.create(SPEC)
)
TRIGGER = Kind(
    "trigger",
    f"POST {BASE}/inputs/data-pipelines/trigger",
    reply(200, TRIGGERED),
    lambda c: c.pipelines.trigger("p1"),
)
FETCH = Kind("token", TOKEN, token("token-2"), lambda c: c.connections.get("c1"))
KINDS = {kind.name: kind for kind in (READ, UPDATE, DELETE, CREATE, TRIGGER, FETCH)}


@attrs.frozen
class Driver:
    """An asynchronous or blocking client, called alike.

    Attributes:
        client: The client.
        loop: The event loop of its requests.
    """

    client: Any
    loop: asyncio.AbstractEventLoop

    async def call(self, make: Callable[[Any], Any]) -> Any:
        """Make a call, and return its result."""
        if isinstance(self.client, AsyncClient):
            return await make(self.client)
        return await asyncio.to_thread(make, self.client)


@asynccontextmanager
async def driver(sort: str, **options: Any) -> AsyncIterator[Driver]:
    """Run a client: `async` on the test's event loop, or `sync` on its own."""
    if sort == "async":
        async with AsyncClient(**options) as client:
            yield Driver(client, asyncio.get_running_loop())
        return
    blocking = Client(**options)
    try:
        yield Driver(blocking, blocking._loop_thread._ready_thread().loop)
    finally:
        await asyncio.to_thread(blocking.close)
