"""Where the endpoints lie."""

from aiohttp import web

from warehouse_sync.emulator.store import Store, Workspace

_SLUG = "[A-Za-z0-9_-]+"
_WORKSPACES = f"workspaces/{{workspace:{_SLUG}}}"
V2 = f"/platform/v2/{_WORKSPACES}"
V1 = f"/platform/v1/{_WORKSPACES}/ingest"
ITEM = f"{{id:{_SLUG}}}"
RUN = r"{run:\d{1,18}}"
# Only under this prefix is a token asked for.
API_PREFIX = "/platform/"
CONTROL_PREFIX = "/_emulator/"
OPENAPI = "/openapi.json"
TOKEN = "/oauth/token"  # noqa: S105  # a path


def workspace_of(request: web.Request, store: Store) -> Workspace:
    """Return the workspace a request's path names, with every run that is due."""
    store.settle()
    return store.workspace(request.match_info["workspace"])
