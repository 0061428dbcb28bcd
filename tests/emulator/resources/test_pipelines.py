"""Pipelines: the reference's examples, validation, references and spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document, Vector

PIPELINES = "/inputs/data-pipelines"
REFERENCES = {"connection_id": "example-databricks-connection", "data_model_id": "example-data-model"}


async def test_create_response_is_documented(stocked: Api, vector: Vector) -> None:
    """The response to the example request has the documented fields, the sent values, and no errors."""
    request = {**vector("pipelines/create-events.request"), **REFERENCES}
    response = await stocked.post(PIPELINES, request)
    assert response.status == 200
    assert response.document.keys() == vector("pipelines/create-events.response").keys()
    assert response.document == {**response.document, **request, "status": "idle", "errors": []}


async def test_update_response_is_documented(stocked: Api, vector: Vector) -> None:
    """The response to the example update, which has another pipeline type, has the documented fields."""
    await stocked.post(PIPELINES, {**vector("pipelines/create-events.request"), **REFERENCES})
    response = await stocked.put(f"{PIPELINES}/string", {**vector("pipelines/update.request"), **REFERENCES})
    assert response.status == 200
    assert response.document.keys() == vector("pipelines/update.response").keys()
    assert response.document["pipeline_type"] == "user_attributes"
    assert response.document["last_modified_by"] == "emu_client"


async def test_get_and_list_show_the_documented_fields(stocked: Api, vector: Vector) -> None:
    """A pipeline has the fields of the examples; a list is a bare array."""
    example = vector("pipelines/get.response")
    server_set = {"status", "errors", "created_on", "created_by", "last_modified_on", "last_modified_by"}
    # The example shows a field transformation for user attributes, for which the text says there is none.
    body = {
        name: value for name, value in example.items() if name not in server_set | {"field_transformation_id"}
    }
    await stocked.post(PIPELINES, {**body, **REFERENCES})
    got, listed = await stocked.get(f"{PIPELINES}/example-pipeline-1"), await stocked.get(PIPELINES)
    assert got.document.keys() == example.keys() - {"field_transformation_id"}
    assert listed.document == [got.document]


@pytest.mark.parametrize(
    "name",
    ["daily-february", "hourly", "hourly-delay-15m", "monthly-delay-5d", "on-demand", "once-full-2020"],
)
async def test_every_schedule_example_is_accepted(
    stocked: Api, vector: Vector, pipeline: Document, name: str
) -> None:
    """Each schedule of the reference is accepted and returned as sent, including the odd timestamp."""
    schedule = vector(f"schedules/{name}")
    response = await stocked.post(PIPELINES, {**pipeline, **schedule})
    assert response.status == 200
    assert response.document == {**response.document, **schedule}


async def test_create_reports_all_errors(stocked: Api) -> None:
    """One response names every missing or invalid field, including unknown references."""
    body = {
        "id": "",
        "pipeline_type": "events",
        "connection_id": "nowhere",
        "data_model_id": 7,
        "state": "inactive",
        "partner_feed_id": True,
        "data_plan_version": "two",
        "sync_mode": {"type": "incremental", "from": "yesterday"},
        "schedule": {"type": "interval", "frequency": "yearly", "delay": "5 minutes", "end": 5},
        "environment": "test",
    }
    response = await stocked.post(PIPELINES, body)
    assert response.status == 400
    assert response.messages == [
        "id must be a slug: letters, digits, `_` and `-`.",
        "name is required.",
        "state must be new or active or paused.",
        "environment must be development or production.",
        "connection_id names no connection of this workspace: nowhere.",
        "data_model_id must be a slug: letters, digits, `_` and `-`.",
        "field_transformation_id is required.",
        "partner_feed_id must be an integer.",
        "data_plan_version must be an integer.",
        "sync_mode.iterator_field is required.",
        "sync_mode.iterator_data_type is required.",
        "sync_mode.from must be a timestamp such as 2022-10-30T11:00:16Z.",
        "schedule.frequency must be hourly or daily or weekly or monthly.",
        "schedule.start is required.",
        "schedule.end must be a timestamp such as 2022-10-30T11:00:16Z.",
        "schedule.delay must be a number and a unit (s, m, h, d, w or y), such as 15m.",
    ]


async def test_missing_sections_are_reported(stocked: Api) -> None:
    """Missing sections are reported, with their required fields."""
    messages = (await stocked.post(PIPELINES, {})).messages
    assert {"sync_mode is required and must be an object.", "schedule.type is required."} <= set(messages)


async def test_field_transformation_is_for_events_only(stocked: Api, pipeline: Document) -> None:
    """Only event pipelines accept a field transformation; null counts as missing."""
    response = await stocked.post(PIPELINES, {**pipeline, "field_transformation_id": "ft"})
    assert response.messages == ["field_transformation_id is for pipelines of the type events only."]
    assert (await stocked.post(PIPELINES, {**pipeline, "field_transformation_id": None})).status == 200


@pytest.mark.parametrize(
    ("section", "sent", "shown"),
    [
        ("schedule", {"type": "on-demand"}, {"type": "on_demand"}),
        ("schedule", {"type": "on_demand", "delay": None}, {"type": "on_demand"}),
        ("sync_mode", {"type": "full_sync"}, {"type": "full"}),
    ],
)
async def test_both_spellings_are_accepted(
    stocked: Api, pipeline: Document, section: str, sent: Document, shown: Document
) -> None:
    """A value that the reference spells in two ways is accepted in both and shown in one."""
    response = await stocked.post(PIPELINES, {**pipeline, section: sent})
    assert response.document[section] == shown


async def test_numbers_are_accepted_as_strings(stocked: Api, pipeline: Document) -> None:
    """`data_plan_version`, a string in the table and a number in examples, is accepted as both."""
    body: dict[str, Any] = {
        **pipeline,
        "data_plan_id": "example-data-plan-id",
        "data_plan_version": "2",
        "partner_feed_id": "0",
    }
    shown = (await stocked.post(PIPELINES, body)).document
    assert (shown["data_plan_version"], shown["partner_feed_id"]) == (2, 0)


async def test_status_is_stopped_while_paused(stocked: Api, pipeline: Document) -> None:
    """A paused pipeline is shown as stopped, and as idle once it is active."""
    assert (await stocked.post(PIPELINES, {**pipeline, "state": "paused"})).document["status"] == "stopped"
    resumed = await stocked.put(f"{PIPELINES}/example-pipeline", pipeline)
    assert resumed.document["status"] == "idle"


async def test_pipeline_can_be_named_trigger(stocked: Api, pipeline: Document) -> None:
    """The path of the trigger endpoint does not hide a pipeline with that id."""
    await stocked.post(PIPELINES, {**pipeline, "id": "trigger"})
    assert (await stocked.get(f"{PIPELINES}/trigger")).document["id"] == "trigger"
    assert (await stocked.delete(f"{PIPELINES}/trigger")).status == 204
