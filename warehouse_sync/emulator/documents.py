"""JSON documents: the form in which everything is sent, stored and shown."""

from collections.abc import Callable
from typing import Any

import msgspec

from warehouse_sync.emulator.errors import InvalidRequestError

Document = dict[str, Any]

encode: Callable[[object], bytes] = msgspec.json.encode
decode: Callable[[bytes | str], Any] = msgspec.json.decode
# The value that the fault `unknown` shows.
UNKNOWN_VALUE = "unknown_value"
# Deeper than anything documented. A document that nests deeper may be accepted and then fail to encode.
_MAX_DEPTH = 32


def decode_object(body: bytes) -> Document:
    """Return the JSON object of a request body.

    Raises:
        InvalidRequestError: The body is not valid JSON, is not an object, or nests too deep.
    """
    try:
        document = decode(body)
    # Not every supported msgspec derives its errors from ValueError.
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InvalidRequestError("The request body is not valid JSON.") from error
    if not isinstance(document, dict):
        raise InvalidRequestError("The request body must be a JSON object.")
    if _is_deeper_than(document, _MAX_DEPTH):
        raise InvalidRequestError(f"The request body nests deeper than {_MAX_DEPTH} levels.")
    return document


def _is_deeper_than(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    children = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper_than(child, levels - 1) for child in children)
