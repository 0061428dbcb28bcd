"""Connections, whose fields depend on the service provider.

Their secrets are masked, never stored.
"""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import LoginError
from warehouse_sync.emulator.paths import V2
from warehouse_sync.emulator.resources.references import check_not_in_use, clear_problem
from warehouse_sync.emulator.resources.resource_type import ResourceType
from warehouse_sync.emulator.resources.secrets import MASK, is_secret_name, mask_secrets
from warehouse_sync.emulator.resources.sql import check_models_of_connection
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.state.resource import Resource, ResourceError
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, Workspace

_STATES = ("new", "active", "inactive")


@frozen
class Provider:
    """The `config` of a service provider.

    Attributes:
        required: Required text fields.
        secret: The required field that responses mask, if there is one.
        defaults: Optional fields, with the values that responses show if a request leaves them out.
    """

    required: tuple[str, ...]
    secret: str | None
    defaults: Mapping[str, str]


PROVIDERS = {
    "Snowflake": Provider(
        ("account_identifier", "region", "warehouse", "database", "role", "user", "storage_integration"),
        "password",
        # The reference's responses have these although its requests leave them out.
        {
            "aws_iam_user_arn": "arn:aws:iam::123456:user/externalstages/abcdefg",
            "aws_external_id": "GD1234=2_abcdefg==",
        },
    ),
    "BigQuery": Provider(
        ("region", "project_id", "dataset_id", "service_account_id"), "service_account_key", {}
    ),
    "Redshift": Provider(("database", "host", "user", "aws_iam_role_arn"), "password", {"port": "5439"}),
    "Databricks": Provider(("provider", "schema"), None, {}),
}


class Connections(ResourceType[Resource]):
    """The connections of a workspace."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, f"{V2}/connections")

    def collection(self, workspace: Workspace) -> Collection[Resource]:
        """Return the connections of a workspace."""
        return workspace.connections

    def validate(self, errors: FieldErrors, workspace: Workspace, stored: Resource | None) -> None:  # noqa: ARG002 - has no references
        """Check the common fields and those of the service provider."""
        errors.slug("id")
        errors.text("name")
        errors.choice("state", _STATES)
        errors.choice("service_provider", PROVIDERS)
        config = errors.section("config")
        name = errors.document.get("service_provider")
        if isinstance(name, str) and name in PROVIDERS:
            has_secret = stored is not None and stored.document["service_provider"] == name
            config.document = _current_names(config.document)
            _check_config(config, PROVIDERS[name], has_secret=has_secret)

    def to_stored(self, body: Document) -> Document:
        """Return the body with its secrets masked, and the config's defaults added."""
        document = mask_secrets(body)
        return {**document, "config": _stored_config(document["config"], PROVIDERS[body["service_provider"]])}

    def create(self, document: Document, workspace: Workspace) -> Resource:  # noqa: ARG002 - has no references
        """Return a new connection."""
        return Resource(
            document=document,
            created_on=self.store.clock.now(),
            created_by=self.store.author,
            login_succeeded=self.store.executor is None,
        )

    def check_login(self, stored: Resource) -> None:
        """Check that the warehouse can be opened; if not, keep a faulted connection.

        Raises:
            LoginError: The warehouse cannot be opened.
        """
        if self.store.executor is None:
            return
        with self.store.unlocked():
            problem = self.store.executor.problem()
        if problem is None:
            stored.login_succeeded = True
            return
        stored.problem = ResourceError(problem, self.store.clock.now())
        raise LoginError(problem)

    def update(self, stored: Resource, document: Document, workspace: Workspace) -> None:
        """Replace the document, and clear the faults of it and its pipelines."""
        super().update(stored, document, workspace)
        clear_problem(stored, workspace, "connection_id", self.store.clock.now())
        check_models_of_connection(self.store, workspace, document["id"])

    def show(self, stored: Resource, now: datetime) -> Document:
        """Return the connection with its status and errors."""
        return _show(stored, connection_status(stored, now))

    def show_written(self, stored: Resource, now: datetime) -> Document:  # noqa: ARG002 - does not change over time
        """Return the response to POST and PUT.

        As in the reference, it has no errors, and for Databricks no status.
        """
        databricks = stored.document["service_provider"] == "Databricks"
        return _show(stored, {} if databricks else {"status": "healthy"})

    def filter(self, workspace: Workspace, query: Mapping[str, str]) -> list[Resource]:
        """Return the connections of a service provider, or all."""
        errors = FieldErrors(dict(query))
        errors.choice("serviceProvider", PROVIDERS, required=False)
        errors.raise_if_any()
        wanted = query.get("serviceProvider")
        return [
            stored
            for stored in workspace.connections
            if wanted in (None, stored.document["service_provider"])
        ]

    def check_deletable(self, workspace: Workspace, resource_id: str) -> None:
        """Check that no pipeline uses the connection."""
        check_not_in_use(workspace, "connection_id", resource_id, label="Connection")


def connection_status(stored: Resource, now: datetime) -> Document:
    """Return the status and the errors of a connection."""
    errors = stored.errors(now)
    return {"status": "faulted" if errors else "healthy", "errors": errors}


def _check_config(config: FieldErrors, provider: Provider, *, has_secret: bool) -> None:
    for field in provider.required:
        config.text(field)
    for field in provider.defaults.keys() - {"port"}:
        config.text(field, required=False)
    if "port" in provider.defaults:
        config.integer("port")
    if provider.secret:
        config.text(provider.secret, required=not _has_other_credential(config.document, provider))
        _check_mask(config, provider.secret, has_secret=has_secret)


def _has_other_credential(config: Document, provider: Provider) -> bool:
    """Return whether a config has a credential in place of the password, such as a private key."""
    others = (value for name, value in config.items() if name != provider.secret and is_secret_name(name))
    return provider.secret == "password" and any(isinstance(value, str) and value for value in others)  # noqa: S105 - the name of a field


def _check_mask(config: FieldErrors, secret: str, *, has_secret: bool) -> None:
    """Accept a mask as "unchanged", as one example of the reference does, if there is a stored secret."""
    value = config.document.get(secret)
    if isinstance(value, str) and value and not value.strip("*") and not has_secret:
        config.add(secret, "is a mask, not a secret, and no secret is stored that it could stand for.")


def _current_names(config: Document) -> Document:
    """Return a config with `source_account_id`, an older name, replaced by the current one."""
    if "source_account_id" not in config:
        return config
    renamed = {"account_identifier": config["source_account_id"], **config}
    return {name: value for name, value in renamed.items() if name != "source_account_id"}


def _stored_config(config: Document, provider: Provider) -> Document:
    """Return a config as it is stored and shown: with the secret masked and defaults added."""
    stored = {name: value for name, value in _current_names(config).items() if value is not None}
    if provider.secret in stored:
        stored[provider.secret] = MASK
    completed = {**provider.defaults, **stored}
    if "port" in completed:
        completed["port"] = str(completed["port"])
    return completed


def _show(stored: Resource, server_set: Document) -> Document:
    document = stored.document
    first = {name: document[name] for name in ("id", "name", "state")}
    return {**first, **server_set, **document, **stored.audit()}
