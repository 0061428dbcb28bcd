"""Validation of connections."""

from typing import Any

import attrs
import pytest

from warehouse_sync.errors import ValidationError
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
from warehouse_sync.models.connections import CONFIGS, credentials
from warehouse_sync.secret import Secret

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
    """The invalid fields, in order."""
    return [field for field, _ in spec.problems()]


@pytest.mark.parametrize("provider", FULL)
def test_complete_connection_is_valid(provider: str) -> None:
    """A configuration with all required fields is valid, and the default state is active."""
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
@pytest.mark.parametrize("value", [None, "", 5, "\udce9"])
def test_all_invalid_required_fields_are_reported(provider: str, value: Any) -> None:
    """Every required field that is missing, empty or not a string is reported, in the order of the fields."""
    required = REQUIRED[provider].split()
    config: Any = type(FULL[provider])
    spec = attrs.evolve(SPEC, config=config(**dict.fromkeys(required, value)))
    assert fields(spec) == [f"config.{name}" for name in required]
    assert not fields(attrs.evolve(SPEC, config=config(**dict.fromkeys(required, "x"))))


def test_all_invalid_fields_are_reported() -> None:
    """Invalid fields at every level are reported together, with hints."""
    config = SnowflakeConfig(password="***", extra={"token": "****"})  # other fields are missing
    spec = ConnectionSpec(id="a/b", name=" ", state="resting", config=config, extra={1: 2})  # type: ignore[dict-item]  # wrong on purpose
    found = dict(spec.problems())
    assert list(found) == [
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
    assert "ASCII letters" in found["id"]
    assert found["name"] == "must not be empty"
    assert found["state"] == "must be one of new, active, inactive, not 'resting'"
    assert found["config.user"] == "is required"
    assert found["config.password"] == found["config.extra.token"]
    assert "set the real value" in found["config.password"]
    assert found["extra"] == "keys must be strings, not int"


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        ({"token": "*"}, "config.extra.token"),
        ({"auth": {"keys": ["fine", {"key": "************"}]}}, "config.extra.auth.keys[1].key"),
    ],
)
@pytest.mark.parametrize("config", [UnknownConfig(service_provider="New"), FULL["Databricks"]])
def test_mask_in_an_unknown_field_is_reported(config: Any, extra: dict[str, Any], path: str) -> None:
    """A mask is reported anywhere in a configuration, also in fields that this release does not know."""
    [(field, message)] = attrs.evolve(SPEC, config=attrs.evolve(config, extra=extra)).problems()
    assert field == path
    assert "mask" in message


@pytest.mark.parametrize(
    "name", ["private_key", "privateKey", "oauth_token", "client_secret", "key_passphrase"]
)
def test_password_is_replaced_by_another_credential(name: str) -> None:
    """A connection without a password is valid if its unknown fields have another credential."""
    for provider in ("Snowflake", "Redshift"):
        full: Any = FULL[provider]
        config: Any = attrs.evolve(full, password=None, extra={name: "hunter2"})
        assert not fields(attrs.evolve(SPEC, config=config))
        assert list(credentials(config)) == ["hunter2"]
        assert "hunter2" not in repr(config)


@pytest.mark.parametrize(
    "extra", [{"private_key": ""}, {"private_key": 1}, {"note": "x"}, {"keyboard": "x"}, {1: "x"}]
)
def test_password_is_required_without_another_credential(extra: Any) -> None:
    """An empty credential, and fields of other names, do not replace a password."""
    full: Any = FULL["Snowflake"]
    config: Any = attrs.evolve(full, password=None, extra=extra)
    assert "config.password" in fields(attrs.evolve(SPEC, config=config))


def test_key_of_a_service_account_is_always_required() -> None:
    """Only a password can be replaced."""
    full: Any = FULL["BigQuery"]
    config: Any = attrs.evolve(full, service_account_key=None, extra={"private_key": "x"})
    assert fields(attrs.evolve(SPEC, config=config)) == ["config.service_account_key"]


def test_unknown_field_without_a_mask_is_valid() -> None:
    """Unknown fields may have any value."""
    extra = {"a": "", "b": None, "c": [1, {"d": "**bold**"}], "e": "SELECT *"}
    assert not fields(attrs.evolve(SPEC, config=attrs.evolve(SPEC.config, extra=extra)))


@pytest.mark.parametrize("config", [None, {"provider": "p"}, "Snowflake", SnowflakeConfig])
def test_config_of_another_class_is_invalid(config: Any) -> None:
    """A configuration is an instance of a config class, not a dictionary."""
    [(field, message)] = attrs.evolve(SPEC, config=config).problems()
    assert field == "config"
    assert "such as SnowflakeConfig" in message


def test_optional_field_is_validated_by_type_only() -> None:
    """An optional field may be empty, but is a string."""
    optional = {"aws_iam_user_arn": "", "aws_external_id": 5}
    config: Any = FULL["Snowflake"]
    spec = attrs.evolve(SPEC, config=attrs.evolve(config, **optional))
    assert list(spec.problems()) == [("config.aws_external_id", "must be a string, not int")]


@pytest.mark.parametrize(("port", "kept"), [(5439, "5439"), ("5439", "5439"), (None, None)])
def test_port_is_converted_to_a_string(port: Any, kept: str | None) -> None:
    """A port may be a number; it is converted to a string."""
    assert RedshiftConfig(port=port).port == kept


@pytest.mark.parametrize("port", [True, 5439.0, [5439]])
def test_port_of_another_type_is_invalid(port: Any) -> None:
    """A port is a whole number or a string."""
    assert fields(attrs.evolve(SPEC, config=attrs.evolve(FULL["Redshift"], port=port))) == ["config.port"]


def test_config_of_an_unknown_provider_is_valid() -> None:
    """The configuration of an unknown provider is valid, and its `repr` does not show its fields."""
    config = UnknownConfig(service_provider="Clickhouse", extra={"token": "canary"})
    assert not fields(attrs.evolve(SPEC, config=config))
    assert "canary" not in repr(config)


def test_connection_to_spec_keeps_the_users_fields() -> None:
    """`to_spec` keeps the fields that the user sets."""
    connection = Connection(
        id="c", name="C", state=ResourceState.NEW, config=FULL["Redshift"], created_by="me", extra={"x": 1}
    )
    assert connection.service_provider is ServiceProvider.REDSHIFT
    assert connection.to_spec() == ConnectionSpec(
        id="c", name="C", state="new", config=FULL["Redshift"], extra={"x": 1}
    )


@pytest.mark.parametrize("model", [*FULL.values(), SPEC])
def test_model_is_frozen_and_hashable(model: Any) -> None:
    """A model cannot be changed, and can be a dictionary key."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        model.extra = {}
    assert hash(model) == hash(attrs.evolve(model))


def test_secret_of_a_spec_is_replaced() -> None:
    """`with_secrets` replaces the secret of each provider, and nothing else."""
    key = ConnectionSpec(id="b", name="B", config=BigQueryConfig(region="us")).with_secrets(
        service_account_key="new"
    )
    assert isinstance(key.config, BigQueryConfig)
    assert key.config.service_account_key == Secret("new")
    for config in (SnowflakeConfig(user="u", password="old"), RedshiftConfig(user="u", password="old")):
        spec = ConnectionSpec(id="c", name="C", config=config)
        assert spec.with_secrets(password=Secret("new")).config == attrs.evolve(config, password="new")
        assert spec.with_config(user="v", password="new").config == attrs.evolve(
            config, user="v", password="new"
        )
        assert spec.with_secrets() == spec


def test_field_of_another_provider_is_refused() -> None:
    """A field that the configuration does not have is named, without its value."""
    spec = ConnectionSpec(id="c", name="C", config=DatabricksConfig(provider="p", schema="s"))
    with pytest.raises(ValidationError, match="has provider, schema") as caught:
        spec.with_secrets(password="hunter2")
    assert caught.value.fields == ("config.password",)
    with pytest.raises(ValidationError, match=r"config\.warehouse: is not a field of DatabricksConfig"):
        spec.with_config(warehouse="w")
    assert "hunter2" not in str(caught.value)
