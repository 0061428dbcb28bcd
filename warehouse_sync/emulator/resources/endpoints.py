"""The five endpoints of every type of resource."""

from typing import Generic

from aiohttp import web

from warehouse_sync.emulator.documents import UNKNOWN_VALUE, Document, decode_object
from warehouse_sync.emulator.paths import ITEM, workspace_of
from warehouse_sync.emulator.resources.resource_type import SERVER_SET, ResourceType
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import json_response, no_content
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.state.workspace import ResourceT, Workspace


class ResourceEndpoints(Generic[ResourceT]):
    """List, get, create, update and delete resources of one type."""

    def __init__(self, resource_type: ResourceType[ResourceT]) -> None:
        self._type = resource_type
        self._store = resource_type.store

    def routes(self) -> list[Route]:
        """Return the routes of the five endpoints."""
        collection, item = self._type.path, f"{self._type.path}/{ITEM}"
        return [
            Route("GET", collection, self.list),
            Route("POST", collection, self.create),
            Route("GET", item, self.get),
            Route("PUT", item, self.update),
            Route("DELETE", item, self.delete),
        ]

    def list(self, request: Request) -> web.Response:
        """Return the selected resources as a bare array."""
        now = self._store.clock.now()
        selected = self._type.filter(workspace_of(request, self._store), request.http.query)
        return json_response([self._type.show(stored, now) for stored in selected])

    def get(self, request: Request) -> web.Response:
        """Return one resource."""
        collection = self._type.collection(workspace_of(request, self._store))
        stored = collection.get(request.path_params["id"])
        return json_response(self._type.show(stored, self._store.clock.now()))

    def create(self, request: Request) -> web.Response:
        """Create a resource."""
        body = _settable_fields(decode_object(request.body))
        workspace = workspace_of(request, self._store)
        collection = self._type.collection(workspace)
        document = self._validated(body, workspace, None)
        resource_id = str(self._type.id_of(document))
        collection.check_id_is_free(resource_id)
        stored = self._type.create(document, workspace)
        collection.add(resource_id, stored)
        self._store.mark_changed(workspace, collection.key, resource_id)
        self._type.check_login(stored)
        return json_response(self._type.show_written(stored, self._store.clock.now()))

    def update(self, request: Request) -> web.Response:
        """Replace the document of a resource."""
        body = _settable_fields(decode_object(request.body))
        workspace, resource_id = workspace_of(request, self._store), request.path_params["id"]
        collection = self._type.collection(workspace)
        stored = collection.get(resource_id)
        body = _with_stored_values(body, stored.document)
        document = self._validated(body, workspace, stored)
        self._store.mark_changed(workspace, collection.key, resource_id)
        self._type.check_login(stored)
        self._type.update(stored, document, workspace)
        return json_response(self._type.show_written(stored, self._store.clock.now()))

    def delete(self, request: Request) -> web.Response:
        """Delete a resource that nothing refers to."""
        workspace, resource_id = workspace_of(request, self._store), request.path_params["id"]
        collection = self._type.collection(workspace)
        stored = collection.get(resource_id)
        self._type.check_deletable(workspace, resource_id)
        collection.remove(resource_id)
        self._store.mark_changed(workspace, collection.key, resource_id)
        self._type.on_deleted(stored)
        return no_content()

    def _validated(self, body: Document, workspace: Workspace, stored: ResourceT | None) -> Document:
        errors = FieldErrors(body)
        sent_id = self._type.id_of(body)
        if stored and sent_id not in (None, self._type.id_of(stored.document)):
            errors.messages.append(f"The id in the body, {sent_id}, is not the id in the path.")
        self._type.validate(errors, workspace, stored)
        errors.raise_if_any()
        return self._type.to_stored(body)


def _settable_fields(body: Document) -> Document:
    return {name: value for name, value in body.items() if name not in SERVER_SET}


def _with_stored_values(body: Document, stored: Document) -> Document:
    """Return a body with the stored value in place of each one that the fault `unknown` showed."""
    changed: Document = {}
    for name, value in body.items():
        before = stored.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            changed[name] = _with_stored_values(value, before)
        else:
            changed[name] = before if value == UNKNOWN_VALUE and name in stored else value
    return changed
