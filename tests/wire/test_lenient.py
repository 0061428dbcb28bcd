"""The lenient decoder: it accepts every documented variation, and its errors show no values."""

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


def decode_error(document: Any, cls: type[Any]) -> DecodeError:
    """Return the error of decoding a document."""
    with pytest.raises(DecodeError) as caught:
        lenient.decode(json.dumps(document).encode(), cls)
    return caught.value


def changed(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Return the document with `value` at `path`."""
    holder = [document]
    place: Any = holder
    *way, last = (0, *path)
    for step in way:
        place = place[step]
    place[last] = value
    return holder[0]


@pytest.mark.parametrize(
    ("cls", "path", "value", "reason"),
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
def test_mismatch_is_reported_without_its_value(
    vector: Vector, cls: type[Any], path: tuple[str | int, ...], value: Any, reason: str
) -> None:
    """An error contains what was expected and the path; neither it nor its chain shows the value."""
    document = vector(EXAMPLES[cls])
    error = decode_error(
        changed({**document, "pipeline_id": "p"} if cls is TriggeredRun else document, path, value), cls
    )
    assert str(error).endswith(reason)
    assert str(error).startswith(f"the response is not a valid {cls.__name__}: ")
    assert error.__cause__ is error.__context__ is None
    assert CANARY not in "".join(traceback.format_exception(error))


def test_all_mismatches_are_reported(vector: Vector) -> None:
    """An error contains the paths of all mismatches."""
    document = changed(vector("connections/create-snowflake.response"), ("config", "password"), [CANARY])
    reason = str(decode_error({**document, "name": None, "created_on": CANARY, "state": 1.5}, Connection))
    places = ["response.name", "response.state", "response.config.password", "response.created_on"]
    assert [place for place in places if f"@ {place}" in reason] == places
    assert {part.rpartition(" @ ")[2] for part in reason.split("; ")} == set(places)


def test_mismatch_in_a_list_is_reported_with_its_index(vector: Vector) -> None:
    """The error of a list contains the index of the item; a body that is not a list is an error too."""
    items = changed(vector("connections/list.response"), (1, "config", "user"), [CANARY])
    for document, reason in (
        (
            items,
            "the response is not a valid Connection: expected a string, not a list @ response[1].config.user",
        ),
        ({}, "expected a list, not an object"),
        (None, "expected a list, not null"),
    ):
        with pytest.raises(DecodeError) as caught:
            lenient.decode_list(json.dumps(document).encode(), Connection)
        assert reason in str(caught.value)
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
    """No JSON raises anything but a `DecodeError`, with or without known fields."""
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
def test_errors_are_decoded_from_every_known_shape(wire: Any, read: tuple[ErrorMessage, ...]) -> None:
    """Errors are objects, strings or missing."""
    assert lenient.structure({**RUN, "errors": wire}, Run).errors == read


@pytest.mark.parametrize(("wire", "read"), [("12", 12), (" 12 ", 12), ("-3", -3), (7.0, 7), (10**30, 10**30)])
def test_int_is_decoded_from_every_known_shape(wire: Any, read: int) -> None:
    """A whole number may be a string, may have an empty fraction, and may have any size."""
    assert lenient.structure({**RUN, "failed_records": wire}, Run).failed_records == read


def test_number_in_a_string_field_is_converted() -> None:
    """An id or an enum value that is a number is converted to a string."""
    run = lenient.structure({**RUN, "pipeline_id": 12, "status": 7}, Run)
    assert (run.pipeline_id, run.status) == ("12", "7")


def test_status_from_the_lenient_decoder_is_an_enum_member() -> None:
    """A run that only the lenient decoder accepts has a `RunStatus`, like any other run."""
    run = lenient.structure({**RUN, "logical_date": "2023-02-01T00:00:00"}, Run)
    assert isinstance(run.status, RunStatus)
    assert run.status.is_terminal


def test_python_object_that_json_cannot_contain_is_a_mismatch() -> None:
    """A value that only another JSON decoder can produce is a mismatch like any other."""
    with pytest.raises(DecodeError, match=r"expected a whole number, not an object @ response\.id$"):
        lenient.structure({**RUN, "id": (CANARY,)}, Run)


def test_number_that_cannot_be_converted_is_a_mismatch() -> None:
    """A number that a hook cannot convert is a mismatch like any other."""
    with pytest.raises(DecodeError, match=r"does not fit the documented type @ response\.pipeline_id"):
        lenient.structure({**RUN, "pipeline_id": 10**5_000}, Run)


def test_null_is_the_same_as_a_missing_field() -> None:
    """A field that is null has its default value."""
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
def test_unknown_fields_survive_a_round_trip(
    vector: Vector, name: str, model: type[Any], paths: list[tuple[str, ...]]
) -> None:
    """Unknown fields, including null ones, are sent back at every level."""
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
def test_unknown_fields_of_read_only_models_are_ignored(vector: Vector, cls: type[Any]) -> None:
    """Unknown fields of runs, pages, reports and triggers are ignored."""
    document = {"pipeline_id": "p", **vector(EXAMPLES[cls])}
    assert lenient.structure({**document, **NOVELTY}, cls) == lenient.structure(document, cls)


@pytest.mark.parametrize(
    ("cls", "document", "reason"),
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
def test_missing_field_is_reported_by_its_path(cls: type[Any], document: Any, reason: str) -> None:
    """A missing field that decides how others are decoded is reported by its own path."""
    assert str(decode_error(document, cls)).endswith(reason)


def test_data_model_without_a_type_is_sql() -> None:
    """The type is optional, because there is only one."""
    document = {"id": "m", "name": "M", "state": "new", "config": {"sql_query": "SELECT 1"}}
    assert lenient.structure(document, DataModel) == lenient.structure({**document, "type": "sql"}, DataModel)


@pytest.mark.parametrize("config", [{}, None])
def test_connection_without_a_config_is_decoded(config: Any) -> None:
    """A connection whose configuration is empty or null is decoded with an empty configuration."""
    document = {"id": "c", "name": "C", "state": "new", "service_provider": "Snowflake", "config": config}
    assert lenient.structure(document, Connection).config == SnowflakeConfig()


def test_provider_selects_the_class_of_the_config() -> None:
    """The same fields are different configurations for different providers."""
    document = {"id": "c", "name": "C", "state": "new", "config": {"region": "r"}}
    known = lenient.structure({**document, "service_provider": "BigQuery"}, Connection)
    unknown = lenient.structure({**document, "service_provider": "bigquery"}, Connection)
    assert known.config == BigQueryConfig(region="r")
    assert unknown.config == UnknownConfig(service_provider="bigquery", extra={"region": "r"})
    assert known.service_provider.is_known
    assert not unknown.service_provider.is_known
