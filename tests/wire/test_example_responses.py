"""Every response of the reference is decoded with all values."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from warehouse_sync.models import (
    BigQueryConfig,
    Connection,
    ConnectionStatus,
    DatabricksConfig,
    DataModel,
    DataModelStatus,
    Environment,
    ErrorMessage,
    Page,
    Pipeline,
    PipelineReport,
    PipelineState,
    PipelineStatus,
    PipelineType,
    RedshiftConfig,
    ResourceState,
    Run,
    RunStatus,
    RunType,
    Schedule,
    SnowflakeConfig,
    SyncMode,
    TriggeredRun,
)
from warehouse_sync.wire import error_responses, fast, lenient

Body = Callable[[str], bytes]
Vector = Callable[[str], Any]

VECTORS = Path(__file__).parents[1] / "vectors"
SOME_ERROR = (ErrorMessage(message="string"),)
MASK = "************"


def at(text: str) -> datetime:
    """Return an instant in UTC, independently of the code under test."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CREATED: dict[str, Any] = {
    "created_on": at("2023-02-03T23:53:08.413"),
    "created_by": "developer@mparticle.com",
}
LISTED: dict[str, Any] = {
    "id": "string",
    "name": "string",
    "state": ResourceState.ACTIVE,
    "status": ConnectionStatus.HEALTHY,
    "errors": SOME_ERROR,
    "created_on": at("2023-10-24T19:59:30.828"),
    "created_by": "string",
    "last_modified_on": at("2023-10-24T19:59:30.828"),
    "last_modified_by": "string",
}
STORAGE: dict[str, Any] = {
    "storage_integration": "mp_us1_123_123_s3",
    "aws_iam_user_arn": "arn:aws:iam::123456:user/externalstages/abcdefg",
    "aws_external_id": "GD1234=2_abcdefg==",
}
BIGQUERY: dict[str, Any] = {
    "region": "us-east1",
    "project_id": "my-gcp-project",
    "dataset_id": "my-dataset",
    "service_account_id": "mparticle-account@my-gcp-project.iam.gserviceaccount.com",
}
REDSHIFT: dict[str, Any] = {
    "database": "dev",
    "host": "dwi-test.ab123yyxwwzz.us-east-1.redshift.amazonaws.com",
    "user": "mParticle",
    "aws_iam_role_arn": "arn:aws:iam::123456789:role/mParticle_role",
}
BARE_REDSHIFT = RedshiftConfig(database="string", host="string", user="string", aws_iam_role_arn="string")

CONNECTIONS: Mapping[str, Connection] = {
    "connections/create-bigquery.response": Connection(
        id="example-bigquery-connection",
        name="Example BigQuery Connection",
        state=ResourceState.ACTIVE,
        status=ConnectionStatus.HEALTHY,
        config=BigQueryConfig(**BIGQUERY, service_account_key=MASK),
        **CREATED,
    ),
    "connections/create-databricks.response": Connection(
        id="example-databricks-connection",
        name="Example Databricks Connection",
        state=ResourceState.ACTIVE,
        config=DatabricksConfig(provider="your-databricks-organization-name", schema="your-schema-name"),
        **CREATED,
    ),
    "connections/create-redshift.response": Connection(
        id="example-redshift-connection",
        name="Redshift Connection",
        state=ResourceState.ACTIVE,
        status=ConnectionStatus.HEALTHY,
        config=RedshiftConfig(**REDSHIFT, port="5439", password=MASK),
        **CREATED,
    ),
    "connections/create-snowflake.response": Connection(
        id="example-connection",
        name="Example Snowflake Connection",
        state=ResourceState.ACTIVE,
        status=ConnectionStatus.HEALTHY,
        config=SnowflakeConfig(
            account_identifier="gd12345",
            region="us-central1.gcp",
            warehouse="compute_wh",
            database="my_database",
            role="mparticle_role",
            user="mparticle_user",
            password=MASK,
            **STORAGE,
        ),
        **CREATED,
    ),
    "connections/get.response": Connection(
        id="example-connection",
        name="example-connection-name",
        state=ResourceState.ACTIVE,
        status=ConnectionStatus.HEALTHY,
        errors=(ErrorMessage(message="example error message"),),
        config=BARE_REDSHIFT,
        created_on=at("2023-10-24T20:06:37.429"),
        created_by="string",
        last_modified_on=at("2023-10-24T20:06:37.429"),
        last_modified_by="string",
    ),
    "connections/update.response": Connection(
        id="example-connection",
        name="Example Snowflake Connection",
        state=ResourceState.ACTIVE,
        status=ConnectionStatus.HEALTHY,
        config=SnowflakeConfig(
            account_identifier="gd1234",
            region="us-central1.gcp",
            warehouse="compute_wh",
            database="indicative",
            role="mp_role",
            user="mp_user",
            password=MASK,
            **STORAGE,
        ),
        **CREATED,
    ),
}

CONNECTION_LIST = [
    Connection(config=BARE_REDSHIFT, **LISTED),
    Connection(
        config=SnowflakeConfig(
            account_identifier="string",
            region="string",
            warehouse="string",
            database="string",
            role="string",
            user="string",
            **STORAGE,
        ),
        **LISTED,
    ),
    Connection(
        config=BigQueryConfig(
            region="string",
            project_id="string",
            dataset_id="string",
            service_account_id="string",
            service_account_key="string",
        ),
        **LISTED,
    ),
]

OPEN_TICKETS = """SELECT email AS email, COUNT(id) AS "count_of_open_tickets"{} FROM mp.demo_service.tickets WHERE t.status = 'open'"""
TICKETS_WITH_DATE = OPEN_TICKETS.format(", LAST_UPDATED_DATE_TIME")


def data_model(on: str, by: str = "string", **fields: str) -> Any:
    """Return the data model of the examples."""
    audit = {"created_on": at(on), "created_by": by, "last_modified_on": at(on), "last_modified_by": by}
    known = {"id": "string", "name": "string", "sql_query": "string", **fields}
    status = {"state": ResourceState.ACTIVE, "status": DataModelStatus.VALID, "errors": SOME_ERROR}
    return DataModel(**known, **status, **audit)  # type: ignore[arg-type]  # the fields are gathered by name


DATA_MODELS: Mapping[str, DataModel] = {
    "data-models/create.response": data_model("2023-10-24T21:23:20.833"),
    "data-models/update.response": data_model("2023-10-24T21:23:20.833"),
    "data-models/get.response": data_model(
        "2023-10-24T21:14:30.532",
        "developer@example.com",
        id="example-data-model",
        name="Example Data Model",
        sql_query=OPEN_TICKETS.format(""),
    ),
}
DATA_MODEL_LIST = [
    data_model(
        "2023-10-24T21:05:19.281",
        "developer@example.com",
        name="example-data-model",
        sql_query=TICKETS_WITH_DATE,
    )
]

JULY, AUGUST = at("2022-07-01T16:00:00"), at("2022-08-01T16:00:00")
SYNC_MODE = SyncMode(
    type="incremental",
    iterator_field="updated_at",
    iterator_data_type="timestamp",
    from_=JULY,
    until=AUGUST,
)
SCHEDULE = Schedule(type="interval", frequency="hourly", delay="5m", start=JULY, end=AUGUST)
PLAN: dict[str, Any] = {"data_plan_id": "example-data-plan-id", "data_plan_version": 2}


def pipeline(on: str, by: str = "string", **fields: Any) -> Pipeline:
    """Return the pipeline of the examples."""
    known: dict[str, Any] = {
        "id": "string",
        "name": "string",
        "pipeline_type": PipelineType.USER_ATTRIBUTES,
        "connection_id": "string",
        "data_model_id": "string",
        "partner_feed_id": 0,
        "partner_feed_key": "string",
        "state": PipelineState.ACTIVE,
        "status": PipelineStatus.IDLE,
        "errors": SOME_ERROR,
        "sync_mode": SYNC_MODE,
        "schedule": SCHEDULE,
        "environment": Environment.DEVELOPMENT,
    }
    audit = {"created_on": at(on), "created_by": by, "last_modified_on": at(on), "last_modified_by": by}
    return Pipeline(**known | audit | fields)


def listed_pipeline(number: int) -> Pipeline:
    """Return the pipeline of the list example."""
    return pipeline(
        "2023-10-25T15:21:55.899",
        "developer@example.com",
        id=f"example-pipeline-{number}",
        name=f"Example Pipeline {number}",
        connection_id="connection-id",
        data_model_id="data-model-id",
        field_transformation_id="field-transformation-id",
        partner_feed_key="feed-key",
    )


PIPELINES: Mapping[str, Pipeline] = {
    "pipelines/create-events.response": pipeline(
        "2023-10-25T16:02:28.008",
        pipeline_type=PipelineType.EVENTS,
        field_transformation_id="field-transformation-id",
        **PLAN,
    ),
    "pipelines/get.response": listed_pipeline(1),
    "pipelines/update.response": pipeline("2023-10-25T16:02:28.008", **PLAN),
}
PIPELINE_LIST = [listed_pipeline(1), listed_pipeline(2)]


def run(on: str, **fields: Any) -> Run:
    """Return the run of the examples, in which all dates are equal."""
    known: dict[str, Any] = {
        "id": 251,
        "pipeline_id": "example-pipeline",
        "type": RunType.SCHEDULED,
        "status": RunStatus.SUCCESS,
        "errors": SOME_ERROR,
        "successful_records": 100,
        "failed_records": 0,
    }
    names = ("logical_date", "started_on", "ended_on", "range_start", "range_end")
    return Run(**known | {name: at(on) for name in names} | fields)


RUN = run("2023-10-25T18:11:57.321")
PAGE = Page(
    items=(RUN, run("2023-10-25T19:11:57.321", id=252)),
    current_page=1,
    page_size=50,
    total_pages=1,
    total_items=1,
    has_previous_page=False,
    has_next_page=False,
)
REPORT = PipelineReport(
    pipeline_id="string",
    status=PipelineStatus.IDLE,
    errors=SOME_ERROR,
    connection_status=ConnectionStatus.HEALTHY,
    connection_errors=SOME_ERROR,
    data_model_status=DataModelStatus.VALID,
    data_model_errors=SOME_ERROR,
    latest_successful_pipeline_run_id=0,
    latest_pipeline_run=run("2023-10-25T18:11:57.321", id=0, pipeline_id="string", successful_records=0),
)

SINGLES: Mapping[str, Any] = {**CONNECTIONS, **DATA_MODELS, **PIPELINES}
LISTS: Mapping[str, Any] = {
    "connections/list.response": CONNECTION_LIST,
    "data-models/list.response": DATA_MODEL_LIST,
    "pipelines/list.response": PIPELINE_LIST,
}
FAST: Mapping[str, tuple[Callable[[bytes], Any], Any]] = {
    "pipelines/report.response": (fast.report, REPORT),
    "runs/get.response": (fast.run, RUN),
    "runs/list.response": (fast.page, PAGE),
}


def test_every_response_is_used() -> None:
    """The tables here use every response of the reference; `test_envelopes` and the tests of feeds use those of feeds."""
    files = {str(file.relative_to(VECTORS).with_suffix("")) for file in VECTORS.rglob("*.response.json")}
    files = {name for name in files if not name.startswith("feeds/")}
    assert files == {*SINGLES, *LISTS, *FAST, "pipelines/trigger.response"}


@pytest.mark.parametrize("name", SINGLES)
def test_response_is_decoded_with_every_value(name: str, body: Body) -> None:
    """A response is decoded to its model with all values, and nothing is left over."""
    expected = SINGLES[name]
    read = lenient.decode(body(name), type(expected))
    assert read == expected
    assert repr(read) == repr(expected)  # a plain string would be equal, too


@pytest.mark.parametrize("name", LISTS)
def test_list_is_decoded_in_order(name: str, body: Body) -> None:
    """A JSON array is decoded to a list of models in the same order."""
    expected = LISTS[name]
    read = lenient.decode_list(body(name), type(expected[0]))
    assert read == expected
    assert repr(read) == repr(expected)


@pytest.mark.parametrize("name", FAST)
def test_response_is_the_same_in_both_decoders(name: str, body: Body) -> None:
    """Reports, runs and pages are decoded with all values by the fast and by the lenient decoder."""
    read, expected = FAST[name]
    for value in (read(body(name)), lenient.decode(body(name), type(expected))):
        assert value == expected
        assert repr(value) == repr(expected)


def test_trigger_response_is_decoded(vector: Vector) -> None:
    """The response to a trigger contains the run; the pipeline is known from the request."""
    document = {**vector("pipelines/trigger.response"), "pipeline_id": "p"}
    expected = TriggeredRun(pipeline_id="p", run_id=13325, status="attempt_requested")
    assert lenient.structure(document, TriggeredRun) == expected


def test_busy_response_has_its_own_exception(body: Body) -> None:
    """The documented 400 of a busy pipeline has its message and its own exception."""
    messages = error_responses.error_messages(body("pipelines/trigger-busy.error-400"))
    assert messages == ("Pipeline example-pipeline is already in progress.",)
    assert error_responses.error_class(400, messages).__name__ == "PipelineBusyError"
