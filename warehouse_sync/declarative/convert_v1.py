"""Convert definitions of the older API to files for this one.

Sources: mParticle's reference of May 2023 (`source_account_id`, `load_timestamp_field_name`, `schedule_interval`, …), its page
on the migration to v2, and the resources of the v1 draft (connections, models, mappings, pipelines, by slug). If the documents
spell a field in two ways, both are accepted. Everything without an equivalent is reported.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync import ScheduleFrequency, ServiceProvider
from warehouse_sync.declarative.errors import InvalidFilesError, Location, Problem
from warehouse_sync.declarative.files.fields import CONFIGS, fields_of
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file
from warehouse_sync.declarative.files.write import to_yaml, variable_name

Old = dict[str, Any]

_MAX_SIZE = 100_000_000  # bytes
_AUDIT = {"created_on", "created_by", "last_modified_on", "last_modified_by"}
# Fields set by the server, and the workspace, which is now a setting of `apply`.
_SERVER_SET = {"status", "errors", "is_faulted", "faulted_reason", "workspace_id", *_AUDIT}
_CONFIG_NAMES = {
    "source_account_id": "account_identifier",
    "snowflake_aws_iam_user_arn": "aws_iam_user_arn",
    "snowflake_aws_external_id": "aws_external_id",
}
_PIPELINE_NAMES = {
    "slug": "id",
    "connection_slug": "connection_id",
    "data_model_slug": "data_model_id",
    "model_slug": "data_model_id",
    "model_id": "data_model_id",
}
_KEPT = ("partner_feed_id", "data_plan_id", "data_plan_version", "field_transformation_id")
_SECTIONS = {
    "connections": "connections",
    "models": "data_models",
    "data_models": "data_models",
    "data-models": "data_models",
    "mappings": "mappings",
    "pipelines": "pipelines",
}
_CONNECTION_FIELDS = {
    "source_account_id",
    "account_identifier",
    "service_provider",
    "service_account_id",
    "aws_iam_role_arn",
}
_ENVIRONMENTS = {"dev": "development", "prod": "production"}
_FREQUENCIES = {str(each) for each in ScheduleFrequency}
_OFFSETS = ("load_timestamp_field_time_offset", "load_timestamp_field_offset_seconds")


@attrs.define
class Conversion:
    """The result of a conversion.

    Attributes:
        connections: Documents of connections.
        data_models: Documents of data models.
        pipelines: Documents of pipelines.
        warnings: What has no equivalent or needs a review, one sentence each.
    """

    connections: list[Old] = attrs.field(factory=list)
    data_models: list[Old] = attrs.field(factory=list)
    pipelines: list[Old] = attrs.field(factory=list)
    warnings: list[str] = attrs.field(factory=list)
    _iterators: dict[str, Old] = attrs.field(factory=dict)

    def files(self) -> dict[str, str]:
        """Return the texts of the files by name."""
        sections = {
            "connections": self.connections,
            "data_models": self.data_models,
            "pipelines": self.pipelines,
        }
        return {
            f"{name}.yaml": to_yaml({name: documents}) for name, documents in sections.items() if documents
        }

    def add(self, sections: Mapping[str, list[Old]]) -> None:
        """Convert the resources of an older workspace."""
        for old in sections.get("connections", []):
            self._connection(dict(old))
        for old in sections.get("data_models", []):
            self._data_model(dict(old))
        for old in sections.get("pipelines", []):
            self._pipeline(dict(old))
        for old in sections.get("mappings", []):
            self._warn(
                "mapping",
                old.get("slug", "?"),
                "mappings: use column aliases in the query of the data model",
            )

    def _connection(self, old: Old) -> None:
        resource_id = self._identity("connection", old)
        provider = _provider(old.pop("service_provider", None), old.pop("type", None))
        new = {"id": resource_id, "name": old.pop("name", resource_id), "state": old.pop("state", "active")}
        given = {**old, **_section(old.pop("config", {}))}
        given = {_CONFIG_NAMES.get(name, name): value for name, value in given.items() if name != "config"}
        if provider not in CONFIGS:
            self._warn("connection", resource_id, f"the service provider {provider}")
            return
        config = {}
        for field in fields_of(CONFIGS[provider]):
            value = given.pop(field.name, None)
            if field.secret:
                config[field.name] = f"env:{variable_name(resource_id, field.name)}"
            elif value is not None:
                config[field.name] = str(value)
            elif field.required:
                self._warn(
                    "connection",
                    resource_id,
                    f"config.{field.name}, which this API requires: add it",
                )
        self.connections.append({**new, "service_provider": provider, "config": config})
        self._report_remaining("connection", resource_id, given)

    def _data_model(self, old: Old) -> None:
        resource_id = self._identity("data model", old)
        query = old.pop("sql_query", None) or _section(old.pop("config", {})).get("sql_query", "")
        new = {"id": resource_id, "name": old.pop("name", resource_id), "state": old.pop("state", "active")}
        self.data_models.append({**new, "sql_query": str(query)})
        self._iterators[resource_id] = {
            "type": "incremental",
            "iterator_field": old.pop("load_timestamp_field_name", None),
            "iterator_data_type": old.pop("load_timestamp_field_type", None),
        }
        if old.get("type") == "sql":
            del old["type"]  # the only type; files do not state it
        self._report_remaining(
            "data model", resource_id, {name: old[name] for name in old if name not in _OFFSETS}
        )
        for name in _OFFSETS:
            if old.get(name):
                self._warn(
                    "data model",
                    resource_id,
                    f"the field {name}: consider schedule.delay in its pipelines",
                )

    def _pipeline(self, old: Old) -> None:
        old = {_PIPELINE_NAMES.get(name, name): value for name, value in old.items()}
        resource_id = self._identity("pipeline", old)
        environment = str(old.pop("environment", "development"))
        model = str(old.pop("data_model_id", resource_id))
        start = old.pop("schedule_start_time", None)
        new = {
            "id": resource_id,
            "name": old.pop("name", resource_id),
            "pipeline_type": old.pop("pipeline_type", "user_attributes"),
            "connection_id": str(old.pop("connection_id", "")),
            "data_model_id": model,
            # Paused: until the old pipeline is off, both would load the same rows.
            "state": "paused",
            "sync_mode": self._sync_mode(resource_id, model, start),
            "schedule": self._schedule(resource_id, old, start),
            "environment": _ENVIRONMENTS.get(environment, environment),
        }
        new |= {name: old.pop(name) for name in _KEPT if old.get(name) is not None}
        if old.pop("partner_feed_key", None):
            new["partner_feed_key"] = f"env:{variable_name(resource_id, 'partner_feed_key')}"
        self.pipelines.append(new)
        self._state(resource_id, old)
        self._report_remaining("pipeline", resource_id, old)

    def _sync_mode(self, resource_id: str, model: str, start: object) -> Old:
        """Return the sync mode, from the iterator of the old data model and the old start."""
        iterator = {name: value for name, value in self._iterators.get(model, {}).items() if value}
        if not {"iterator_field", "iterator_data_type"} <= iterator.keys():
            self._warn("pipeline", resource_id, "an iterator: converted to full syncs, review sync_mode")
            return {"type": "full"}
        if start is None:
            return iterator
        self.warnings.append(
            f"pipeline {resource_id}: sync_mode.from is the old schedule_start_time, so rows that the old pipeline loaded "
            "are loaded again; set a later date to avoid that"
        )
        return {**iterator, "from": start}

    def _schedule(self, resource_id: str, old: Old, start: object) -> Old:
        interval, end = str(old.pop("schedule_interval", "")), old.pop("schedule_end_time", None)
        if interval == "once":
            return {"type": "once"}
        if interval not in _FREQUENCIES:
            if interval not in ("on_demand", "on-demand"):
                self._warn(
                    "pipeline",
                    resource_id,
                    "its schedule_interval: converted to on_demand, review schedule",
                )
            return {"type": "on_demand"}
        if start is None:
            self._warn("pipeline", resource_id, "schedule.start, which this API requires: add it")
        schedule = {"type": "interval", "frequency": interval, "start": start, "end": end}
        return {name: value for name, value in schedule.items() if value is not None}

    def _state(self, resource_id: str, old: Old) -> None:
        """Report an active pipeline, which is converted to a paused one."""
        state, is_active = old.pop("state", "active"), old.pop("is_active", True)
        is_draft = old.pop("is_draft", False)
        if state == "active" and is_active and not is_draft:
            self._warn(
                "pipeline",
                resource_id,
                "its state: converted to paused, so that the two pipelines do not load the same rows",
            )

    def _identity(self, noun: str, old: Old) -> str:
        slug, resource_id = old.pop("slug", None), old.pop("id", None)
        if not slug and not resource_id:
            self._warn(noun, "unnamed", "an id: add one, and use it in the references to it")
        return str(slug or resource_id or "unnamed")

    def _report_remaining(self, noun: str, resource_id: str, rest: Mapping[str, Any]) -> None:
        """Report the remaining fields by name; their values can be secrets."""
        for name in rest:
            if name not in _SERVER_SET and rest[name] is not None:
                self._warn(noun, resource_id, f"the field {name}")

    def _warn(self, noun: str, resource_id: object, what: str) -> None:
        self.warnings.append(f"{noun} {resource_id}: no equivalent for {what}")


def convert(files: list[Path]) -> Conversion:
    """Convert JSON documents of the older API.

    Args:
        files: Each is an object with sections such as `connections`, one resource, or a list of those.

    Raises:
        InvalidFilesError: A file has another content.
    """
    conversion, sections = Conversion(), dict[str, list[Old]]()
    for file in files:
        for section, old in _read(file):
            sections.setdefault(section, []).append(old)
    conversion.add(sections)
    return conversion


def _read(file: Path) -> Iterator[tuple[str, Old]]:
    try:
        document = json.loads(read_file(file, limit=_MAX_SIZE))
        yield from _sections(document)
    except UnreadableFileError as error:
        raise InvalidFilesError([Problem(location=Location(str(file)), message=str(error))]) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        message = "is not JSON of the older API: an object with connections, models, mappings or pipelines, or one of them"
        raise InvalidFilesError([Problem(location=Location(str(file)), message=message)]) from None


def _sections(document: Any) -> Iterator[tuple[str, Old]]:  # noqa: ANN401 - any JSON
    if isinstance(document, list):
        for item in document:
            yield from _sections(item)
    elif document.keys() & _SECTIONS.keys():
        for name, items in document.items():
            yield from ((_SECTIONS[name], dict(item)) for item in items)
    else:
        yield _kind(document), dict(document)


def _kind(document: Mapping[str, Any]) -> str:
    """Return the kind of a single resource from the fields that only that kind has."""
    config = _section(document.get("config", {}))
    if "sql_query" in document or "sql_query" in config:
        return "data_models"
    if document.keys() & _CONNECTION_FIELDS:
        return "connections"
    if document.keys() & {"schedule_interval", "connection_slug", "data_model_slug", "connection_id"}:
        return "pipelines"
    raise KeyError("kind")


def _section(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _provider(name: object, kind: object) -> str:
    """Return the service provider; the older API calls it `type`."""
    known = {each.lower(): each for each in CONFIGS}
    provider = str(name or kind or ServiceProvider.SNOWFLAKE)
    return known.get(provider.lower(), provider)
