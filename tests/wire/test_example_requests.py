"""The public classes send every request of the reference, and every response can be sent back."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from warehouse_sync.models import (
    BigQueryConfig,
    Connection,
    ConnectionSpec,
    DatabricksConfig,
    DataModel,
    DataModelSpec,
    FeedSpec,
    Pipeline,
    PipelineSpec,
    RedshiftConfig,
    Schedule,
    Secret,
    SnowflakeConfig,
    SyncMode,
)
from warehouse_sync.wire import encode, json_codec, lenient

Vector = Callable[[str], Any]

VECTORS = Path(__file__).parents[1] / "vectors"
MODELS = {"connections": Connection, "data-models": DataModel, "pipelines": Pipeline}
RESPONSES = [
    f"{folder}/{file.stem}"
    for folder in MODELS
    for file in sorted((VECTORS / folder).glob("*.response.json"))
    if file.stem.split(".")[0] not in ("list", "report", "trigger")
]


def at(text: str) -> datetime:
    """Return an instant in UTC, independently of the code under test."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SNOWFLAKE_SPEC = ConnectionSpec(
    id="example-snowflake-connection",
    name="Example Snowflake Connection",
    state="active",
    config=SnowflakeConfig(
        account_identifier="gd12345",
        region="us-central1.gcp",
        warehouse="compute_wh",
        database="my_database",
        role="mparticle_role",
        user="mparticle_user",
        password=Secret("mParticleSecurePassword"),
        storage_integration="mp_us1_123_123_s3",
    ),
)
TICKETS_SPEC = DataModelSpec(
    id="example-data-model",
    name="Example Data Model",
    sql_query="""SELECT email AS email, COUNT(id) AS "count_of_open_tickets", LAST_UPDATED_DATE_TIME FROM mp.demo_service.tickets WHERE t.status = 'open'""",
)
EVENTS_SPEC = PipelineSpec(
    id="string",
    name="string",
    pipeline_type="events",
    connection_id="string",
    field_transformation_id="field-transformation-id",
    data_model_id="string",
    partner_feed_id=0,
    partner_feed_key="string",
    state="active",
    sync_mode=SyncMode(
        type="incremental",
        iterator_field="updated_at",
        iterator_data_type="timestamp",
        from_=at("2022-07-01T16:00:00"),
        until=at("2022-08-01T16:00:00"),
    ),
    schedule=Schedule(
        type="interval",
        frequency="hourly",
        delay=timedelta(minutes=5),
        start=at("2022-07-01T16:00:00"),
        end=at("2022-08-01T16:00:00"),
    ),
    environment="development",
    data_plan_id="example-data-plan-id",
    data_plan_version=2,
)
BIGQUERY_KEY = json.loads((VECTORS / "connections/create-bigquery.request.json").read_bytes())["config"][
    "service_account_key"
]

REQUESTS: Mapping[str, encode.Spec] = {
    "feeds/create.request": FeedSpec(module_name="MailChimp", name="Mailchimp1"),
    "connections/create-bigquery.request": ConnectionSpec(
        id="example-bigquery-connection",
        name="Example BigQuery Connection",
        config=BigQueryConfig(
            region="us-east1",
            project_id="my-gcp-project",
            dataset_id="my-dataset",
            service_account_id="mparticle-account@my-gcp-project.iam.gserviceaccount.com",
            service_account_key=BIGQUERY_KEY,
        ),
    ),
    "connections/create-databricks.request": ConnectionSpec(
        id="example-databricks-connection",
        name="Example Databricks Connection",
        config=DatabricksConfig(provider="your-databricks-org-name", schema="your-schema-name"),
    ),
    "connections/create-redshift.request": ConnectionSpec(
        id="example-redshift-connection",
        name="Redshift Connection",
        config=RedshiftConfig(
            database="dev",
            host="dwi-test.ab123yyxwwzz.us-east-1.redshift.amazonaws.com",
            user="mParticle",
            password="mParticleSecurePassword",
            aws_iam_role_arn="arn:aws:iam::123456789:role/mParticle_role",
        ),
    ),
    "connections/create-snowflake.request": SNOWFLAKE_SPEC,
    "connections/update.request": SNOWFLAKE_SPEC,
    "data-models/create.request": TICKETS_SPEC,
    "data-models/update.request": TICKETS_SPEC,
    "pipelines/create-events.request": EVENTS_SPEC,
    "pipelines/update.request": attrs.evolve(
        EVENTS_SPEC, pipeline_type="user_attributes", field_transformation_id=None
    ),
}

ITERATOR: dict[str, Any] = {"iterator_field": "updated_on", "iterator_data_type": "datetime_tz"}
DOCUMENTED_SCHEDULES: Mapping[str, tuple[SyncMode, Schedule]] = {
    "schedules/daily-february": (
        SyncMode(type="incremental", from_=at("2023-02-01T12:00"), until=at("2023-03-01T12:00"), **ITERATOR),
        Schedule(
            type="interval", frequency="daily", start=at("2023-02-01T12:00"), end=at("2023-03-01T12:00")
        ),
    ),
    "schedules/hourly": (
        SyncMode(type="incremental", **ITERATOR),
        Schedule(type="interval", frequency="hourly", start=at("2023-02-01T00:15")),
    ),
    "schedules/hourly-delay-15m": (
        SyncMode(type="incremental", **ITERATOR),
        Schedule(type="interval", frequency="hourly", start=at("2023-02-01"), delay=timedelta(minutes=15)),
    ),
    "schedules/monthly-delay-5d": (
        SyncMode(type="incremental", from_=at("2020-01-01"), **ITERATOR),
        Schedule(type="interval", frequency="monthly", start=at("2023-02-01"), delay=timedelta(days=5)),
    ),
    "schedules/on-demand": (
        SyncMode(type="incremental", from_=at("2020-01-01"), **ITERATOR),
        Schedule(type="on_demand"),
    ),
    "schedules/once-full-2020": (
        SyncMode(type="full", from_=at("2020-01-01"), until=at("2021-01-01"), **ITERATOR),
        Schedule(type="once"),
    ),
}


def test_every_request_is_used() -> None:
    """The tables here use every request and schedule of the reference, except the trigger, which has no spec."""
    files = {*VECTORS.rglob("*.request.json"), *VECTORS.glob("schedules/*.json")}
    names = {str(file.relative_to(VECTORS).with_suffix("")) for file in files}
    assert names == {*REQUESTS, *DOCUMENTED_SCHEDULES, "pipelines/trigger.request"}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_is_encoded_as_documented(name: str, vector: Vector) -> None:
    """A spec is encoded to exactly the documented JSON, without the `errors` that the API sets."""
    expected = vector(name)
    expected.pop("errors", None)
    assert json.loads(json_codec.encode(encode.spec(REQUESTS[name]))) == expected


@pytest.mark.parametrize("name", REQUESTS)
def test_documented_request_is_valid(name: str) -> None:
    """No example of the reference is invalid."""
    assert list(REQUESTS[name].problems()) == []


def read(name: str, document: Any) -> Any:
    """Decode an example to the model of its folder."""
    return lenient.structure(document, MODELS[name.split("/", maxsplit=1)[0]])


@pytest.mark.parametrize("name", RESPONSES)
def test_response_is_sent_back_completely(name: str, vector: Vector) -> None:
    """A decoded resource is sent back with all fields that the user sets, and no others."""
    document = vector(name)
    sent = encode.spec(read(name, document).to_spec())
    assert sent == expected_echo(document)


def expected_echo(document: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a response to send back: no fields that the API sets, and the account under its documented name."""
    servers = {"status", "errors", "created_on", "created_by", "last_modified_on", "last_modified_by"}
    echo = {key: value for key, value in document.items() if key not in servers}
    if "source_account_id" in echo.get("config", {}):
        echo["config"] = {"account_identifier": echo["config"].pop("source_account_id"), **echo["config"]}
    if echo.get("pipeline_type") == "user_attributes":
        echo.pop("field_transformation_id", None)  # in the examples, but rejected by the API
    return echo


@pytest.mark.parametrize("name", [name for name in RESPONSES if not name.startswith("connections")])
def test_response_sent_back_is_valid(name: str, vector: Vector) -> None:
    """The spec of a documented data model or pipeline is valid."""
    assert list(read(name, vector(name)).to_spec().problems()) == []


@pytest.mark.parametrize("name", DOCUMENTED_SCHEDULES)
def test_schedule_is_decoded_and_encoded_as_documented(name: str, vector: Vector) -> None:
    """The schedules of the tutorial are decoded, valid, and encoded to the same JSON."""
    sync_mode, schedule = DOCUMENTED_SCHEDULES[name]
    spec = attrs.evolve(EVENTS_SPEC, sync_mode=sync_mode, schedule=schedule)
    document = json.loads(json.dumps(vector(name)).replace("T:", "T"))  # the typo is never sent
    assert {key: encode.spec(spec)[key] for key in ("sync_mode", "schedule")} == document
    assert lenient.structure(vector(name)["sync_mode"], SyncMode) == sync_mode
    assert lenient.structure(vector(name)["schedule"], Schedule) == schedule
    assert list(spec.problems()) == []
