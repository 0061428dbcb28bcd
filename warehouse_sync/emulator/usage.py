"""What refers to what: a resource that pipelines use cannot be deleted."""

from warehouse_sync.emulator.answers import conflict
from warehouse_sync.emulator.store import Workspace


def refuse_in_use(workspace: Workspace, reference: str, resource_id: str, *, label: str) -> None:
    """Refuse with 409 to delete what a pipeline's reference field names."""
    users = [kept.document["id"] for kept in workspace.pipelines if kept.document[reference] == resource_id]
    if users:
        named = ", ".join(users[:5]) + (", …" if len(users) > 5 else "")  # noqa: PLR2004  # enough to find the rest
        raise conflict(
            f"{label} {resource_id} is in use by {len(users)} pipeline(s): {named}. Delete them first."
        )
