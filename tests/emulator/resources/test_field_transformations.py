"""Field transformations in the emulator: added by Python, HTTP and option, and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.emulator.conftest import Api
from warehouse_sync.emulator import Emulator

if TYPE_CHECKING:
    from pathlib import Path

    from tests.emulator.conftest import Document

PIPELINES = "/inputs/data-pipelines"
CONTROL = "/_emulator/field-transformations"
COLUMN = {"mapping_type": "column", "source": "eventId", "destination": "event_id"}
EXAMPLE: dict[str, Any] = {
    "id": "events",
    "name": "Events",
    "destination_type": "event_batch",
    "mappings": [
        {**COLUMN, "value": None},
        {"mapping_type": "static", "source": None, "destination": "event_type", "value": "screen_view"},
        {"mapping_type": "ignore", "source": "note", "destination": None},
    ],
}


async def test_documented_json_is_accepted(api: Api, emulator: Emulator) -> None:
    """Transformations that are added by Python or HTTP are listed, each in its own workspace."""
    added = await api.post(CONTROL, EXAMPLE)
    emulator.add_field_transformation({**EXAMPLE, "id": "other"}, workspace_id=7)
    assert (added.status, added.document["created_by"]) == (200, "emu_client")
    assert {name: added.document[name] for name in EXAMPLE} == EXAMPLE
    assert (await api.get(CONTROL)).document == [added.document]
    [other] = (await api.get(f"{CONTROL}?workspace_id=7")).document
    assert other["id"] == "other"


async def test_same_id_replaces_the_transformation(api: Api) -> None:
    """Another document with the id replaces the first one."""
    await api.post(CONTROL, EXAMPLE)
    await api.post(CONTROL, {**EXAMPLE, "name": "New"})
    assert [each["name"] for each in (await api.get(CONTROL)).document] == ["New"]


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        (
            {"id": "a b", "name": "", "destination_type": "users", "mappings": []},
            [
                "id must be a slug: letters, digits, `_` and `-`.",
                "name must be a string that is not empty.",
                "destination_type must be event_batch.",
                "mappings is required and must be a list of at least one mapping.",
            ],
        ),
        ({"mappings": ["x"]}, ["mappings[0] must be an object."]),
        ({"mappings": [{"mapping_type": []}]}, ["mappings[0].mapping_type must be column or static or ignore."]),
        (
            {"mappings": [{"mapping_type": "column"}, {"mapping_type": "static"}, {"mapping_type": "ignore"}]},
            [
                "mappings[0].source is required.",
                "mappings[0].destination is required.",
                "mappings[1].destination is required.",
                "mappings[1].value is required and must be a string.",
                "mappings[2].source is required.",
            ],
        ),
        (
            {"mappings": [{**COLUMN, "mapping_type": "ignore"}]},
            ["mappings[0].destination is not allowed for a mapping of the type ignore."],
        ),
        ({"mappings": [{**COLUMN, "destination": "a..b"}]}, ["mappings[0].destination has an empty part."]),
        (
            {"mappings": [{**COLUMN, "destination": "events[].data"}]},
            ["mappings[0].destination names an object, not a field: events[].data."],
        ),
        (
            {"mappings": [COLUMN, {**COLUMN, "source": "b", "destination": "data.event_id.x"}]},
            ["mappings[1].destination is set by another mapping too: data.event_id.x."],
        ),
    ],
)  # fmt: skip
async def test_every_mistake_is_reported(
    api: Api, emulator: Emulator, fields: Document, messages: list[str]
) -> None:
    """An invalid document is a 400 with every mistake, and a `ValueError` in Python."""
    response = await api.post(CONTROL, {**EXAMPLE, **fields})
    assert response.status == 400
    assert [each["message"] for each in response.document["errors"]] == messages
    with pytest.raises(ValueError, match="mappings") as caught:
        emulator.add_field_transformation({**EXAMPLE, **fields})
    assert str(caught.value) == " ".join(messages)


async def test_pipeline_must_name_a_known_transformation(stocked: Api, pipeline: Document) -> None:
    """Any id is accepted until a transformation is added; then an unknown one is a 400."""
    event = {**pipeline, "pipeline_type": "events", "field_transformation_id": "unknown"}
    assert (await stocked.post(PIPELINES, {**event, "id": "first"})).status == 200
    await stocked.post(CONTROL, EXAMPLE)
    refused = await stocked.post(PIPELINES, {**event, "id": "second"})
    assert (refused.status, refused.document["errors"]) == (
        400,
        [{"message": "field_transformation_id names no field transformation of this workspace: unknown."}],
    )
    assert (await stocked.put(f"{PIPELINES}/first", {**event, "id": "first"})).status == 400
    known = {**event, "id": "second", "field_transformation_id": "events"}
    assert (await stocked.post(PIPELINES, known)).status == 200
    assert (await stocked.post(PIPELINES, pipeline)).status == 200


async def test_transformation_survives_a_restart(tmp_path: Path) -> None:
    """The state keeps the transformations of the argument."""
    async with Emulator(state=tmp_path, field_transformations=[EXAMPLE]):
        pass
    async with Emulator(state=tmp_path) as restarted, aiohttp.ClientSession() as session:
        assert [each["id"] for each in (await Api(session, restarted.url).get(CONTROL)).document] == [
            "events"
        ]


def test_invalid_argument_is_an_error() -> None:
    """An emulator is not created with an invalid transformation."""
    with pytest.raises(ValueError, match="name is required"):
        Emulator(field_transformations=[{**EXAMPLE, "name": None}])
