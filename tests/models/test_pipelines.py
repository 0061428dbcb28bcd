"""Validation of pipelines."""

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from warehouse_sync.models import (
    Environment,
    Pipeline,
    PipelineSpec,
    PipelineState,
    PipelineStatus,
    PipelineType,
    Schedule,
    ScheduleFrequency,
    ScheduleType,
    SyncMode,
    SyncModeType,
)

START = datetime(2023, 2, 1, tzinfo=UTC)
NAIVE = datetime(2023, 2, 1)  # noqa: DTZ001 - that is the point
SYNC_MODE = SyncMode(type="incremental", iterator_field="updated_on", iterator_data_type="timestamp")
SCHEDULE = Schedule(type="interval", frequency="hourly", start=START)
SPEC = PipelineSpec(
    id="p",
    name="P",
    pipeline_type="user_attributes",
    connection_id="c",
    data_model_id="m",
    sync_mode=SYNC_MODE,
    schedule=SCHEDULE,
    environment="production",
)


def anything(value: object) -> Any:
    """Hide the type of a value that is invalid on purpose."""
    return value


def problems(**changes: Any) -> dict[str, str]:
    """Return the problems after `changes`, by field."""
    return dict(attrs.evolve(SPEC, **changes).problems())


def test_complete_pipeline_is_valid() -> None:
    """A pipeline with the required fields is valid; strings become enum members and the default state is active."""
    assert not problems()
    assert SPEC.state is PipelineState.ACTIVE
    assert SPEC.pipeline_type is PipelineType.USER_ATTRIBUTES
    assert SPEC.environment is Environment.PRODUCTION
    assert SYNC_MODE.type is SyncModeType.INCREMENTAL
    assert SCHEDULE.type is ScheduleType.INTERVAL
    assert SCHEDULE.frequency is ScheduleFrequency.HOURLY


def test_all_invalid_fields_are_reported() -> None:
    """Invalid fields of the pipeline, its sync mode and its schedule are reported together, in order."""
    wrong = PipelineSpec(
        id="a b",
        name="",
        pipeline_type="metrics",
        connection_id="",
        data_model_id=anything(None),
        state="asleep",
        sync_mode=SyncMode(type="partial", from_=NAIVE, until=NAIVE, extra=anything({1: 1})),
        schedule=Schedule(
            type="yearly", frequency="often", delay="soon", start=NAIVE, end=NAIVE, extra=anything({1: 1})
        ),
        environment="staging",
        partner_feed_id=-1,
        partner_feed_key=anything(5),
        data_plan_id=anything(5),
        data_plan_version=anything("2"),
        extra=anything({1: 1}),
    )
    assert [field for field, _ in wrong.problems()] == [
        "id",
        "name",
        "pipeline_type",
        "connection_id",
        "data_model_id",
        "state",
        *(f"sync_mode.{name}" for name in ("type", "from_", "until", "extra")),
        *(f"schedule.{name}" for name in ("type", "frequency", "delay", "start", "end", "extra")),
        "environment",
        "partner_feed_id",
        "partner_feed_key",
        "data_plan_id",
        "data_plan_version",
        "extra",
    ]


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"pipeline_type": "events"}, "field_transformation_id", "is required"),
        ({"pipeline_type": "events", "field_transformation_id": " "}, "field_transformation_id", "empty"),
        (
            {"field_transformation_id": "f"},
            "field_transformation_id",
            "remove it from this user_attributes pipeline",
        ),
        ({"state": "asleep"}, "state", "must be one of new, active, paused, not 'asleep'"),
        ({"environment": "staging"}, "environment", "must be one of development, production"),
        ({"partner_feed_id": True}, "partner_feed_id", "must be a whole number from 0 on"),
        (
            {"data_plan_version": 1.5},
            "data_plan_version",
            "must be a whole number from 0 on, at most 9223372036854775807, not 1.5",
        ),
        ({"data_plan_id": "d"}, "data_plan_version", "is required with data_plan_id"),
        ({"sync_mode": None}, "sync_mode", "must be a SyncMode, not NoneType"),
        ({"sync_mode": SCHEDULE}, "sync_mode", "must be a SyncMode, not Schedule"),
        ({"schedule": {"type": "once"}}, "schedule", "must be a Schedule, not dict"),
        ({"schedule": Schedule(type="interval", start=START)}, "schedule.frequency", "is required"),
        ({"schedule": Schedule(type="interval", frequency="daily")}, "schedule.start", "is required"),
        (
            {"schedule": Schedule(type="once", frequency="often")},
            "schedule.frequency",
            "hourly, daily, weekly",
        ),
        ({"schedule": Schedule(type="once", start=NAIVE)}, "schedule.start", "tzinfo=UTC"),
        ({"sync_mode": SyncMode(type="full", from_=NAIVE)}, "sync_mode.from_", "tzinfo=UTC"),
        (
            {"sync_mode": SyncMode(type="incremental", iterator_field="f")},
            "sync_mode.iterator_data_type",
            "required",
        ),
        (
            {"sync_mode": SyncMode(type="full", iterator_field=anything(5))},
            "sync_mode.iterator_field",
            "must be a string",
        ),
    ],
)
def test_invalid_field_is_reported_with_a_hint(changes: dict[str, Any], field: str, expected: str) -> None:
    """One invalid field has one problem, with a hint."""
    [(named, message)] = problems(**changes).items()
    assert named == field
    assert expected in message


@pytest.mark.parametrize(
    "changes",
    [
        {"pipeline_type": "events", "field_transformation_id": "f"},
        {"state": "paused", "environment": "development"},
        {"partner_feed_id": 0, "partner_feed_key": "", "data_plan_id": "d", "data_plan_version": 0},
        {"schedule": Schedule(type="on_demand")},
        {"schedule": Schedule(type="once", start=START, frequency="daily")},
        {"sync_mode": SyncMode(type="full", from_=START, until=START)},
    ],
)
def test_documented_combination_is_valid(changes: dict[str, Any]) -> None:
    """The combinations that the documents allow are valid."""
    assert not problems(**changes)


def test_dates_are_converted_to_utc() -> None:
    """Datetimes in any time zone are converted to UTC."""
    local = START.astimezone(timezone(timedelta(hours=9)))
    mode, schedule = (
        SyncMode(type="full", from_=local, until=local),
        Schedule(type="once", start=local, end=local),
    )
    for date in (mode.from_, mode.until, schedule.start, schedule.end):
        assert date == START
        assert date.tzinfo is UTC


@pytest.mark.parametrize("kind", ["user_attributes", "events", "brand_new"])
def test_pipeline_to_spec_keeps_the_users_fields(kind: str) -> None:
    """`to_spec` keeps the fields that the user sets, except a transformation that the API does not accept."""
    shared: dict[str, Any] = {
        field.name: getattr(SPEC, field.name)
        for field in attrs.fields(PipelineSpec)
        if field.name != "pipeline_type"
    }
    shared |= {
        "field_transformation_id": "f",
        "partner_feed_id": 1,
        "partner_feed_key": "k",
        "data_plan_id": "d",
        "data_plan_version": 2,
        "extra": {"owner": "me"},
    }
    read = Pipeline(**shared, pipeline_type=PipelineType(kind), status=PipelineStatus.IDLE, created_by="me")
    if kind == "user_attributes":
        shared["field_transformation_id"] = None
    assert read.to_spec() == PipelineSpec(**shared, pipeline_type=kind)


@pytest.mark.parametrize("cls", [Pipeline, PipelineSpec])
def test_feed_key_is_not_shown(cls: type[Any]) -> None:
    """The `repr` of a pipeline does not show the key of its feed."""
    values = {field.name: getattr(SPEC, field.name) for field in attrs.fields(PipelineSpec)}
    assert "canary" not in repr(cls(**values | {"partner_feed_key": "canary"}))


@pytest.mark.parametrize("hours", [-24, -1])
def test_range_that_ends_before_it_starts_is_invalid(hours: int) -> None:
    """`end` must not be before `start`, nor `until` before `from_`; another time zone makes no difference."""
    start = datetime(2023, 1, 2, tzinfo=UTC)
    end = (start + timedelta(hours=hours)).astimezone(timezone(timedelta(hours=9)))
    schedule = Schedule(type="interval", frequency="daily", start=start, end=end)
    assert dict(schedule.problems()).keys() == {"schedule.end"}
    assert "is before its start, 2023-01-02 00:00" in dict(schedule.problems())["schedule.end"]
    sync_mode = SyncMode(type="full", from_=start, until=end)
    assert dict(sync_mode.problems()).keys() == {"sync_mode.until"}
    naive = Schedule(type="once", start=start, end=datetime(2023, 1, 1))  # noqa: DTZ001 - the wrong value
    assert [message[:16] for _, message in naive.problems()] == ["has no time zone"]
    assert not list(attrs.evolve(schedule, end=start + timedelta(hours=1)).problems())


@pytest.mark.parametrize(
    "kind",
    ["timestamp", "datetime", "datetime_tz", "TIMESTAMP_NTZ(9)", "date", "NUMBER(38,0)", "bigint", "int8"],
)
def test_type_of_an_iterator_column_is_accepted(kind: str) -> None:
    """The types of dates and numbers of each warehouse are."""
    mode = SyncMode(type="incremental", iterator_field="at", iterator_data_type=kind)
    assert not list(mode.problems())


@pytest.mark.parametrize("kind", ["stamp", "varchar", "bool", "variant"])
def test_type_unlike_any_iterator_column_is_invalid(kind: str) -> None:
    """A misspelled type is reported before it is sent."""
    mode = SyncMode(type="incremental", iterator_field="at", iterator_data_type=kind)
    assert [field for field, _ in mode.problems()] == ["sync_mode.iterator_data_type"]


@pytest.mark.parametrize(
    ("cls", "field"), [(SyncMode, "iterator_data_type"), (Schedule, "delay")], ids=["iterator", "delay"]
)
def test_text_that_was_read_can_be_sent_back(cls: Any, field: str) -> None:
    """A text unlike any known one keeps its mark in copies and pickles, and is a plain string in documents."""
    read = cls.from_dict({"type": "full" if cls is SyncMode else "once", field: "odd"})
    for same in (read, copy.deepcopy(read), pickle.loads(pickle.dumps(read))):  # noqa: S301 - pickled here
        assert same == attrs.evolve(read, **{field: "odd"})
        assert list(same.problems()) == []
        assert type(same.to_dict()[field]) is str
    assert [name.partition(".")[2] for name, _ in attrs.evolve(read, **{field: "odd"}).problems()] == [field]


def test_known_text_is_a_plain_string() -> None:
    """Serializers of other libraries accept what is usual."""
    mode = SyncMode.from_dict({"type": "full", "iterator_data_type": "timestamp"})
    schedule = Schedule.from_dict({"type": "once", "delay": "15m"})
    assert {type(mode.iterator_data_type), type(schedule.delay)} == {str}
