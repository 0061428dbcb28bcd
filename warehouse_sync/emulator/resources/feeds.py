"""Feeds: the inputs that pipelines send data to, in the platform's v1 API.

Ids are numbers of the whole platform. Responses show no server-to-server key, and null for settings that are secrets.
"""

from collections.abc import Iterator
from http import HTTPStatus

from aiohttp import web

from warehouse_sync.emulator.documents import Document, decode_object
from warehouse_sync.emulator.errors import NotFoundError
from warehouse_sync.emulator.paths import FEED, FEEDS, ITEM, workspace_of
from warehouse_sync.emulator.resources.secrets import is_secret_name, mask_secrets
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import HttpError, json_response
from warehouse_sync.emulator.routing import Handler, Request, Route
from warehouse_sync.emulator.state.resource import Resource
from warehouse_sync.emulator.state.store import Store

_FIELDS = ("module_name", "name", "os", "is_debug", "settings")
_SERVER_SET = frozenset({"id", "data_type", "created_on"})
# The documents spell the type in two ways, and so its key: in a list, and elsewhere.
_LIST_TYPE = "partner_feed"
_TYPE = "Partner Feed"


class Feeds:
    """The five endpoints of feeds."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes; each needs the query `accountId`."""
        item = f"{FEEDS}/{ITEM}"
        return [
            Route("GET", FEEDS, _with_account(self.list)),
            Route("POST", FEEDS, _with_account(self.create)),
            Route("GET", FEED, _with_account(self.get)),
            Route("PUT", item, _with_account(self.update)),
            Route("DELETE", item, _with_account(self.delete)),
        ]

    def list(self, request: Request) -> web.Response:
        """Return the id, name and date of each feed."""
        feeds = workspace_of(request, self._store).feeds
        items = [
            {
                "id": str(feed.document["id"]),
                "name": feed.document["name"],
                "data_type": _LIST_TYPE,
                "created_on": _date(feed),
            }
            for feed in feeds
        ]
        return json_response({"data": items, "dataType": _LIST_TYPE, "errors": None})

    def get(self, request: Request) -> web.Response:
        """Return one feed, of any workspace, because the path names none."""
        feed_id = request.path_params["id"]
        for workspace in self._store.workspaces.values():
            if feed_id in workspace.feeds:
                return _one({**workspace.feeds.get(feed_id).document, "data_type": _TYPE})
        raise NotFoundError(f"Feed {feed_id} was not found.")

    def create(self, request: Request) -> web.Response:
        """Create a feed."""
        document = _validated(request)
        workspace = workspace_of(request, self._store)
        feed_id = self._store.new_feed_id()
        now = self._store.clock.now()
        feed = Resource(document={**document, "id": feed_id}, created_on=now, created_by=self._store.author)
        workspace.feeds.add(str(feed_id), feed)
        self._store.mark_changed(workspace, workspace.feeds.key, str(feed_id))
        return _one({"data_type": _TYPE, "id": feed_id, "created_on": _date(feed)}, status=HTTPStatus.CREATED)

    def update(self, request: Request) -> web.Response:
        """Replace the fields of a feed."""
        document = _validated(request)
        workspace, feed_id = workspace_of(request, self._store), request.path_params["id"]
        feed = workspace.feeds.get(feed_id)
        feed.document = {**document, "id": feed.document["id"]}
        self._store.mark_changed(workspace, workspace.feeds.key, feed_id)
        return _one({"data_type": _TYPE, "id": feed.document["id"]}, status=HTTPStatus.ACCEPTED)

    def delete(self, request: Request) -> web.Response:
        """Delete a feed."""
        workspace, feed_id = workspace_of(request, self._store), request.path_params["id"]
        workspace.feeds.remove(feed_id)
        self._store.mark_changed(workspace, workspace.feeds.key, feed_id)
        document = {"data": None, "data_type": _TYPE, "errors": None}
        return json_response(document, status=HTTPStatus.ACCEPTED)


def _with_account(handler: Handler) -> Handler:
    """Return the handler after a check of `accountId`."""

    def handle(request: Request) -> web.Response:
        account = request.http.query.get("accountId", "")
        if not (account.isascii() and account.isdecimal() and int(account[:18]) > 0):
            raise HttpError(
                HTTPStatus.UNAUTHORIZED, "The query must have accountId, the number of the account."
            )
        return handler(request)

    return handle


def _validated(request: Request) -> Document:
    """Return the document to store."""
    body = {name: value for name, value in decode_object(request.body).items() if name not in _SERVER_SET}
    errors = FieldErrors(body)
    errors.text("module_name")
    errors.text("name")
    errors.text("os", required=False)
    if errors.has("is_debug") and not isinstance(body["is_debug"], bool):
        errors.add("is_debug", "must be true or false.")
    errors.messages.extend(_setting_errors(body.get("settings")))
    errors.raise_if_any()
    settings = [_stored_setting(setting) for setting in body.get("settings") or []]
    others = mask_secrets({name: value for name, value in body.items() if name not in _FIELDS})
    return {
        **others,
        "module_name": body["module_name"],
        "name": body["name"],
        "os": body.get("os") or "Unknown",
        "is_debug": bool(body.get("is_debug")),
        "settings": settings,
    }


def _setting_errors(settings: object) -> Iterator[str]:
    if settings is None:
        return
    if not isinstance(settings, list):
        yield "settings must be a list."
        return
    for index, setting in enumerate(settings):
        if not isinstance(setting, dict):
            yield f"settings[{index}] must be an object."
            continue
        errors = FieldErrors(setting, path=f"settings[{index}].")
        errors.text("name")
        if not isinstance(setting.get("value"), str | None):
            errors.add("value", "must be a string.")
        yield from errors.messages


def _stored_setting(setting: Document) -> Document:
    """Return a setting without its value if that is a secret."""
    value = None if is_secret_name(setting["name"]) else setting.get("value")
    return {**mask_secrets(setting), "name": setting["name"], "value": value}


def _one(item: Document, *, status: int = HTTPStatus.OK) -> web.Response:
    return json_response({"data": [item], "data_type": _TYPE, "errors": None}, status=status)


def _date(feed: Resource) -> str:
    """Return when a feed was created, in whole seconds without a zone."""
    return feed.created_on.strftime("%Y-%m-%dT%H:%M:%S")
