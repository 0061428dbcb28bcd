"""Masked secrets among unknown fields are never sent back."""

import json
from typing import Any

import attrs
import pytest

from tests.support.kinds import CONNECTION
from tests.support.peer import Peer, reply
from warehouse_sync import AsyncClient, ValidationError

MASK = "************"
PIPELINE: dict[str, Any] = {
    "id": "p1",
    "name": "P",
    "pipeline_type": "user_attributes",
    "connection_id": "c1",
    "data_model_id": "m1",
    "state": "active",
    "partner_feed_id": 7,
    "sync_mode": {"type": "full"},
    "schedule": {"type": "on_demand"},
    "environment": "development",
}
MODEL: dict[str, Any] = {
    "id": "m1",
    "name": "M",
    "state": "active",
    "type": "sql",
    "config": {"sql_query": "SELECT 1"},
}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "connection": ("connections", "/connections/c1", {**CONNECTION, "api_key": MASK}),
    "connection, deeper": ("connections", "/connections/c1", {**CONNECTION, "more": {"keys": [MASK]}}),
    "data model": ("data_models", "/data-models/m1", {**MODEL, "api_key": MASK}),
    "data model, config": (
        "data_models",
        "/data-models/m1",
        {**MODEL, "config": {**MODEL["config"], "key": MASK}},
    ),
    "pipeline": ("pipelines", "/inputs/data-pipelines/p1", {**PIPELINE, "api_key": MASK}),
    "pipeline, feed key": ("pipelines", "/inputs/data-pipelines/p1", {**PIPELINE, "partner_feed_key": MASK}),
    "pipeline, schedule": (
        "pipelines",
        "/inputs/data-pipelines/p1",
        {**PIPELINE, "schedule": {"type": "on_demand", "key": MASK}},
    ),
}


@pytest.mark.parametrize(("resource", "path", "document"), CASES.values(), ids=CASES)
async def test_masked_unknown_field_is_not_sent_back(
    peer: Peer, resource: str, path: str, document: dict[str, Any]
) -> None:
    """An update with a mask in an unknown field raises an error with its path before anything is sent."""
    peer.serve("* *" + path, reply(200, document))
    async with AsyncClient(**peer.options()) as client:
        one = getattr(client, resource)
        found = await one.get(path.rpartition("/")[2])
        with pytest.raises(ValidationError, match="mask"):
            await one.update(attrs.evolve(found.to_spec(), name="new"))
    sent = [json.loads(arrival.body) for arrival in peer.on("PUT *")]
    assert sent == []


@pytest.mark.parametrize("value", ["* * * *", "SELECT ****"])
async def test_text_with_asterisks_is_sent(peer: Peer, value: str) -> None:
    """A mask consists of asterisks only."""
    peer.serve("* */connections/c1", reply(200, {**CONNECTION, "columns": value}))
    async with AsyncClient(**peer.options()) as client:
        found = await client.connections.get("c1")
        await client.connections.update(found.to_spec())
    [sent] = peer.on("PUT *")
    assert json.loads(sent.body)["columns"] == value
