"""Connections: the reference's examples, validation by service provider, and masked secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document, Vector
    from warehouse_sync.emulator import Emulator

MASK = "************"
NOT_MODIFIED = {
    "created_on": "2023-02-03T23:53:08.413Z",
    "created_by": "emu_client",
    "last_modified_on": None,
    "last_modified_by": None,
}


@pytest.mark.parametrize("provider", ["snowflake", "bigquery", "redshift", "databricks"])
async def test_create_response_is_documented(api: Api, vector: Vector, provider: str) -> None:
    """The response to each provider's example request is the example response, with the sent values."""
    request = vector(f"connections/create-{provider}.request")
    documented = vector(f"connections/create-{provider}.response")
    sent = {
        **request["config"],
        **{name: MASK for name in ("password", "service_account_key") if name in request["config"]},
    }
    expected = {**documented, "id": request["id"], "config": {**documented["config"], **sent}, **NOT_MODIFIED}
    response = await api.post("/connections", request)
    assert (response.status, response.document) == (200, expected)


async def test_update_response_is_documented(api: Api, vector: Vector) -> None:
    """The response to the example update has the documented fields and the modification audit."""
    await api.post("/connections", vector("connections/create-snowflake.request"))
    request = vector("connections/update.request")
    response = await api.put(f"/connections/{request['id']}", {**request, "name": "Corrected"})
    documented = vector("connections/update.response")
    assert response.status == 200
    assert response.document.keys() == documented.keys()
    # One example response has an older name for this field; every other has this one.
    assert response.document["config"].keys() ^ documented["config"].keys() == {
        "account_identifier",
        "source_account_id",
    }
    assert response.document["name"] == "Corrected"
    assert response.document["last_modified_on"] == "2023-02-03T23:53:08.413Z"
    assert response.document["last_modified_by"] == "emu_client"


async def test_get_and_list_show_the_documented_fields(api: Api, vector: Vector) -> None:
    """A connection has the fields of the example, with status and errors, and its secret masked."""
    await api.post("/connections", vector("connections/create-redshift.request"))
    got, listed = await api.get("/connections/example-redshift-connection"), await api.get("/connections")
    documented = vector("connections/get.response")
    assert got.status == listed.status == 200
    assert listed.document == [got.document]
    assert got.document.keys() == documented.keys() == vector("connections/list.response")[0].keys()
    assert got.document["config"].keys() == documented["config"].keys() | {"password", "port"}
    assert (got.document["status"], got.document["errors"]) == ("healthy", [])
    assert got.document["config"]["password"] == MASK


async def test_list_filters_by_service_provider(api: Api, vector: Vector) -> None:
    """The query parameter selects the connections of one provider; an unknown one is rejected."""
    for provider in ("snowflake", "bigquery"):
        await api.post("/connections", vector(f"connections/create-{provider}.request"))
    response = await api.get("/connections?serviceProvider=BigQuery")
    assert [connection["id"] for connection in response.document] == ["example-bigquery-connection"]
    rejected = await api.get("/connections?serviceProvider=Oracle")
    assert rejected.messages == ["serviceProvider must be Snowflake or BigQuery or Redshift or Databricks."]


async def test_secret_is_not_stored(emulator: Emulator, api: Api, vector: Vector) -> None:
    """The state has no trace of a secret."""
    await api.post("/connections", vector("connections/create-snowflake.request"))
    kept = emulator._store.workspace("5328").connections.get("example-snowflake-connection")
    assert "mParticleSecurePassword" not in repr(kept)


async def test_create_reports_all_errors(api: Api) -> None:
    """One response names every missing or invalid field."""
    body = {
        "id": "no slug",
        "name": " ",
        "state": "on",
        "service_provider": "Redshift",
        "config": {"port": "x", "user": 5},
    }
    response = await api.post("/connections", body)
    assert response.status == 400
    assert response.messages == [
        "id must be a slug: letters, digits, `_` and `-`.",
        "name must be a string that is not empty.",
        "state must be new or active or inactive.",
        "config.database is required.",
        "config.host is required.",
        "config.user must be a string that is not empty.",
        "config.aws_iam_role_arn is required.",
        "config.port must be an integer.",
        "config.password is required.",
    ]


@pytest.mark.parametrize("service_provider", ["Oracle", 5, None, ["Snowflake"], {}])
async def test_unknown_service_provider_is_rejected(api: Api, service_provider: Any) -> None:
    """A provider that is none of the four is rejected, whatever its type."""
    body = {"id": "c", "name": "c", "state": "new", "service_provider": service_provider, "config": {}}
    response = await api.post("/connections", body)
    assert response.status == 400
    assert response.messages[0].startswith("service_provider ")


@pytest.mark.parametrize("config", [None, [], "text", 5])
async def test_config_must_be_an_object(api: Api, vector: Vector, config: Any) -> None:
    """A config of another type is rejected without a crash."""
    response = await api.post(
        "/connections", {**vector("connections/create-databricks.request"), "config": config}
    )
    assert response.messages[0] == "config is required and must be an object."


@pytest.mark.parametrize("mask", [MASK, "*"])
async def test_mask_without_stored_secret_is_rejected(api: Api, vector: Vector, mask: str) -> None:
    """A mask in place of a secret is rejected if no secret is stored."""
    request = vector("connections/create-redshift.request")
    response = await api.post("/connections", {**request, "config": {**request["config"], "password": mask}})
    assert response.status == 400
    assert "is a mask" in response.messages[0]


async def test_update_accepts_mask_as_unchanged(api: Api, vector: Vector) -> None:
    """One example sends the mask in an update: the stored secret stays."""
    request = vector("connections/create-redshift.request")
    await api.post("/connections", request)
    masked = {**request, "config": {**request["config"], "password": MASK}}
    assert (await api.put("/connections/example-redshift-connection", masked)).status == 200


async def test_mask_of_other_provider_is_rejected(api: Api, vector: Vector) -> None:
    """A mask cannot stand for the secret of another service provider."""
    await api.post("/connections", vector("connections/create-redshift.request"))
    other = vector("connections/create-snowflake.request")
    body = {**other, "id": "example-redshift-connection", "config": {**other["config"], "password": MASK}}
    response = await api.put("/connections/example-redshift-connection", body)
    assert response.status == 400


async def test_password_is_replaced_by_another_credential(api: Api, vector: Vector) -> None:
    """A connection with another credential needs no password; the response masks it and adds no password."""
    request = vector("connections/create-snowflake.request")
    del request["config"]["password"]
    assert (await api.post("/connections", request)).status == 400
    request["config"]["private_key"] = "hunter2"
    response = await api.post("/connections", request)
    assert response.status == 200
    assert response.document["config"]["private_key"] == MASK
    assert "password" not in response.document["config"]


@pytest.mark.parametrize(("sent", "shown"), [(5440, "5440"), ("5440", "5440"), (None, "5439")])
async def test_port_is_shown_as_a_string(api: Api, vector: Vector, sent: Any, shown: str) -> None:
    """A port is accepted as number or string, shown as a string, and added if it is left out."""
    request: dict[str, Any] = vector("connections/create-redshift.request")
    response = await api.post("/connections", {**request, "config": {**request["config"], "port": sent}})
    assert response.document["config"]["port"] == shown


async def test_older_account_name_is_accepted(api: Api, vector: Vector) -> None:
    """`source_account_id`, which one example shows, is read as `account_identifier`."""
    request = vector("connections/create-snowflake.request")
    config = dict(request["config"])
    config["source_account_id"] = config.pop("account_identifier")
    response = await api.post("/connections", {**request, "config": config})
    assert response.status == 200
    assert response.document["config"]["account_identifier"] == "gd12345"
    assert "source_account_id" not in response.document["config"]


async def test_connection_in_use_cannot_be_deleted(stocked: Api, pipeline: Document) -> None:
    """A connection that a pipeline uses stays, and the error names the pipeline."""
    await stocked.post("/inputs/data-pipelines", pipeline)
    response = await stocked.delete("/connections/example-databricks-connection")
    assert response.status == 409
    assert "example-pipeline" in response.messages[0]
    assert (await stocked.get("/connections/example-databricks-connection")).status == 200
