"""Pipelines: the reference's examples, checks, references and spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document, Vector

PIPELINES = "/inputs/data-pipelines"
REFERENCES = {"connection_id": "example-databricks-connection", "data_model_id": "example-data-model"}


async def test_create_answers_as_documented(stocked: Api, vector: Vector) -> None:
    """The example request gives an answer with the documented fields, what was sent, and no errors."""
    request = {**vector("pipelines/create-events.request"), **REFERENCES}
    answer = await stocked.post(PIPELINES, request)
    assert answer.status == 200
    assert answer.document.keys() == vector("pipelines/create-events.response").keys()
    assert answer.document == {**answer.document, **request, "status": "idle", "errors": []}


async def test_update_answers_as_documented(stocked: Api, vector: Vector) -> None:
    """The example update, which has another pipeline type, gives an answer with the documented fields."""
    await stocked.post(PIPELINES, {**vector("pipelines/create-events.request"), **REFERENCES})
    answer = await stocked.put(f"{PIPELINES}/string", {**vector("pipelines/update.request"), **REFERENCES})
    assert answer.status == 200
    assert answer.document.keys() == vector("pipelines/update.response").keys()
    assert answer.document["pipeline_type"] == "user_attributes"
    assert answer.document["last_modified_by"] == "emu_client"


async def test_get_and_list_show_the_documented_fields(stocked: Api, vector: Vector) -> None:
    """A pipeline read back has the fields of the examples; a list is a bare array."""
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
async def test_every_example_of_a_schedule_is_taken(
    stocked: Api, vector: Vector, pipeline: Document, name: str
) -> None:
    """Each schedule the reference shows can be created and comes back as it was sent, the odd date included."""
    schedule = vector(f"schedules/{name}")
    answer = await stocked.post(PIPELINES, {**pipeline, **schedule})
    assert answer.status == 200
    assert answer.document == {**answer.document, **schedule}


async def test_create_names_everything_wrong_in_one_answer(stocked: Api) -> None:
    """One answer names every field that is missing or wrong, references that lead nowhere among them."""
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
    answer = await stocked.post(PIPELINES, body)
    assert answer.status == 400
    assert answer.messages == [
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


async def test_create_names_missing_sections(stocked: Api) -> None:
    """Without its sections a pipeline is refused by their names and those of their fields."""
    messages = (await stocked.post(PIPELINES, {})).messages
    assert {"sync_mode is required and must be an object.", "schedule.type is required."} <= set(messages)


async def test_field_transformation_is_refused_for_user_attributes(stocked: Api, pipeline: Document) -> None:
    """Only event pipelines take a field transformation; null counts as none."""
    answer = await stocked.post(PIPELINES, {**pipeline, "field_transformation_id": "ft"})
    assert answer.messages == ["field_transformation_id is for pipelines of the type events only."]
    assert (await stocked.post(PIPELINES, {**pipeline, "field_transformation_id": None})).status == 200


@pytest.mark.parametrize(
    ("section", "sent", "shown"),
    [
        ("schedule", {"type": "on-demand"}, {"type": "on_demand"}),
        ("schedule", {"type": "on_demand", "delay": None}, {"type": "on_demand"}),
        ("sync_mode", {"type": "full_sync"}, {"type": "full"}),
    ],
)
async def test_both_spellings_are_taken(
    stocked: Api, pipeline: Document, section: str, sent: Document, shown: Document
) -> None:
    """A word the reference spells in two ways is taken in both and shown in one."""
    answer = await stocked.post(PIPELINES, {**pipeline, section: sent})
    assert answer.document[section] == shown


async def test_numbers_are_taken_as_text(stocked: Api, pipeline: Document) -> None:
    """`data_plan_version`, a string in the table and a number in the examples, is taken as both, shown as a number."""
    body: dict[str, Any] = {
        **pipeline,
        "data_plan_id": "plan",
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


async def test_pipeline_may_be_called_trigger(stocked: Api, pipeline: Document) -> None:
    """The path of the trigger endpoint does not hide a pipeline of that name."""
    await stocked.post(PIPELINES, {**pipeline, "id": "trigger"})
    assert (await stocked.get(f"{PIPELINES}/trigger")).document["id"] == "trigger"
    assert (await stocked.delete(f"{PIPELINES}/trigger")).status == 204
