"""The forgiving path: every oddity is read, and what does not fit is named without its value."""

import json
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.errors import DecodeError
from warehouse_sync.models import (
    BigQueryConfig,
    Connection,
    DataModel,
    ErrorMessage,
    Page,
    Pipeline,
    PipelineReport,
    Run,
    RunStatus,
    SnowflakeConfig,
    TriggeredRun,
    UnknownConfig,
)
from warehouse_sync.wire import encode, lenient

Vector = Callable[[str], Any]

CANARY = "canary-0451"
RUN = {"id": 1, "pipeline_id": "p", "status": "success"}
EXAMPLES = {
    Connection: "connections/create-snowflake.response",
    DataModel: "data-models/get.response",
    Pipeline: "pipelines/create-events.response",
    PipelineReport: "pipelines/report.response",
    Run: "runs/get.response",
    Page: "runs/list.response",
    TriggeredRun: "pipelines/trigger.response",
}


def refusal(document: Any, cls: type[Any]) -> DecodeError:
    """Return the refusal of a document."""
    with pytest.raises(DecodeError) as caught:
        lenient.decode(json.dumps(document).encode(), cls)
    return caught.value


def changed(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Put `value` at `path` of a document."""
    holder = [document]
    place: Any = holder
    *way, last = (0, *path)
    for step in way:
        place = place[step]
    place[last] = value
    return holder[0]


@pytest.mark.parametrize(
    ("cls", "path", "value", "said"),
    [
        (Run, (), [CANARY], "expected an object, not a list @ response"),
        (Run, (), CANARY, "expected an object, not a string @ response"),
        (Run, (), None, "expected an object, not null @ response"),
        (Run, ("id",), CANARY, "expected a whole number, not a string @ response.id"),
        (Run, ("id",), 1.5, "expected a whole number, not a decimal number @ response.id"),
        (Run, ("id",), True, "expected a whole number, not a boolean @ response.id"),
        (Run, ("id",), "-", "expected a whole number, not a string @ response.id"),
        (Run, ("id",), "9" * 40, "expected a whole number, not a string @ response.id"),
        (Run, ("id",), "\u0665", "expected a whole number, not a string @ response.id"),
        (Run, ("id",), None, "a required field is missing @ response.id"),
        (Run, ("status",), {CANARY: 1}, "expected a string, not an object @ response.status"),
        (Run, ("type",), True, "expected a string, not a boolean @ response.type"),
        (Run, ("started_on",), CANARY, "not a date: not an ISO 8601 date @ response.started_on"),
        (Run, ("started_on",), 1698257517, "expected a date as a string, not a number @ response.started_on"),
        (Run, ("errors",), CANARY, "expected a list, not a string @ response.errors"),
        (Run, ("errors",), {CANARY: 1}, "expected a list, not an object @ response.errors"),
        (Run, ("errors", 0), [CANARY], "expected a string, not a list @ response.errors[0]"),
        (Page, ("items",), CANARY, "expected a list, not a string @ response.items"),
        (Page, ("items",), {}, "expected a list, not an object @ response.items"),
        (Page, ("items", 1), CANARY, "expected an object, not a string @ response.items[1]"),
        (Page, ("items", 1, "logical_date"), CANARY, "not an ISO 8601 date @ response.items[1].logical_date"),
        (Page, ("has_next_page",), CANARY, "expected true or false, not a string @ response.has_next_page"),
        (Page, ("has_next_page",), 1, "expected true or false, not a number @ response.has_next_page"),
        (PipelineReport, ("latest_pipeline_run", "id"), CANARY, "@ response.latest_pipeline_run.id"),
        (Pipeline, ("sync_mode",), [CANARY], "expected an object, not a list @ response.sync_mode"),
        (Pipeline, ("sync_mode", "from"), CANARY, "not an ISO 8601 date @ response.sync_mode.from_"),
        (Pipeline, ("schedule", "type"), None, "a required field is missing @ response.schedule.type"),
        (Connection, ("config",), CANARY, "expected an object, not a string @ response.config"),
        (
            Connection,
            ("config", "password"),
            [CANARY],
            "expected a string, not a list @ response.config.password",
        ),
        (Connection, ("service_provider",), None, "expected a string, not null @ response.service_provider"),
        (
            Connection,
            ("service_provider",),
            [CANARY],
            "expected a string, not a list @ response.service_provider",
        ),
        (DataModel, ("config",), CANARY, "expected an object, not a string @ response.config"),
        (DataModel, ("config",), None, "expected an object, not null @ response.config"),
        (
            DataModel,
            ("config", "sql_query"),
            [CANARY],
            "expected a string, not a list @ response.config.sql_query",
        ),
        (
            TriggeredRun,
            ("pipeline_run_id",),
            CANARY,
            "expected a whole number, not a string @ response.run_id",
        ),
    ],
)
def test_what_does_not_fit_is_named_without_its_value(
    vector: Vector, cls: type[Any], path: tuple[str | int, ...], value: Any, said: str
) -> None:
    """A refusal says what was expected and where, and neither it nor its chain shows the value."""
    document = vector(EXAMPLES[cls])
    error = refusal(
        changed({**document, "pipeline_id": "p"} if cls is TriggeredRun else document, path, value), cls
    )
    assert str(error).endswith(said)
    assert str(error).startswith(f"the response is not a valid {cls.__name__}: ")
    assert error.__cause__ is error.__context__ is None
    assert CANARY not in "".join(traceback.format_exception(error))


def test_everything_wrong_is_named_at_once(vector: Vector) -> None:
    """A refusal names every place, not just the first."""
    document = changed(vector("connections/create-snowflake.response"), ("config", "password"), [CANARY])
    said = str(refusal({**document, "name": None, "created_on": CANARY, "state": 1.5}, Connection))
    places = ["response.name", "response.state", "response.config.password", "response.created_on"]
    assert [place for place in places if f"@ {place}" in said] == places
    assert {part.rpartition(" @ ")[2] for part in said.split("; ")} == set(places)


def test_list_names_the_item_that_does_not_fit(vector: Vector) -> None:
    """A list's refusal says which item, and a body that is no list is refused as a whole."""
    items = changed(vector("connections/list.response"), (1, "config", "user"), [CANARY])
    for document, said in (
        (items, "@ response[1].config.user"),
        ({}, "expected a list, not an object"),
        (None, "expected a list, not null"),
    ):
        with pytest.raises(DecodeError) as caught:
            lenient.decode_list(json.dumps(document).encode(), Connection)
        assert said in str(caught.value)
        assert CANARY not in str(caught.value)
    assert lenient.decode_list(b"[]", Connection) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("cls", EXAMPLES)
@given(document=json_values, key=st.text(max_size=3), value=json_values)
def test_any_json_is_a_model_or_a_decode_error(cls: type[Any], document: Any, key: str, value: Any) -> None:
    """No JSON raises anything but `DecodeError`, with known fields in it or without."""
    known = {"id": "1", "name": "n", "state": "new", "status": "idle", "pipeline_id": "p", "config": value}
    for candidate in (document, {**known, "service_provider": "Snowflake", key: value}):
        with suppress(DecodeError):
            assert isinstance(lenient.structure(candidate, cls), cls)


@pytest.mark.parametrize(
    ("wire", "read"),
    [
        (None, ()),
        ([], ()),
        ([{"message": "m", "code": 1}], (ErrorMessage(message="m"),)),
        (["bare"], (ErrorMessage(message="bare"),)),
        ([{}, {"message": None}, {"message": 5}], (ErrorMessage(), ErrorMessage(), ErrorMessage())),
    ],
)
def test_errors_are_read_in_every_known_shape(wire: Any, read: tuple[ErrorMessage, ...]) -> None:
    """Errors come as objects, as bare strings, or not at all."""
    assert lenient.structure({**RUN, "errors": wire}, Run).errors == read


@pytest.mark.parametrize(("wire", "read"), [("12", 12), (" 12 ", 12), ("-3", -3), (7.0, 7), (10**30, 10**30)])
def test_whole_number_is_read_in_every_known_shape(wire: Any, read: int) -> None:
    """A whole number may be written as a string or with an empty fraction, and be of any size."""
    assert lenient.structure({**RUN, "failed_records": wire}, Run).failed_records == read


def test_number_where_a_text_belongs_is_its_digits() -> None:
    """An id or a word that comes as a number is read as its digits."""
    run = lenient.structure({**RUN, "pipeline_id": 12, "status": 7}, Run)
    assert (run.pipeline_id, run.status) == ("12", "7")


def test_word_of_a_run_that_needs_forgiveness_still_knows_ends() -> None:
    """A run that only the forgiving path reads has a status that knows whether it is an end, as any other run."""
    run = lenient.structure({**RUN, "logical_date": "2023-02-01T00:00:00"}, Run)
    assert isinstance(run.status, RunStatus)
    assert run.status.is_terminal


def test_what_no_json_holds_is_named_without_its_kind() -> None:
    """A value that only another reader of JSON can have made is refused like any other."""
    with pytest.raises(DecodeError, match=r"expected a whole number, not an object @ response\.id$"):
        lenient.structure({**RUN, "id": (CANARY,)}, Run)


def test_number_beyond_all_reason_does_not_fit() -> None:
    """What a hook cannot even convert is refused like anything that does not fit."""
    with pytest.raises(DecodeError, match=r"does not fit the documented type @ response\.pipeline_id"):
        lenient.structure({**RUN, "pipeline_id": 10**5_000}, Run)


def test_null_is_as_good_as_absent() -> None:
    """A field that is null has the value it has when it is left out."""
    optional = ("type", "errors", "logical_date", "started_on", "ended_on", "range_end", "failed_records")
    assert lenient.structure({**RUN, **dict.fromkeys(optional)}, Run) == lenient.structure(RUN, Run)


NOVELTY = {"novelty": {"deep": [1, None, "x"]}, "blank": None}


@pytest.mark.parametrize(
    ("name", "model", "paths"),
    [
        ("connections/create-databricks.response", Connection, [(), ("config",)]),
        ("data-models/get.response", DataModel, [(), ("config",)]),
        ("pipelines/create-events.response", Pipeline, [(), ("sync_mode",), ("schedule",)]),
    ],
)
def test_unknown_fields_survive_reading_and_sending(
    vector: Vector, name: str, model: type[Any], paths: list[tuple[str, ...]]
) -> None:
    """Unknown fields come back where they were, at every level, null ones too."""
    document = vector(name)
    for path in paths:
        place = document
        for step in path:
            place = place[step]
        place.update(NOVELTY)
    sent = encode.spec(lenient.structure(document, model).to_spec())
    for path in paths:
        place = sent
        for step in path:
            place = place[step]
        assert {key: place[key] for key in NOVELTY} == NOVELTY


@pytest.mark.parametrize("cls", [Run, Page, PipelineReport, TriggeredRun])
def test_unknown_fields_of_what_is_only_read_are_ignored(vector: Vector, cls: type[Any]) -> None:
    """Runs, pages, reports and triggers are the same with unknown fields as without."""
    document = {"pipeline_id": "p", **vector(EXAMPLES[cls])}
    assert lenient.structure({**document, **NOVELTY}, cls) == lenient.structure(document, cls)


@pytest.mark.parametrize(
    ("cls", "document", "said"),
    [
        (Connection, {"id": "c", "name": "C", "state": "new"}, "not null @ response.service_provider"),
        (
            DataModel,
            {"id": "m", "name": "M", "state": "new"},
            "expected an object, not null @ response.config",
        ),
        (
            DataModel,
            {"id": "m", "name": "M", "state": "new", "config": {}},
            "expected a string, not null @ response.config.sql_query",
        ),
    ],
)
def test_what_is_missing_is_named(cls: type[Any], document: Any, said: str) -> None:
    """A part that decides how the rest is read is missed by its name, not as the whole."""
    assert str(refusal(document, cls)).endswith(said)


def test_data_model_without_a_type_is_sql() -> None:
    """The one type there is need not be named."""
    document = {"id": "m", "name": "M", "state": "new", "config": {"sql_query": "SELECT 1"}}
    assert lenient.structure(document, DataModel) == lenient.structure({**document, "type": "sql"}, DataModel)


@pytest.mark.parametrize("config", [{}, None])
def test_connection_without_a_config_is_read(config: Any) -> None:
    """A connection whose configuration is empty or null is read with nothing in it."""
    document = {"id": "c", "name": "C", "state": "new", "service_provider": "Snowflake", "config": config}
    assert lenient.structure(document, Connection).config == SnowflakeConfig()


def test_provider_decides_the_class_of_the_config() -> None:
    """The same fields are a different configuration for a different provider."""
    document = {"id": "c", "name": "C", "state": "new", "config": {"region": "r"}}
    known = lenient.structure({**document, "service_provider": "BigQuery"}, Connection)
    unknown = lenient.structure({**document, "service_provider": "bigquery"}, Connection)
    assert known.config == BigQueryConfig(region="r")
    assert unknown.config == UnknownConfig(service_provider="bigquery", extra={"region": "r"})
    assert known.service_provider.is_known
    assert not unknown.service_provider.is_known
