"""Pipelines as asset specs."""

from pathlib import Path
from typing import Any

import dagster as dg

from warehouse_sync.integrations.dagster.state import PipelineInfo, read_state

PREFIX = "warehouse_sync"
PIPELINE_KEY = f"{PREFIX}/pipeline_id"
FREQUENCY_KEY = f"{PREFIX}/frequency"


class WarehouseSyncTranslator:
    """Translates pipelines to assets. Override `get_asset_spec` to change them."""

    def get_asset_spec(self, pipeline: PipelineInfo) -> dg.AssetSpec:
        """Return a pipeline's asset, which depends on the tables of its query."""
        return dg.AssetSpec(
            key=dg.AssetKey(["mparticle", pipeline.id]),
            deps=[dg.AssetKey(list(parts)) for parts in pipeline.tables],
            description=pipeline.name,
            group_name="mparticle",
            kinds={"mparticle", *_kind(pipeline)},
            metadata=_metadata(pipeline),
            skippable=True,
        )


def _kind(pipeline: PipelineInfo) -> set[str]:
    return {pipeline.service_provider.lower()} if pipeline.service_provider else set()


def _metadata(pipeline: PipelineInfo) -> dict[str, Any]:
    known = {
        PIPELINE_KEY: pipeline.id,
        FREQUENCY_KEY: pipeline.frequency,
        f"{PREFIX}/connection_id": pipeline.connection_id,
        f"{PREFIX}/data_model_id": pipeline.data_model_id,
        f"{PREFIX}/environment": pipeline.environment,
        f"{PREFIX}/pipeline_type": pipeline.pipeline_type,
        f"{PREFIX}/schedule": pipeline.schedule_type,
    }
    metadata: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    if pipeline.sql:
        metadata[f"{PREFIX}/sql"] = dg.MetadataValue.md(f"```sql\n{pipeline.sql}\n```")
    return metadata


def load_warehouse_sync_asset_specs(
    source: str | Path,
    *,
    translator: WarehouseSyncTranslator | None = None,
    environment: str | None = None,
) -> list[dg.AssetSpec]:
    """Return an asset spec per pipeline, without calling the API.

    Args:
        source: A folder of YAML files that declare the workspace, or a `.json` file that `WarehouseSyncResource.write_state`
            wrote.
        translator: What the assets look like.
        environment: The environment of the project of the folder; needed if it has several.

    Returns:
        The specs, in the order of the pipelines' ids.

    Raises:
        ValueError: The state is of another release.
        InvalidFilesError: Something is wrong with the files; the error lists all of it.
        ConfigurationError: The project does not have the environment, or has several and none is named.
    """
    translate = (translator or WarehouseSyncTranslator()).get_asset_spec
    return [translate(pipeline) for pipeline in read_state(Path(source), environment)]


def pipeline_id_of(spec: dg.AssetSpec) -> str:
    """Return the pipeline of an asset.

    Raises:
        DagsterInvalidDefinitionError: The spec is not one of a pipeline.
    """
    try:
        return str(spec.metadata[PIPELINE_KEY])
    except KeyError as error:
        raise dg.DagsterInvalidDefinitionError(
            f"The asset {spec.key.to_user_string()} names no pipeline: a translator must keep the metadata {PIPELINE_KEY!r}."
        ) from error
