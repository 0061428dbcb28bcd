"""Seeded pipelines with long run histories.

The same arguments give the same data, and runs take no memory.
"""

from datetime import timedelta

from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.resources.connections import Connections
from warehouse_sync.emulator.resources.data_models import DataModels
from warehouse_sync.emulator.runs.run_log import SeededRuns
from warehouse_sync.emulator.state.resource import Pipeline, Resource
from warehouse_sync.emulator.state.store import Store
from warehouse_sync.emulator.state.workspace import Collection, Workspace

CONNECTION_ID = "seeded-connection"
DATA_MODEL_ID = "seeded-data-model"
_PREFIX = "seeded-pipeline-"


def count_seeded(store: Store, workspace_id: str) -> int:
    """Return how many pipelines of a workspace were seeded."""
    pipelines = store.workspace(workspace_id).pipelines
    return sum(1 for pipeline in pipelines if pipeline.document["id"].startswith(_PREFIX))


def seed(store: Store, workspace_id: str, *, pipelines: int, runs: int, failed_every: int) -> list[str]:
    """Add pipelines with past runs to a workspace and return their ids.

    Ids continue after those of earlier seeds: `seeded-pipeline-00001`, `…-00002` and so on.

    Args:
        store: Where to add them.
        workspace_id: The workspace.
        pipelines: How many pipelines.
        runs: How many past hourly runs each has; the newest ended within the last two hours.
        failed_every: Every how many runs one has failed, counted from the newest, which has not; 0 for none.
    """
    workspace = store.workspace(workspace_id)
    store.mark_changed(workspace, workspace.connections.key, CONNECTION_ID)
    store.mark_changed(workspace, workspace.data_models.key, DATA_MODEL_ID)
    _add_if_missing(workspace.connections, Connections(store).create(_CONNECTION, workspace))
    _add_if_missing(workspace.data_models, DataModels(store).create(_DATA_MODEL, workspace))
    first = count_seeded(store, workspace_id) + 1
    ids = [f"{_PREFIX}{number:05}" for number in range(first, first + pipelines)]
    for pipeline_id in ids:
        past_runs = _past_runs(store, pipeline_id, runs, failed_every)
        store.mark_changed(workspace, workspace.pipelines.key, pipeline_id)
        workspace.pipelines.add(pipeline_id, _pipeline(store, workspace, pipeline_id, past_runs))
    return ids


def _add_if_missing(collection: Collection[Resource], resource: Resource) -> None:
    if resource.document["id"] not in collection:
        collection.add(resource.document["id"], resource)


def _past_runs(store: Store, pipeline_id: str, runs: int, failed_every: int) -> SeededRuns:
    now = store.clock.now()
    return SeededRuns(
        pipeline_id=pipeline_id,
        first_id=store.reserve_run_ids(runs),
        count=runs,
        # A full hour, early enough that the newest run has ended.
        end=now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1),
        failed_every=failed_every,
    )


def _pipeline(store: Store, workspace: Workspace, pipeline_id: str, past_runs: SeededRuns) -> Pipeline:
    document = _pipeline_document(pipeline_id)
    scheduler = store.new_scheduler(workspace, pipeline_id, document, seeded=past_runs)
    return Pipeline(
        document=document,
        created_on=store.clock.now(),
        created_by=store.author,
        scheduler=scheduler,
        counts_as_active=False,
    )


def _pipeline_document(pipeline_id: str) -> Document:
    return {
        "id": pipeline_id,
        "name": pipeline_id.replace("-", " ").capitalize(),
        "pipeline_type": "user_attributes",
        "connection_id": CONNECTION_ID,
        "data_model_id": DATA_MODEL_ID,
        "state": "active",
        "sync_mode": {
            "type": "incremental",
            "iterator_field": "updated_at",
            "iterator_data_type": "timestamp",
        },
        # On demand, so that no run is added by schedule.
        "schedule": {"type": "on_demand"},
        "environment": "development",
    }


_CONNECTION: Document = {
    "id": CONNECTION_ID,
    "name": "Seeded connection",
    "state": "active",
    "service_provider": "Databricks",
    "config": {"provider": "seeded-organization", "schema": "seeded_schema"},
}
_DATA_MODEL: Document = {
    "id": DATA_MODEL_ID,
    "name": "Seeded data model",
    "state": "active",
    "type": "sql",
    "config": {"sql_query": "SELECT customer_id, email, updated_at FROM analytics.public.customers"},
}
