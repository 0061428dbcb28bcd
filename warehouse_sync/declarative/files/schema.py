"""Generate the JSON Schema of the files from the models, for editors."""

import re
from datetime import datetime
from typing import Any

import attrs

from warehouse_sync import ConnectionConfig, OpenEnum
from warehouse_sync.declarative.files.fields import (
    CONFIGS,
    CONNECTION,
    DATA_MODEL,
    FEED,
    FILE_KINDS,
    FieldInfo,
    Kind,
    fields_of,
    item_class,
)

Schema = dict[str, Any]
_ID = "^[A-Za-z0-9_-]+$"
_DELAY = "^[0-9]+[smhdwy]$"
_REFERENCE: Schema = {
    "type": "string",
    "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$",
    "description": "A reference to the secret: env:NAME or file:PATH. Never the secret itself.",
}
_VARIABLE: Schema = {"type": "string", "pattern": r"\$\{var\.[^}]+\}"}
_LINT: Schema = {
    "type": "object",
    "properties": {"ignore": {"type": "array", "items": {"type": "string"}}},
    "required": ["ignore"],
    "additionalProperties": False,
    "description": "Lint rules to ignore for this resource.",
}
_SIMPLE: dict[type, Schema] = {
    datetime: {"type": "string", "format": "date-time"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": 0},
}

_MOVED: Schema = {
    "type": "array",
    "items": {
        "anyOf": [
            {
                "type": "object",
                "properties": {"kind": {"enum": kinds}, "from": identifier, "to": identifier},
                "required": ["kind", "from", "to"],
                "additionalProperties": False,
            }
            for kinds, identifier in (
                (
                    [CONNECTION.name, DATA_MODEL.name],
                    {"anyOf": [{"type": "string", "pattern": _ID}, _VARIABLE]},
                ),
                ([FEED.name], {"type": "string", "minLength": 1}),
            )
        ]
    },
    "description": "Connections and data models that have another id, and feeds that have another name.",
}


def json_schema() -> Schema:
    """Return the schema of a file: sections, a resource, or a list of resources."""
    definitions = {kind.name: _resource(kind) for kind in FILE_KINDS}
    sections = {
        kind.section: {
            "type": "array",
            "items": {"$ref": f"#/$defs/{kind.name}"},
            "description": _first_line(kind.spec),
        }
        for kind in FILE_KINDS
    }
    whole = {
        "type": "object",
        "properties": {"$schema": {"type": "string"}, **sections, "moved": _MOVED},
        "additionalProperties": False,
    }
    single = [{"allOf": [{"$ref": f"#/$defs/{kind.name}"}, {"required": ["kind"]}]} for kind in FILE_KINDS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Warehouse Sync resources",
        "anyOf": [whole, *single, {"type": "array", "items": {"anyOf": single}}],
        "$defs": definitions,
    }


def _resource(kind: Kind) -> Schema:
    schema = _object(kind.spec)
    schema["properties"] |= {"kind": {"const": kind.name}, "lint": _LINT}
    if kind is CONNECTION:
        schema["properties"]["service_provider"] = {"enum": list(CONFIGS), "description": "The warehouse."}
        schema["required"].append("service_provider")
        schema["allOf"] = [
            {
                "if": {"properties": {"service_provider": {"const": provider}}},
                "then": {"properties": {"config": _object(config)}},
            }
            for provider, config in CONFIGS.items()
        ]
    if kind is DATA_MODEL:
        schema["properties"]["sql_file"] = {
            "type": "string",
            "description": "A .sql file in the folder of this document or below it.",
        }
        schema["required"].remove("sql_query")
        schema["oneOf"] = [{"required": ["sql_query"]}, {"required": ["sql_file"]}]
    return schema


def _object(cls: type) -> Schema:
    described = descriptions(cls)
    fields = fields_of(cls)
    return {
        "type": "object",
        "properties": {
            field.name: {**_field(field), **_described(described.get(field.attribute))} for field in fields
        },
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _field(field: FieldInfo) -> Schema:
    schema = _literal(field)
    is_single = schema.get("type") not in ("object", "array")
    return {"anyOf": [schema, _VARIABLE]} if is_single else schema


def _literal(field: FieldInfo) -> Schema:  # noqa: PLR0911 - one branch per type of field
    """Return the schema of a value without variables."""
    if field.secret:
        return dict(_REFERENCE)
    if (item := item_class(field.type)) is not None:
        return {"type": "array", "items": _object(item), "minItems": 1}
    if field.type == ConnectionConfig:
        return {"type": "object"}
    if attrs.has(field.type):
        return _object(field.type)
    if field.type in _SIMPLE:
        return dict(_SIMPLE[field.type])
    if issubclass(field.type, OpenEnum):
        return {"enum": [str(word) for word in field.type]}
    if field.name == "port":
        return {"type": ["string", "integer"]}
    patterns = {"id": _ID, "connection_id": _ID, "data_model_id": _ID, "delay": _DELAY}
    if field.name in patterns:
        return {"type": "string", "pattern": patterns[field.name]}
    return {"type": "string", "not": {"pattern": _REFERENCE["pattern"]}}


def _described(text: str | None) -> Schema:
    return {"description": text} if text else {}


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").strip().splitlines()[0]


def descriptions(cls: type) -> dict[str, str]:
    """Return the description of each field from the `Attributes:` of a docstring."""
    _, _, listed = (cls.__doc__ or "").partition("Attributes:")
    found = re.findall(r"^\s+(\w+): (.+(?:\n\s{12,}.+)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()).replace("`", "") for name, text in found}
