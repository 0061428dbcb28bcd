"""Documents of models as in files: known fields, no nulls, masked secrets."""

from collections.abc import Iterable
from typing import Any

import attrs

from warehouse_sync import Connection, ConnectionSpec, UnknownConfig
from warehouse_sync.declarative.files.fields import fields_of

Document = dict[str, Any]


def to_document(model: Any) -> Document:  # noqa: ANN401 - any model
    """Return a model as a document with the fields of a file."""
    whole = model.to_dict()
    document = _known_fields(model, whole)
    if isinstance(model, Connection | ConnectionSpec):
        config = document.pop("config")
        document |= {"service_provider": whole["service_provider"], "config": config}
    return document


def to_documents(models: Iterable[Any]) -> list[Document]:
    """Return models as documents."""
    return [to_document(model) for model in models]


def _known_fields(model: Any, document: Document) -> Document:  # noqa: ANN401 - any model
    """Return the fields of a model's class. The API has two under other keys: `sql_query` and `run_id`."""
    if isinstance(model, UnknownConfig):
        return {}  # any field of an unknown provider can be a secret
    values = ((field.name, getattr(model, field.attribute)) for field in fields_of(type(model)))
    return {
        name: _known_value(value, document.get(name, value)) for name, value in values if value is not None
    }


def _known_value(value: Any, item: Any) -> Any:  # noqa: ANN401 - any field of a model
    if attrs.has(type(value)):
        return _known_fields(value, item)
    if isinstance(value, tuple):
        return [_known_value(each, part) for each, part in zip(value, item, strict=True)]
    return item
