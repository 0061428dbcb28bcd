"""Create the first files of a project from the questions of the tutorial."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from warehouse_sync import (
    ConnectionSpec,
    DataModelSpec,
    Environment,
    PipelineSpec,
    PipelineState,
    PipelineType,
    Schedule,
    ScheduleFrequency,
    ScheduleType,
    SyncMode,
    SyncModeType,
)
from warehouse_sync.declarative.files.fields import CONFIGS, fields_of
from warehouse_sync.declarative.files.schema import descriptions
from warehouse_sync.declarative.files.write import resource_document, to_yaml

# From the examples of the reference.
_EXAMPLES = {
    "Snowflake": {
        "account_identifier": "gd12345",
        "region": "us-central1.gcp",
        "warehouse": "compute_wh",
        "database": "my_database",
        "role": "mparticle_role",
        "user": "mparticle_user",
        "storage_integration": "mp_us1_123_123_s3",
    },
    "BigQuery": {
        "region": "us-east1",
        "project_id": "my-gcp-project",
        "dataset_id": "my-dataset",
        "service_account_id": "mparticle-account@my-gcp-project.iam.gserviceaccount.com",
    },
    "Redshift": {
        "database": "dev",
        "host": "dwi-test.ab123yyxwwzz.us-east-1.redshift.amazonaws.com",
        "user": "mParticle",
        "aws_iam_role_arn": "arn:aws:iam::123456789:role/mParticle_role",
    },
    "Databricks": {"provider": "your-databricks-org-name", "schema": "your-schema-name"},
}
_SCHEMA_COMMENT = "# yaml-language-server: $schema=warehouse-sync.schema.json\n"


@attrs.frozen(kw_only=True)
class ScaffoldOptions:
    """Options for the first files, as asked by the tutorial.

    Attributes:
        provider: The service provider.
        config: The fields of the connection, without secrets.
        pipeline_id: The id of the pipeline and of its data model.
        sql_query: The query of the data model.
        iterator_field: The column that shows which rows changed.
        iterator_data_type: The type of that column.
        frequency: `once`, `on_demand`, or the frequency of an interval schedule.
        environment: `development` or `production`.
        start: The first scheduled sync of an interval schedule.
        has_feed_key: Whether the pipeline refers to the key of a feed.
    """

    provider: str
    config: Mapping[str, str]
    pipeline_id: str
    sql_query: str
    iterator_field: str
    iterator_data_type: str
    frequency: str
    environment: str
    start: datetime
    has_feed_key: bool = False


@attrs.frozen(kw_only=True)
class ConfigQuestion:
    """A question about a required field of a connection that is not secret.

    Attributes:
        name: The name of the field.
        help: One line about the field.
        example: A value from the reference.
    """

    name: str
    help: str
    example: str


def config_questions(provider: str) -> list[ConfigQuestion]:
    """Return the questions about a connection, in the order of its fields."""
    config = CONFIGS[provider]
    described, examples = descriptions(config), _EXAMPLES[provider]
    return [
        ConfigQuestion(
            name=field.name,
            help=_first_sentence(described[field.attribute]),
            example=examples[field.name],
        )
        for field in fields_of(config)
        if field.required and not field.secret
    ]


def _first_sentence(text: str) -> str:
    """Return the first sentence of a description, without its example."""
    return text.partition(". ")[0].partition(", such as")[0].rstrip(".") + "."


def check_id(text: str) -> str | None:
    """Return why a text is not a valid id, or `None` if it is."""
    problems = DataModelSpec(id=text, name="any", sql_query="any").problems()
    return next((message for field, message in problems if field == "id"), None)


def scaffold_files(options: ScaffoldOptions) -> dict[str, str]:
    """Return files with a connection, a data model with its query, and a pipeline."""
    connection_id = options.provider.lower()
    words = options.pipeline_id.replace("-", " ").replace("_", " ").strip()
    title = words.capitalize() or options.pipeline_id
    fields: dict[str, Any] = dict(options.config)
    config = CONFIGS[options.provider](**fields)
    connection = ConnectionSpec(id=connection_id, name=options.provider, config=config)
    model = DataModelSpec(id=options.pipeline_id, name=title, sql_query=options.sql_query)
    pipeline = PipelineSpec(
        id=options.pipeline_id,
        name=title,
        pipeline_type=PipelineType.USER_ATTRIBUTES,
        connection_id=connection_id,
        data_model_id=options.pipeline_id,
        state=PipelineState.ACTIVE,
        sync_mode=_sync_mode(options),
        schedule=_schedule(options),
        environment=Environment(options.environment),
        partner_feed_key="given" if options.has_feed_key else None,  # written as a reference
    )
    model_document = {name: value for name, value in resource_document(model).items() if name != "sql_query"}
    documents = {
        "connections": resource_document(connection),
        "data_models": {**model_document, "sql_file": f"{options.pipeline_id}.sql"},
        "pipelines": {
            name: value for name, value in resource_document(pipeline).items() if value is not None
        },
    }
    files = {
        f"{section}.yaml": _SCHEMA_COMMENT + to_yaml({section: [document]})
        for section, document in documents.items()
    }
    return {**files, f"{options.pipeline_id}.sql": f"{options.sql_query}\n"}


def _sync_mode(options: ScaffoldOptions) -> SyncMode:
    return SyncMode(
        type=SyncModeType.INCREMENTAL,
        iterator_field=options.iterator_field,
        iterator_data_type=options.iterator_data_type,
    )


def _schedule(options: ScaffoldOptions) -> Schedule:
    if options.frequency in ("once", "on_demand"):
        return Schedule(type=ScheduleType(options.frequency))
    frequency = ScheduleFrequency(options.frequency)
    return Schedule(type=ScheduleType.INTERVAL, frequency=frequency, start=options.start)
