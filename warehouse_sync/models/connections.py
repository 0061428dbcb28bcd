"""Connections: where the data comes from.

Source: the reference's "Connections", "Create a connection".
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar

import attrs

from warehouse_sync.models.common import (
    MASKED,
    ErrorMessage,
    Problem,
    check_choice,
    check_extra,
    check_id,
    check_text,
    to_resource_state,
    to_spec,
)
from warehouse_sync.models.enums import ConnectionStatus, ResourceState, ServiceProvider
from warehouse_sync.secret import Secret, to_secret


@attrs.frozen(kw_only=True)
class SnowflakeConfig:
    """How to reach a Snowflake account.

    On reading, a field the server left out is `None`; sending needs every one but the last two and `extra`.

    Attributes:
        account_identifier: The account locator, such as `gd12345`. Read from `source_account_id`, too.
        region: The cloud region, such as `us-central1.gcp`.
        warehouse: The compute resource that runs the queries.
        database: The database.
        role: The role to assume.
        user: The user to log in as.
        password: The user's password. The API answers with a mask.
        storage_integration: The name of the storage integration, such as `mp_us1_123_123_s3`.
        aws_iam_user_arn: The storage integration's AWS user.
        aws_external_id: The storage integration's external id.
        extra: Fields this release does not know, kept and sent back.
    """

    service_provider: ClassVar[ServiceProvider] = ServiceProvider.SNOWFLAKE
    optional: ClassVar[frozenset[str]] = frozenset({"aws_iam_user_arn", "aws_external_id"})

    account_identifier: str | None = None
    region: str | None = None
    warehouse: str | None = None
    database: str | None = None
    role: str | None = None
    user: str | None = None
    password: Secret | None = attrs.field(default=None, converter=to_secret)
    storage_integration: str | None = None
    aws_iam_user_arn: str | None = None
    aws_external_id: str | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)


@attrs.frozen(kw_only=True)
class BigQueryConfig:
    """How to reach a BigQuery dataset.

    On reading, a field the server left out is `None`; sending needs every one but `extra`.

    Attributes:
        region: The region, such as `us-east1`.
        project_id: The Google Cloud project.
        dataset_id: The dataset.
        service_account_id: The service account's e-mail address.
        service_account_key: The service account's key: its JSON document, as a string.
        extra: Fields this release does not know, kept and sent back.
    """

    service_provider: ClassVar[ServiceProvider] = ServiceProvider.BIGQUERY
    optional: ClassVar[frozenset[str]] = frozenset()

    region: str | None = None
    project_id: str | None = None
    dataset_id: str | None = None
    service_account_id: str | None = None
    service_account_key: Secret | None = attrs.field(default=None, converter=to_secret)
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)


def _to_port(value: int | str | None) -> str | None:
    """Accept a number: the reference types the port as a string and answers with one."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value  # type: ignore[return-value]


@attrs.frozen(kw_only=True)
class RedshiftConfig:
    """How to reach an Amazon Redshift cluster.

    On reading, a field the server left out is `None`; sending needs every one but `port` and `extra`.

    Attributes:
        database: The database.
        host: The cluster's host name.
        port: The cluster's port, as a string; a number is accepted. The server's default is 5439.
        user: The user to log in as.
        password: The user's password. The API answers with a mask.
        aws_iam_role_arn: The role that mParticle assumes.
        extra: Fields this release does not know, kept and sent back.
    """

    service_provider: ClassVar[ServiceProvider] = ServiceProvider.REDSHIFT
    optional: ClassVar[frozenset[str]] = frozenset({"port"})

    database: str | None = None
    host: str | None = None
    port: str | None = attrs.field(default=None, converter=_to_port)
    user: str | None = None
    password: Secret | None = attrs.field(default=None, converter=to_secret)
    aws_iam_role_arn: str | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)


@attrs.frozen(kw_only=True)
class DatabricksConfig:
    """How to reach a Databricks share.

    On reading, a field the server left out is `None`; sending needs every one but `extra`.

    Attributes:
        provider: The Databricks organization of the metastore.
        schema: The schema.
        extra: Fields this release does not know, kept and sent back.
    """

    service_provider: ClassVar[ServiceProvider] = ServiceProvider.DATABRICKS
    optional: ClassVar[frozenset[str]] = frozenset()

    provider: str | None = None
    schema: str | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)


@attrs.frozen(kw_only=True)
class UnknownConfig:
    """The configuration of a service provider this release does not know: read, kept and sent back as it is.

    Attributes:
        service_provider: The provider's name.
        extra: Every field, never shown, since any of them may be a secret.
    """

    optional: ClassVar[frozenset[str]] = frozenset()

    service_provider: ServiceProvider = attrs.field(converter=ServiceProvider)
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)


ConnectionConfig = SnowflakeConfig | BigQueryConfig | RedshiftConfig | DatabricksConfig | UnknownConfig

CONFIGS: Mapping[str, type[SnowflakeConfig | BigQueryConfig | RedshiftConfig | DatabricksConfig]] = {
    config.service_provider: config
    for config in (SnowflakeConfig, BigQueryConfig, RedshiftConfig, DatabricksConfig)
}


@attrs.frozen(kw_only=True)
class ConnectionSpec:
    """A connection as it is sent.

    Attributes:
        id: ASCII letters, digits, `_` and `-`.
        name: For people.
        state: `new`, `active` or `inactive`.
        config: How to reach the warehouse; the service provider follows from its class.
        extra: Fields this release does not know, sent as they are.
    """

    id: str
    name: str
    state: ResourceState = attrs.field(default=ResourceState.ACTIVE, converter=to_resource_state)
    config: ConnectionConfig
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def problems(self) -> Iterator[Problem]:
        """Yield every `(field, message)` that is wrong."""
        yield from check_id("id", self.id)
        yield from check_text("name", self.name)
        yield from check_choice("state", self.state, ResourceState)
        yield from _config_problems(self.config)
        yield from check_extra(self.extra)


def _config_problems(config: object) -> Iterator[Problem]:
    if not isinstance(config, ConnectionConfig):
        yield (
            "config",
            f"must be one of the config classes, such as SnowflakeConfig, not {type(config).__name__}",
        )
        return
    for field in attrs.fields(type(config)):
        if field.name not in ("extra", "service_provider"):
            yield from _config_field_problems(config, field.name)
    yield from check_extra(config.extra, "config.extra")


def _config_field_problems(config: ConnectionConfig, name: str) -> Iterator[Problem]:
    value = getattr(config, name)
    if not isinstance(value, Secret):
        yield from check_text(f"config.{name}", value, required=name not in config.optional)
    elif value.is_mask:
        yield f"config.{name}", MASKED
    elif not value:
        yield f"config.{name}", "must not be empty"


@attrs.frozen(kw_only=True)
class Connection:
    """A connection as the API answers.

    Attributes:
        id: Its slug.
        name: For people.
        state: What the user wants: `new`, `active` or `inactive`.
        config: How the warehouse is reached; secrets are masked.
        status: `healthy` or `faulted`; `None` where the API sends none (Databricks).
        errors: What is wrong when faulted, in the server's order.
        created_on: When it was created, in UTC.
        created_by: Who created it.
        last_modified_on: When it was last changed, in UTC; `None` if never.
        last_modified_by: Who last changed it.
        extra: Fields this release does not know, kept by `to_spec()`.
    """

    id: str
    name: str
    state: ResourceState
    config: ConnectionConfig
    status: ConnectionStatus | None = None
    errors: tuple[ErrorMessage, ...] = ()
    created_on: datetime | None = None
    created_by: str | None = None
    last_modified_on: datetime | None = None
    last_modified_by: str | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    @property
    def service_provider(self) -> ServiceProvider:
        """The warehouse it leads to."""
        return self.config.service_provider

    def to_spec(self) -> ConnectionSpec:
        """Return what to edit and send back. A masked secret must be replaced first."""
        return to_spec(self, ConnectionSpec)
