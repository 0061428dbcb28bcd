"""Converters and validators that the models share."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.models import (
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    ErrorMessage,
    PipelineSpec,
    Schedule,
    SyncMode,
)
from warehouse_sync.models.common import check_text, to_delay, to_utc

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
EAST = timezone(timedelta(hours=1))


class Nowhere(tzinfo):
    """A time zone without an offset: a datetime with it counts as naive."""

    def utcoffset(self, _: datetime | None) -> timedelta | None:
        """Return no offset."""
        return None

    dst = utcoffset

    def tzname(self, _: datetime | None) -> str:
        """Return a name."""
        return "nowhere"


def test_error_message_prints_as_its_text() -> None:
    """The string form of an `ErrorMessage` is its text."""
    assert f"{ErrorMessage(message='login refused')}" == "login refused"


@pytest.mark.parametrize(
    ("given_delay", "written"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(seconds=90), "90s"),
        (timedelta(minutes=15), "15m"),
        (timedelta(minutes=90), "90m"),
        (timedelta(hours=24), "1d"),
        (timedelta(hours=36), "36h"),
        (timedelta(weeks=1), "7d"),
        ("2w", "2w"),
        (None, None),
    ],
)
def test_delay_is_converted_to_the_largest_exact_unit(given_delay: Any, written: str | None) -> None:
    """A `timedelta` is converted to the API's notation; strings and `None` are unchanged."""
    assert to_delay(given_delay) == written
    assert Schedule(type="once", delay=given_delay).delay == written


@given(seconds=st.integers(0, 10**9))
def test_delay_keeps_its_length(seconds: int) -> None:
    """The converted delay is as long as the `timedelta` in any unit, and is valid."""
    schedule = Schedule(type="once", delay=timedelta(seconds=seconds))
    assert schedule.delay is not None
    assert int(schedule.delay[:-1]) * UNITS[schedule.delay[-1]] == seconds
    assert not list(schedule.problems())


@pytest.mark.parametrize(
    "delay", [timedelta(milliseconds=1500), timedelta(seconds=-1), timedelta(microseconds=-1)]
)
def test_delay_of_fractional_or_negative_seconds_is_invalid(delay: timedelta) -> None:
    """A delay that the API's notation cannot express is reported by validation."""
    [(field, message)] = Schedule(type="once", delay=delay).problems()
    assert field == "schedule.delay"
    assert "is not a delay" in message


@pytest.mark.parametrize("delay", [15, 1.5, b"15m", ["15m"]])
def test_delay_of_another_type_is_invalid(delay: Any) -> None:
    """A delay is a string or a `timedelta`."""
    assert [field for field, _ in Schedule(type="once", delay=delay).problems()] == ["schedule.delay"]


@given(moment=st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis adds the zone
def test_aware_date_is_converted_to_utc(moment: datetime) -> None:
    """An aware datetime in any time zone is converted to the same instant in UTC."""
    kept = to_utc(moment)
    assert kept is not None
    assert kept.tzinfo is UTC
    assert kept.timestamp() == moment.timestamp()


@pytest.mark.parametrize(
    ("date", "message"),
    [
        (datetime(2023, 2, 1), "has no time zone"),  # noqa: DTZ001 - that is the point
        (datetime(2023, 2, 1, tzinfo=Nowhere()), "has no time zone"),
        (datetime(1, 1, 1, tzinfo=EAST), "outside the years"),
        (datetime(9999, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-1))), "outside the years"),
        ("2023-02-01T00:00:00Z", "must be a datetime, not str"),
        (1675209600, "must be a datetime, not int"),
    ],
)
def test_invalid_date_is_reported(date: Any, message: str) -> None:
    """A naive datetime, one outside the calendar and a value of another type are reported with a hint."""
    [(field, actual)] = Schedule(type="once", end=date).problems()
    assert field == "schedule.end"
    assert message in actual


@pytest.mark.parametrize(
    ("value", "required", "problem"),
    [
        ("x", True, None),
        ("x", False, None),
        ("", False, None),
        (None, False, None),
        (None, True, "is required"),
        ("", True, "must not be empty"),
        (" \t\n", True, "must not be empty"),
        (5, True, "must be a string, not int"),
        (5, False, "must be a string, not int"),
        ("\udce9", False, "is not valid Unicode, and cannot be sent"),
    ],
)
def test_string_is_validated(value: Any, required: bool, problem: str | None) -> None:  # noqa: FBT001 - a case of the table
    """A string field is a `str`, and not blank if it is required."""
    assert [actual for _, actual in check_text("name", value, required=required)] == (
        [problem] if problem else []
    )


@pytest.mark.parametrize("value", [None, 3, ["active"]])
def test_enum_field_of_another_type_is_reported(value: Any) -> None:
    """A field that takes an enum member keeps other values, and validation reports all of them."""
    schedule = Schedule(type=value, frequency=value)
    pipeline = PipelineSpec(
        id="p",
        name="P",
        pipeline_type=value,
        connection_id="c",
        data_model_id="m",
        state=value,
        environment=value,
        sync_mode=SyncMode(type=value),
        schedule=schedule,
    )
    wrong = {field for field, _ in pipeline.problems()}
    assert wrong >= {"pipeline_type", "state", "environment", "sync_mode.type", "schedule.type"}
    assert ("schedule.frequency" in wrong) is (value is not None)
    assert "state" in dict(
        ConnectionSpec(
            id="c", name="C", state=value, config=DatabricksConfig(provider="AWS", schema="s")
        ).problems()
    )
    assert "state" in dict(DataModelSpec(id="m", name="M", state=value, sql_query="SELECT 1").problems())
