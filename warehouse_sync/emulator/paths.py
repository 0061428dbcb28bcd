"""Where the endpoints lie."""

from warehouse_sync.emulator.routing import Request
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Workspace

V2 = "/platform/v2/workspaces/{workspace}"
V1 = "/platform/v1/workspaces/{workspace}/ingest"
ITEM = "{id}"
RUN = "{run}"
# Only under this prefix is a token asked for.
API_PREFIX = "/platform/"
CONTROL_PREFIX = "/_emulator/"
OPENAPI = "/openapi.json"
TOKEN = "/oauth/token"  # noqa: S105  # a path


def workspace_of(call: Request, store: Store) -> Workspace:
    """Return the workspace a call's path names."""
    return store.workspace(call.parts["workspace"])
