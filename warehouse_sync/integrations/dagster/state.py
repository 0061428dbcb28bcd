"""Pipelines read from a workspace or from files. Does not import Dagster."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from warehouse_sync import (
    Client,
    ConfigurationError,
    ConnectionConfig,
    ConnectionSpec,
    DataModelSpec,
    Pipeline,
    PipelineSpec,
)
from warehouse_sync.declarative import ProjectEnvironment, find_project, load
from warehouse_sync.integrations.lineage import source_tables

STATE_VERSION = 1


@attrs.frozen(kw_only=True)
class PipelineInfo:
    """The fields of a pipeline from which an asset is defined.

    Attributes:
        id: The id of the pipeline.
        name: The name that is shown.
        pipeline_type: `user_attributes` or `events`.
        environment: `development` or `production`.
        connection_id: The id of the connection.
        data_model_id: The id of the data model.
        service_provider: The warehouse, such as `Snowflake`; empty if it is unknown.
        schedule_type: `interval`, `once` or `on_demand`.
        frequency: `hourly`, `daily`, `weekly` or `monthly`; `None` for other schedules.
        sql: The data model's query; empty if it is unknown.
        tables: The tables of the query, each as its parts, such as `("shop", "public", "users")`.
    """

    id: str
    name: str
    pipeline_type: str
    environment: str
    connection_id: str
    data_model_id: str
    service_provider: str = ""
    schedule_type: str
    frequency: str | None = None
    sql: str = ""
    tables: tuple[tuple[str, ...], ...] = ()


def read_workspace(client: Client) -> list[PipelineInfo]:
    """Read a workspace's pipelines, with three requests.

    Raises:
        WarehouseSyncError: They cannot be read.
    """
    configs = {connection.id: connection.config for connection in client.connections.list()}
    queries = {model.id: model.sql_query for model in client.data_models.list()}
    return _states(client.pipelines.list(), configs, queries)


def read_files(path: Path, environment: str | None = None) -> list[PipelineInfo]:
    """Read the pipelines that files declare: a file or a folder of them.

    Args:
        path: The file or the folder.
        environment: The environment of the project; needed if the project has several.

    Raises:
        InvalidFilesError: Something is wrong; the error lists all of it.
        ConfigurationError: The project does not have the environment, or has several and none is named.
    """
    specs = [resource.spec for resource in load(path, environment=_environment(path, environment)).resources]
    configs = {spec.id: spec.config for spec in specs if isinstance(spec, ConnectionSpec)}
    queries = {spec.id: spec.sql_query for spec in specs if isinstance(spec, DataModelSpec)}
    return _states((spec for spec in specs if isinstance(spec, PipelineSpec)), configs, queries)


def _environment(path: Path, name: str | None) -> ProjectEnvironment | None:
    project = find_project(path)
    environments = {} if project is None else project.environments
    if name is None and len(environments) <= 1:
        return next(iter(environments.values()), None)
    if name is None or name not in environments:
        known = ", ".join(environments) or "none: there is no project file"
        raise ConfigurationError(f"environment must be one of those of the project ({known}), not {name!r}")
    return environments[name]


def _states(
    pipelines: Iterable[Pipeline | PipelineSpec],
    configs: dict[str, ConnectionConfig],
    queries: dict[str, str],
) -> list[PipelineInfo]:
    return sorted((_state(pipeline, configs, queries) for pipeline in pipelines), key=lambda state: state.id)


def _state(
    pipeline: Pipeline | PipelineSpec, configs: dict[str, ConnectionConfig], queries: dict[str, str]
) -> PipelineInfo:
    config = configs.get(pipeline.connection_id)
    sql = queries.get(pipeline.data_model_id, "")
    tables = source_tables(config, sql) if config is not None and sql else ()
    schedule = pipeline.schedule
    return PipelineInfo(
        id=pipeline.id,
        name=pipeline.name,
        pipeline_type=str(pipeline.pipeline_type),
        environment=str(pipeline.environment),
        connection_id=pipeline.connection_id,
        data_model_id=pipeline.data_model_id,
        service_provider="" if config is None else str(config.service_provider),
        schedule_type=str(schedule.type),
        frequency=None if schedule.frequency is None else str(schedule.frequency),
        sql=sql,
        tables=tuple(table.parts for table in tables),
    )


def to_json(pipelines: Sequence[PipelineInfo]) -> str:
    """Return pipelines as a JSON document without secrets."""
    return json.dumps(
        {"version": STATE_VERSION, "pipelines": [attrs.asdict(pipeline) for pipeline in pipelines]}, indent=2
    )


def from_json(text: str) -> list[PipelineInfo]:
    """Read pipelines back.

    Raises:
        ValueError: This is not such a document.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("version") != STATE_VERSION:
        raise ValueError(
            "This is not a state of this release. Write it again: `dg utils refresh-defs-state`, or "
            "`WarehouseSyncResource.write_state(path)`."
        )
    return [
        PipelineInfo(**{**entry, "tables": tuple(tuple(parts) for parts in entry["tables"])})
        for entry in document["pipelines"]
    ]


def read_state(path: Path, environment: str | None = None) -> list[PipelineInfo]:
    """Read pipelines from a state (`.json`) or from files in YAML.

    Args:
        path: The state, or the files.
        environment: The environment of the project of the files.

    Raises:
        ValueError: The state is of another release.
        InvalidFilesError: Something is wrong with the files; the error lists all of it.
        ConfigurationError: The project does not have the environment.
    """
    if path.suffix == ".json":
        return from_json(path.read_text(encoding="utf-8"))
    return read_files(path, environment)
