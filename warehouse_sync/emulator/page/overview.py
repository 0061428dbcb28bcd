"""What the page shows, a screenful at a time, whatever the number of pipelines."""

from datetime import datetime
from itertools import islice

from warehouse_sync.emulator.answers import Document
from warehouse_sync.emulator.clock import VirtualClock
from warehouse_sync.emulator.dates import show_moment
from warehouse_sync.emulator.faults import Faults
from warehouse_sync.emulator.schedule import NEVER
from warehouse_sync.emulator.store import Pipeline, Resource, Shelf, Store, Workspace

MOST_PIPELINES = 25
MOST_RUNS = 60


def overview(store: Store, faults: Faults, workspace_id: str, *, search: str, skip: int) -> Document:
    """Return the clock, the faults in force, the workspaces, and some pipelines of one with their newest runs."""
    now = store.clock.now()
    chosen = store.workspaces.get(workspace_id) or Workspace(workspace_id)
    found = [kept for kept in chosen.pipelines if search.lower() in kept.document["id"].lower()]
    return {
        "now": show_moment(now),
        "clock": "virtual" if isinstance(store.clock, VirtualClock) else "system",
        "warehouse": store.runner is not None,
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


def _problems(shelf: Shelf[Resource], now: datetime) -> Document:
    """Return how many resources there are, and which have problems."""
    wrong = [{"id": kept.document["id"], "errors": kept.errors(now)} for kept in shelf if kept.errors(now)]
    return {"count": len(shelf), "wrong": wrong}


def _pipeline(kept: Pipeline, now: datetime) -> Document:
    timeline = kept.timeline
    log = timeline.log
    schedule = kept.document["schedule"]
    newest = log.page(range(len(log)), 1, MOST_RUNS)
    return {
        "id": kept.document["id"],
        "name": kept.document["name"],
        "state": kept.document["state"],
        "status": timeline.status(now),
        "errors": timeline.errors(now),
        "schedule": schedule.get("frequency") or schedule["type"],
        "next": None if timeline.next_due == NEVER else show_moment(timeline.next_due),
        "count": len(log),
        "runs": [run.show(now) for run in newest],
    }
