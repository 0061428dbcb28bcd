"""The API's resources as frozen classes.

Classes named `…Spec` are sent; the others are returned by the API.
"""

from warehouse_sync.models.common import ErrorMessage
from warehouse_sync.models.connections import (
    BigQueryConfig,
    Connection,
    ConnectionConfig,
    ConnectionSpec,
    DatabricksConfig,
    RedshiftConfig,
    SnowflakeConfig,
    UnknownConfig,
)
from warehouse_sync.models.data_models import DataModel, DataModelSpec
from warehouse_sync.models.enums import (
    ConnectionStatus,
    DataModelStatus,
    Environment,
    MappingType,
    OpenEnum,
    PipelineState,
    PipelineStatus,
    PipelineType,
    ResourceState,
    RunStatus,
    RunType,
    ScheduleFrequency,
    ScheduleType,
    ServiceProvider,
    SyncModeType,
)
from warehouse_sync.models.feeds import Feed, FeedSetting, FeedSpec
from warehouse_sync.models.field_transformations import FieldMapping, FieldTransformation
from warehouse_sync.models.pipelines import Pipeline, PipelineReport, PipelineSpec, Schedule, SyncMode
from warehouse_sync.models.polling import PolledReport, Progress, StatusChange, TriggeredEntry, WaitedRun
from warehouse_sync.models.runs import Page, Run, RunHandle, TriggeredRun
from warehouse_sync.secret import Secret

__all__ = [
    "BigQueryConfig",
    "Connection",
    "ConnectionConfig",
    "ConnectionSpec",
    "ConnectionStatus",
    "DataModel",
    "DataModelSpec",
    "DataModelStatus",
    "DatabricksConfig",
    "Environment",
    "ErrorMessage",
    "Feed",
    "FeedSetting",
    "FeedSpec",
    "FieldMapping",
    "FieldTransformation",
    "MappingType",
    "OpenEnum",
    "Page",
    "Pipeline",
    "PipelineReport",
    "PipelineSpec",
    "PipelineState",
    "PipelineStatus",
    "PipelineType",
    "PolledReport",
    "Progress",
    "RedshiftConfig",
    "ResourceState",
    "Run",
    "RunHandle",
    "RunStatus",
    "RunType",
    "Schedule",
    "ScheduleFrequency",
    "ScheduleType",
    "Secret",
    "ServiceProvider",
    "SnowflakeConfig",
    "StatusChange",
    "SyncMode",
    "SyncModeType",
    "TriggeredEntry",
    "TriggeredRun",
    "UnknownConfig",
    "WaitedRun",
]
