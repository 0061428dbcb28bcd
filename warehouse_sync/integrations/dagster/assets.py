"""Assets that run their pipelines, and wait for all runs at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import dagster as dg

from warehouse_sync import Client, Run, RunFailedError, RunHandle, WarehouseSyncError
from warehouse_sync.integrations.dagster.resource import WarehouseSyncResource
from warehouse_sync.integrations.dagster.translator import PREFIX, pipeline_id_of
from warehouse_sync.integrations.runs import is_final
from warehouse_sync.integrations.task_runs import run_of_task

RUN_KEY = f"{PREFIX}/run_id"
_RESUMED = "dagster/is_resume_retry"  # Dagster's tag of a run that re-executes the failed steps of another


def build_warehouse_sync_assets(
    specs: Sequence[dg.AssetSpec],
    resource: WarehouseSyncResource,
    *,
    name: str = "warehouse_sync",
    timeout: float | None = None,
) -> dg.AssetsDefinition:
    """Return assets that run their pipelines.

    Any of them can be selected. A step that is retried, or a run that is re-executed from its failure, waits for the runs that
    have not ended, and triggers only the pipelines whose runs failed.

    Args:
        specs: The assets, as `load_warehouse_sync_asset_specs` returns them.
        resource: The workspace.
        name: The name of the operation.
        timeout: Seconds to wait at most for each run; without limit when left out.
    """

    @dg.multi_asset(specs=list(specs), can_subset=True, name=name)
    def sync(context: dg.AssetExecutionContext) -> Any:  # noqa: ANN401 - Dagster reads the annotation
        yield from sync_pipelines(context, resource, timeout=timeout)

    return sync


def sync_pipelines(
    context: dg.AssetExecutionContext, resource: WarehouseSyncResource, *, timeout: float | None = None
) -> Iterator[dg.MaterializeResult[Any]]:
    """Trigger the selected pipelines, wait, and yield a result for each success.

    Raises:
        Failure: Some pipelines could not be triggered, or their runs failed: the description has the errors of each. It asks for
            retries unless all are final.
    """
    keys = {
        pipeline_id_of(spec): spec.key
        for spec in context.assets_def.specs
        if spec.key in context.selected_asset_keys
    }
    errors: dict[str, WarehouseSyncError] = {}
    with resource.get_client() as client:
        handles = _trigger_all(context, client, keys, errors)
        for waited in client.runs.wait_many(handles, timeout=timeout):
            if waited.error is not None:
                errors[waited.pipeline_id] = waited.error
            elif waited.run is not None:
                metadata = run_metadata(resource, client.workspace_id, waited.run)
                yield dg.MaterializeResult(asset_key=keys[waited.pipeline_id], metadata=metadata)
    if errors:
        raise _failure(errors, len(keys))


def _trigger_all(
    context: dg.AssetExecutionContext,
    client: Client,
    pipeline_ids: Mapping[str, dg.AssetKey],
    errors: dict[str, WarehouseSyncError],
) -> list[tuple[str, int]]:
    handles = []
    for pipeline_id in pipeline_ids:
        try:
            handle = run_of_task(client, pipeline_id, RunTags.of(context, pipeline_id))
        except WarehouseSyncError as error:
            errors[pipeline_id] = error
        else:
            run = RunHandle.parse(handle)
            context.log.info("The run of pipeline %s is %s.", pipeline_id, handle)
            handles.append((run.pipeline_id, run.run_id))
    return handles


@attrs.define
class RunTags:
    """Tag of a Dagster run that stores the run of a pipeline across restarts.

    Attributes:
        instance: Dagster's storage.
        run_id: The Dagster run.
        parent_id: The run whose failed steps it re-executes, if any.
        tag: The tag's name.
    """

    instance: dg.DagsterInstance
    run_id: str
    parent_id: str | None
    tag: str

    @classmethod
    def of(cls, context: dg.AssetExecutionContext, pipeline_id: str) -> "RunTags":
        """Return what the run of a step knows of a pipeline."""
        parent = context.run.parent_run_id if context.run.tags.get(_RESUMED) == "true" else None
        return cls(context.instance, context.run.run_id, parent, f"{PREFIX}/{pipeline_id}")

    def read(self) -> Mapping[str, str]:
        """Return the document; empty where there is none of this run.

        Dagster copies tags to runs that re-execute another. Only one that continues from a failure continues the wait.
        """
        run = self.instance.get_run_by_id(self.run_id)
        text = run.tags.get(self.tag) if run is not None else None
        document: dict[str, str] = json.loads(text) if text else {}
        owner = document.pop("dagster_run", "")
        return document if owner in {self.run_id, self.parent_id} else {}

    def write(self, document: Mapping[str, str]) -> None:
        """Replace the document."""
        self.instance.add_run_tags(
            self.run_id, {self.tag: json.dumps({**document, "dagster_run": self.run_id})}
        )

    def clear(self) -> None:
        """Empty the document: tags cannot be removed."""
        self.write({})


def run_metadata(resource: WarehouseSyncResource, workspace_id: int, run: Run) -> dict[str, Any]:
    """Return what is shown of a run with its materialization."""
    values: dict[str, Any] = {
        RUN_KEY: run.id,
        f"{PREFIX}/run_type": None if run.type is None else str(run.type),
        f"{PREFIX}/successful_records": run.successful_records,
        f"{PREFIX}/failed_records": run.failed_records,
        f"{PREFIX}/link": dg.MetadataValue.url(resource.run_url(workspace_id, run.pipeline_id, run.id)),
    }
    for name in ("range_start", "range_end", "started_on", "ended_on"):
        moment = getattr(run, name)
        values[f"{PREFIX}/{name}"] = None if moment is None else dg.MetadataValue.timestamp(moment)
    return {name: value for name, value in values.items() if value is not None}


def _failure(errors: Mapping[str, WarehouseSyncError], total: int) -> dg.Failure:
    listed = "\n".join(f"{pipeline_id}: {error}" for pipeline_id, error in sorted(errors.items()))
    runs = {
        f"run of {pipeline_id}": error.run.id
        for pipeline_id, error in errors.items()
        if isinstance(error, RunFailedError)
    }
    return dg.Failure(
        description=f"{len(errors)} of {total} pipelines failed:\n{listed}",
        metadata=runs,
        allow_retries=not all(is_final(error) for error in errors.values()),
    )
