"""Data plans, and the pipelines that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from warehouse_sync.emulator import Emulator
from warehouse_sync.emulator.resources.data_plans import parse_data_plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emulator.conftest import Api, Document

PIPELINES = "/inputs/data-pipelines"
CONTROL = "/_emulator/data-plans"


async def test_data_plans_are_listed_with_their_versions(api: Api, emulator: Emulator) -> None:
    """Plans that are added by Python or HTTP are shown with sorted versions, each in its own workspace."""
    emulator.add_data_plan("orders", version=2, activated_environment="none")
    added = await api.post(CONTROL, {"data_plan_id": "orders", "activated_environment": "development"})
    emulator.add_data_plan("other", workspace_id=7)
    plan = (await api.get("/plans/orders")).document
    assert added.document == plan
    assert (plan["data_plan_id"], plan["created_by"]) == ("orders", "emu_client")
    assert plan["data_plan_versions"] == [
        {"data_plan_id": "orders", "version": 1, "activated_environment": "development"},
        {"data_plan_id": "orders", "version": 2, "activated_environment": "none"},
    ]
    assert (await api.get("/plans")).document == [plan]
    assert (await api.get("/plans/other")).status == 404
    assert (await api.get("/platform/v2/workspaces/7/plans/other")).status == 200


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"data_plan_id": "unknown", "data_plan_version": 1}, 404, "Data plan unknown was not found."),
        ({"data_plan_id": "orders"}, 404, "data_plan_version is required with it."),
        (
            {"data_plan_id": "orders", "data_plan_version": None},
            404,
            "data_plan_version is required with it.",
        ),
        ({"data_plan_id": "orders", "data_plan_version": 3}, 404, "Data plan orders has no version 3."),
        (
            {"data_plan_id": "orders", "data_plan_version": "2"},
            400,
            "Version 2 of data plan orders is not active.",
        ),
        ({"data_plan_id": "orders", "data_plan_version": 1}, 200, ""),
        ({"data_plan_id": "orders", "data_plan_version": "1"}, 200, ""),
        ({"data_plan_id": None}, 200, ""),
        ({}, 200, ""),
    ],
)
async def test_pipeline_names_an_active_plan(  # noqa: PLR0917 - fixtures
    stocked: Api, emulator: Emulator, pipeline: Document, fields: Document, status: int, message: str
) -> None:
    """A missing plan or version is 404, one that is not active 400, by POST and by PUT."""
    emulator.add_data_plan("orders", version=1)
    emulator.add_data_plan("orders", version=2, activated_environment="none")
    response = await stocked.post(PIPELINES, {**pipeline, **fields})
    assert response.status == status
    await stocked.post(PIPELINES, pipeline)
    updated = await stocked.put(f"{PIPELINES}/{pipeline['id']}", {**pipeline, **fields})
    assert updated.status == status
    if message:
        assert message in response.messages[0]
        assert updated.messages == response.messages


async def test_invalid_fields_come_before_the_plan(stocked: Api, pipeline: Document) -> None:
    """A pipeline with invalid fields is 400, whatever its plan."""
    response = await stocked.post(PIPELINES, {**pipeline, "name": "", "data_plan_id": "unknown"})
    assert (response.status, response.messages) == (400, ["name must be a string that is not empty."])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data_plan_id": "a b"},
        {"data_plan_id": 5},
        {"data_plan_id": "a", "version": 0},
        {"data_plan_id": "a", "version": "2"},
        {"data_plan_id": "a", "version": True},
        {"data_plan_id": "a", "version": 10**400},
        {"data_plan_id": "a", "activated_environment": "staging"},
    ],
)
async def test_invalid_data_plan_is_rejected(api: Api, body: Document) -> None:
    """An invalid id, version or environment is 400, and no plan is added."""
    response = await api.post(CONTROL, body)
    assert (response.status, len(response.messages)) == (400, 1)
    assert (await api.get("/plans")).document == []


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("orders", ("orders", 1, "production")),
        ("orders:2", ("orders", 2, "production")),
        ("orders:2:none", ("orders", 2, "none")),
    ],
)
def test_data_plan_is_parsed(text: str, parsed: tuple[Any, ...]) -> None:
    """The version and the environment of a plan have defaults."""
    assert parse_data_plan(text) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "orders:",
        "orders:x",
        "orders:0",
        "orders:2:",
        "orders:2:staging",
        "a b:1",
        "a:1:none:x",
        "a:" + "9" * 5000,
    ],
)
def test_invalid_data_plan_text_is_a_value_error(text: str) -> None:
    """Text that is no data plan is an error that shows the form."""
    with pytest.raises(ValueError, match="data plan"):
        Emulator(data_plans=[text])


async def test_data_plans_are_saved(tmp_path: Path) -> None:
    """Plans survive a restart, and an option can change one."""
    with Emulator(state=tmp_path, data_plans=["orders:1", "orders:2"]):
        pass
    with Emulator(state=tmp_path, data_plans=["orders:2:none"]) as emulator:
        [plan] = emulator._store.workspace("5328").data_plans
        versions = plan.document["data_plan_versions"]
        assert [(each["version"], each["activated_environment"]) for each in versions] == [
            (1, "production"),
            (2, "none"),
        ]
