"""The v1 draft: documents of any shape under a slug, and the status of its pipelines.

The draft gives paths and no bodies. A document is any JSON object with a ``slug`` (or an ``id``); it comes back as
it was sent, its secrets masked, with the audit fields. A pipeline runs once, at its creation.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import NotFoundError
from warehouse_sync.emulator.paths import ITEM, RUN, V1, workspace_of
from warehouse_sync.emulator.resources.connections import MASK
from warehouse_sync.emulator.resources.endpoints import ResourceEndpoints
from warehouse_sync.emulator.resources.resource_type import ResourceType
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import json_response
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.state.resource import Pipeline, Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, ResourceT, Workspace

_SECRETS = frozenset({"password", "service_account_key", "private_key", "client_secret", "secret", "token"})
# The tutorial's pipelines run "once and only once after" their creation unless they say otherwise.
_RUN_ONCE: Document = {"state": "active", "sync_mode": {"type": "full"}, "schedule": {"type": "once"}}


def routes(store: Store) -> list[Route]:
    """Return the routes of the v1 draft."""

    def new_document(document: Document, _: Workspace) -> Resource:
        return Resource(document=document, created_on=store.clock.now(), created_by=store.author)

    def new_pipeline(document: Document, workspace: Workspace) -> Pipeline:
        scheduler = store.new_scheduler(
            workspace, str(_slug(document)), _RUN_ONCE, collection=workspace.draft_pipelines.key
        )
        now = store.clock.now()
        return Pipeline(document=document, created_on=now, created_by=store.author, scheduler=scheduler)

    kinds: tuple[DraftDocuments[Any], ...] = (
        DraftDocuments(store, "/connections", lambda workspace: workspace.draft_connections, new_document),
        DraftDocuments(store, "/models", lambda workspace: workspace.draft_models, new_document),
        DraftDocuments(store, "/mappings", lambda workspace: workspace.draft_mappings, new_document),
        DraftDocuments(store, "/pipelines", lambda workspace: workspace.draft_pipelines, new_pipeline),
    )
    return [route for kind in kinds for route in ResourceEndpoints(kind).routes()] + DraftStatuses(
        store
    ).routes()


class DraftDocuments(ResourceType[ResourceT]):
    """One kind of the draft's documents.

    Args:
        store: Where the documents are kept.
        path: Where the endpoints lie below the draft's base.
        collection_of: Gives the workspace's documents of this kind.
        new: Makes a new document.
    """

    def __init__(
        self,
        store: Store,
        path: str,
        collection_of: Callable[[Workspace], Collection[ResourceT]],
        new: Callable[[Document, Workspace], ResourceT],
    ) -> None:
        super().__init__(store, V1 + path)
        self._collection_of = collection_of
        self._new = new

    def collection(self, workspace: Workspace) -> Collection[ResourceT]:
        """Return the workspace's documents of this kind."""
        return self._collection_of(workspace)

    def name(self, document: Document) -> object:
        """Return the slug."""
        return _slug(document)

    def validate(self, errors: FieldErrors, workspace: Workspace, stored: ResourceT | None) -> None:  # noqa: ARG002  # refers to nothing
        """Ask for a slug, which an update may leave out since the path has it."""
        if stored is None or _slug(errors.document) is not None:
            errors.slug("id" if "id" in errors.document and "slug" not in errors.document else "slug")

    def to_stored(self, sent: Document) -> Document:
        """Keep everything but the secrets."""
        return _masked(sent)

    def create(self, document: Document, workspace: Workspace) -> ResourceT:
        """Return a new document; a pipeline starts its one run."""
        return self._new(document, workspace)

    def show(self, stored: ResourceT, now: datetime) -> Document:  # noqa: ARG002  # does not change by itself
        """Show the document and its audit fields."""
        return {**stored.document, **stored.audit()}


class DraftStatuses:
    """The three status endpoints of a draft pipeline."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes below ``/pipelines/{slug}/status``."""
        status = f"{V1}/pipelines/{ITEM}/status"
        return [
            Route("GET", status, self.status),
            Route("GET", f"{status}/runs", self.runs),
            Route("GET", f"{status}/runs/{RUN}", self.run),
        ]

    def status(self, call: Request) -> web.Response:
        """Answer with the pipeline's status and its latest run."""
        slug, pipeline, now = self._current(call)
        latest = pipeline.scheduler.log.latest()
        shown = latest and latest.show(now)
        return json_response(
            {"slug": slug, "status": pipeline.scheduler.status(now), "latest_pipeline_run": shown}
        )

    def runs(self, call: Request) -> web.Response:
        """Answer with every run, newest first, as a bare array."""
        _, pipeline, now = self._current(call)
        log = pipeline.scheduler.log
        return json_response([run.show(now) for run in log.page(range(len(log)), 1, len(log))])

    def run(self, call: Request) -> web.Response:
        """Answer with one run."""
        slug, pipeline, now = self._current(call)
        run = pipeline.scheduler.log.find(int(call.parts["run"]))
        if run is None:
            raise NotFoundError(f"Pipeline {slug} has no run {call.parts['run']}.")
        return json_response(run.show(now))

    def _current(self, call: Request) -> tuple[str, Pipeline, datetime]:
        slug = call.parts["id"]
        return slug, workspace_of(call, self._store).draft_pipelines.get(slug), self._store.clock.now()


def _slug(document: Document) -> object:
    return document.get("slug", document.get("id"))


def _masked(value: Document) -> Document:
    return {name: MASK if name in _SECRETS and item else _masked_inside(item) for name, item in value.items()}


def _masked_inside(value: object) -> object:
    if isinstance(value, dict):
        return _masked(value)
    if isinstance(value, list):
        return [_masked_inside(item) for item in value]
    return value
