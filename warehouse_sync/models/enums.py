"""The API's enums. They accept values that the API adds after this release."""

from enum import StrEnum
from typing import Any, Literal, Self


class OpenEnum(StrEnum):
    """A string enum that accepts unknown values.

    An unknown value becomes a member that equals its string, hashes like it and survives pickling. Iterating over the
    class does not yield it.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        known = cls._aliases().get(value)
        return cls(known) if known is not None else cls._unknown(value)

    @classmethod
    def _aliases(cls) -> dict[str, str]:
        """Other spellings of the known values in the API's documents."""
        return {}

    @classmethod
    def _unknown(cls, value: str) -> Self:
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @classmethod
    def from_api(cls, value: str) -> Self:
        """Return the member for a value that the API sent."""
        member = cls(value)
        if not member.is_known:
            vars(member)["_was_read"] = True
        return member

    @property
    def was_read(self) -> bool:
        """Whether the API sent this unknown value, so that it can be sent back."""
        return "_was_read" in self.__dict__

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the signature of `object`
        return (type(self).from_api if self.was_read else type(self)), (self.value,)

    @property
    def is_known(self) -> bool:
        """Whether this release knows the value."""
        return self._value_ in type(self)._value2member_map_

    @property
    def is_sendable(self) -> bool:
        """Whether the value can be sent: it is known, or the API sent it."""
        return self.is_known or self.was_read


class ServiceProvider(OpenEnum):
    """The warehouse of a connection."""

    SNOWFLAKE = "Snowflake"
    BIGQUERY = "BigQuery"
    REDSHIFT = "Redshift"
    DATABRICKS = "Databricks"


class ResourceState(OpenEnum):
    """The state that the user sets on a connection or a data model."""

    NEW = "new"
    ACTIVE = "active"
    INACTIVE = "inactive"


class ConnectionStatus(OpenEnum):
    """Whether the API can reach the warehouse and log in."""

    HEALTHY = "healthy"
    FAULTED = "faulted"


class DataModelStatus(OpenEnum):
    """Whether the query of a data model is valid."""

    VALID = "valid"
    INVALID = "invalid"


class PipelineType(OpenEnum):
    """The kind of data that a pipeline loads.

    `events` requires a field transformation.
    """

    USER_ATTRIBUTES = "user_attributes"
    EVENTS = "events"


class PipelineState(OpenEnum):
    """The state that the user sets on a pipeline."""

    NEW = "new"
    ACTIVE = "active"
    PAUSED = "paused"


class PipelineStatus(OpenEnum):
    """The current status of a pipeline, set by the API."""

    IDLE = "idle"
    RUNNING = "running"
    FAULTED = "faulted"
    STOPPED = "stopped"


class Environment(OpenEnum):
    """The mParticle environment that receives the data."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SyncModeType(OpenEnum):
    """Whether a run loads changed rows or all rows. `full_sync` is an alias of `full`."""

    INCREMENTAL = "incremental"
    FULL = "full"

    @classmethod
    def _aliases(cls) -> dict[str, str]:
        return {"full_sync": "full"}


class ScheduleType(OpenEnum):
    """The way runs of a pipeline start.

    `on-demand` is an alias of `on_demand`.
    """

    INTERVAL = "interval"
    ONCE = "once"
    ON_DEMAND = "on_demand"

    @classmethod
    def _aliases(cls) -> dict[str, str]:
        return {"on-demand": "on_demand"}


class ScheduleFrequency(OpenEnum):
    """The interval between the runs of a pipeline with an `interval` schedule."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class MappingType(OpenEnum):
    """The effect of a mapping of a field transformation."""

    COLUMN = "column"
    STATIC = "static"
    IGNORE = "ignore"


class RunType(OpenEnum):
    """Whether the schedule or a trigger created a run."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"


class RunStatus(OpenEnum):
    """The status of a run; see `is_terminal`."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCESS = "success"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_terminal(self) -> bool:
        """Whether the run has ended. An unknown status is not terminal."""
        return self in _TERMINAL


_TERMINAL = frozenset({RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.STOPPED})

# The known values, for editors and type checkers.
ServiceProviderName = Literal["Snowflake", "BigQuery", "Redshift", "Databricks"]
ResourceStateName = Literal["new", "active", "inactive"]
PipelineTypeName = Literal["user_attributes", "events"]
PipelineStateName = Literal["new", "active", "paused"]
EnvironmentName = Literal["development", "production"]
SyncModeTypeName = Literal["incremental", "full"]
ScheduleTypeName = Literal["interval", "once", "on_demand"]
ScheduleFrequencyName = Literal["hourly", "daily", "weekly", "monthly"]
MappingTypeName = Literal["column", "static", "ignore"]
RunStatusName = Literal["queued", "running", "retrying", "success", "failed", "stopped"]
