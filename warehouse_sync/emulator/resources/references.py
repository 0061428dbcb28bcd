"""References from pipelines to connections and data models."""

from datetime import datetime

from warehouse_sync.emulator.errors import ConflictError
from warehouse_sync.emulator.state.resource import Resource
from warehouse_sync.emulator.state.workspace import Workspace

_MAX_NAMED = 5


def check_not_in_use(workspace: Workspace, reference: str, resource_id: str, *, label: str) -> None:
    """Check that no pipeline refers to a resource.

    Raises:
        ConflictError: Some pipelines do; the message names the first of them.
    """
    users = [
        pipeline.document["id"]
        for pipeline in workspace.pipelines
        if pipeline.document[reference] == resource_id
    ]
    if users:
        named = ", ".join(users[:_MAX_NAMED]) + (", …" if len(users) > _MAX_NAMED else "")
        raise ConflictError(
            f"{label} {resource_id} is in use by {len(users)} pipeline(s): {named}. Delete them first."
        )


def clear_problem(stored: Resource, workspace: Workspace, reference: str, now: datetime) -> None:
    """Clear the fault of an updated resource and of the pipelines that use it.

    "You may update the affected resource … which will clear the fault and the pipeline will run on the next
    scheduled interval."
    """
    if stored.problem is None:
        return
    stored.problem = None
    for pipeline in workspace.pipelines:
        if pipeline.document[reference] == stored.document["id"]:
            pipeline.scheduler.clear_fault(now)
