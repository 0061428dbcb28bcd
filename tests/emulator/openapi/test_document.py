"""The OpenAPI document, compared with the reference's examples and the running emulator."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.emulator.conftest import CREDENTIAL, VECTORS
from warehouse_sync.emulator import Emulator, Limits
from warehouse_sync.emulator.openapi import document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.emulator.conftest import Api, Vector

# Which schema each example of the reference is one of, by the beginning of its name.
SHAPES = {
    "connections/create-": ("ConnectionSpec", "Connection"),
    "connections/update": ("ConnectionSpec", "Connection"),
    "connections/get": ("", "Connection"),
    "connections/list": ("", "[Connection]"),
    "data-models/create": ("DataModelSpec", "DataModel"),
    "data-models/update": ("DataModelSpec", "DataModel"),
    "data-models/get": ("", "DataModel"),
    "data-models/list": ("", "[DataModel]"),
    "feeds/create": ("FeedSpec", "CreatedFeedEnvelope"),
    "feeds/get": ("", "FeedEnvelope"),
    "feeds/list": ("", "FeedListEnvelope"),
    "pipelines/create-events": ("PipelineSpec", "Pipeline"),
    "pipelines/update": ("PipelineSpec", "Pipeline"),
    "pipelines/get": ("", "Pipeline"),
    "pipelines/list": ("", "[Pipeline]"),
    "pipelines/report": ("", "PipelineReport"),
    "pipelines/trigger-busy": ("", "Error"),
    "pipelines/trigger": ("Trigger", "Triggered"),
    "runs/get": ("", "Run"),
    "runs/list": ("", "RunPage"),
}
NAMES = sorted(path.relative_to(VECTORS).as_posix().removesuffix(".json") for path in VECTORS.rglob("*.json"))


def validator(shape: str) -> jsonschema_rs.Draft202012Validator:
    """Return a validator of a schema of the document, or of an array of one."""
    name = {"$ref": f"#/components/schemas/{shape.strip('[]')}"}
    schema = {"type": "array", "items": name, "minItems": 1} if shape.startswith("[") else name
    return jsonschema_rs.Draft202012Validator({**schema, "components": document()["components"]})


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("schedules/")])
def test_every_example_is_valid(vector: Vector, name: str) -> None:
    """Each example of the reference is valid by its schema."""
    request, response = next(shapes for start, shapes in SHAPES.items() if name.startswith(start))
    validator(request if name.endswith(".request") else response).validate(vector(name))


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("schedules/")])
def test_every_schedule_example_is_valid(vector: Vector, name: str) -> None:
    """Each example of a schedule is valid, with its sync mode."""
    example = vector(name)
    validator("SyncMode").validate(example["sync_mode"])
    validator("Schedule").validate(example["schedule"])


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ("PipelineSpec", {"id": "no slug"}),
        ("PipelineSpec", {"field_transformation_id": None}),
        ("PipelineSpec", {"pipeline_type": "user_attributes"}),
        ("PipelineSpec", {"sync_mode": {"type": "incremental"}}),
        ("PipelineSpec", {"schedule": {"type": "interval"}}),
        ("PipelineSpec", {"schedule": {"type": "once", "delay": "soon"}}),
    ],
)
def test_invalid_request_is_invalid_by_schema(vector: Vector, shape: str, changes: dict[str, Any]) -> None:
    """What the reference forbids is invalid by the schema."""
    wrong = {**vector("pipelines/create-events.request"), **changes}
    assert not validator(shape).is_valid({name: value for name, value in wrong.items() if value is not None})


async def test_document_is_served_for_its_own_address(api: Api) -> None:
    """It is served without a token, and names the emulator as its server."""
    response = await api.get("/openapi.json", Authorization="")
    assert response.document == document(api_server=api.url, sso_server=api.url)
    assert set(values_of("url", response.document)) == {api.url}
    assert "sso.auth" not in json.dumps(response.document)


def values_of(name: str, value: object) -> Iterator[object]:
    """Yield the values of every field with a name, at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == name:
                yield item
            yield from values_of(name, item)
    elif isinstance(value, list):
        for item in value:
            yield from values_of(name, item)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("Token", {"access_token": "t", "expires_in": 0, "token_type": "Bearer"}),
        ("SyncMode", {"type": "full", "from": "2023-99-01T00:00:00Z"}),
        ("SyncMode", {"type": "full", "from": "2023-01-01T24:00:00Z"}),
        ("Triggered", {"pipeline_run_id": "soon", "status": "attempt_requested"}),
        (
            "PipelineReport",
            {"pipeline_id": "p", "status": "idle", "latest_successful_pipeline_run_id": "soon"},
        ),
    ],
)
def test_impossible_value_is_invalid_by_schema(schema: str, value: dict[str, Any]) -> None:
    """Values that can never be right are invalid: no seconds, a month 99, a run id that is no number."""
    assert not validator(schema).is_valid(value)


def test_document_has_every_endpoint(emulator_routes: set[tuple[str, str]]) -> None:
    """Each v2 route of the emulator is in the document, and each path of the document is a route."""
    documented = {
        (method.upper(), re.sub(r"\{\w+\}", "*", path))
        for path, item in document()["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert documented == emulator_routes


@pytest.fixture
def emulator_routes() -> set[tuple[str, str]]:
    """The methods and paths of the v2 API that the emulator serves, parameters as stars."""
    routes = Emulator()._middleware()._router.routes()
    served = [route for route in routes if route.path.startswith(("/platform/v2/", "/v1/", "/oauth/"))]
    return {(route.method, re.sub(r"\{\w+\}", "*", route.path)) for route in served}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, str]]:
    """The address of a running emulator with something in it, and a token."""
    with Emulator(limits=Limits.none()) as emulator:
        emulator.seed(pipelines=2, runs=3, workspace_id=1)
        token = emulator._write(lambda: emulator._token_endpoint.issue(CREDENTIAL))["access_token"]
        yield emulator.url, token


OPERATIONS: list[Any] = [
    result.ok()  # type: ignore[union-attr]  # an operation that cannot be read has none, and fails here
    for result in schemathesis.openapi.from_dict(document()).get_all_operations()
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_emulator_conforms_to_the_document(operation: Any, served: tuple[str, str]) -> None:
    """Every response of the emulator is documented and valid by its schema."""
    url, token = served
    checks = schemathesis.checks

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def keeps_to_it(case: Any) -> None:
        case.call_and_validate(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            checks=[
                checks.not_a_server_error,
                checks.status_code_conformance,
                checks.content_type_conformance,
                checks.response_schema_conformance,
            ],
        )

    keeps_to_it()
