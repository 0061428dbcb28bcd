"""Connections: fields by service provider, and secrets that are checked, masked and never kept."""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import LoginError
from warehouse_sync.emulator.paths import V2
from warehouse_sync.emulator.resources.references import check_not_in_use, clear_problem
from warehouse_sync.emulator.resources.resource_type import ResourceType
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.state.resource import Problem, Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, Workspace

MASK = "************"
_STATES = ("new", "active", "inactive")


@frozen
class Provider:
    """What the ``config`` of a service provider holds.

    Attributes:
        required: Text fields a request must carry.
        secret: The required field that is masked in answers, if there is one.
        filled_in: Optional fields, with what the server answers when they are left out.
    """

    required: tuple[str, ...]
    secret: str | None
    filled_in: Mapping[str, str]


PROVIDERS = {
    "Snowflake": Provider(
        ("account_identifier", "region", "warehouse", "database", "role", "user", "storage_integration"),
        "password",
        # The reference's answers carry these although its requests leave them out.
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
        """Return the workspace's connections."""
        return workspace.connections

    def validate(self, errors: FieldErrors, workspace: Workspace, stored: Resource | None) -> None:  # noqa: ARG002  # refers to nothing
        """Check the common fields and those of the service provider."""
        errors.slug("id")
        errors.text("name")
        errors.choice("state", _STATES)
        errors.choice("service_provider", PROVIDERS)
        config = errors.section("config")
        name = errors.document.get("service_provider")
        if isinstance(name, str) and name in PROVIDERS:
            keeps_secret = stored is not None and stored.document["service_provider"] == name
            config.document = _current_names(config.document)
            _check_config(config, PROVIDERS[name], keeps_secret=keeps_secret)

    def to_stored(self, sent: Document) -> Document:
        """Keep everything but the secret."""
        return {**sent, "config": _kept_config(sent["config"], PROVIDERS[sent["service_provider"]])}

    def create(self, document: Document, workspace: Workspace) -> Resource:  # noqa: ARG002  # refers to nothing
        """Return a new connection."""
        return Resource(
            document=document,
            created_on=self.store.clock.now(),
            created_by=self.store.author,
            login_succeeded=self.store.executor is None,
        )

    def check_login(self, stored: Resource) -> None:
        """Refuse with 505 a connection whose warehouse cannot be opened; it is kept, as faulted."""
        if self.store.executor is None:
            return
        with self.store.unlocked():
            problem = self.store.executor.problem()
        if problem is None:
            stored.login_succeeded = True
            return
        stored.problem = Problem(problem, self.store.clock.now())
        raise LoginError(problem)

    def update(self, stored: Resource, document: Document, workspace: Workspace) -> None:
        """Replace the document; this clears a fault, and with it that of the pipelines it stopped."""
        super().update(stored, document, workspace)
        clear_problem(stored, workspace, "connection_id", self.store.clock.now())

    def show(self, stored: Resource, now: datetime) -> Document:
        """Show status and errors as GET does."""
        return _shown(stored, show_health(stored, now))

    def show_written(self, stored: Resource, now: datetime) -> Document:  # noqa: ARG002  # does not change by itself
        """Show what the reference's answers to POST and PUT show: no errors, and for Databricks no status."""
        databricks = stored.document["service_provider"] == "Databricks"
        return _shown(stored, {} if databricks else {"status": "healthy"})

    def filter(self, workspace: Workspace, query: Mapping[str, str]) -> list[Resource]:
        """Return the connections of a service provider, or all."""
        errors = FieldErrors(dict(query))
        errors.choice("serviceProvider", PROVIDERS, required=False)
        errors.close()
        wanted = query.get("serviceProvider")
        return [kept for kept in workspace.connections if wanted in (None, kept.document["service_provider"])]

    def check_deletable(self, workspace: Workspace, resource_id: str) -> None:
        """Refuse to delete a connection that pipelines use."""
        check_not_in_use(workspace, "connection_id", resource_id, label="Connection")


def show_health(stored: Resource, now: datetime) -> Document:
    """Return the status of a connection and what is wrong with it."""
    errors = stored.errors(now)
    return {"status": "faulted" if errors else "healthy", "errors": errors}


def _check_config(config: FieldErrors, provider: Provider, *, keeps_secret: bool) -> None:
    for field in provider.required:
        config.text(field)
    for field in provider.filled_in.keys() - {"port"}:
        config.text(field, required=False)
    if "port" in provider.filled_in:
        config.integer("port")
    if provider.secret:
        config.text(provider.secret)
        _check_mask(config, provider.secret, keeps_secret=keeps_secret)


def _check_mask(config: FieldErrors, secret: str, *, keeps_secret: bool) -> None:
    """Take the mask for "unchanged", as one example of the reference does, where there is a secret to to_stored."""
    value = config.document.get(secret)
    if isinstance(value, str) and value and not value.strip("*") and not keeps_secret:
        config.add(secret, "is a mask, not a secret; there is no stored secret it could stand for.")


def _current_names(config: Document) -> Document:
    """Return a config with ``source_account_id``, an older name, under the name it has now."""
    if "source_account_id" not in config:
        return config
    renamed = {"account_identifier": config["source_account_id"], **config}
    return {name: value for name, value in renamed.items() if name != "source_account_id"}


def _kept_config(config: Document, provider: Provider) -> Document:
    """Return a config as it is kept and shown: the secret is gone, and what the server fills in is there."""
    kept = {name: value for name, value in _current_names(config).items() if value is not None}
    if provider.secret:
        kept[provider.secret] = MASK
    filled = {**provider.filled_in, **kept}
    if "port" in filled:
        filled["port"] = str(filled["port"])
    return filled


def _shown(stored: Resource, server_set: Document) -> Document:
    document = stored.document
    first = {name: document[name] for name in ("id", "name", "state")}
    return {**first, **server_set, **document, **stored.audit()}
