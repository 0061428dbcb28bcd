"""Envelopes: the responses of the platform's v1 API.

A response wraps its items in `{"data": […], "errors": null}`. The key of their type, `dataType` or `data_type`, is ignored.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from warehouse_sync.errors import DecodeError
from warehouse_sync.wire import json_codec, lenient
from warehouse_sync.wire.json_codec import JSONObject, kind_of_json

T = TypeVar("T")


def decode_items(body: bytes, cls: type[T]) -> list[T]:
    """Decode all items of a response.

    Raises:
        DecodeError: The body is not such a response, reports errors, or an item does not fit the model.
    """
    return [lenient.structure(item, cls, f"response[{index}]") for index, item in enumerate(items(body))]


def decode_item(body: bytes, cls: type[T]) -> T:
    """Decode the item of a response that has only one.

    Raises:
        DecodeError: The body is not such a response, reports errors, or has not exactly one item that fits the model.
    """
    return lenient.structure(one_item(body), cls)


def one_item(body: bytes) -> JSONObject:
    """Return the item of a response that has only one.

    Raises:
        DecodeError: The body is not such a response, reports errors, or has not exactly one item.
    """
    found = items(body)
    if len(found) != 1:
        raise DecodeError(f"expected one item in the response, not {len(found)}")
    [item] = found
    if not isinstance(item, dict):
        raise DecodeError(f"expected an object in the response, not {kind_of_json(item)}")
    return item


def items(body: bytes) -> list[Any]:
    """Return the items of a response.

    Raises:
        DecodeError: The body is not such a response, or reports errors.
    """
    document = json_codec.decode_object(body)
    if document.get("errors"):
        raise DecodeError("the response has a status of success, but reports errors")
    if "data" not in document:
        raise DecodeError("the response has no field data")
    data = document["data"]
    if isinstance(data, list):
        return data
    if data is None:
        return []
    if isinstance(data, Mapping):
        return [data]
    raise DecodeError(f"expected a list in the field data of the response, not {kind_of_json(data)}")
