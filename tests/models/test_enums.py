"""Vocabularies that are open to words the server learns later."""

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync import models
from warehouse_sync.models import OpenEnum, RunStatus, ScheduleType, SyncModeType

VOCABULARIES = [
    value
    for value in vars(models).values()
    if isinstance(value, type) and issubclass(value, OpenEnum) and value is not OpenEnum
]


def test_every_vocabulary_is_here() -> None:
    """The tests below run for every enum of the package."""
    assert set(VOCABULARIES) == set(OpenEnum.__subclasses__())
    assert len(VOCABULARIES) == 13


@pytest.mark.parametrize("enum", VOCABULARIES)
@given(word=st.text())
def test_any_word_is_a_member(enum: type[OpenEnum], word: str) -> None:
    """Every word is a member that equals it, hashes like it and prints as it."""
    member = enum(word)
    plain = member.value
    assert isinstance(member, enum)
    assert member == plain
    assert hash(member) == hash(plain)
    assert str(member) == f"{member}" == plain
    assert {plain: 1}[member] == 1
    assert member.is_known is (plain in list(enum))


@pytest.mark.parametrize("enum", VOCABULARIES)
@pytest.mark.parametrize("word", ["brand_new", "", "NAME", "known"])
def test_unknown_word_survives_pickling_and_copying(enum: type[OpenEnum], word: str) -> None:
    """A word, known or not, is itself after pickling with any protocol and after copying."""
    member = next(iter(enum)) if word == "known" else enum(word)
    pickles = [pickle.dumps(member, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    copies = [pickle.loads(pickled) for pickled in pickles]  # noqa: S301 - our own bytes
    for duplicate in (*copies, copy.copy(member), copy.deepcopy(member)):
        assert duplicate == member
        assert type(duplicate) is enum
        assert duplicate.is_known is member.is_known


@pytest.mark.parametrize("enum", VOCABULARIES)
def test_unknown_word_is_not_listed(enum: type[OpenEnum]) -> None:
    """A word that was met does not become part of the enum."""
    before = list(enum)
    unknown = enum("brand_new")
    assert list(enum) == before
    assert enum("brand_new") == unknown
    assert not unknown.is_known
    assert "BRAND_NEW" not in enum.__members__
    assert all(member.is_known for member in enum)


@pytest.mark.parametrize("enum", VOCABULARIES)
@pytest.mark.parametrize("value", [None, 5, b"active", ["active"]])
def test_what_is_no_word_is_refused(enum: type[OpenEnum], value: Any) -> None:
    """What is no text is no member."""
    with pytest.raises(ValueError, match="is not a valid"):
        enum(value)


def test_known_words_are_the_documented_ones() -> None:
    """Each enum knows exactly the words of the reference."""
    assert {enum.__name__: [member.value for member in enum] for enum in VOCABULARIES} == {
        "ConnectionStatus": ["healthy", "faulted"],
        "DataModelStatus": ["valid", "invalid"],
        "Environment": ["development", "production"],
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


@pytest.mark.parametrize("enum", VOCABULARIES)
def test_name_of_a_constant_is_no_known_word(enum: type[OpenEnum]) -> None:
    """The wire's word is known; the constant's name in another case is a word like any unknown one."""
    for member in enum:
        if member.name != member.value:
            assert not enum(member.name).is_known


def test_other_spelling_of_the_documents_is_the_known_word() -> None:
    """The two words the documents spell in two ways are one member each."""
    assert ScheduleType("on-demand") is ScheduleType.ON_DEMAND
    assert SyncModeType("full_sync") is SyncModeType.FULL
    assert RunStatus("on-demand") == "on-demand"


@pytest.mark.parametrize(
    ("word", "is_terminal"),
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
def test_only_documented_ends_are_terminal(word: str, is_terminal: bool) -> None:  # noqa: FBT001 - an expected value
    """A run is over when its status says so in a documented word, and never by a word that is unknown."""
    assert RunStatus(word).is_terminal is is_terminal
