"""Models to documents and back, for `to_dict` and `from_dict` of the models."""

from collections.abc import Mapping
from typing import Any, TypeVar

from warehouse_sync.base_model import BaseModel, SentModel
from warehouse_sync.errors import DecodeError
from warehouse_sync.models import UnknownConfig
from warehouse_sync.wire import lenient
from warehouse_sync.wire.encode import Encoder
from warehouse_sync.wire.json_codec import JSONObject, kind_of_json

T = TypeVar("T", bound=BaseModel)

_SHOWN = Encoder(reveal_secrets=False, nulls=True)  # what is read has the same keys each time
_MASKED = Encoder(reveal_secrets=False)
_REVEALED = Encoder(reveal_secrets=True)


def to_document(model: BaseModel, *, reveal_secrets: bool) -> JSONObject:
    """Return the document of a model."""
    encoder = _SHOWN
    if isinstance(model, SentModel):
        encoder = _REVEALED if reveal_secrets else _MASKED
    document = encoder.document(model)
    if isinstance(model, UnknownConfig):  # alone, without the connection that has its service provider
        return {"service_provider": model.service_provider.value, **document}
    return document


def from_document(document: Mapping[str, Any], cls: type[T]) -> T:
    """Build a model from a document.

    Raises:
        DecodeError: The document does not fit the model.
    """
    if not isinstance(document, Mapping):
        raise DecodeError(
            f"the document is not a valid {cls.__name__}: expected a dict, not {kind_of_json(document)}"
        )
    keeps_extra = hasattr(cls, "extra")
    if "extra" in document and keeps_extra:
        raise DecodeError(
            f"the document is not a valid {cls.__name__}: it has the key 'extra', as attrs.asdict returns. "
            "Use the document that to_dict(reveal_secrets=True) returns"
        )
    return lenient.structure(dict(document), cls, "document")
