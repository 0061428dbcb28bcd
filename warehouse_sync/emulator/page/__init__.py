"""The page at `/`: shows the emulator's state in a browser.

It is three static files, and one route with their data. Nothing is loaded from other servers.
"""

from pathlib import Path

from aiohttp import web

from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.page.overview import View, overview
from warehouse_sync.emulator.paths import CONTROL_PREFIX
from warehouse_sync.emulator.responses import json_response
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.state.store import Store

_FOLDER = Path(__file__).parent
_FILES = {
    "/": ("index.html", "text/html"),
    f"{CONTROL_PREFIX}page.css": ("page.css", "text/css"),
    f"{CONTROL_PREFIX}page.js": ("page.js", "text/javascript"),
}
_HEADERS = {
    # Only files of this server: no name in a pipeline can load or run anything.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class StatusPage:
    """Serves the page and its data."""

    def __init__(self, store: Store, faults: ActiveFaults, workspace_id: str) -> None:
        self._store = store
        self._faults = faults
        self._workspace_id = workspace_id

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        files = [Route("GET", path, self._file, stateless=True) for path in _FILES]
        return [*files, Route("GET", f"{CONTROL_PREFIX}overview", self.overview)]

    def overview(self, request: Request) -> web.Response:
        """Return the page's data.

        It has the pipelines of `workspace` with `search` and `status`, in the order of `sort`, after `skip` others, and
        the details of those in `open`.
        """
        query = request.http.query
        workspace_id = query.get("workspace", self._workspace_id)
        return json_response(overview(self._store, self._faults, workspace_id, View.read(query)))

    def _file(self, request: Request) -> web.Response:
        name, content_type = _FILES[request.http.path]
        body = (_FOLDER / name).read_bytes()
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=_HEADERS)
