"""Data models: the reference's examples and validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document, Vector


async def test_create_response_is_documented(api: Api, vector: Vector) -> None:
    """The response to the example request has the documented fields, without the errors it sent."""
    request = vector("data-models/create.request")
    response = await api.post("/data-models", request)
    assert response.status == 200
    assert response.document.keys() == vector("data-models/create.response").keys()
    assert response.document == {**response.document, **request, "status": "valid", "errors": []}


async def test_update_response_is_documented(api: Api, vector: Vector) -> None:
    """The response to the example update has the documented fields and the new values."""
    request = vector("data-models/update.request")
    await api.post("/data-models", vector("data-models/create.request"))
    response = await api.put("/data-models/example-data-model", {**request, "name": "Renamed"})
    assert response.status == 200
    assert response.document.keys() == vector("data-models/update.response").keys()
    assert response.document["name"] == "Renamed"


async def test_get_and_list_show_the_documented_fields(api: Api, vector: Vector) -> None:
    """A data model has the fields of the examples; a list is a bare array."""
    await api.post("/data-models", vector("data-models/create.request"))
    got, listed = await api.get("/data-models/example-data-model"), await api.get("/data-models")
    assert got.document.keys() == vector("data-models/get.response").keys()
    assert listed.document == [got.document]


async def test_create_reports_all_errors(api: Api) -> None:
    """One response names every missing or invalid field."""
    response = await api.post(
        "/data-models", {"state": "paused", "type": "python", "config": {"sql_query": ""}}
    )
    assert response.status == 400
    assert response.messages == [
        "id is required.",
        "name is required.",
        "state must be new or active or inactive.",
        "type must be sql.",
        "config.sql_query must be a string that is not empty.",
    ]


async def test_data_model_in_use_cannot_be_deleted(stocked: Api, pipeline: Document) -> None:
    """A data model that a pipeline uses stays until the pipeline is deleted."""
    await stocked.post("/inputs/data-pipelines", pipeline)
    assert (await stocked.delete("/data-models/example-data-model")).status == 409
    await stocked.delete("/inputs/data-pipelines/example-pipeline")
    assert (await stocked.delete("/data-models/example-data-model")).status == 204
