"""The API's vocabularies, open to words the server learns after this release."""

from enum import StrEnum
from typing import Self


class OpenEnum(StrEnum):
    """A string enum that accepts values it does not know.

    An unknown value becomes a member of its own: it equals its string, hashes like it and survives pickling, but it
    is not listed when the class is iterated.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        known = cls._aliases().get(value)
        return cls(known) if known is not None else cls._unknown(value)

    @classmethod
    def _aliases(cls) -> dict[str, str]:
        """Other spellings the documents use for a known value."""
        return {}

    @classmethod
    def _unknown(cls, value: str) -> Self:
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_known(self) -> bool:
        """Whether this release knows the value."""
        return self._value_ in type(self)._value2member_map_


class ServiceProvider(OpenEnum):
    """The warehouse a connection leads to."""

    SNOWFLAKE = "Snowflake"
    BIGQUERY = "BigQuery"
    REDSHIFT = "Redshift"
    DATABRICKS = "Databricks"


class ResourceState(OpenEnum):
    """What a user wants of a connection or a data model."""

    NEW = "new"
    ACTIVE = "active"
    INACTIVE = "inactive"


class ConnectionStatus(OpenEnum):
    """Whether the warehouse could be reached and the login was accepted."""

    HEALTHY = "healthy"
    FAULTED = "faulted"


class DataModelStatus(OpenEnum):
    """Whether the data model's query was accepted."""

    VALID = "valid"
    INVALID = "invalid"


class PipelineType(OpenEnum):
    """What a pipeline loads. `events` needs a field transformation."""

    USER_ATTRIBUTES = "user_attributes"
    EVENTS = "events"


class PipelineState(OpenEnum):
    """What a user wants of a pipeline."""

    NEW = "new"
    ACTIVE = "active"
    PAUSED = "paused"


class PipelineStatus(OpenEnum):
    """What a pipeline is doing."""

    IDLE = "idle"
    RUNNING = "running"
    FAULTED = "faulted"
    STOPPED = "stopped"


class Environment(OpenEnum):
    """The mParticle environment the data goes to."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SyncModeType(OpenEnum):
    """Whether a run loads what changed, or everything. `full_sync` is read as `full`."""

    INCREMENTAL = "incremental"
    FULL = "full"

    @classmethod
    def _aliases(cls) -> dict[str, str]:
        return {"full_sync": "full"}


class ScheduleType(OpenEnum):
    """When a pipeline runs. `on-demand` is read as `on_demand`."""

    INTERVAL = "interval"
    ONCE = "once"
    ON_DEMAND = "on_demand"

    @classmethod
    def _aliases(cls) -> dict[str, str]:
        return {"on-demand": "on_demand"}


class ScheduleFrequency(OpenEnum):
    """How often an interval pipeline runs."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class RunType(OpenEnum):
    """Why a run was created."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"


class RunStatus(OpenEnum):
    """How far a run has come."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCESS = "success"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_terminal(self) -> bool:
        """Whether the run is over. A status this release does not know is not an end."""
        return self in _TERMINAL


_TERMINAL = frozenset({RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.STOPPED})
