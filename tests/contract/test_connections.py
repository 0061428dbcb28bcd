"""`client.connections` of `AsyncClient` and `Client`."""

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from warehouse_sync import (
    BadRequestError,
    BigQueryConfig,
    ConflictError,
    Connection,
    ConnectionSpec,
    ConnectionStatus,
    DatabricksConfig,
    NotFoundError,
    RedshiftConfig,
    Secret,
    SnowflakeConfig,
    ValidationError,
)

if TYPE_CHECKING:
    from warehouse_sync import ConnectionConfig

CONFIGS: "dict[str, ConnectionConfig]" = {
    "Snowflake": SnowflakeConfig(
        account_identifier="gd12345",
        region="us-central1.gcp",
        warehouse="compute_wh",
        database="shop",
        role="mparticle_role",
        user="mparticle_user",
        password="hunter2",
        storage_integration="mp_us1_123_123_s3",
    ),
    "BigQuery": BigQueryConfig(
        region="us-east1",
        project_id="project",
        dataset_id="dataset",
        service_account_id="robot@example.com",
        service_account_key='{"type": "service_account"}',
    ),
    "Redshift": RedshiftConfig(
        database="dev",
        host="cluster.example.com",
        port=5440,
        user="user",
        password="hunter2",
        aws_iam_role_arn="arn:aws:iam::123456789:role/role",
    ),
    "Databricks": DatabricksConfig(provider="organization", schema="schema"),
}


def spec_of(provider: str) -> ConnectionSpec:
    """Return the spec of a connection."""
    return ConnectionSpec(id=f"to-{provider}", name=provider, state="active", config=CONFIGS[provider])


@pytest.mark.parametrize("provider", CONFIGS)
async def test_connection_create_get_list_update_and_delete(client: Any, provider: str) -> None:
    """A connection of each provider can be created, read, listed, updated and deleted."""
    spec = spec_of(provider)
    created = await client.connections.create(spec)
    assert isinstance(created, Connection)
    assert (created.id, created.service_provider, created.state) == (spec.id, provider, "active")
    assert created.created_on is not None
    read = await client.connections.get(spec.id)
    # The documents' Databricks response has no status.
    assert read == attrs.evolve(created, status=ConnectionStatus.HEALTHY)
    assert await client.connections.list() == [read]
    renamed = await client.connections.update(attrs.evolve(spec, name="Renamed"))
    assert renamed.name == "Renamed"
    assert await client.connections.delete(spec.id) is None
    assert await client.connections.list() == []


async def test_list_filters_by_service_provider(client: Any) -> None:
    """The filter returns only the connections of the provider."""
    for provider in CONFIGS:
        await client.connections.create(spec_of(provider))
    for provider in CONFIGS:
        assert [found.id for found in await client.connections.list(service_provider=provider)] == [
            f"to-{provider}"
        ]
    with pytest.raises(BadRequestError, match="serviceProvider"):
        await client.connections.list(service_provider="Teradata")


async def test_masked_secret_must_be_replaced_before_an_update(client: Any) -> None:
    """A connection that was read can be updated only with the real secret in place of the mask."""
    read = await client.connections.create(spec_of("Snowflake"))
    assert read.config.password.is_mask
    with pytest.raises(ValidationError, match="mask"):
        await client.connections.update(read.to_spec())
    config = attrs.evolve(read.config, password=Secret("hunter3"))
    updated = await client.connections.update(attrs.evolve(read.to_spec(), config=config, name="Kept"))
    assert updated.name == "Kept"


async def test_missing_connection_raises_not_found(client: Any) -> None:
    """A 404 contains the request and the message of the server."""
    with pytest.raises(NotFoundError) as caught:
        await client.connections.get("nowhere")
    error = caught.value
    assert (error.status, error.method, error.attempts) == (404, "GET", 1)
    assert error.path == "/platform/v2/workspaces/5328/connections/nowhere"
    assert error.messages
    for call in (client.connections.delete("nowhere"), client.connections.update(spec_of("Databricks"))):
        with pytest.raises(NotFoundError):
            await call


async def test_existing_connection_raises_a_conflict(client: Any) -> None:
    """A second create with the same id raises an error with the message of the server."""
    await client.connections.create(spec_of("Databricks"))
    with pytest.raises(ConflictError) as caught:
        await client.connections.create(spec_of("Databricks"))
    assert "to-Databricks" in "".join(caught.value.messages)


async def test_invalid_spec_reports_every_field_before_a_request(client: Any) -> None:
    """All problems of a spec are reported together, and nothing is sent."""
    wrong = ConnectionSpec(id="a b", name="", config=SnowflakeConfig(password="****"))
    with pytest.raises(ValidationError) as caught:
        await client.connections.create(wrong)
    named = {field for field, _ in caught.value.problems}
    assert {"id", "name", "config.password", "config.role", "config.user"} <= named
    assert await client.connections.list() == []


@pytest.mark.parametrize("wrong", ["", "..", "a/b", "a%2fb", "a?b", "a\nb", "ä", None, 7])
async def test_invalid_id_raises_before_a_request(client: Any, wrong: Any) -> None:
    """Only a slug becomes part of a path."""
    for call in (client.connections.get(wrong), client.connections.delete(wrong)):
        with pytest.raises(ValidationError):
            await call
