"""The five endpoints every kind of resource has."""

from typing import Generic

from aiohttp import web

from warehouse_sync.emulator.documents import Document, decode_object
from warehouse_sync.emulator.paths import ITEM, workspace_of
from warehouse_sync.emulator.resources.resource_type import SERVER_SET, ResourceType
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import json_response, no_content
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.state.workspace import ResourceT, Workspace


class ResourceEndpoints(Generic[ResourceT]):
    """List, get, create, update and delete resources of one kind."""

    def __init__(self, kind: ResourceType[ResourceT]) -> None:
        self._type = kind
        self._store = kind.store

    def routes(self) -> list[Route]:
        """Return the routes of the five endpoints."""
        every, one = self._type.path, f"{self._type.path}/{ITEM}"
        return [
            Route("GET", every, self.list),
            Route("POST", every, self.create),
            Route("GET", one, self.get),
            Route("PUT", one, self.update),
            Route("DELETE", one, self.delete),
        ]

    def list(self, call: Request) -> web.Response:
        """Answer with a bare array."""
        now = self._store.clock.now()
        selected = self._type.filter(workspace_of(call, self._store), call.request.query)
        return json_response([self._type.show(kept, now) for kept in selected])

    def get(self, call: Request) -> web.Response:
        """Answer with one resource."""
        kept = self._type.collection(workspace_of(call, self._store)).get(call.parts["id"])
        return json_response(self._type.show(kept, self._store.clock.now()))

    def create(self, call: Request) -> web.Response:
        """Keep a new resource."""
        sent = _settable(decode_object(call.body))
        workspace = workspace_of(call, self._store)
        collection = self._type.collection(workspace)
        document = self._checked(sent, workspace, None)
        name = str(self._type.name(document))
        collection.check_not_taken(name)
        kept = self._type.create(document, workspace)
        collection.add(name, kept)
        self._store.mark_changed(workspace, collection.key, name)
        self._type.check_login(kept)
        return json_response(self._type.show_written(kept, self._store.clock.now()))

    def update(self, call: Request) -> web.Response:
        """Replace the document of a resource."""
        sent = _settable(decode_object(call.body))
        workspace = workspace_of(call, self._store)
        kept = self._type.collection(workspace).get(call.parts["id"])
        document = self._checked(sent, workspace, kept)
        self._store.mark_changed(workspace, self._type.collection(workspace).key, call.parts["id"])
        self._type.check_login(kept)
        self._type.update(kept, document, workspace)
        return json_response(self._type.show_written(kept, self._store.clock.now()))

    def delete(self, call: Request) -> web.Response:
        """Forget a resource nothing refers to."""
        workspace, resource_id = workspace_of(call, self._store), call.parts["id"]
        collection = self._type.collection(workspace)
        kept = collection.get(resource_id)
        self._type.check_deletable(workspace, resource_id)
        collection.remove(resource_id)
        self._store.mark_changed(workspace, collection.key, resource_id)
        self._type.on_deleted(kept)
        return no_content()

    def _checked(self, sent: Document, workspace: Workspace, stored: ResourceT | None) -> Document:
        errors = FieldErrors(sent)
        name = self._type.name(sent)
        if stored and name not in (None, self._type.name(stored.document)):
            errors.problems.append(f"The id in the body, {name}, is not the id in the path.")
        self._type.validate(errors, workspace, stored)
        errors.close()
        return self._type.to_stored(sent)


def _settable(sent: Document) -> Document:
    return {name: value for name, value in sent.items() if name not in SERVER_SET}
