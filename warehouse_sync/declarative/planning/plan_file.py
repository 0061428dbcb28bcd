"""Plans as documents: to review, to keep, and to carry out later if nothing has changed in between."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync.declarative.errors import InvalidFilesError, Location, Problem, StalePlanError
from warehouse_sync.declarative.files.load import PLAN_KEY
from warehouse_sync.declarative.planning.plan import CREATE, DELETE, NO_CHANGE, UPDATE, Options, Plan

FORMAT = 1
_ACTIONS = (CREATE, UPDATE, DELETE, NO_CHANGE)


@attrs.frozen(kw_only=True)
class PlanInputs:
    """What a plan was made for; a plan is carried out only where all of it is the same.

    Attributes:
        workspace_id: The workspace.
        api_url: The API's address.
        files: The digest of the files.
        remote: The digest of what the workspace held.
    """

    workspace_id: int
    api_url: str
    files: str
    remote: str


@attrs.frozen(kw_only=True)
class SavedPlan:
    """A plan that was read back.

    Attributes:
        folder: Where the files are, as it was named.
        inputs: What it was made for.
        options: What it may do.
        document: The whole of it.
    """

    folder: str
    inputs: PlanInputs
    options: Options
    document: Mapping[str, Any]

    def check(self, inputs: PlanInputs, plan: Plan) -> None:
        """Make sure that the plan still fits.

        Raises:
            StalePlanError: It does not; the error says what changed.
        """
        words = {
            "workspace_id": "it was made for workspace {0}, not {1}",
            "api_url": "it was made for {0}, not {1}",
            "files": "the files changed since",
            "remote": "the workspace changed since",
        }
        pairs = {name: (getattr(self.inputs, name), getattr(inputs, name)) for name in words}
        reasons = [words[name].format(*pair) for name, pair in pairs.items() if pair[0] != pair[1]]
        if not reasons and self.document["changes"] != changes_document(plan):
            reasons = ["a secret or what is remembered of it changed since"]
        if reasons:
            raise StalePlanError([*reasons, "make a new plan"])


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan for people and programs to read; secrets do not stand in it."""
    summary = {action: plan.count(action) for action in _ACTIONS}
    return {
        "summary": summary,
        "changes": changes_document(plan),
        "notes": list(plan.notes),
        "blockers": list(plan.blockers),
    }


def changes_document(plan: Plan) -> list[dict[str, Any]]:
    """Return the changes of a plan."""
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


def save_plan(file: Path, plan: Plan, inputs: PlanInputs, *, folder: str, options: Options) -> None:
    """Write a plan to a file."""
    document = {
        PLAN_KEY: FORMAT,
        "folder": folder,
        **attrs.asdict(inputs),
        "options": {
            "prune": options.prune,
            "rotate": sorted(options.rotate),
            "max_deletes": options.max_deletes,
        },
        **plan_document(plan),
    }
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def is_plan(file: Path) -> bool:
    """Tell a saved plan from a file of declarations."""
    try:
        return file.suffix == ".json" and PLAN_KEY in json.loads(file.read_bytes())
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def read_plan(file: Path) -> SavedPlan:
    """Read a saved plan.

    Raises:
        InvalidFilesError: It is none.
    """
    try:
        return _parse(json.loads(file.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        message = "is not a plan of this release: make one with `warehouse-sync plan FOLDER --out FILE`"
        raise InvalidFilesError([Problem(location=Location(str(file)), message=message)]) from None


def _parse(document: dict[str, Any]) -> SavedPlan:
    if document[PLAN_KEY] != FORMAT:
        raise KeyError(PLAN_KEY)
    options = document["options"]
    return SavedPlan(
        folder=str(document["folder"]),
        inputs=PlanInputs(**{field.name: document[field.name] for field in attrs.fields(PlanInputs)}),
        options=Options(
            prune=bool(options["prune"]),
            rotate=frozenset(options["rotate"]),
            max_deletes=options["max_deletes"],
        ),
        document={**document, "changes": list(document["changes"])},
    )
