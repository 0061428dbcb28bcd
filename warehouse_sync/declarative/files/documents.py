"""Convert models to plain documents for files and for output, with secrets masked."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import attrs

from warehouse_sync import Connection, ConnectionSpec, Secret, UnknownConfig
from warehouse_sync.declarative.files.fields import fields_of

Document = dict[str, Any]
MASK = "************"


def to_document(model: object) -> Document:
    """Return a model as a document: API names, ISO dates, no nulls, secrets masked."""
    document = _object(model)
    if isinstance(model, Connection | ConnectionSpec):
        config = document.pop("config")
        document = {**document, "service_provider": str(model.config.service_provider), "config": config}
    return document


def to_documents(models: Any) -> list[Document]:  # noqa: ANN401 - any field of a model
    """Return models as documents."""
    return [to_document(model) for model in models]


def format_date(date: datetime) -> str:
    """Format a date as ISO 8601 in UTC with `Z`."""
    return date.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _object(model: object) -> Document:
    if isinstance(model, UnknownConfig):
        return {}  # any field of an unknown provider can be a secret
    known = fields_of(type(model))
    values = ((field, getattr(model, field.attribute)) for field in known)
    return {
        field.name: MASK if field.secret else plain(value) for field, value in values if value is not None
    }


def plain(value: Any) -> Any:  # noqa: ANN401, PLR0911 - any field of a model, one branch per type
    """Return the value of a field as plain JSON data."""
    match value:
        case Secret():
            return MASK
        case Enum():
            return str(value)
        case datetime():
            return format_date(value)
        case tuple() | list():
            return [plain(item) for item in value]
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case _ if attrs.has(type(value)):
            return _object(value)
        case _:
            return value
