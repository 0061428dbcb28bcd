"""The page at ``/``: what the emulator holds, for people.

Three files without a build step, and one route that tells them what to show. Nothing is loaded from elsewhere.
"""

from pathlib import Path

from aiohttp import web

from warehouse_sync.emulator.errors import InvalidRequestError
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.page.overview import overview
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
    # Its own files and its own server, nothing else: not even a name in a pipeline could load or run anything.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Page:
    """Serves the page and what it shows."""

    def __init__(self, store: Store, faults: ActiveFaults, workspace_id: str) -> None:
        self._store = store
        self._faults = faults
        self._workspace_id = workspace_id

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        files = [Route("GET", path, self._file, apart=True) for path in _FILES]
        return [*files, Route("GET", f"{CONTROL_PREFIX}overview", self.overview)]

    def overview(self, call: Request) -> web.Response:
        """Answer with what the page shows: of ``workspace``, the pipelines whose id holds ``search``, from ``skip`` on."""
        query = call.request.query
        skip = query.get("skip", "0")
        if not skip.isdecimal():
            raise InvalidRequestError("skip must be a whole number.")
        shown = overview(
            self._store,
            self._faults,
            query.get("workspace", self._workspace_id),
            search=query.get("search", ""),
            skip=int(skip),
        )
        return json_response(shown)

    def _file(self, call: Request) -> web.Response:
        name, content_type = _FILES[call.request.path]
        body = (_FOLDER / name).read_bytes()
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=_HEADERS)
