"""Save plans to files and read them back."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs

from warehouse_sync.declarative.errors import InvalidFilesError, Location, Problem, StalePlanError
from warehouse_sync.declarative.files.atomic_write import write_atomically
from warehouse_sync.declarative.files.load import PLAN_KEY
from warehouse_sync.declarative.files.read import UnreadableFileError, read_file
from warehouse_sync.declarative.planning.plan import CREATE, DELETE, NO_CHANGE, UPDATE, Options, Plan

T = TypeVar("T")
FORMAT = 2
_MAX_SIZE = 100_000_000  # bytes
_ACTIONS = (CREATE, UPDATE, DELETE, NO_CHANGE)


@attrs.frozen(kw_only=True)
class PlanInputs:
    """The inputs of a plan. A saved plan is applied only if all of them are unchanged.

    Attributes:
        workspace_id: The id of the workspace.
        api_url: The URL of the API.
        files: The digest of the files.
        remote: The digest of the workspace.
    """

    workspace_id: int
    api_url: str
    files: str
    remote: str


@attrs.frozen(kw_only=True)
class SavedPlan:
    """A plan read from a file.

    Attributes:
        folder: The folder of the files, as the user gave it.
        inputs: The inputs of the plan.
        options: The options of the plan.
        environment: The name of the project's environment; `None` without a project.
        document: The JSON document.
    """

    folder: str
    inputs: PlanInputs
    options: Options
    environment: str | None
    document: Mapping[str, Any]

    def check(self, inputs: PlanInputs, plan: Plan) -> None:
        """Check that the plan is up to date.

        Raises:
            StalePlanError: It is not; the error lists what changed.
        """
        messages = {
            "workspace_id": "the plan is for workspace {0}, not {1}",
            "api_url": "the plan is for {0}, not {1}",
            "files": "the files changed",
            "remote": "the workspace changed",
        }
        pairs = {name: (getattr(self.inputs, name), getattr(inputs, name)) for name in messages}
        reasons = [messages[name].format(*pair) for name, pair in pairs.items() if pair[0] != pair[1]]
        if not reasons and self.document["changes"] != changes_document(plan):
            reasons = ["a secret or the state changed"]
        if reasons:
            raise StalePlanError([*reasons, "run `warehouse-sync plan` again"])


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as a document, without secrets."""
    summary = {action: plan.count(action) for action in _ACTIONS}
    return {
        "summary": summary,
        "changes": changes_document(plan),
        "notes": list(plan.notes),
        "blockers": list(plan.blockers),
        "unmanaged": [{"kind": kind, "id": resource_id} for kind, resource_id in plan.unmanaged],
    }


def changes_document(plan: Plan) -> list[dict[str, Any]]:
    """Return the changes of a plan as documents."""
    return [
        {
            "action": change.action,
            "kind": change.kind.name,
            "id": change.id,
            "differences": [attrs.asdict(each) for each in change.differences],
            "notes": list(change.notes),
        }
        for change in plan.changes
    ]


def save_plan(  # noqa: PLR0913 - each is a part of the file
    file: Path,
    plan: Plan,
    inputs: PlanInputs,
    *,
    folder: str,
    options: Options,
    environment: str | None = None,
) -> None:
    """Save a plan to a file, whole or not at all."""
    document = {
        PLAN_KEY: FORMAT,
        "folder": folder,
        "environment": environment,
        **attrs.asdict(inputs),
        "options": {
            "prune": options.prune,
            "rotate": sorted(options.rotate),
            "max_deletes": options.max_deletes,
            "adopt": sorted(options.adopt),
            "targets": sorted(options.targets),
        },
        **plan_document(plan),
    }
    write_atomically({file: json.dumps(document, indent=2, ensure_ascii=False) + "\n"})


def find_plan(file: Path) -> SavedPlan | None:
    """Return the saved plan in a file, or `None` if the file is something else.

    Raises:
        InvalidFilesError: The file is a plan of another release.
    """
    try:
        document = json.loads(read_file(file, limit=_MAX_SIZE)) if file.suffix == ".json" else None
    except (UnreadableFileError, ValueError, RecursionError):
        return None
    return _parse_plan(file, document) if isinstance(document, dict) and PLAN_KEY in document else None


def _parse_plan(file: Path, document: Any) -> SavedPlan:  # noqa: ANN401 - any JSON
    try:
        return _parse(document)
    except (ValueError, KeyError, TypeError):
        message = "is not a plan of this release: create one with `warehouse-sync plan FOLDER --out FILE`"
        raise InvalidFilesError([Problem(location=Location(str(file)), message=message)]) from None


def _parse(document: dict[str, Any]) -> SavedPlan:
    if document[PLAN_KEY] != FORMAT:
        raise KeyError(PLAN_KEY)
    return SavedPlan(
        folder=_typed(document["folder"], str),
        inputs=PlanInputs(**{field.name: document[field.name] for field in attrs.fields(PlanInputs)}),
        options=_parse_options(document["options"]),
        environment=None if document["environment"] is None else _typed(document["environment"], str),
        document={**document, "changes": list(document["changes"])},
    )


def _parse_options(options: dict[str, Any]) -> Options:
    max_deletes = options["max_deletes"]
    return Options(
        prune=_typed(options["prune"], bool),
        rotate=_parse_ids(options["rotate"]),
        max_deletes=None if max_deletes is None else _typed(max_deletes, int),
        adopt=_parse_ids(options["adopt"]),
        targets=_parse_ids(options["targets"]),
    )


def _parse_ids(ids: object) -> frozenset[str]:
    return frozenset(_typed(each, str) for each in _typed(ids, list))


def _typed(value: Any, cls: type[T]) -> T:  # noqa: ANN401 - any JSON
    if type(value) is not cls:  # a boolean is not an integer here
        raise TypeError
    return value
