"""Paths of the endpoints."""

from warehouse_sync.emulator.routing import Request
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Workspace

V2 = "/platform/v2/workspaces/{workspace}"
V1 = "/platform/v1/workspaces/{workspace}/ingest"
FEEDS = "/v1/workspace/{workspace}/partnerfeeds"
FEED = "/v1/partnerfeeds/{id}"
PIPELINES = f"{V2}/inputs/data-pipelines"
ITEM = "{id}"
RUN = "{run}"
# Only requests below these prefixes need a token.
PLATFORM_V1_PREFIX = "/v1/"
API_PREFIXES = ("/platform/", PLATFORM_V1_PREFIX)
CONTROL_PREFIX = "/_emulator/"
OPENAPI = "/openapi.json"
TOKEN = "/oauth/token"  # noqa: S105 - a path


def workspace_of(request: Request, store: Store) -> Workspace:
    """Return the workspace that a request's path names."""
    return store.workspace(request.path_params["workspace"])
