"""The Python SDK for mParticle's Warehouse Sync API.

The asynchronous and the blocking client have the same methods:

```python
from warehouse_sync import AsyncClient, Client
```

Names are imported at first use, so that importing the package is fast.
"""

from importlib import import_module

from warehouse_sync._version import __version__

# Type checkers take it for true. Importing it from `typing` would take longer than the rest of this file. Jedi, which
# completes names in editors, skips the imports below if it is the literal `False`.
TYPE_CHECKING = bool()  # noqa: UP018 - see above
if TYPE_CHECKING:
    from warehouse_sync.client import AsyncClient
    from warehouse_sync.errors import (
        APIError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        ConnectError,
        DecodeError,
        ForbiddenError,
        NotFoundError,
        OutcomeUnknownError,
        PaginationError,
        PipelineBusyError,
        RateLimitedError,
        ReadError,
        ResponseTooLargeError,
        RunFailedError,
        ServerError,
        TimeoutError,
        TLSError,
        TokenError,
        TransportError,
        UnauthorizedError,
        ValidationError,
        WaitTimeoutError,
        WarehouseLoginError,
        WarehouseSyncError,
    )
    from warehouse_sync.models import (
        BigQueryConfig,
        Connection,
        ConnectionConfig,
        ConnectionSpec,
        ConnectionStatus,
        DatabricksConfig,
        DataModel,
        DataModelSpec,
        DataModelStatus,
        Environment,
        ErrorMessage,
        Feed,
        FeedSetting,
        FeedSpec,
        FieldMapping,
        FieldTransformation,
        MappingType,
        OpenEnum,
        Page,
        Pipeline,
        PipelineReport,
        PipelineSpec,
        PipelineState,
        PipelineStatus,
        PipelineType,
        PolledReport,
        Progress,
        RedshiftConfig,
        ResourceState,
        Run,
        RunHandle,
        RunStatus,
        RunType,
        Schedule,
        ScheduleFrequency,
        ScheduleType,
        ServiceProvider,
        SnowflakeConfig,
        StatusChange,
        SyncMode,
        SyncModeType,
        TriggeredEntry,
        TriggeredRun,
        UnknownConfig,
        WaitedRun,
    )
    from warehouse_sync.resources.pager import RunPager
    from warehouse_sync.secret import Secret
    from warehouse_sync.settings import Clock, RetryPolicy, Timeout
    from warehouse_sync.sync.client import Client
    from warehouse_sync.transport.token_cache import TokenCache

_HOMES = {
    "AsyncClient": "client",
    "Client": "sync.client",
    "Clock": "settings",
    "RetryPolicy": "settings",
    "RunPager": "resources.pager",
    "Secret": "secret",
    "Timeout": "settings",
    "TokenCache": "transport.token_cache",
}

__all__ = [
    "APIError",
    "AsyncClient",
    "BadRequestError",
    "BigQueryConfig",
    "Client",
    "Clock",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "Connection",
    "ConnectionConfig",
    "ConnectionSpec",
    "ConnectionStatus",
    "DataModel",
    "DataModelSpec",
    "DataModelStatus",
    "DatabricksConfig",
    "DecodeError",
    "Environment",
    "ErrorMessage",
    "Feed",
    "FeedSetting",
    "FeedSpec",
    "FieldMapping",
    "FieldTransformation",
    "ForbiddenError",
    "MappingType",
    "NotFoundError",
    "OpenEnum",
    "OutcomeUnknownError",
    "Page",
    "PaginationError",
    "Pipeline",
    "PipelineBusyError",
    "PipelineReport",
    "PipelineSpec",
    "PipelineState",
    "PipelineStatus",
    "PipelineType",
    "PolledReport",
    "Progress",
    "RateLimitedError",
    "ReadError",
    "RedshiftConfig",
    "ResourceState",
    "ResponseTooLargeError",
    "RetryPolicy",
    "Run",
    "RunFailedError",
    "RunHandle",
    "RunPager",
    "RunStatus",
    "RunType",
    "Schedule",
    "ScheduleFrequency",
    "ScheduleType",
    "Secret",
    "ServerError",
    "ServiceProvider",
    "SnowflakeConfig",
    "StatusChange",
    "SyncMode",
    "SyncModeType",
    "TLSError",
    "Timeout",
    "TimeoutError",
    "TokenCache",
    "TokenError",
    "TransportError",
    "TriggeredEntry",
    "TriggeredRun",
    "UnauthorizedError",
    "UnknownConfig",
    "ValidationError",
    "WaitTimeoutError",
    "WaitedRun",
    "WarehouseLoginError",
    "WarehouseSyncError",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name) or ("errors" if name.endswith("Error") else "models")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
