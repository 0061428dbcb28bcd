"""The types of JSON schemas that the document uses."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
# With the reference's oddities: no zone, and once `T:`.
_TIMESTAMP = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T:?([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?"
    r"(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$"
)


def ref(name: str) -> Schema:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def text(description: str = "", **more: object) -> Schema:
    """Return the schema of a string that is not empty."""
    return {"type": "string", "minLength": 1, **_described(description), **more}


def enum(*allowed: str, description: str = "") -> Schema:
    """Return the schema of a string with fixed values."""
    return {"type": "string", "enum": list(allowed), **_described(description)}


def open_enum(*known: str, description: str = "") -> Schema:
    """Return the schema of a string with known values, to which others may be added."""
    described = _described(f"{description} Known values: {', '.join(known)}.".strip())
    return {"type": "string", "examples": list(known), **described}


def count(description: str = "") -> Schema:
    """Return the schema of a count, an integer or a string of digits."""
    return {
        "type": ["integer", "string", "null"],
        "minimum": 0,
        "pattern": r"^\d{1,18}$",
        "examples": [100],
        **_described(description),
    }


def timestamp(description: str = "", *, nullable: bool = False) -> Schema:
    """Return the schema of a timestamp."""
    return {
        "type": ["string", "null"] if nullable else "string",
        "pattern": _TIMESTAMP,
        "examples": ["2022-10-30T11:00:16Z"],
        **_described(description),
    }


def optional_text() -> Schema:
    """Return the schema of a string that may be null."""
    return {"type": ["string", "null"]}


def array(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def request_object(
    properties: Mapping[str, Schema], *, optional: tuple[str, ...] = (), description: str = ""
) -> Schema:
    """Return the schema of an object in a request.

    All fields are required except the optional ones.
    """
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        **_described(description),
        "properties": dict(properties),
        "required": required,
    }


def response_object(
    properties: Mapping[str, Schema], *, required: tuple[str, ...], description: str = ""
) -> Schema:
    """Return the schema of an object in a response: more fields may be added."""
    return {
        "type": "object",
        **_described(description),
        "properties": dict(properties),
        "required": list(required),
    }


def _described(description: str) -> Schema:
    return {"description": description} if description else {}
