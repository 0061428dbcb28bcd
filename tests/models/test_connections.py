"""Connections before they are sent."""

from typing import Any

import attrs
import pytest

from warehouse_sync.models import (
    BigQueryConfig,
    Connection,
    ConnectionConfig,
    ConnectionSpec,
    DatabricksConfig,
    RedshiftConfig,
    ResourceState,
    ServiceProvider,
    SnowflakeConfig,
    UnknownConfig,
)
from warehouse_sync.models.connections import CONFIGS

FULL: dict[str, ConnectionConfig] = {
    "Snowflake": SnowflakeConfig(
        account_identifier="a",
        region="r",
        warehouse="w",
        database="d",
        role="o",
        user="u",
        password="p",
        storage_integration="s",
    ),
    "BigQuery": BigQueryConfig(
        region="r", project_id="p", dataset_id="d", service_account_id="i", service_account_key="k"
    ),
    "Redshift": RedshiftConfig(database="d", host="h", user="u", password="p", aws_iam_role_arn="a"),
    "Databricks": DatabricksConfig(provider="p", schema="s"),
}
SPEC = ConnectionSpec(id="c", name="C", config=FULL["Databricks"])


def fields(spec: ConnectionSpec) -> list[str]:
    """The fields that are wrong, in order."""
    return [field for field, _ in spec.problems()]


@pytest.mark.parametrize("provider", FULL)
def test_complete_connection_is_accepted(provider: str) -> None:
    """A configuration with every required field can be sent, active unless said otherwise."""
    spec = ConnectionSpec(id="c", name="C", config=FULL[provider])
    assert not fields(spec)
    assert spec.state is ResourceState.ACTIVE
    assert spec.config.service_provider == provider
    assert CONFIGS[provider] is type(FULL[provider])


REQUIRED = {
    "Snowflake": "account_identifier region warehouse database role user password storage_integration",
    "BigQuery": "region project_id dataset_id service_account_id service_account_key",
    "Redshift": "database host user password aws_iam_role_arn",
    "Databricks": "provider schema",
}


@pytest.mark.parametrize("provider", FULL)
@pytest.mark.parametrize("value", [None, "", 5])
def test_every_required_field_is_named_at_once(provider: str, value: Any) -> None:
    """Every required field of a configuration that is missing, empty or no text is named, in the order of the fields."""
    required = REQUIRED[provider].split()
    config: Any = type(FULL[provider])
    spec = attrs.evolve(SPEC, config=config(**dict.fromkeys(required, value)))
    assert fields(spec) == [f"config.{name}" for name in required]
    assert not fields(attrs.evolve(SPEC, config=config(**dict.fromkeys(required, "x"))))


def test_everything_wrong_is_named_at_once() -> None:
    """Wrong fields at every level are named together, with words that say what to do."""
    config = SnowflakeConfig(password="***", extra={"token": "****"})  # the rest is missing
    spec = ConnectionSpec(id="a/b", name=" ", state="resting", config=config, extra={1: 2})  # type: ignore[dict-item]  # wrong on purpose
    said = dict(spec.problems())
    assert list(said) == [
        "id",
        "name",
        "state",
        *(
            f"config.{name}"
            for name in ("account_identifier", "region", "warehouse", "database", "role", "user")
        ),
        "config.password",
        "config.storage_integration",
        "config.extra.token",
        "extra",
    ]
    assert "ASCII letters" in said["id"]
    assert said["name"] == "must not be empty"
    assert said["state"] == "must be one of new, active, inactive, not 'resting'"
    assert said["config.user"] == "is required"
    assert said["config.password"] == said["config.extra.token"]
    assert "set the real value" in said["config.password"]
    assert said["extra"] == "keys must be strings, not int"


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ({"token": "*"}, "config.extra.token"),
        ({"auth": {"keys": ["fine", {"key": "************"}]}}, "config.extra.auth.keys[1].key"),
    ],
)
@pytest.mark.parametrize("config", [UnknownConfig(service_provider="New"), FULL["Databricks"]])
def test_mask_in_an_unknown_field_is_refused(config: Any, extra: dict[str, Any], path: str) -> None:
    """A mask is refused wherever in a configuration it came back, also under a name this release does not know."""
    [(field, message)] = attrs.evolve(SPEC, config=attrs.evolve(config, extra=extra)).problems()
    assert field == path
    assert "mask" in message


def test_unknown_field_without_a_mask_is_accepted() -> None:
    """Unknown fields of any shape are sent as they are."""
    extra = {"a": "", "b": None, "c": [1, {"d": "**bold**"}], "e": "SELECT *"}
    assert not fields(attrs.evolve(SPEC, config=attrs.evolve(SPEC.config, extra=extra)))


@pytest.mark.parametrize("config", [None, {"provider": "p"}, "Snowflake", SnowflakeConfig])
def test_config_of_no_config_class_is_refused(config: Any) -> None:
    """A configuration is one of the config classes, not a dictionary."""
    [(field, message)] = attrs.evolve(SPEC, config=config).problems()
    assert field == "config"
    assert "such as SnowflakeConfig" in message


def test_optional_field_is_checked_for_its_type_only() -> None:
    """What may be left out may be empty, but must be a text."""
    optional = {"aws_iam_user_arn": "", "aws_external_id": 5}
    config: Any = FULL["Snowflake"]
    spec = attrs.evolve(SPEC, config=attrs.evolve(config, **optional))
    assert list(spec.problems()) == [("config.aws_external_id", "must be a string, not int")]


@pytest.mark.parametrize(("port", "kept"), [(5439, "5439"), ("5439", "5439"), (None, None)])
def test_port_is_kept_as_text(port: Any, kept: str | None) -> None:
    """A port may be given as a number, and is kept as the wire has it."""
    assert RedshiftConfig(port=port).port == kept


@pytest.mark.parametrize("port", [True, 5439.0, [5439]])
def test_port_of_another_type_is_refused(port: Any) -> None:
    """A port is a whole number or a text."""
    assert fields(attrs.evolve(SPEC, config=attrs.evolve(FULL["Redshift"], port=port))) == ["config.port"]


def test_unknown_provider_is_accepted() -> None:
    """The configuration of a provider this release does not know can be sent, and does not show its fields."""
    config = UnknownConfig(service_provider="Clickhouse", extra={"token": "canary"})
    assert not fields(attrs.evolve(SPEC, config=config))
    assert "canary" not in repr(config)


def test_connection_becomes_its_spec() -> None:
    """What is read becomes what is sent, without what the server sets."""
    connection = Connection(
        id="c", name="C", state=ResourceState.NEW, config=FULL["Redshift"], created_by="me", extra={"x": 1}
    )
    assert connection.service_provider is ServiceProvider.REDSHIFT
    assert connection.to_spec() == ConnectionSpec(
        id="c", name="C", state="new", config=FULL["Redshift"], extra={"x": 1}
    )


@pytest.mark.parametrize("model", [*FULL.values(), SPEC])
def test_model_is_a_frozen_value(model: Any) -> None:
    """A model cannot be changed, and can be a key."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        model.extra = {}
    assert hash(model) == hash(attrs.evolve(model))
