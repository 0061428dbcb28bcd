"""JSON documents to bytes and back.

msgspec is imported with the first document, because a client that has sent nothing yet should start fast.
"""

from typing import Any

from warehouse_sync.errors import DecodeError

JSONObject = dict[str, Any]


def encode(document: object) -> bytes:
    """Encode a JSON document.

    Raises:
        TypeError: It holds a value that is not JSON.
    """
    import msgspec

    return msgspec.json.encode(document)


def decode(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Decode a JSON document.

    Raises:
        DecodeError: The body is not JSON.
    """
    import msgspec

    problem = "the response body is empty"
    try:
        if body:
            return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        problem = f"the response is not JSON: {error}"
    except RecursionError:
        problem = "the response is JSON that is nested too deeply"
    raise DecodeError(problem)


def decode_object(body: bytes) -> JSONObject:
    """Decode a JSON object.

    Raises:
        DecodeError: The body is not a JSON object.
    """
    document = decode(body)
    if not isinstance(document, dict):
        raise DecodeError(f"expected an object, not {kind_of_json(document)}")
    return document


def decode_list(body: bytes) -> list[Any]:
    """Decode a JSON array.

    Raises:
        DecodeError: The body is not a JSON array.
    """
    document = decode(body)
    if not isinstance(document, list):
        raise DecodeError(f"expected a list, not {kind_of_json(document)}")
    return document


def kind_of_json(value: object) -> str:
    """Return the JSON type of a value, for error messages, which never show values."""
    if value is None:
        return "null"
    kinds = {bool: "a boolean", int: "a number", float: "a decimal number", str: "a string", list: "a list"}
    return kinds.get(type(value), "an object")
