"""Data plans, which pipelines name.

They are read-only here. The control API and an option add them.
"""

import re
from typing import Literal, get_args

from aiohttp import web

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import InvalidRequestError, NotFoundError
from warehouse_sync.emulator.paths import ITEM, V2, workspace_of
from warehouse_sync.emulator.resources.validation import SLUG
from warehouse_sync.emulator.responses import json_response
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.state.resource import Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Workspace

# A version that is activated in no environment is not active.
Environment = Literal["none", "development", "production"]
ENVIRONMENTS: tuple[Environment, ...] = get_args(Environment)
_MAX_VERSION = 1_000_000
_DATA_PLAN = re.compile(r"(?P<id>[^:]+)(:(?P<version>\d{1,7})(:(?P<environment>\w+))?)?", re.ASCII)


class DataPlans:
    """The two read endpoints of data plans."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes below `/plans`."""
        return [Route("GET", f"{V2}/plans", self.list), Route("GET", f"{V2}/plans/{ITEM}", self.get)]

    def list(self, request: Request) -> web.Response:
        """Return every data plan, as a bare array."""
        return json_response([_show(plan) for plan in workspace_of(request, self._store).data_plans])

    def get(self, request: Request) -> web.Response:
        """Return one data plan."""
        plans = workspace_of(request, self._store).data_plans
        return json_response(_show(plans.get(request.path_params["id"])))


def add_data_plan(
    store: Store, workspace_id: str, plan_id: str, *, version: int, activated_environment: str
) -> Document:
    """Add a version of a data plan, or change its environment, and return the plan.

    Raises:
        ValueError: The id, the version or the environment is invalid.
    """
    _check(plan_id, version)
    environment = _environment(activated_environment)
    workspace, now = store.workspace(workspace_id), store.clock.now()
    if plan_id not in workspace.data_plans:
        document = {"data_plan_id": plan_id, "data_plan_name": plan_id, "data_plan_versions": []}
        workspace.data_plans.put(
            plan_id, Resource(document=document, created_on=now, created_by=store.author)
        )
    plan = workspace.data_plans.get(plan_id)
    others = [each for each in plan.document["data_plan_versions"] if each["version"] != version]
    added = {"data_plan_id": plan_id, "version": version, "activated_environment": environment}
    plan.document["data_plan_versions"] = sorted([*others, added], key=_version)
    store.mark_changed(workspace, workspace.data_plans.key, plan_id)
    return _show(plan)


def parse_data_plan(text: str) -> tuple[str, int, Environment]:
    """Return the id, version and environment of a data plan option.

    The option is `ID`, `ID:VERSION` or `ID:VERSION:ENVIRONMENT`.

    Raises:
        ValueError: The text has another form, or a part is invalid.
    """
    match = _DATA_PLAN.fullmatch(text)
    if match is None:
        raise ValueError(
            f"A data plan must be ID:VERSION:ENVIRONMENT, such as orders:2:production, not {text!r}."
        )
    version = int(match["version"] or 1)
    _check(match["id"], version)
    return match["id"], version, _environment(match["environment"] or "production")


def check_data_plan(pipeline: Document, workspace: Workspace) -> None:
    """Check that the data plan of a pipeline exists and is active.

    Raises:
        NotFoundError: The plan or its version does not exist, or the pipeline names no version.
        InvalidRequestError: The version is not active.
    """
    plan_id, version = pipeline.get("data_plan_id"), pipeline.get("data_plan_version")
    if plan_id is None:
        return
    if plan_id not in workspace.data_plans:
        raise NotFoundError(
            f"Data plan {plan_id} was not found. (The emulator's option `--data-plan {plan_id}` adds it.)"
        )
    if version is None:
        raise NotFoundError(f"Data plan {plan_id} was found, but data_plan_version is required with it.")
    versions = workspace.data_plans.get(plan_id).document["data_plan_versions"]
    found = next((each for each in versions if each["version"] == int(version)), None)
    if found is None:
        raise NotFoundError(f"Data plan {plan_id} has no version {version}.")
    if found["activated_environment"] == "none":
        raise InvalidRequestError(f"Version {version} of data plan {plan_id} is not active.")


def _check(plan_id: object, version: object) -> None:
    if not isinstance(plan_id, str) or not SLUG.fullmatch(plan_id):
        raise ValueError(
            f"The id of a data plan must be a slug: letters, digits, `_` and `-`, not {plan_id!r}."
        )
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= _MAX_VERSION:
        raise ValueError(f"The version of a data plan must be from 1 to {_MAX_VERSION}, not {version!r}.")


def _environment(value: object) -> Environment:
    for known in ENVIRONMENTS:
        if value == known:
            return known
    raise ValueError(f"The environment of a data plan must be {' or '.join(ENVIRONMENTS)}, not {value!r}.")


def _show(plan: Resource) -> Document:
    return {**plan.document, **plan.audit()}


def _version(document: Document) -> int:
    version: int = document["version"]
    return version
