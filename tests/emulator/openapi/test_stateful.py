"""Sequences of requests that the OpenAPI document links: create, read, change, run and delete."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings

from tests.emulator.conftest import CREDENTIAL
from warehouse_sync.emulator import Emulator, Limits
from warehouse_sync.emulator.openapi import document

WORKSPACE = 1
CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.use_after_free,
    schemathesis.checks.ensure_resource_availability,
]


def links() -> list[tuple[str, str]]:
    """Return the operation of each link of the document, with the operation that it follows."""
    return [
        (operation["operationId"], link["operationId"])
        for item in document()["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]


def test_links_name_operations() -> None:
    """Each link leads to an operation of the document, and the life of each resource is linked."""
    known = {
        operation["operationId"]
        for item in document()["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert {following for _, following in links()} <= known
    assert {("createConnection", "deleteConnection"), ("triggerPipeline", "getPipelineRun")} <= set(links())


def test_sequences_conform_to_the_document() -> None:
    """No sequence has an undocumented response, reads a deleted resource, or misses a created one."""
    seen: set[tuple[str, int]] = set()
    with Emulator(limits=Limits.none()) as emulator:
        token = emulator._write(lambda: emulator._token_endpoint.issue(CREDENTIAL))["access_token"]
        base: Any = schemathesis.openapi.from_dict(document()).as_state_machine()

        class Sequences(base):  # type: ignore[misc] # built from the document
            def setup(self) -> None:
                """Start with two pipelines."""
                emulator.reset()
                emulator.seed(pipelines=2, runs=3, workspace_id=WORKSPACE)

            def get_call_kwargs(self, case: Any) -> dict[str, Any]:
                return {"base_url": emulator.url, "headers": {"Authorization": f"Bearer {token}"}}

            def before_call(self, case: Any) -> None:
                """Stay in one workspace."""
                if "workspaceId" in (case.path_parameters or {}):
                    case.path_parameters["workspaceId"] = WORKSPACE

            def after_call(self, response: Any, case: Any) -> None:
                seen.add((case.operation.definition.raw["operationId"], response.status_code))

            def validate_response(self, response: Any, case: Any, **_: Any) -> None:
                case.validate_response(response, checks=CHECKS)

        Sequences.run(
            settings=settings(
                max_examples=25,
                stateful_step_count=12,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
        )
    # The links were followed: random ids alone exist nowhere.
    followed = {
        operation for operation, status in seen if operation.startswith(("get", "update")) and status == 200
    }
    assert followed
    assert ("createConnection", 200) in seen
