"""The five endpoints every kind of resource has."""

from typing import Generic

from aiohttp import web

from warehouse_sync.emulator.answers import Document, json_answer, no_content, read_object
from warehouse_sync.emulator.checks import Findings
from warehouse_sync.emulator.kinds import SERVER_SET, Kind
from warehouse_sync.emulator.places import ITEM, workspace_of
from warehouse_sync.emulator.routing import Call, Route
from warehouse_sync.emulator.store import Kept, Workspace


class Endpoints(Generic[Kept]):
    """List, get, create, update and delete resources of one kind."""

    def __init__(self, kind: Kind[Kept]) -> None:
        self._kind = kind
        self._store = kind.store

    def routes(self) -> list[Route]:
        """Return the routes of the five endpoints."""
        every, one = self._kind.path, f"{self._kind.path}/{ITEM}"
        return [
            Route("GET", every, self.list),
            Route("POST", every, self.create),
            Route("GET", one, self.get),
            Route("PUT", one, self.update),
            Route("DELETE", one, self.delete),
        ]

    def list(self, call: Call) -> web.Response:
        """Answer with a bare array."""
        now = self._store.clock.now()
        selected = self._kind.select(workspace_of(call, self._store), call.request.query)
        return json_answer([self._kind.show(kept, now) for kept in selected])

    def get(self, call: Call) -> web.Response:
        """Answer with one resource."""
        kept = self._kind.shelf(workspace_of(call, self._store)).get(call.parts["id"])
        return json_answer(self._kind.show(kept, self._store.clock.now()))

    def create(self, call: Call) -> web.Response:
        """Keep a new resource."""
        sent = _settable(read_object(call.body))
        workspace = workspace_of(call, self._store)
        shelf = self._kind.shelf(workspace)
        document = self._checked(sent, workspace, None)
        name = str(self._kind.name(document))
        shelf.refuse_taken(name)
        kept = self._kind.create(document, workspace)
        shelf.add(name, kept)
        self._store.touch(workspace, shelf.key, name)
        self._kind.log_in(kept)
        return json_answer(self._kind.show_written(kept, self._store.clock.now()))

    def update(self, call: Call) -> web.Response:
        """Replace the document of a resource."""
        sent = _settable(read_object(call.body))
        workspace = workspace_of(call, self._store)
        kept = self._kind.shelf(workspace).get(call.parts["id"])
        document = self._checked(sent, workspace, kept)
        self._store.touch(workspace, self._kind.shelf(workspace).key, call.parts["id"])
        self._kind.log_in(kept)
        self._kind.update(kept, document, workspace)
        return json_answer(self._kind.show_written(kept, self._store.clock.now()))

    def delete(self, call: Call) -> web.Response:
        """Forget a resource nothing refers to."""
        workspace, resource_id = workspace_of(call, self._store), call.parts["id"]
        shelf = self._kind.shelf(workspace)
        kept = shelf.get(resource_id)
        self._kind.refuse_removal(workspace, resource_id)
        shelf.remove(resource_id)
        self._store.touch(workspace, shelf.key, resource_id)
        self._kind.discard(kept)
        return no_content()

    def _checked(self, sent: Document, workspace: Workspace, stored: Kept | None) -> Document:
        findings = Findings(sent)
        name = self._kind.name(sent)
        if stored and name not in (None, self._kind.name(stored.document)):
            findings.problems.append(f"The id in the body, {name}, is not the id in the path.")
        self._kind.inspect(findings, workspace, stored)
        findings.close()
        return self._kind.keep(sent)


def _settable(sent: Document) -> Document:
    return {name: value for name, value in sent.items() if name not in SERVER_SET}
