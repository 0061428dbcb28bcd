"""Conversion of models to JSON documents, with documented names and spellings.

Fields that are `None` or set by the server are left out.

The fields come from the models, so that a new field is sent as soon as its model has it. Fields that this release does
not know, kept in `extra`, come first and never replace a known one.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from warehouse_sync.models import (
    ConnectionConfig,
    ConnectionSpec,
    DataModelSpec,
    OpenEnum,
    PipelineSpec,
    Schedule,
    Secret,
    SyncMode,
    UnknownConfig,
)
from warehouse_sync.wire.dates import format_date
from warehouse_sync.wire.json_codec import JSONObject
from warehouse_sync.wire.names import json_names

Spec = ConnectionSpec | DataModelSpec | PipelineSpec
Model = Spec | ConnectionConfig | SyncMode | Schedule


def spec(value: Spec) -> JSONObject:
    """Return the document to send for a spec.

    It holds secrets in clear text: never log or show it.
    """
    match value:
        case ConnectionSpec():
            return _connection(value)
        case DataModelSpec():
            return _data_model(value)
        case _:
            return _with_extra(value)


def secrets(value: Spec) -> tuple[str, ...]:
    """Return the secrets of a spec, to redact them from error responses."""
    if isinstance(value, PipelineSpec):
        return (value.partner_feed_key,) if isinstance(value.partner_feed_key, str) else ()
    if not isinstance(value, ConnectionSpec):
        return ()
    known = (getattr(value.config, name) for name in _secret_fields(value.config))
    unknown = (
        _strings(value.config.extra) if isinstance(value.config, UnknownConfig) else ()
    )  # any may be one
    return (*(secret.reveal() for secret in known), *unknown)


def without_secrets(document: Mapping[str, Any], value: Spec) -> JSONObject:
    """Return `document` without the fields that the server masks.

    The result can be compared with a response.
    """
    if not isinstance(value, ConnectionSpec):
        return dict(document)
    masked = {json_names(type(value.config))[name] for name in _secret_fields(value.config)}
    config = {key: item for key, item in document["config"].items() if key not in masked}
    return {**document, "config": config}


def _secret_fields(config: ConnectionConfig) -> Iterator[str]:
    return (name for name in json_names(type(config)) if isinstance(getattr(config, name), Secret))


def _strings(value: object) -> Iterator[str]:
    """Yield every string in a document."""
    match value:
        case str():
            yield value
        case Mapping():
            for part in value.values():
                yield from _strings(part)
        case list():
            for part in value:
                yield from _strings(part)


def _connection(value: ConnectionSpec) -> JSONObject:
    return {**_with_extra(value), "service_provider": value.config.service_provider.value}


def _data_model(value: DataModelSpec) -> JSONObject:
    """Put `sql_query` into the document's `config`, beside unknown fields of `config`."""
    fields = _fields(value)
    kept = value.extra.get("config")
    config = {**(kept if isinstance(kept, Mapping) else {}), "sql_query": fields.pop("sql_query")}
    return {"type": "sql", **value.extra, **fields, "config": config}


def _with_extra(value: Model) -> JSONObject:
    return {**value.extra, **_fields(value)}


def _fields(value: Model) -> JSONObject:
    """Return the fields that are set, under their JSON names."""
    values = ((json_name, getattr(value, name)) for name, json_name in json_names(type(value)).items())
    return {json_name: _value(item) for json_name, item in values if item is not None}


def _value(value: Any) -> Any:  # noqa: ANN401 - any field of a spec
    match value:
        case Secret():
            return value.reveal()
        case OpenEnum():
            return value.value
        case datetime():
            return format_date(value)
        case UnknownConfig():
            return dict(value.extra)  # its service provider belongs to the connection
        case _:
            return _with_extra(value) if attrs.has(type(value)) else value
