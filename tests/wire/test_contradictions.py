"""The rows of the design page "Where the documents contradict themselves" that concern what is read and sent.

One test for each, named after the row and in the page's order. Rows about requests and paging (the runs' URL,
`total_items`, PATCH, the times of a trigger, the v1 URLs) are tested with the resources.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from warehouse_sync.errors import DecodeError
from warehouse_sync.models import (
    BigQueryConfig,
    Connection,
    ConnectionSpec,
    DataModel,
    DataModelSpec,
    Pipeline,
    PipelineSpec,
    RedshiftConfig,
    Run,
    Schedule,
    ScheduleType,
    Secret,
    SnowflakeConfig,
    SyncMode,
    SyncModeType,
)
from warehouse_sync.models.common import FieldProblem
from warehouse_sync.wire import encode, fast, lenient

Vector = Callable[[str], Any]

START = datetime(2023, 2, 1, tzinfo=UTC)
SPEC = PipelineSpec(
    id="p",
    name="P",
    pipeline_type="user_attributes",
    connection_id="c",
    data_model_id="m",
    sync_mode=SyncMode(type="full"),
    schedule=Schedule(type="on_demand"),
    environment="production",
)


def sent(**changes: Any) -> dict[str, Any]:
    """Return the document sent for the pipeline after `changes`."""
    return encode.spec(attrs.evolve(SPEC, **changes))


def problems(**changes: Any) -> Iterator[FieldProblem]:
    """Return the problems of the pipeline after `changes`."""
    return attrs.evolve(SPEC, **changes).problems()


def redshift(**config: Any) -> Connection:
    """Decode a Redshift connection with these fields in its configuration."""
    document = {"id": "c", "name": "C", "state": "active", "service_provider": "Redshift", "config": config}
    return lenient.structure(document, Connection)


def run_with(vector: Vector, **changes: Any) -> Run:
    """Decode the documented run after `changes`."""
    return fast.run(json.dumps({**vector("runs/get.response"), **changes}).encode())


@pytest.mark.parametrize("spelling", ["on_demand", "on-demand"])
def test_on_demand_has_two_spellings_and_sends_one(spelling: str) -> None:
    """`on_demand` / `on-demand`: both are decoded to the same type, `on_demand` is sent."""
    schedule = lenient.structure({"type": spelling}, Schedule)
    assert schedule.type is ScheduleType.ON_DEMAND
    assert sent(schedule=schedule)["schedule"] == {"type": "on_demand"}


@pytest.mark.parametrize("spelling", ["full", "full_sync"])
def test_full_has_two_spellings_and_sends_the_short_one(spelling: str) -> None:
    """`full` / `full_sync`: both are decoded to the same type, `full` is sent."""
    sync_mode = lenient.structure({"type": spelling}, SyncMode)
    assert sync_mode.type is SyncModeType.FULL
    assert sent(sync_mode=sync_mode)["sync_mode"] == {"type": "full"}


def test_delay_is_optional() -> None:
    """`delay`: an interval without a delay is valid, and sends none."""
    schedule = Schedule(type="interval", frequency="hourly", start=START)
    assert not list(problems(schedule=schedule))
    assert "delay" not in sent(schedule=schedule)["schedule"]


@pytest.mark.parametrize("unit", "smhdwy")
def test_delay_accepts_every_documented_unit(unit: str) -> None:
    """`delay`: a whole number and one of the six units is valid and sent unchanged."""
    schedule = Schedule(type="once", delay=f"15{unit}")
    assert not list(problems(schedule=schedule))
    assert sent(schedule=schedule)["schedule"]["delay"] == f"15{unit}"


@pytest.mark.parametrize("delay", ["", "m", "15", "15 m", "-1m", "1.5h", "15M", "1mo", "5m\n", "\u0665m"])
def test_delay_in_another_form_is_invalid(delay: str) -> None:
    """`delay`: any other form is reported by validation."""
    assert [field for field, _ in problems(schedule=Schedule(type="once", delay=delay))] == ["schedule.delay"]


@pytest.mark.parametrize(
    ("kind", "missing"), [("interval", ["schedule.start"]), ("once", []), ("on_demand", [])]
)
def test_start_is_required_for_interval_only(kind: str, missing: list[str]) -> None:
    """`start`: "required if interval" is validated for interval schedules only."""
    found = problems(schedule=Schedule(type=kind, frequency="daily"))
    assert [field for field, _ in found] == missing


@pytest.mark.parametrize("port", [5439, "5439"])
def test_port_is_decoded_from_int_or_str_and_sent_as_str(port: int | str) -> None:
    """`port`: a number and a string are the same port, in code and in JSON; a string is sent."""
    assert redshift(port=port).config == RedshiftConfig(port="5439") == RedshiftConfig(port=port)
    assert encode.spec(redshift(port=port).to_spec())["config"] == {"port": "5439"}


def test_port_is_optional(vector: Vector) -> None:
    """`port`: the request example has none; without a port the connection is valid and sends none."""
    document = vector("connections/create-redshift.request")
    spec = lenient.structure(document, Connection).to_spec()
    assert not list(spec.problems())
    assert "port" not in encode.spec(spec)["config"]


@pytest.mark.parametrize(("wire", "count"), [("12", 12), (12, 12), (None, None)])
def test_counts_are_decoded_from_strings_numbers_and_null(
    vector: Vector, wire: Any, count: int | None
) -> None:
    """Counts: the string of the table, the number of the examples and the null of an older version are decoded."""
    run = run_with(vector, successful_records=wire, failed_records=wire)
    assert (run.successful_records, run.failed_records) == (count, count)


@pytest.mark.parametrize("wire", [251, "251"])
def test_run_id_is_decoded_from_string_and_number(vector: Vector, wire: Any) -> None:
    """Run id: the string of the table and the number of the examples are the same run."""
    assert run_with(vector, id=wire).id == 251


@pytest.mark.parametrize("wire", [2, "2"])
def test_data_plan_version_is_decoded_from_string_sent_as_int(vector: Vector, wire: Any) -> None:
    """`data_plan_version`: the string of the table is decoded to the number of the examples, which is sent."""
    document = {**vector("pipelines/update.response"), "data_plan_version": wire}
    pipeline = lenient.structure(document, Pipeline)
    assert pipeline.data_plan_version == 2
    assert encode.spec(pipeline.to_spec())["data_plan_version"] == 2


@pytest.mark.parametrize(
    "config",
    [
        {"source_account_id": "gd1"},
        {"account_identifier": "gd1"},
        {"account_identifier": "gd1", "source_account_id": "old"},
        {"account_identifier": None, "source_account_id": "gd1"},
    ],
)
def test_snowflake_account_has_two_names_and_sends_one(config: dict[str, Any]) -> None:
    """Snowflake account: both names are decoded, the documented one has precedence, and only that is sent."""
    document = {"id": "c", "name": "C", "state": "active", "service_provider": "Snowflake", "config": config}
    connection = lenient.structure(document, Connection)
    assert connection.config == SnowflakeConfig(account_identifier="gd1")
    assert encode.spec(connection.to_spec())["config"] == {"account_identifier": "gd1"}


@pytest.mark.parametrize(
    "text",
    [
        "2023-03-01T12:00:00Z",
        "2023-03-01T12:00:00",
        "2023-03-01T12:00:00.000",
        "2023-03-01T:12:00:00Z",
        "2023-03-01T14:00:00.000000000+02:00",
    ],
)
def test_date_has_many_documented_forms_and_sends_one(vector: Vector, text: str) -> None:
    """Dates: a fraction, no time zone and the typo are decoded to the same instant, and sent in one form."""
    noon = datetime(2023, 3, 1, 12, tzinfo=UTC)
    assert run_with(vector, logical_date=text).logical_date == noon
    schedule = lenient.structure({"type": "once", "end": text}, Schedule)
    assert sent(schedule=schedule)["schedule"]["end"] == "2023-03-01T12:00:00Z"


def test_status_of_a_databricks_connection_is_optional(vector: Vector) -> None:
    """Databricks response: it has no `status` and is decoded."""
    document = vector("connections/create-databricks.response")
    assert "status" not in document
    assert lenient.structure(document, Connection).status is None


@pytest.mark.parametrize(
    ("name", "model"),
    [("data-models/create.request", DataModel), ("pipelines/update.request", Pipeline)],
)
def test_errors_of_a_request_example_are_never_sent(vector: Vector, name: str, model: Any) -> None:
    """`errors` in request examples: the API sets them, and the client never sends them."""
    document = vector(name)
    assert document["errors"]
    assert "errors" not in encode.spec(lenient.structure(document, model).to_spec())


def test_config_fields_are_required_in_requests_only(vector: Vector) -> None:
    """List examples: a response without a password is decoded, and a request without it is invalid."""
    redshift_connection = lenient.structure(vector("connections/list.response")[0], Connection)
    assert redshift_connection.config == RedshiftConfig(
        database="string", host="string", user="string", aws_iam_role_arn="string"
    )
    assert list(redshift_connection.to_spec().problems()) == [("config.password", "is required")]


def test_key_in_clear_text_is_a_secret(vector: Vector) -> None:
    """List examples: a BigQuery key that the API returns in clear text is a `Secret`."""
    document = vector("connections/list.response")[2]
    document["config"]["service_account_key"] = "canary-0451"
    connection = lenient.structure(document, Connection)
    assert isinstance(connection.config, BigQueryConfig)
    assert connection.config.service_account_key == Secret("canary-0451")
    assert "canary" not in repr(connection)


@pytest.mark.parametrize(
    "name", [f"connections/create-{kind}.response" for kind in ("bigquery", "redshift", "snowflake")]
)
def test_masked_secret_in_an_update_is_invalid(vector: Vector, name: str) -> None:
    """Masked secret in PUT: an update without the real secret reports that field only."""
    spec = lenient.structure(vector(name), Connection).to_spec()
    [(field, message)] = spec.problems()
    assert field in ("config.password", "config.service_account_key")
    assert "mask" in message


def test_iterator_is_allowed_with_full() -> None:
    """Iterator with `full`: "required if incremental", but the once example has it, so it is optional."""
    full = SyncMode(type="full", iterator_field="updated_on", iterator_data_type="datetime_tz")
    assert not list(problems(sync_mode=full))
    assert sent(sync_mode=full)["sync_mode"]["iterator_field"] == "updated_on"
    missing = [field for field, _ in problems(sync_mode=SyncMode(type="incremental"))]
    assert missing == ["sync_mode.iterator_field", "sync_mode.iterator_data_type"]


@pytest.mark.parametrize("kind", ["datetime_tz", "timestamp", "datetime", "timestamp_something_new"])
def test_iterator_data_type_is_any_string(kind: str) -> None:
    """`iterator_data_type`: the documents use three values, so any string like them is valid, decoded and sent."""
    mode = SyncMode(type="incremental", iterator_field="updated_on", iterator_data_type=kind)
    assert not list(problems(sync_mode=mode))
    assert lenient.structure(sent(sync_mode=mode)["sync_mode"], SyncMode) == mode


def test_unknown_fields_and_values_are_kept(vector: Vector) -> None:
    """The last line of the page: unknown fields and values are decoded and kept, and an unknown status is not terminal."""
    run = run_with(vector, status="hibernating", novelty=1)
    assert run.status == "hibernating"
    assert not run.status.is_terminal
    with pytest.raises(DecodeError, match=r"response\.status"):
        run_with(vector, status=None)


def test_data_model_of_another_type_is_kept() -> None:
    """The last line of the page: a data model of an unknown type is sent back unchanged."""
    document = {
        "id": "m",
        "name": "M",
        "state": "active",
        "type": "dbt",
        "config": {"sql_query": "q", "x": 1},
    }
    model = lenient.structure(document, DataModel)
    assert model.to_spec() == DataModelSpec(
        id="m", name="M", sql_query="q", extra={"type": "dbt", "config": {"x": 1}}
    )
    assert encode.spec(model.to_spec()) == document


def test_connection_of_another_provider_is_kept() -> None:
    """The last line of the page: a connection of an unknown provider is decoded and sent back unchanged."""
    config = {"region": "r", "nested": {"deep": [1]}}
    document = {"id": "c", "name": "C", "state": "new", "service_provider": "Clickhouse", "config": config}
    spec = lenient.structure(document, Connection).to_spec()
    assert isinstance(spec, ConnectionSpec)
    assert not list(spec.problems())
    assert encode.spec(spec) == document
