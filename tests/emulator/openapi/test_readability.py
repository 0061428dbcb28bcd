"""The OpenAPI document as other tools read it, such as client generators."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from warehouse_sync.emulator.openapi import document

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = {"get", "post", "put", "delete"}
DOCUMENT: dict[str, Any] = json.loads(json.dumps(document()))  # as it is served


def operations() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield each path with its item and each of its operations."""
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS & item.keys():
            yield path, item, item[method]


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a document."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from parts(item)


def test_document_is_valid_openapi() -> None:
    """It is a valid OpenAPI 3.1 document by the official meta-schema."""
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_operation_ids_are_unique_names() -> None:
    """Every operation has a unique id that is a name in any language."""
    names = Counter(operation["operationId"] for _, _, operation in operations())
    assert set(names.values()) == {1}
    assert all(re.fullmatch(r"[a-z][A-Za-z]+", name) for name in names)


def test_every_reference_resolves() -> None:
    """Every reference names a schema of the document, and every schema is referenced."""
    named = {part["$ref"] for part in parts(DOCUMENT) if "$ref" in part}
    there = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert named == there


def test_every_schema_example_is_valid() -> None:
    """Every example in a schema is valid by the schema."""
    with_examples = [part for part in parts(DOCUMENT["components"]["schemas"]) if "examples" in part]
    assert with_examples
    for schema in with_examples:
        for example in schema["examples"]:
            jsonschema_rs.validate({**schema, "components": DOCUMENT["components"]}, example)


def test_every_operation_but_the_token_needs_one() -> None:
    """The security scheme applies to everything but the token request."""
    assert DOCUMENT["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    needed = {
        operation["operationId"]: operation.get("security", DOCUMENT["security"])
        for _, _, operation in operations()
    }
    assert needed.pop("getToken") == []
    assert list(needed.values()) == [[{"token": []}]] * len(needed)


def test_every_path_parameter_is_declared() -> None:
    """The parameters of a path are declared and required."""
    for path, item, _ in operations():
        declared = {
            each["name"]: each["required"] for each in item.get("parameters", ()) if each["in"] == "path"
        }
        assert declared == dict.fromkeys(re.findall(r"\{(\w+)\}", path), True)


def test_enum_values_stay_different_as_names() -> None:
    """No two values of an enumeration become the same name in a generated client."""
    for schema in parts(DOCUMENT):
        names = [re.sub(r"\W", "_", word).upper() for word in schema.get("enum", ())]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ("Pipeline", {"schedule": {"type": "on-demand"}, "sync_mode": {"type": "full_sync"}}),
        ("Pipeline", {"pipeline_type": "unknown_value", "environment": "unknown_value"}),
        ("Pipeline", {"schedule": {"type": "unknown_value", "frequency": "unknown_value"}}),
        ("DataModel", {"type": "unknown_value", "unknown_field": 1}),
    ],
)
def test_unknown_response_values_are_valid(shape: str, changes: dict[str, Any]) -> None:
    """Undocumented values and fields, and both spellings of the reference, are valid in responses."""
    example = {
        "id": "a",
        "name": "A",
        "pipeline_type": "events",
        "connection_id": "c",
        "data_model_id": "d",
        "state": "active",
        "config": {"sql_query": "SELECT 1"},
    }
    schema = {"$ref": f"#/components/schemas/{shape}", "components": DOCUMENT["components"]}
    jsonschema_rs.validate(schema, {**example, **changes})
