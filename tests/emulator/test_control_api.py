"""The control routes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document
    from warehouse_sync.emulator import Emulator, VirtualClock


async def test_health_needs_no_token(api: Api) -> None:
    """The health route needs no token."""
    response = await api.get("/_emulator/health", Authorization="")
    assert (response.status, response.document) == (200, {"status": "ok"})


async def test_reset_keeps_only_tokens(api: Api, emulator: Emulator) -> None:
    """A reset deletes every workspace and fault; tokens stay valid."""
    emulator.seed(pipelines=1, runs=1)
    emulator.seed(pipelines=1, runs=1, workspace_id=9)
    emulator.fault("GET *", status=500)
    assert (await api.call("POST", "/_emulator/reset")).status == 204
    for workspace in (5328, 9):
        assert (await api.get(f"/platform/v2/workspaces/{workspace}/connections")).document == []


async def test_seed_adds_pipelines_to_a_workspace(api: Api) -> None:
    """Pipelines are added to the named workspace, by default that of the client options."""
    first = await api.post("/_emulator/seed", {"pipelines": 2, "runs": 4})
    assert first.document == {"pipeline_ids": ["seeded-pipeline-00001", "seeded-pipeline-00002"]}
    page = await api.get("/inputs/data-pipelines/seeded-pipeline-00002/runs")
    assert page.document["total_items"] == 4
    await api.post("/_emulator/seed", {"workspace_id": 9, "pipelines": 1})
    assert len((await api.get("/platform/v2/workspaces/9/inputs/data-pipelines")).document) == 1


@pytest.mark.parametrize(
    "body", [{"pipelines": -1}, {"runs": "5"}, {"pipelines": 10**9}, {"failed_every": True}]
)
async def test_seed_rejects_invalid_counts(api: Api, body: Document) -> None:
    """A count that is not a number, or too large, is rejected."""
    response = await api.post("/_emulator/seed", body)
    assert response.status == 400
    assert "must be a whole number from 0 to" in response.messages[0]


async def test_next_run_fails_on_request(api: Api, clock: VirtualClock) -> None:
    """The pipeline's next run fails with the message; an unknown pipeline is 404."""
    await api.post("/_emulator/seed", {"pipelines": 1, "runs": 1})
    planned = await api.post(
        "/_emulator/failures", {"pipeline_id": "seeded-pipeline-00001", "message": "No."}
    )
    assert planned.status == 204
    await api.post("/inputs/data-pipelines/trigger", {"pipeline_id": "seeded-pipeline-00001"})
    clock.advance(timedelta(minutes=1))
    report = (await api.get("/inputs/data-pipelines/seeded-pipeline-00001/report")).document
    assert (report["status"], report["errors"]) == ("faulted", [{"message": "No."}])
    assert (await api.post("/_emulator/failures", {"pipeline_id": "other"})).status == 404


async def test_trigger_needs_no_token(api: Api, emulator: Emulator) -> None:
    """The page triggers a run; while it runs a second trigger is 400, and of an unknown pipeline 404."""
    [name] = emulator.seed(pipelines=1, runs=1)
    response = await api.call("POST", "/_emulator/trigger", {"pipeline_id": name}, Authorization="")
    assert (response.status, response.document["pipeline_run_id"]) == (200, 2)
    assert (await api.post("/_emulator/trigger", {"pipeline_id": name})).status == 400
    assert (await api.post("/_emulator/trigger", {"pipeline_id": "other"})).status == 404
    assert (await api.post("/_emulator/trigger", {})).status == 400
