"""The v1 draft: any JSON documents under a slug, and the status of pipelines.

The draft has paths but no bodies. A document is any JSON object with a `slug` (or an `id`). Responses show it as
it was sent, with secrets masked and the audit fields added. A pipeline runs once, when it is created.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import NotFoundError
from warehouse_sync.emulator.paths import ITEM, RUN, V1, workspace_of
from warehouse_sync.emulator.resources.endpoints import ResourceEndpoints
from warehouse_sync.emulator.resources.resource_type import ResourceType
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import json_response
from warehouse_sync.emulator.routing import Request, Route
from warehouse_sync.emulator.state.resource import Pipeline, Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, ResourceT, Workspace

_IDENTIFIERS = ("slug", "id")
# The tutorial's pipelines run "once and only once after" their creation by default.
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

    types: tuple[DraftDocuments[Any], ...] = (
        DraftDocuments(store, "/connections", lambda workspace: workspace.draft_connections, new_document),
        DraftDocuments(store, "/models", lambda workspace: workspace.draft_models, new_document),
        DraftDocuments(store, "/mappings", lambda workspace: workspace.draft_mappings, new_document),
        DraftDocuments(store, "/pipelines", lambda workspace: workspace.draft_pipelines, new_pipeline),
    )
    endpoints = (ResourceEndpoints(resource_type) for resource_type in types)
    return [*(route for each in endpoints for route in each.routes()), *DraftStatuses(store).routes()]


class DraftDocuments(ResourceType[ResourceT]):
    """One type of the draft's documents.

    Args:
        store: The state.
        path: The path of the collection below the draft's base path.
        collection_of: Returns the documents of this type in a workspace.
        new: Returns a new document.
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
        """Return the documents of this type in a workspace."""
        return self._collection_of(workspace)

    def id_of(self, document: Document) -> object:
        """Return the slug."""
        return _slug(document)

    def validate(self, errors: FieldErrors, workspace: Workspace, stored: ResourceT | None) -> None:  # noqa: ARG002 - has no references
        """Check the slug, which an update may leave out because the path has it."""
        if stored is None or _slug(errors.document) is not None:
            errors.slug("id" if "id" in errors.document and "slug" not in errors.document else "slug")

    def create(self, document: Document, workspace: Workspace) -> ResourceT:
        """Return a new document; a pipeline starts its run."""
        return self._new(document, workspace)

    def update(self, stored: ResourceT, document: Document, workspace: Workspace) -> None:
        """Replace the document; one without a slug keeps the stored one."""
        identifier = {name: stored.document[name] for name in _IDENTIFIERS if name in stored.document}
        kept = identifier if _slug(document) is None else {}
        super().update(stored, {**document, **kept}, workspace)

    def show(self, stored: ResourceT, now: datetime) -> Document:  # noqa: ARG002 - does not change over time
        """Return the document with the audit fields."""
        return {**stored.document, **stored.audit()}


class DraftStatuses:
    """The three status endpoints of a draft pipeline."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes below `/pipelines/{slug}/status`."""
        status = f"{V1}/pipelines/{ITEM}/status"
        return [
            Route("GET", status, self.status),
            Route("GET", f"{status}/runs", self.runs),
            Route("GET", f"{status}/runs/{RUN}", self.run),
        ]

    def status(self, request: Request) -> web.Response:
        """Return the pipeline's status and its latest run."""
        slug, pipeline, now = self._current(request)
        latest = pipeline.scheduler.log.latest()
        return json_response(
            {
                "slug": slug,
                "status": pipeline.scheduler.status(now),
                "latest_pipeline_run": latest and latest.show(now),
            }
        )

    def runs(self, request: Request) -> web.Response:
        """Return every run, newest first, as a bare array."""
        _, pipeline, now = self._current(request)
        log = pipeline.scheduler.log
        return json_response([run.show(now) for run in log.page(range(len(log)), 1, len(log))])

    def run(self, request: Request) -> web.Response:
        """Return one run."""
        slug, pipeline, now = self._current(request)
        run_id = request.path_params["run"]
        run = pipeline.scheduler.log.find(int(run_id))
        if run is None:
            raise NotFoundError(f"Pipeline {slug} has no run {run_id}.")
        return json_response(run.show(now))

    def _current(self, request: Request) -> tuple[str, Pipeline, datetime]:
        slug = request.path_params["id"]
        return slug, workspace_of(request, self._store).draft_pipelines.get(slug), self._store.clock.now()


def _slug(document: Document) -> object:
    return document.get("slug", document.get("id"))
