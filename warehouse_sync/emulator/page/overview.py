"""What the page shows, a screenful at a time, whatever the number of pipelines."""

from datetime import datetime
from itertools import islice

from warehouse_sync.emulator.clock import VirtualClock
from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.runs.dates import show_moment
from warehouse_sync.emulator.runs.schedule import NEVER
from warehouse_sync.emulator.state.resource import Pipeline, Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, Workspace

MOST_PIPELINES = 25
MOST_RUNS = 60


def overview(store: Store, faults: ActiveFaults, workspace_id: str, *, search: str, skip: int) -> Document:
    """Return the clock, the faults in force, the workspaces, and some pipelines of one with their newest runs."""
    now = store.clock.now()
    chosen = store.workspaces.get(workspace_id) or Workspace(workspace_id)
    found = [kept for kept in chosen.pipelines if search.lower() in kept.document["id"].lower()]
    return {
        "now": show_moment(now),
        "clock": "virtual" if isinstance(store.clock, VirtualClock) else "system",
        "warehouse": store.executor is not None,
        "faults": faults.show(),
        "workspaces": [
            {"id": workspace.id, "pipelines": len(workspace.pipelines)}
            for workspace in {**store.workspaces, workspace_id: chosen}.values()
        ],
        "workspace": workspace_id,
        "connections": _problems(chosen.connections, now),
        "data_models": _problems(chosen.data_models, now),
        "found": len(found),
        "pipelines": [_pipeline(kept, now) for kept in islice(found, skip, skip + MOST_PIPELINES)],
    }


def _problems(collection: Collection[Resource], now: datetime) -> Document:
    """Return how many resources there are, and which have problems."""
    wrong = [
        {"id": kept.document["id"], "errors": kept.errors(now)} for kept in collection if kept.errors(now)
    ]
    return {"count": len(collection), "wrong": wrong}


def _pipeline(kept: Pipeline, now: datetime) -> Document:
    scheduler = kept.scheduler
    log = scheduler.log
    schedule = kept.document["schedule"]
    newest = log.page(range(len(log)), 1, MOST_RUNS)
    return {
        "id": kept.document["id"],
        "name": kept.document["name"],
        "state": kept.document["state"],
        "status": scheduler.status(now),
        "errors": scheduler.errors(now),
        "schedule": schedule.get("frequency") or schedule["type"],
        "next": None if scheduler.next_due == NEVER else show_moment(scheduler.next_due),
        "count": len(log),
        "runs": [run.show(now) for run in newest],
    }
