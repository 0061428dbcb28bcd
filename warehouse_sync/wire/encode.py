"""Conversion of models to JSON documents, with documented names and spellings.

The fields come from the models, so that a new field is sent as soon as its model has it. Fields of specs that are `None` are
left out. Fields that this release does not know, kept in `extra`, come first and never replace a known one.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from warehouse_sync.base_model import ReadText
from warehouse_sync.errors import WarehouseSyncError
from warehouse_sync.models import (
    Connection,
    ConnectionConfig,
    ConnectionSpec,
    DataModel,
    DataModelSpec,
    FeedSpec,
    OpenEnum,
    PipelineSpec,
    Secret,
    UnknownConfig,
)
from warehouse_sync.models.connections import credentials
from warehouse_sync.secret import MASK
from warehouse_sync.wire.dates import format_date
from warehouse_sync.wire.json_codec import JSONObject
from warehouse_sync.wire.names import json_names

Spec = ConnectionSpec | DataModelSpec | PipelineSpec | FeedSpec


def spec(value: Spec) -> JSONObject:
    """Return the document to send for a spec.

    It holds secrets in clear text: never log or show it.
    """
    return _SENT.document(value)


def secrets(value: Spec) -> tuple[str, ...]:
    """Return the secrets of a spec, to redact them from error responses."""
    if isinstance(value, PipelineSpec):
        return (value.partner_feed_key,) if isinstance(value.partner_feed_key, str) else ()
    if isinstance(value, FeedSpec):
        return tuple(setting.value.reveal() for setting in value.settings if setting.value is not None)
    if not isinstance(value, ConnectionSpec):
        return ()
    known = (getattr(value.config, name) for name in _secret_fields(value.config))
    is_unknown = isinstance(value.config, UnknownConfig)
    # Any field of an unknown provider may be a secret.
    unknown = _strings(value.config.extra) if is_unknown else credentials(value.config)
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


@attrs.frozen(eq=False, repr=False)
class Encoder:
    """Converts models to documents.

    Attributes:
        reveal_secrets: Whether to show secrets. Masked otherwise: fields that hold a secret, and all text in the unknown
            fields of a configuration, because any of it may be one.
        nulls: Whether to include the fields that are `None`.
    """

    reveal_secrets: bool
    nulls: bool = False

    def document(self, value: Any) -> JSONObject:  # noqa: ANN401 - any model
        """Return the document of a model."""
        match value:
            case ConnectionSpec() | Connection():
                return {**self._with_extra(value), "service_provider": value.config.service_provider.value}
            case DataModelSpec() | DataModel():
                return self._data_model(value)
            case UnknownConfig():
                return self._extra(value)  # its service provider belongs to the connection
            case _:
                return self._with_extra(value)

    def _data_model(self, value: DataModelSpec | DataModel) -> JSONObject:
        """Put `sql_query` into the document's `config`, beside unknown fields of `config`."""
        fields = self._fields(value)
        kept = value.extra.get("config")
        config = {**(kept if isinstance(kept, Mapping) else {}), "sql_query": fields.pop("sql_query")}
        return {"type": "sql", **value.extra, **fields, "config": config}

    def _with_extra(self, value: Any) -> JSONObject:  # noqa: ANN401 - any model
        return {**self._extra(value), **self._fields(value)}

    def _extra(self, value: Any) -> JSONObject:  # noqa: ANN401 - any model
        extra = dict(getattr(value, "extra", {}))
        if isinstance(value, ConnectionConfig) and not self.reveal_secrets:
            return {key: _masked(item) for key, item in extra.items()}
        return extra

    def _fields(self, value: Any) -> JSONObject:  # noqa: ANN401 - any model
        """Return the fields of a model under their JSON names."""
        values = ((json_name, getattr(value, name)) for name, json_name in json_names(type(value)).items())
        fields = {name: self._value(item) for name, item in values if self.nulls or item is not None}
        if not self.reveal_secrets and isinstance(fields.get("partner_feed_key"), str):
            fields["partner_feed_key"] = MASK
        return fields

    def _value(self, value: Any) -> Any:  # noqa: ANN401 - any field of a model
        match value:
            case Secret():
                return value.reveal() if self.reveal_secrets else MASK
            case OpenEnum() | ReadText():
                return str(value)  # a plain one: other serializers refuse subclasses
            case datetime():
                return format_date(value)
            case tuple():
                return [self._value(item) for item in value]
            case WarehouseSyncError():
                return {"type": type(value).__name__, "message": str(value)} | {
                    name: self._value(item) for name, item in vars(value).items()
                }
            case _:
                return self.document(value) if attrs.has(type(value)) else value


def _masked(value: object) -> object:
    """Return a document with a mask in place of each string."""
    match value:
        case str():
            return MASK
        case Mapping():
            return {key: _masked(part) for key, part in value.items()}
        case list():
            return [_masked(part) for part in value]
        case _:
            return value


_SENT = Encoder(reveal_secrets=True)
