"""Connections: the warehouses that data is loaded from.

Source: reference, "Connections", "Create a connection".
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self, TypedDict, Unpack

import attrs

from warehouse_sync.base_model import BaseModel, SentModel
from warehouse_sync.errors import ValidationError
from warehouse_sync.keywords import keywords_suggested
from warehouse_sync.models.common import (
    ErrorMessage,
    FieldProblem,
    check_choice,
    check_extra,
    check_id,
    check_secret,
    check_text,
    to_resource_state,
    to_spec,
)
from warehouse_sync.models.enums import ConnectionStatus, ResourceState, ServiceProvider
from warehouse_sync.numeric import is_whole, shorten
from warehouse_sync.secret import Secret, to_secret


@keywords_suggested
@attrs.frozen(kw_only=True, repr=False)
class SnowflakeConfig(SentModel):
    """The configuration of a Snowflake connection.

    A field that the API does not return is `None`. All fields are required to create or update a connection, except
    `aws_iam_user_arn`, `aws_external_id` and `extra`, and `password` if `extra` has another credential.

    Snowflake ends the sign-in with only a password in 2026, also for service users. The reference documents no field for
    another credential yet: put it into `extra`, such as `extra={"private_key": …}`, once mParticle accepts it.

    Attributes:
        account_identifier: The account locator, such as `gd12345`. `source_account_id` in a response is an alias.
        region: The cloud region, such as `us-central1.gcp`.
        warehouse: The compute resource that runs the queries.
        database: The name of the database.
        role: The role to assume.
        user: The login user.
        password: The password of the login user. The API returns a mask.
        storage_integration: The name of the storage integration, such as `mp_us1_123_123_s3`.
        aws_iam_user_arn: The AWS user of the storage integration.
        aws_external_id: The external id of the storage integration.
        extra: Fields that this release does not know, kept and sent back.
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


@keywords_suggested
@attrs.frozen(kw_only=True, repr=False)
class BigQueryConfig(SentModel):
    """The configuration of a BigQuery connection.

    A field that the API does not return is `None`. All fields except `extra` are required to create or update a
    connection.

    Attributes:
        region: The region, such as `us-east1`.
        project_id: The id of the Google Cloud project.
        dataset_id: The id of the dataset.
        service_account_id: The e-mail address of the service account.
        service_account_key: The key of the service account, a JSON document as a string. The API returns a mask.
        extra: Fields that this release does not know, kept and sent back.
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
    """Convert a number to a string, the type of the port in the reference."""
    return str(value) if is_whole(value) else value  # type: ignore[return-value] # other types are left for validation


@keywords_suggested
@attrs.frozen(kw_only=True, repr=False)
class RedshiftConfig(SentModel):
    """The configuration of an Amazon Redshift connection.

    A field that the API does not return is `None`. All fields except `port` and `extra` are required to create or update
    a connection.

    Attributes:
        database: The name of the database.
        host: The host name of the cluster.
        port: The port of the cluster, as a string; a number is converted. The API's default is 5439.
        user: The login user.
        password: The password of the login user. The API returns a mask.
        aws_iam_role_arn: The AWS role that mParticle assumes.
        extra: Fields that this release does not know, kept and sent back.
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


@keywords_suggested
@attrs.frozen(kw_only=True, repr=False)
class DatabricksConfig(SentModel):
    """The configuration of a Databricks connection.

    A field that the API does not return is `None`. All fields except `extra` are required to create or update a
    connection.

    Attributes:
        provider: The Databricks organization of the metastore.
        schema: The name of the schema.
        extra: Fields that this release does not know, kept and sent back.
    """

    service_provider: ClassVar[ServiceProvider] = ServiceProvider.DATABRICKS
    optional: ClassVar[frozenset[str]] = frozenset()

    provider: str | None = None
    schema: str | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)


@attrs.frozen(kw_only=True, repr=False)
class UnknownConfig(SentModel):
    """The configuration of a service provider that this release does not know.

    It is kept, and sent back unchanged.

    Attributes:
        service_provider: The name of the provider.
        extra: All fields; not shown by `repr`, because any of them may be a secret.
    """

    optional: ClassVar[frozenset[str]] = frozenset()

    service_provider: ServiceProvider = attrs.field(converter=ServiceProvider)
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)


ConnectionConfig = SnowflakeConfig | BigQueryConfig | RedshiftConfig | DatabricksConfig | UnknownConfig

CONFIGS: Mapping[str, type[SnowflakeConfig | BigQueryConfig | RedshiftConfig | DatabricksConfig]] = {
    config.service_provider: config
    for config in (SnowflakeConfig, BigQueryConfig, RedshiftConfig, DatabricksConfig)
}


_SECRETS = frozenset({"password", "service_account_key"})
# Names of unknown fields that hold a credential, such as `private_key` or `oauth_token`.
_CREDENTIAL = re.compile(
    r"password|passphrase|secret|token|credential|(private|api|access)_?key", re.IGNORECASE
)


def credentials(config: ConnectionConfig) -> Iterator[str]:
    """Yield the credentials in the unknown fields of a configuration."""
    for name, value in config.extra.items():
        if isinstance(name, str) and isinstance(value, str) and value and _CREDENTIAL.search(name):
            yield value


class _ConfigFields(TypedDict, total=False):
    """The fields of all configurations, for `ConnectionSpec.with_config`."""

    account_identifier: str
    aws_external_id: str | None
    aws_iam_role_arn: str
    aws_iam_user_arn: str | None
    database: str
    dataset_id: str
    host: str
    password: Secret | str
    port: int | str | None
    project_id: str
    provider: str
    region: str
    role: str
    schema: str
    service_account_id: str
    service_account_key: Secret | str
    storage_integration: str
    user: str
    warehouse: str


@keywords_suggested
@attrs.frozen(kw_only=True, repr=False)
class ConnectionSpec(SentModel):
    """The fields of a connection to create or update.

    Attributes:
        id: The id, unique within the workspace: ASCII letters, digits, `_` and `-`.
        name: The display name.
        state: `new`, `active` or `inactive`.
        config: The configuration; its class determines the service provider.
        extra: Fields that this release does not know, sent unchanged.
    """

    id: str
    name: str
    state: ResourceState = attrs.field(default=ResourceState.ACTIVE, converter=to_resource_state)
    config: ConnectionConfig
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def problems(self) -> Iterator[FieldProblem]:
        """Yield each invalid field as `(field, message)`."""
        yield from check_id("id", self.id)
        yield from check_text("name", self.name)
        yield from check_choice("state", self.state, ResourceState)
        yield from _config_problems(self.config)
        yield from check_extra(self.extra)

    def with_secrets(
        self, *, password: Secret | str | None = None, service_account_key: Secret | str | None = None
    ) -> Self:
        """Return the spec with another secret.

        Args:
            password: The password of a Snowflake or Redshift connection.
            service_account_key: The key of a BigQuery connection.

        Raises:
            ValidationError: The configuration has no such secret.
        """
        password, service_account_key = to_secret(password), to_secret(service_account_key)
        secrets = {"password": password, "service_account_key": service_account_key}
        return self._with_fields({name: secret for name, secret in secrets.items() if secret is not None})

    def with_config(self, **fields: Unpack[_ConfigFields]) -> Self:
        """Return the spec with other values for fields of its configuration.

        Args:
            fields: The new values by field name.

        Raises:
            ValidationError: The configuration has no such field.
        """
        for name in _SECRETS & fields.keys():
            fields[name] = to_secret(fields[name])  # type: ignore[literal-required] # one of `_SECRETS`
        return self._with_fields(fields)

    def _with_fields(self, fields: Mapping[str, Any]) -> Self:
        known = [field.name for field in attrs.fields(type(self.config)) if field.name != "service_provider"]
        message = f"is not a field of {type(self.config).__name__}, which has {', '.join(known)}"
        problems = [(f"config.{name}", message) for name in fields if name not in known]
        if problems:
            raise ValidationError(f"connection {shorten(self.id)}", problems)
        return attrs.evolve(self, config=attrs.evolve(self.config, **fields))


def _config_problems(config: object) -> Iterator[FieldProblem]:
    if not isinstance(config, ConnectionConfig):
        hint = "" if not isinstance(config, Mapping) else ": build the spec with ConnectionSpec.from_dict"
        yield (
            "config",
            f"must be one of the config classes, such as SnowflakeConfig, not {type(config).__name__}{hint}",
        )
        return
    for field in attrs.fields(type(config)):
        if field.name not in ("extra", "service_provider"):
            yield from _config_field_problems(config, field.name)
    yield from check_extra(config.extra, "config.extra")


def _config_field_problems(config: ConnectionConfig, name: str) -> Iterator[FieldProblem]:
    value = getattr(config, name)
    if not isinstance(value, Secret):
        is_replaced = name == "password" and any(credentials(config))
        required = name not in config.optional and not is_replaced
        yield from check_text(f"config.{name}", value, required=required)
    else:
        yield from check_secret(f"config.{name}", value)


@attrs.frozen(kw_only=True, repr=False)
class Connection(BaseModel):
    """A connection returned by the API.

    Attributes:
        id: The id, unique within the workspace.
        name: The display name.
        state: The state that the user set: `new`, `active` or `inactive`.
        config: The configuration; its secrets are masked.
        status: `healthy` or `faulted`; `None` if the API does not send it, as for Databricks.
        errors: The reasons if it is faulted, in the API's order.
        created_on: When it was created, in UTC.
        created_by: The user who created it.
        last_modified_on: When it was last changed, in UTC; `None` if never.
        last_modified_by: The user who last changed it.
        extra: Fields that this release does not know; `to_spec()` keeps them.
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
        """The service provider of the configuration."""
        return self.config.service_provider

    def to_spec(self) -> ConnectionSpec:
        """Return the spec with the same fields, to pass to `connections.update`.

        Replace its masked secrets first.
        """
        return to_spec(self, ConnectionSpec)
