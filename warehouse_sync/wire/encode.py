"""Models to the JSON a client should send: documented names and spellings, nothing the server sets, nothing null."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from warehouse_sync.models import (
    ConnectionSpec,
    DataModelSpec,
    PipelineSpec,
    Schedule,
    Secret,
    SyncMode,
    UnknownConfig,
)
from warehouse_sync.wire.dates import format_date

JSONObject = dict[str, Any]
Spec = ConnectionSpec | DataModelSpec | PipelineSpec

_PIPELINE_ORDER = (
    "id",
    "name",
    "pipeline_type",
    "connection_id",
    "field_transformation_id",
    "data_model_id",
    "partner_feed_id",
    "partner_feed_key",
    "state",
    "sync_mode",
    "schedule",
    "environment",
    "data_plan_id",
    "data_plan_version",
)


def spec(value: Spec) -> JSONObject:
    """Return what is sent for a spec. The secrets in it are in clear: it goes to the wire and nowhere else."""
    match value:
        case ConnectionSpec():
            return _connection(value)
        case DataModelSpec():
            return _data_model(value)
        case _:
            return _pipeline(value)


def secrets(value: Spec) -> tuple[str, ...]:
    """Return the secrets a spec holds, for redacting what the server may echo."""
    if isinstance(value, PipelineSpec):
        return (value.partner_feed_key,) if isinstance(value.partner_feed_key, str) else ()
    if not isinstance(value, ConnectionSpec):
        return ()
    held = (getattr(value.config, field.name) for field in attrs.fields(type(value.config)))
    unknown = _texts(value.config.extra) if isinstance(value.config, UnknownConfig) else ()  # any may be one
    return (*(secret.reveal() for secret in held if isinstance(secret, Secret)), *unknown)


def _texts(value: object) -> Iterator[str]:
    """Yield every text within a document."""
    match value:
        case str():
            yield value
        case Mapping():
            for part in value.values():
                yield from _texts(part)
        case list():
            for part in value:
                yield from _texts(part)


def without_secrets(document: Mapping[str, Any], value: Spec) -> JSONObject:
    """Return `document` without the fields that the server masks, for comparing with what it answers."""
    if not isinstance(value, ConnectionSpec):
        return dict(document)
    hidden = {
        field.name
        for field in attrs.fields(type(value.config))
        if isinstance(getattr(value.config, field.name), Secret)
    }
    return {
        **document,
        "config": {key: item for key, item in document["config"].items() if key not in hidden},
    }


def _connection(value: ConnectionSpec) -> JSONObject:
    fields = (
        field.name
        for field in attrs.fields(type(value.config))
        if field.name not in ("extra", "service_provider")
    )
    config = _present({name: getattr(value.config, name) for name in fields})
    return {
        **value.extra,
        "id": value.id,
        "name": value.name,
        "state": value.state.value,
        "service_provider": value.config.service_provider.value,
        "config": {**value.config.extra, **config},
    }


def _data_model(value: DataModelSpec) -> JSONObject:
    kept = value.extra.get("config")
    rest = kept if isinstance(kept, Mapping) else {}
    return {
        **value.extra,
        "id": value.id,
        "name": value.name,
        "state": value.state.value,
        "type": value.extra.get("type", "sql"),
        "config": {**rest, "sql_query": value.sql_query},
    }


def _pipeline(value: PipelineSpec) -> JSONObject:
    return {**value.extra, **_present({name: getattr(value, name) for name in _PIPELINE_ORDER})}


def _sync_mode(value: SyncMode) -> JSONObject:
    names = {"type": "type", "iterator_field": "iterator_field", "iterator_data_type": "iterator_data_type"}
    names |= {"from_": "from", "until": "until"}
    return {**value.extra, **_present({wire: getattr(value, name) for name, wire in names.items()})}


def _schedule(value: Schedule) -> JSONObject:
    names = ("type", "frequency", "delay", "start", "end")
    return {**value.extra, **_present({name: getattr(value, name) for name in names})}


def _present(fields: Mapping[str, Any]) -> JSONObject:
    return {name: _plain(value) for name, value in fields.items() if value is not None}


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field of a spec
    match value:
        case Secret():
            return value.reveal()
        case datetime():
            return format_date(value)
        case SyncMode():
            return _sync_mode(value)
        case Schedule():
            return _schedule(value)
        case _:
            return value
