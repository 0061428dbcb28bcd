"""The data of the page: one screen of pipelines at a time."""

from datetime import datetime
from itertools import islice

from warehouse_sync.emulator.clock import VirtualClock
from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.runs.dates import format_timestamp
from warehouse_sync.emulator.runs.schedule import NEVER
from warehouse_sync.emulator.state.resource import Pipeline, Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, Workspace

MAX_PIPELINES = 25
MAX_RUNS = 60


def overview(store: Store, faults: ActiveFaults, workspace_id: str, *, search: str, skip: int) -> Document:
    """Return the clock, faults, workspaces, and some pipelines of one workspace.

    Each pipeline has its newest runs.
    """
    now = store.clock.now()
    workspace = store.workspaces.get(workspace_id) or Workspace(workspace_id)
    found = [each for each in workspace.pipelines if search.lower() in each.document["id"].lower()]
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
        "found": len(found),
        "pipelines": [_pipeline(pipeline, now) for pipeline in islice(found, skip, skip + MAX_PIPELINES)],
    }


def _summary(collection: Collection[Resource], now: datetime) -> Document:
    """Return how many resources there are, and which have errors."""
    faulty = [
        {"id": resource.document["id"], "errors": resource.errors(now)}
        for resource in collection
        if resource.errors(now)
    ]
    return {"count": len(collection), "faulty": faulty}


def _pipeline(pipeline: Pipeline, now: datetime) -> Document:
    scheduler, document = pipeline.scheduler, pipeline.document
    log = scheduler.log
    newest = log.page(range(len(log)), 1, MAX_RUNS)
    return {
        "id": document["id"],
        "name": document["name"],
        "state": document["state"],
        "status": scheduler.status(now),
        "errors": scheduler.errors(now),
        "schedule": document["schedule"].get("frequency") or document["schedule"]["type"],
        "next": None if scheduler.next_due == NEVER else format_timestamp(scheduler.next_due),
        "count": len(log),
        "runs": [run.show(now) for run in newest],
    }
