"""Enums that accept unknown values."""

import copy
import pickle
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync import models
from warehouse_sync.models import (
    DataModel,
    Environment,
    OpenEnum,
    PipelineState,
    PipelineType,
    ResourceState,
    RunStatus,
    ScheduleFrequency,
    ScheduleType,
    ServiceProvider,
    SyncModeType,
    enums,
)

ENUMS = [
    value
    for value in vars(models).values()
    if isinstance(value, type) and issubclass(value, OpenEnum) and value is not OpenEnum
]


def test_all_enums_are_tested() -> None:
    """The tests below run for every enum of the package."""
    assert set(ENUMS) == set(OpenEnum.__subclasses__())
    assert len(ENUMS) == 14


@pytest.mark.parametrize("enum", ENUMS)
@given(value=st.text())
def test_any_string_is_a_member(enum: type[OpenEnum], value: str) -> None:
    """Every string is a member that equals it, hashes like it and prints as it."""
    member = enum(value)
    plain = member.value
    assert isinstance(member, enum)
    assert member == plain
    assert hash(member) == hash(plain)
    assert str(member) == f"{member}" == plain
    assert {plain: 1}[member] == 1
    assert member.is_known is (plain in list(enum))


@pytest.mark.parametrize("enum", ENUMS)
@pytest.mark.parametrize("value", ["brand_new", "", "NAME", "known"])
def test_member_survives_pickling_and_copying(enum: type[OpenEnum], value: str) -> None:
    """A member, known or not, is equal after pickling with any protocol and after copying."""
    member = next(iter(enum)) if value == "known" else enum(value)
    pickles = [pickle.dumps(member, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    copies = [pickle.loads(pickled) for pickled in pickles]  # noqa: S301 - our own bytes
    for duplicate in (*copies, copy.copy(member), copy.deepcopy(member)):
        assert duplicate == member
        assert type(duplicate) is enum
        assert duplicate.is_known is member.is_known


@pytest.mark.parametrize("enum", ENUMS)
def test_unknown_value_is_not_listed(enum: type[OpenEnum]) -> None:
    """An unknown value does not become a member of the class."""
    before = list(enum)
    unknown = enum("brand_new")
    assert list(enum) == before
    assert enum("brand_new") == unknown
    assert not unknown.is_known
    assert "BRAND_NEW" not in enum.__members__
    assert all(member.is_known for member in enum)


@pytest.mark.parametrize("enum", ENUMS)
@pytest.mark.parametrize("value", [None, 5, b"active", ["active"]])
def test_value_of_another_type_is_not_a_member(enum: type[OpenEnum], value: Any) -> None:
    """A value that is not a string raises a `ValueError`."""
    with pytest.raises(ValueError, match="is not a valid"):
        enum(value)


def test_known_values_are_the_documented_ones() -> None:
    """Each enum knows exactly the values of the reference."""
    assert {enum.__name__: [member.value for member in enum] for enum in ENUMS} == {
        "ConnectionStatus": ["healthy", "faulted"],
        "DataModelStatus": ["valid", "invalid"],
        "Environment": ["development", "production"],
        "MappingType": ["column", "static", "ignore"],
        "PipelineState": ["new", "active", "paused"],
        "PipelineStatus": ["idle", "running", "faulted", "stopped"],
        "PipelineType": ["user_attributes", "events"],
        "ResourceState": ["new", "active", "inactive"],
        "RunStatus": ["queued", "running", "retrying", "success", "failed", "stopped"],
        "RunType": ["scheduled", "manual"],
        "ScheduleFrequency": ["hourly", "daily", "weekly", "monthly"],
        "ScheduleType": ["interval", "once", "on_demand"],
        "ServiceProvider": ["Snowflake", "BigQuery", "Redshift", "Databricks"],
        "SyncModeType": ["incremental", "full"],
    }


@pytest.mark.parametrize("enum", ENUMS)
def test_name_of_a_constant_is_not_a_known_value(enum: type[OpenEnum]) -> None:
    """The JSON value is known; the name of its constant is not."""
    for member in enum:
        if member.name != member.value:
            assert not enum(member.name).is_known


def test_alias_is_the_known_value() -> None:
    """The two values with two spellings in the documents are one member each."""
    assert ScheduleType("on-demand") is ScheduleType.ON_DEMAND
    assert SyncModeType("full_sync") is SyncModeType.FULL
    assert RunStatus("on-demand") == "on-demand"


@pytest.mark.parametrize(
    ("value", "is_terminal"),
    [
        ("queued", False),
        ("running", False),
        ("retrying", False),
        ("success", True),
        ("failed", True),
        ("stopped", True),
        ("brand_new", False),
        ("SUCCESS", False),
        ("", False),
    ],
)
def test_only_documented_final_statuses_are_terminal(value: str, is_terminal: bool) -> None:  # noqa: FBT001 - an expected value
    """A run has ended if its status is a documented final one; an unknown status is never final."""
    assert RunStatus(value).is_terminal is is_terminal


def pickled(value: ResourceState) -> ResourceState:
    """Return a value that was pickled."""
    restored: ResourceState = pickle.loads(pickle.dumps(value))  # noqa: S301 - pickled here
    return restored


def test_value_of_the_api_can_be_sent_back() -> None:
    """An unknown value that was read keeps that mark in copies and pickles; a typed one has none."""
    read = ResourceState.from_api("archived")
    for same in (
        read,
        copy.deepcopy(read),
        pickled(read),
        ResourceState.from_api("active"),
    ):
        assert same.is_sendable
    assert (read.was_read, read == "archived", read.is_known) == (True, True, False)
    for typed in (ResourceState("archived"), pickled(ResourceState("archived"))):
        assert not typed.is_sendable


def test_unknown_value_is_put_back_only_if_it_was_read() -> None:
    """A spec of what was read is valid; the same value, typed, is not."""
    document = {
        "id": "m",
        "name": "M",
        "state": "archived",
        "config": {"sql_query": "SELECT 1"},
    }
    spec = DataModel.from_dict(document).to_spec()
    assert list(attrs.evolve(spec, name="N").problems()) == []
    assert [field for field, _ in attrs.evolve(spec, state="archived").problems()] == ["state"]


@pytest.mark.parametrize(
    ("enum", "names"),
    [
        (ServiceProvider, enums.ServiceProviderName),
        (ResourceState, enums.ResourceStateName),
        (PipelineType, enums.PipelineTypeName),
        (PipelineState, enums.PipelineStateName),
        (Environment, enums.EnvironmentName),
        (SyncModeType, enums.SyncModeTypeName),
        (ScheduleType, enums.ScheduleTypeName),
        (ScheduleFrequency, enums.ScheduleFrequencyName),
        (RunStatus, enums.RunStatusName),
    ],
)
def test_literals_are_the_values_of_the_enum(enum: type[OpenEnum], names: Any) -> None:
    """Editors offer each known value."""
    assert list(get_args(names)) == [str(member) for member in enum]
