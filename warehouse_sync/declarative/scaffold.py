"""A first folder of files, from the tutorial's questions."""

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
_LINE = "# yaml-language-server: $schema=warehouse-sync.schema.json\n"


@attrs.frozen(kw_only=True)
class ScaffoldOptions:
    """What the tutorial asks.

    Attributes:
        provider: The warehouse.
        config: The fields of its connection, without the secrets.
        pipeline_id: The id of the pipeline and of its data model.
        sql_query: The query.
        iterator_field: The column that tells what changed.
        iterator_data_type: Its type.
        frequency: `once`, `on_demand`, or how often.
        environment: `development` or `production`.
        start: The first scheduled sync, for a frequency that needs one.
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


@attrs.frozen(kw_only=True)
class ConfigQuestion:
    """A field of a connection that has to be known and is no secret.

    Attributes:
        name: The field.
        help: What it is, in one line.
        example: A value of it, from the reference.
    """

    name: str
    help: str
    example: str


def config_questions(provider: str) -> list[ConfigQuestion]:
    """Return what has to be asked about a connection, in the order of its fields."""
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
    """Return what a description says first, without the example it may have."""
    return text.partition(". ")[0].partition(", such as")[0].rstrip(".") + "."


def check_id(text: str) -> str | None:
    """Return why a text cannot be the id of a resource; `None` if it can."""
    problems = DataModelSpec(id=text, name="any", sql_query="any").problems()
    return next((message for field, message in problems if field == "id"), None)


def scaffold_files(answers: ScaffoldOptions) -> dict[str, str]:
    """Return the files: a connection, a data model with its query beside it, a pipeline."""
    connection_id = answers.provider.lower()
    words = answers.pipeline_id.replace("-", " ").replace("_", " ").strip()
    title = words.capitalize() or answers.pipeline_id
    fields: dict[str, Any] = dict(answers.config)
    config = CONFIGS[answers.provider](**fields)
    connection = ConnectionSpec(id=connection_id, name=answers.provider, config=config)
    model = DataModelSpec(id=answers.pipeline_id, name=title, sql_query=answers.sql_query)
    pipeline = PipelineSpec(
        id=answers.pipeline_id,
        name=title,
        pipeline_type=PipelineType.USER_ATTRIBUTES,
        connection_id=connection_id,
        data_model_id=answers.pipeline_id,
        state=PipelineState.ACTIVE,
        sync_mode=_sync_mode(answers),
        schedule=_schedule(answers),
        environment=Environment(answers.environment),
    )
    model_document = {name: value for name, value in resource_document(model).items() if name != "sql_query"}
    documents = {
        "connections": resource_document(connection),
        "data_models": {**model_document, "sql_file": f"{answers.pipeline_id}.sql"},
        "pipelines": {
            name: value for name, value in resource_document(pipeline).items() if value is not None
        },
    }
    files = {
        f"{section}.yaml": _LINE + to_yaml({section: [document]}) for section, document in documents.items()
    }
    return {**files, f"{answers.pipeline_id}.sql": f"{answers.sql_query}\n"}


def _sync_mode(answers: ScaffoldOptions) -> SyncMode:
    return SyncMode(
        type=SyncModeType.INCREMENTAL,
        iterator_field=answers.iterator_field,
        iterator_data_type=answers.iterator_data_type,
    )


def _schedule(answers: ScaffoldOptions) -> Schedule:
    if answers.frequency in ("once", "on_demand"):
        return Schedule(type=ScheduleType(answers.frequency))
    frequency = ScheduleFrequency(answers.frequency)
    return Schedule(type=ScheduleType.INTERVAL, frequency=frequency, start=answers.start)
