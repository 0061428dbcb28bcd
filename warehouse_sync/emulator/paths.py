"""Paths of the endpoints."""

from warehouse_sync.emulator.routing import Request
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Workspace

V2 = "/platform/v2/workspaces/{workspace}"
V1 = "/platform/v1/workspaces/{workspace}/ingest"
PIPELINES = f"{V2}/inputs/data-pipelines"
ITEM = "{id}"
RUN = "{run}"
# Only requests below this prefix need a token.
API_PREFIX = "/platform/"
CONTROL_PREFIX = "/_emulator/"
OPENAPI = "/openapi.json"
TOKEN = "/oauth/token"  # noqa: S105 - a path


def workspace_of(request: Request, store: Store) -> Workspace:
    """Return the workspace that a request's path names."""
    return store.workspace(request.path_params["workspace"])
