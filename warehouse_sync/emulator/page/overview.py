"""The data of the page: one screen of pipelines, and the details of some."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from attrs import frozen

from warehouse_sync.emulator.clock import VirtualClock
from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.errors import InvalidRequestError
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.runs.dates import format_timestamp
from warehouse_sync.emulator.runs.schedule import ALWAYS, NEVER
from warehouse_sync.emulator.state.resource import Pipeline, Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, Workspace

MAX_PIPELINES = 100
MAX_RECENT = 24
MAX_RUNS = 60
MAX_OPEN = 20
_MAX_SKIP_DIGITS = 9
# The order of a list by status: what needs attention comes first.
_STATUS_ORDER = ("faulted", "running", "idle", "stopped")
_Key = Callable[[Pipeline, datetime], Any]
_SORT_KEYS: Mapping[str, _Key] = {
    "id": lambda pipeline, _: pipeline.document["id"],
    "status": lambda pipeline, now: _STATUS_ORDER.index(pipeline.scheduler.status(now)),
    "latest": lambda pipeline, _: _latest_date(pipeline),
    "next": lambda pipeline, _: pipeline.scheduler.next_due,
    "runs": lambda pipeline, _: len(pipeline.scheduler.log),
}


@frozen
class View:
    """The selection and the order of a request.

    Attributes:
        search: A part of an id or a name, or of the ids of a pipeline's connection and data model.
        status: A status; empty for all.
        sort: A column; in descending order if it begins with `-`.
        skip: How many pipelines to skip.
        opened: The ids of the pipelines to return with details.
    """

    search: str
    status: str
    sort: str
    skip: int
    opened: tuple[str, ...]

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "View":
        """Return the view of a request's query.

        Raises:
            InvalidRequestError: A parameter is invalid.
        """
        skip, sort, status = query.get("skip", "0"), query.get("sort", "id"), query.get("status", "")
        messages = []
        if not (skip.isascii() and skip.isdecimal() and len(skip) <= _MAX_SKIP_DIGITS):
            messages.append("skip must be a whole number from 0 to 999999999.")
        if sort.removeprefix("-") not in _SORT_KEYS:
            messages.append(
                f"sort must be one of {', '.join(_SORT_KEYS)}, for descending order after a minus."
            )
        if status and status not in _STATUS_ORDER:
            messages.append(f"status must be one of {', '.join(_STATUS_ORDER)}.")
        if messages:
            raise InvalidRequestError(*messages)
        opened = tuple(each for each in query.get("open", "").split(",") if each)[:MAX_OPEN]
        return cls(query.get("search", "").lower(), status, sort, int(skip), opened)

    def matches(self, pipeline: Pipeline) -> bool:
        """Return whether the search finds a pipeline."""
        fields = ("id", "name", "connection_id", "data_model_id")
        return any(self.search in str(pipeline.document.get(field, "")).lower() for field in fields)

    def ordered(self, pipelines: list[Pipeline], now: datetime) -> list[Pipeline]:
        """Return pipelines in the order of the view, and by id where that is equal."""
        key, descending = _SORT_KEYS[self.sort.removeprefix("-")], self.sort.startswith("-")
        by_id = sorted(pipelines, key=lambda pipeline: str(pipeline.document["id"]))
        return sorted(by_id, key=lambda pipeline: key(pipeline, now), reverse=descending)


def overview(store: Store, faults: ActiveFaults, workspace_id: str, view: View) -> Document:
    """Return the clock, faults, workspaces, and some pipelines of one workspace."""
    now = store.clock.now()
    workspace = store.workspaces.get(workspace_id) or Workspace(workspace_id)
    searched = [(each, each.scheduler.status(now)) for each in workspace.pipelines if view.matches(each)]
    found = [each for each, status in searched if view.status in ("", status)]
    shown = islice(view.ordered(found, now), view.skip, view.skip + MAX_PIPELINES)
    return {
        "now": format_timestamp(now),
        "clock": "virtual" if isinstance(store.clock, VirtualClock) else "system",
        "warehouse": store.executor is not None,
        "faults": faults.show(),
        "workspaces": [
            {"id": each.id, "pipelines": len(each.pipelines)}
            for each in {**store.workspaces, workspace_id: workspace}.values()
        ],
        "workspace": workspace_id,
        "connections": _summary(workspace.connections, now),
        "data_models": _summary(workspace.data_models, now),
        "statuses": {**dict.fromkeys(_STATUS_ORDER, 0), **Counter(status for _, status in searched)},
        "found": len(found),
        "page_size": MAX_PIPELINES,
        "pipelines": [_row(pipeline, now) for pipeline in shown],
        "details": {
            each: _details(workspace, workspace.pipelines.get(each), now)
            for each in view.opened
            if each in workspace.pipelines
        },
    }


def _summary(collection: Collection[Resource], now: datetime) -> Document:
    """Return how many resources there are, and which have errors."""
    faulty = [
        {"id": resource.document["id"], "errors": resource.errors(now)}
        for resource in collection
        if resource.errors(now)
    ]
    return {"count": len(collection), "faulty": faulty}


def _row(pipeline: Pipeline, now: datetime) -> Document:
    """Return the pipeline as a row of the list, with the statuses of its newest runs, oldest first."""
    scheduler, document = pipeline.scheduler, pipeline.document
    log = scheduler.log
    newest = [run.show(now) for run in log.page(range(len(log)), 1, MAX_RECENT)]
    return {
        "id": document["id"],
        "name": document["name"],
        "state": document["state"],
        "status": scheduler.status(now),
        "errors": scheduler.errors(now),
        "schedule": document["schedule"].get("frequency") or document["schedule"]["type"],
        "next": None if scheduler.next_due == NEVER else format_timestamp(scheduler.next_due),
        "count": len(log),
        "latest": newest[0] if newest else None,
        "recent": [run["status"] for run in reversed(newest)],
    }


def _details(workspace: Workspace, pipeline: Pipeline, now: datetime) -> Document:
    """Return the newest runs of a pipeline, and what it loads from where."""
    log, document = pipeline.scheduler.log, pipeline.document
    connection = workspace.connections.get(document["connection_id"])
    model = workspace.data_models.get(document["data_model_id"])
    return {
        "document": document,
        "runs": [run.show(now) for run in log.page(range(len(log)), 1, MAX_RUNS)],
        "connection": {"document": connection.document, "errors": connection.errors(now)},
        "data_model": {"document": model.document, "errors": model.errors(now)},
    }


def _latest_date(pipeline: Pipeline) -> datetime:
    latest = pipeline.scheduler.log.latest()
    return latest.logical_date if latest else ALWAYS
