"""Data models: the reference's examples and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document, Vector


async def test_create_answers_as_documented(api: Api, vector: Vector) -> None:
    """The example request gives an answer with the documented fields, without the errors it sent."""
    request = vector("data-models/create.request")
    answer = await api.post("/data-models", request)
    assert answer.status == 200
    assert answer.document.keys() == vector("data-models/create.response").keys()
    assert answer.document == {**answer.document, **request, "status": "valid", "errors": []}


async def test_update_answers_as_documented(api: Api, vector: Vector) -> None:
    """The example update gives an answer with the documented fields and the new values."""
    request = vector("data-models/update.request")
    await api.post("/data-models", vector("data-models/create.request"))
    answer = await api.put("/data-models/example-data-model", {**request, "name": "Renamed"})
    assert answer.status == 200
    assert answer.document.keys() == vector("data-models/update.response").keys()
    assert answer.document["name"] == "Renamed"


async def test_get_and_list_show_the_documented_fields(api: Api, vector: Vector) -> None:
    """A data model read back has the fields of the examples; a list is a bare array."""
    await api.post("/data-models", vector("data-models/create.request"))
    got, listed = await api.get("/data-models/example-data-model"), await api.get("/data-models")
    assert got.document.keys() == vector("data-models/get.response").keys()
    assert listed.document == [got.document]


async def test_create_names_everything_wrong_in_one_answer(api: Api) -> None:
    """One answer names every field that is missing or wrong."""
    answer = await api.post(
        "/data-models", {"state": "paused", "type": "python", "config": {"sql_query": ""}}
    )
    assert answer.status == 400
    assert answer.messages == [
        "id is required.",
        "name is required.",
        "state must be new or active or inactive.",
        "type must be sql.",
        "config.sql_query must be a string that is not empty.",
    ]


async def test_delete_refuses_data_model_in_use(stocked: Api, pipeline: Document) -> None:
    """A data model that a pipeline uses stays until the pipeline is gone."""
    await stocked.post("/inputs/data-pipelines", pipeline)
    assert (await stocked.delete("/data-models/example-data-model")).status == 409
    await stocked.delete("/inputs/data-pipelines/example-pipeline")
    assert (await stocked.delete("/data-models/example-data-model")).status == 204
