"""Pipelines, their sync modes, schedules and reports.

Source: reference, "Pipelines", "Create a pipeline", "Trigger an on-demand pipeline", "Get a pipeline's report".
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs

from warehouse_sync.base_model import BaseModel, SentModel
from warehouse_sync.keywords import keywords_suggested
from warehouse_sync.models.common import (
    ErrorMessage,
    FieldProblem,
    check_choice,
    check_column_type,
    check_date,
    check_delay,
    check_extra,
    check_id,
    check_mask,
    check_range,
    check_text,
    check_whole_number,
    to_delay,
    to_enum,
    to_spec,
    to_utc,
)
from warehouse_sync.models.enums import (
    ConnectionStatus,
    DataModelStatus,
    Environment,
    EnvironmentName,
    PipelineState,
    PipelineStateName,
    PipelineStatus,
    PipelineType,
    PipelineTypeName,
    ScheduleFrequency,
    ScheduleFrequencyName,
    ScheduleType,
    ScheduleTypeName,
    SyncModeType,
    SyncModeTypeName,
)
from warehouse_sync.models.runs import Run


def _to_sync_mode_type(value: SyncModeTypeName | SyncModeType | str) -> SyncModeType:
    return to_enum(SyncModeType, value)


@keywords_suggested
@attrs.frozen(kw_only=True, repr=False)
class SyncMode(SentModel):
    """The rows that each run of a pipeline loads.

    Attributes:
        type: `incremental` for the rows that changed since the last run, `full` for all rows.
        iterator_field: The column that shows which rows changed; required for `incremental`.
        iterator_data_type: The type of that column, such as `timestamp`; required for `incremental`.
        from_: The start of the data to load, `from` in JSON. An aware datetime, converted to UTC.
        until: The end of the data to load. An aware datetime, converted to UTC.
        extra: Fields that this release does not know, kept and sent back.
    """

    type: SyncModeType = attrs.field(converter=_to_sync_mode_type)
    iterator_field: str | None = None
    iterator_data_type: str | None = None
    from_: datetime | None = attrs.field(default=None, converter=to_utc)
    until: datetime | None = attrs.field(default=None, converter=to_utc)
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def problems(self) -> Iterator[FieldProblem]:
        """Yield each invalid field as `(field, message)`."""
        needs_iterator = self.type == SyncModeType.INCREMENTAL
        yield from check_choice("sync_mode.type", self.type, SyncModeType)
        yield from check_text("sync_mode.iterator_field", self.iterator_field, required=needs_iterator)
        yield from check_text(
            "sync_mode.iterator_data_type", self.iterator_data_type, required=needs_iterator
        )
        yield from check_date("sync_mode.from_", self.from_)
        yield from check_column_type("sync_mode.iterator_data_type", self.iterator_data_type)
        yield from check_date("sync_mode.until", self.until)
        yield from self.range_problems()
        yield from check_extra(self.extra, "sync_mode.extra")

    def range_problems(self) -> Iterator[FieldProblem]:
        """Yield `until` if it is before `from_`."""
        yield from check_range("sync_mode.until", self.from_, self.until)


def _to_schedule_type(value: ScheduleTypeName | ScheduleType | str) -> ScheduleType:
    return to_enum(ScheduleType, value)


def _to_frequency(value: ScheduleFrequencyName | ScheduleFrequency | str | None) -> ScheduleFrequency | None:
    return None if value is None else to_enum(ScheduleFrequency, value)


@keywords_suggested
@attrs.frozen(kw_only=True, repr=False)
class Schedule(SentModel):
    """The schedule of a pipeline.

    Attributes:
        type: `interval`, `once` or `on_demand`.
        frequency: `hourly`, `daily`, `weekly` or `monthly`; required for `interval`.
        delay: The time from the end of an interval to the start of its run: a whole number and one of `s m h d w y`,
            such as `15m`. A `timedelta` of whole seconds is converted.
        start: The time of the first scheduled sync; required for `interval`. An aware datetime, converted to UTC.
        end: The time of the last scheduled sync. An aware datetime, converted to UTC.
        extra: Fields that this release does not know, kept and sent back.
    """

    type: ScheduleType = attrs.field(converter=_to_schedule_type)
    frequency: ScheduleFrequency | None = attrs.field(default=None, converter=_to_frequency)
    delay: str | None = attrs.field(default=None, converter=to_delay)
    start: datetime | None = attrs.field(default=None, converter=to_utc)
    end: datetime | None = attrs.field(default=None, converter=to_utc)
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def problems(self) -> Iterator[FieldProblem]:
        """Yield each invalid field as `(field, message)`."""
        repeats = self.type == ScheduleType.INTERVAL
        yield from check_choice("schedule.type", self.type, ScheduleType)
        if repeats or self.frequency is not None:
            yield from check_choice("schedule.frequency", self.frequency, ScheduleFrequency)
        yield from check_delay("schedule.delay", self.delay)
        yield from check_date("schedule.start", self.start, required=repeats)
        yield from check_date("schedule.end", self.end)
        yield from self.range_problems()
        yield from check_extra(self.extra, "schedule.extra")

    def range_problems(self) -> Iterator[FieldProblem]:
        """Yield `end` if it is before `start`."""
        yield from check_range("schedule.end", self.start, self.end)


def _to_pipeline_type(value: PipelineTypeName | PipelineType | str) -> PipelineType:
    return to_enum(PipelineType, value)


def _to_pipeline_state(value: PipelineStateName | PipelineState | str) -> PipelineState:
    return to_enum(PipelineState, value)


def _to_environment(value: EnvironmentName | Environment | str) -> Environment:
    return to_enum(Environment, value)


@keywords_suggested
@attrs.frozen(kw_only=True, repr=False)
class PipelineSpec(SentModel):
    """The fields of a pipeline to create or update.

    Attributes:
        id: The id, unique within the workspace: ASCII letters, digits, `_` and `-`.
        name: The display name.
        pipeline_type: `user_attributes` or `events`.
        connection_id: The id of the connection to load from.
        data_model_id: The id of the data model to load.
        state: `new`, `active` or `paused`.
        sync_mode: The rows that each run loads.
        schedule: When the pipeline runs.
        environment: `development` or `production`.
        field_transformation_id: The id of the transformation of columns to event fields; required for `events`, not
            allowed for `user_attributes`.
        partner_feed_id: The number of the feed that receives the data.
        partner_feed_key: The key of that feed, a secret; not shown by `repr`.
        data_plan_id: The id of the data plan to apply.
        data_plan_version: The version of the data plan; required with `data_plan_id`.
        extra: Fields that this release does not know, sent unchanged.
    """

    id: str
    name: str
    pipeline_type: PipelineType = attrs.field(converter=_to_pipeline_type)
    connection_id: str
    data_model_id: str
    state: PipelineState = attrs.field(default=PipelineState.ACTIVE, converter=_to_pipeline_state)
    sync_mode: SyncMode
    schedule: Schedule
    environment: Environment = attrs.field(converter=_to_environment)
    field_transformation_id: str | None = None
    partner_feed_id: int | None = None
    partner_feed_key: str | None = attrs.field(default=None, repr=False)
    data_plan_id: str | None = None
    data_plan_version: int | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def problems(self) -> Iterator[FieldProblem]:
        """Yield each invalid field as `(field, message)`."""
        yield from check_id("id", self.id)
        yield from check_text("name", self.name)
        yield from check_choice("pipeline_type", self.pipeline_type, PipelineType)
        yield from check_id("connection_id", self.connection_id)
        yield from check_id("data_model_id", self.data_model_id)
        yield from check_choice("state", self.state, PipelineState)
        yield from _part_problems("sync_mode", self.sync_mode, SyncMode)
        yield from _part_problems("schedule", self.schedule, Schedule)
        yield from check_choice("environment", self.environment, Environment)
        yield from self._transformation_problems()
        yield from check_whole_number("partner_feed_id", self.partner_feed_id)
        yield from check_text("partner_feed_key", self.partner_feed_key, required=False)
        yield from check_mask("partner_feed_key", self.partner_feed_key)
        yield from check_text("data_plan_id", self.data_plan_id, required=False)
        yield from check_whole_number("data_plan_version", self.data_plan_version)
        if self.data_plan_id is not None and self.data_plan_version is None:
            yield "data_plan_version", "is required with data_plan_id: add it"
        yield from check_extra(self.extra)

    def _transformation_problems(self) -> Iterator[FieldProblem]:
        field, value = "field_transformation_id", self.field_transformation_id
        if self.pipeline_type == PipelineType.EVENTS:
            yield from check_text(field, value)
        elif self.pipeline_type == PipelineType.USER_ATTRIBUTES and value is not None:
            yield field, "is allowed for events pipelines only: remove it from this user_attributes pipeline"


def _part_problems(field: str, part: object, expected: type[SyncMode | Schedule]) -> Iterator[FieldProblem]:
    if isinstance(part, (SyncMode, Schedule)) and isinstance(part, expected):
        yield from part.problems()
    else:
        yield field, f"must be a {expected.__name__}, not {type(part).__name__}"


@attrs.frozen(kw_only=True, repr=False)
class Pipeline(BaseModel):
    """A pipeline returned by the API.

    Attributes:
        id: The id, unique within the workspace.
        name: The display name.
        pipeline_type: `user_attributes` or `events`.
        connection_id: The id of the connection.
        data_model_id: The id of the data model.
        state: The state that the user set: `new`, `active` or `paused`.
        sync_mode: The rows that each run loads.
        schedule: When the pipeline runs.
        environment: `development` or `production`.
        status: `idle`, `running`, `faulted` or `stopped`; `None` if the API does not send it.
        errors: The reasons if it is faulted, in the API's order.
        field_transformation_id: The id of the transformation of columns to event fields.
        partner_feed_id: The number of the feed that receives the data.
        partner_feed_key: The key of that feed, a secret; not shown by `repr`.
        data_plan_id: The id of the data plan.
        data_plan_version: The version of the data plan.
        created_on: When it was created, in UTC.
        created_by: The user who created it.
        last_modified_on: When it was last changed, in UTC; `None` if never.
        last_modified_by: The user who last changed it.
        extra: Fields that this release does not know; `to_spec()` keeps them.
    """

    id: str
    name: str
    pipeline_type: PipelineType
    connection_id: str
    data_model_id: str
    state: PipelineState
    sync_mode: SyncMode
    schedule: Schedule
    environment: Environment
    status: PipelineStatus | None = None
    errors: tuple[ErrorMessage, ...] = ()
    field_transformation_id: str | None = None
    partner_feed_id: int | None = None
    partner_feed_key: str | None = attrs.field(default=None, repr=False)
    data_plan_id: str | None = None
    data_plan_version: int | None = None
    created_on: datetime | None = None
    created_by: str | None = None
    last_modified_on: datetime | None = None
    last_modified_by: str | None = None
    extra: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)

    def to_spec(self) -> PipelineSpec:
        """Return the spec with the same fields, to change and pass to `pipelines.update`.

        The spec of a user_attributes pipeline has no `field_transformation_id`: the reference shows one in responses, but
        the API rejects it in requests.
        """
        spec = to_spec(self, PipelineSpec)
        if self.pipeline_type == PipelineType.USER_ATTRIBUTES:
            return attrs.evolve(spec, field_transformation_id=None)
        return spec


@attrs.frozen(kw_only=True, repr=False)
class PipelineReport(BaseModel):
    """The status of a pipeline, of its connection and data model, and its latest run.

    Attributes:
        pipeline_id: The id of the pipeline.
        status: `idle`, `running`, `faulted` or `stopped`.
        errors: The reasons if the pipeline is faulted, in the API's order.
        connection_status: `healthy` or `faulted`; `None` if the API does not send it.
        connection_errors: The reasons if the connection is faulted, in the API's order.
        data_model_status: `valid` or `invalid`; `None` if the API does not send it.
        data_model_errors: The reasons if the data model is invalid, in the API's order.
        latest_successful_pipeline_run_id: The number of the last successful run; `None` before the first one.
        latest_pipeline_run: The latest run by `logical_date`, whatever its status; `None` before the first one.
    """

    pipeline_id: str
    status: PipelineStatus
    errors: tuple[ErrorMessage, ...] = ()
    connection_status: ConnectionStatus | None = None
    connection_errors: tuple[ErrorMessage, ...] = ()
    data_model_status: DataModelStatus | None = None
    data_model_errors: tuple[ErrorMessage, ...] = ()
    latest_successful_pipeline_run_id: int | None = None
    latest_pipeline_run: Run | None = None
