"""One call of every method of the client, except those of the v1 draft, which no document describes."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from warehouse_sync import (
    AsyncClient,
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    FeedSpec,
    PipelineSpec,
    Schedule,
    SyncMode,
)

NOON = datetime(2023, 3, 1, 12, tzinfo=UTC)
ID = "example"  # the id in the examples of the OpenAPI document
MOST = 1  # entries to read of a stream, as many as `watch` yields in its first round
CONNECTION = ConnectionSpec(id=ID, name="C", config=DatabricksConfig(provider="p", schema="s"))
MODEL = DataModelSpec(id=ID, name="M", sql_query="SELECT email FROM a.b.c")
PIPELINE = PipelineSpec(
    id=ID,
    name="P",
    pipeline_type="user_attributes",
    connection_id=ID,
    data_model_id=ID,
    sync_mode=SyncMode(type="incremental", iterator_field="t", iterator_data_type="timestamp", from_=NOON),
    schedule=Schedule(type="interval", frequency="daily", delay="15m", start=NOON),
    environment="development",
)
FEED = FeedSpec(module_name="MailChimp", name="F")

Call = Callable[[AsyncClient], Any]
CALLS: Mapping[str, Call] = {
    "connections.list": lambda client: client.connections.list(service_provider="Databricks"),
    "connections.get": lambda client: client.connections.get(ID),
    "connections.create": lambda client: client.connections.create(CONNECTION),
    "connections.update": lambda client: client.connections.update(CONNECTION),
    "connections.delete": lambda client: client.connections.delete(ID),
    "data_models.list": lambda client: client.data_models.list(),
    "data_models.get": lambda client: client.data_models.get(ID),
    "data_models.create": lambda client: client.data_models.create(MODEL),
    "data_models.update": lambda client: client.data_models.update(MODEL),
    "data_models.delete": lambda client: client.data_models.delete(ID),
    "pipelines.list": lambda client: client.pipelines.list(),
    "pipelines.get": lambda client: client.pipelines.get(ID),
    "pipelines.create": lambda client: client.pipelines.create(PIPELINE),
    "pipelines.update": lambda client: client.pipelines.update(PIPELINE),
    "pipelines.delete": lambda client: client.pipelines.delete(ID),
    "pipelines.trigger": lambda client: client.pipelines.trigger(ID, baseline=True),
    "pipelines.trigger_and_wait": lambda client: client.pipelines.trigger_and_wait(ID, timeout=0.2),
    "pipelines.trigger_many": lambda client: client.pipelines.trigger_many([ID]),
    "pipelines.pause": lambda client: client.pipelines.pause(ID),
    "pipelines.resume": lambda client: client.pipelines.resume(ID),
    "pipelines.report": lambda client: client.pipelines.report(ID),
    "pipelines.reports": lambda client: client.pipelines.reports([ID]),
    "runs.list": lambda client: client.runs.list(ID, start=NOON, page_size=2, limit=MOST),
    "runs.get": lambda client: client.runs.get(ID, 1),
    "runs.wait": lambda client: client.runs.wait(ID, 1, timeout=0.2),
    "runs.wait_many": lambda client: client.runs.wait_many([(ID, 1)], timeout=0.2),
    "runs.resume": lambda client: client.runs.resume((ID, 1), timeout=0.2),
    "feeds.list": lambda client: client.feeds.list(),
    "feeds.get": lambda client: client.feeds.get(1),
    "feeds.create": lambda client: client.feeds.create(FEED),
    "feeds.update": lambda client: client.feeds.update(1, FEED),
    "feeds.delete": lambda client: client.feeds.delete(1),
    "watch": lambda client: client.watch([ID], every=0.1),
}


async def results_of(call: Any) -> list[Any]:
    """Return the result of a call, or the first entries of its stream; an entry with an error raises it."""
    if asyncio.iscoroutine(call):
        return [await call]
    found: list[Any] = []
    async with aclosing(aiter(call)) as stream:
        async for entry in stream:
            found.append(entry.result() if hasattr(entry, "result") else entry)
            if len(found) == MOST:
                break
    return found


def methods_of(client: AsyncClient) -> set[str]:
    """Return the names of the public methods of the resources."""
    resources = ("connections", "data_models", "pipelines", "runs", "feeds")
    return {
        f"{name}.{method}"
        for name in resources
        for method in dir(type(getattr(client, name)))
        if not method.startswith("_")
    }
