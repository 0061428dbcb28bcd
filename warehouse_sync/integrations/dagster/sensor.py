"""The sensor: runs of the platform's own schedule become materializations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import dagster as dg

from warehouse_sync import Client, PipelineReport, Run
from warehouse_sync.integrations.dagster.assets import RUN_KEY, run_metadata
from warehouse_sync.integrations.dagster.polling import (
    PipelineCursor,
    describe_latest,
    first_cursor,
    new_runs,
    read_cursors,
    write_cursors,
)
from warehouse_sync.integrations.dagster.resource import WarehouseSyncResource
from warehouse_sync.integrations.dagster.translator import pipeline_id_of

RECENT = 100  # materializations of an asset that are compared with a new run


def build_polling_sensor(
    specs: Sequence[dg.AssetSpec],
    resource: WarehouseSyncResource,
    *,
    name: str = "warehouse_sync_runs",
    minimum_interval_seconds: int = 60,
    default_status: dg.DefaultSensorStatus = dg.DefaultSensorStatus.STOPPED,
) -> dg.SensorDefinition:
    """Return a sensor that materializes each successful scheduled run once.

    Runs of the platform's own schedule are reported exactly once, also over restarts. One request per pipeline and evaluation
    finds out whether anything is new. Runs that ended before the first evaluation are history, and are not reported. Manual
    runs are skipped: Dagster reports those it started itself.

    Args:
        specs: The assets, as `load_warehouse_sync_asset_specs` returns them.
        resource: The workspace.
        name: The sensor's name.
        minimum_interval_seconds: Seconds between two evaluations, at least.
        default_status: Whether the sensor runs as soon as it is deployed.
    """
    keys = {pipeline_id_of(spec): spec.key for spec in specs}

    @dg.sensor(
        name=name,
        minimum_interval_seconds=minimum_interval_seconds,
        default_status=default_status,
        asset_selection=dg.AssetSelection.assets(*keys.values()) if keys else None,
    )
    def poll(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return evaluate(context, resource, keys)

    return poll


def evaluate(
    context: dg.SensorEvaluationContext,
    resource: WarehouseSyncResource,
    keys: Mapping[str, dg.AssetKey],
) -> dg.SensorResult:
    """Return the materializations since the last evaluation, and the next cursor."""
    cursors = read_cursors(context.cursor)
    events: list[dg.AssetMaterialization] = []
    with resource.get_client() as client:
        for polled in client.pipelines.reports(list(keys)):
            if polled.error is not None or polled.report is None:
                context.log.warning("Pipeline %s cannot be read: %s", polled.pipeline_id, polled.error)
                continue
            found, cursors[polled.pipeline_id] = _read_new(
                client, polled.report, cursors.get(polled.pipeline_id)
            )
            key = keys[polled.pipeline_id]
            events += _events(resource, client.workspace_id, key, _unreported(context.instance, key, found))
    return dg.SensorResult(
        asset_events=events,
        cursor=write_cursors(
            {pipeline_id: cursors[pipeline_id] for pipeline_id in keys if pipeline_id in cursors}
        ),
    )


def _read_new(
    client: Client, report: PipelineReport, cursor: PipelineCursor | None
) -> tuple[list[Run], PipelineCursor]:
    if cursor is None:
        return [], first_cursor(report)
    latest = describe_latest(report)
    if latest == cursor.latest and not cursor.is_waiting:
        return [], cursor
    return new_runs(client.runs.list(report.pipeline_id, start=cursor.since), cursor, latest)


def _unreported(instance: dg.DagsterInstance, key: dg.AssetKey, runs: Iterable[Run]) -> list[Run]:
    """Return the runs that have no materialization: an evaluation may be interrupted before its cursor is stored."""
    runs = list(runs)
    if not runs:
        return []
    records = instance.fetch_materializations(key, limit=RECENT).records
    reported = {
        record.asset_materialization.metadata[RUN_KEY].value
        for record in records
        if record.asset_materialization is not None and RUN_KEY in record.asset_materialization.metadata
    }
    return [run for run in runs if run.id not in reported]


def _events(
    resource: WarehouseSyncResource, workspace_id: int, key: dg.AssetKey, runs: Iterable[Run]
) -> Iterator[dg.AssetMaterialization]:
    for run in runs:
        yield dg.AssetMaterialization(asset_key=key, metadata=run_metadata(resource, workspace_id, run))
