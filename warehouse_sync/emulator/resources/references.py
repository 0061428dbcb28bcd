"""What refers to what: a resource that pipelines use cannot be deleted, and its mend is theirs."""

from datetime import datetime

from warehouse_sync.emulator.errors import ConflictError
from warehouse_sync.emulator.state.resource import Resource
from warehouse_sync.emulator.state.workspace import Workspace


def check_not_in_use(workspace: Workspace, reference: str, resource_id: str, *, label: str) -> None:
    """Refuse with 409 to delete what a pipeline's reference field names."""
    users = [kept.document["id"] for kept in workspace.pipelines if kept.document[reference] == resource_id]
    if users:
        named = ", ".join(users[:5]) + (", …" if len(users) > 5 else "")  # noqa: PLR2004  # enough to find the rest
        raise ConflictError(
            f"{label} {resource_id} is in use by {len(users)} pipeline(s): {named}. Delete them first."
        )


def clear_problem(stored: Resource, workspace: Workspace, reference: str, now: datetime) -> None:
    """Clear what was wrong with a resource that was updated, and the fault of the pipelines it stopped.

    "You may update the affected resource … which will clear the fault and the pipeline will run on the next
    scheduled interval."
    """
    if stored.problem is None:
        return
    stored.problem = None
    for pipeline in workspace.pipelines:
        if pipeline.document[reference] == stored.document["id"]:
            pipeline.scheduler.clear_fault(now)
