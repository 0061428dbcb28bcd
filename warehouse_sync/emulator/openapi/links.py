"""Links: which requests can follow a response, and where their ids come from."""

from warehouse_sync.emulator.openapi.schema_types import Schema

_BODY_ID = "$response.body#/id"
_WORKSPACE = "$request.path.workspaceId"


def resource_links(name: str, *, more: tuple[str, ...] = ()) -> Schema:
    """Return the links of the response to the creation of a resource.

    Args:
        name: The name of the resource, such as `Pipeline`.
        more: Further operations that take its id.
    """
    operations = (f"get{name}", f"update{name}", f"delete{name}", *more)
    return {operation: _link(operation, id=_BODY_ID) for operation in operations}


def item_links(name: str, *, more: tuple[str, ...] = ()) -> Schema:
    """Return the links of the response to a list of resources, to the first one."""
    return {operation: _link(operation, id="$response.body#/0/id") for operation in (f"get{name}", *more)}


def trigger_links() -> Schema:
    """Return the links of the response to a trigger."""
    run = _link("getPipelineRun", id="$request.body#/pipeline_id", runId="$response.body#/pipeline_run_id")
    return {"getPipelineRun": run}


def _link(operation: str, **ids: str) -> Schema:
    return {"operationId": operation, "parameters": {"workspaceId": _WORKSPACE, **ids}}
