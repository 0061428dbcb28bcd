"""The shapes of the v2 API: what is sent, and what comes back.

What is sent is described strictly, as the reference has it. What comes back is described leniently: fields and values
may be added, and the reference's own examples leave fields out.
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
_SLUG = "^[A-Za-z0-9_-]+$"
# With the reference's oddities: no zone, and once `T:`.
_MOMENT = r"^\d{4}-\d{2}-\d{2}T:?\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$"
_DELAY = "^[0-9]{1,6}[smhdwy]$"
_DIGITS = "^[0-9]{1,18}$"
_STATES = ("new", "active", "inactive")
_ITERATOR = "Required if `type` is `incremental`. "


def ref(name: str) -> Schema:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def text(description: str = "", **more: object) -> Schema:
    """Return the schema of a string that is not empty."""
    return {"type": "string", "minLength": 1, **_described(description), **more}


def words(*allowed: str, description: str = "") -> Schema:
    """Return the schema of a string that is one of a few."""
    return {"type": "string", "enum": list(allowed), **_described(description)}


def open_words(*known: str, description: str = "") -> Schema:
    """Return the schema of a string whose known values may not be all there will be."""
    return {"type": "string", **_described(f"{description} Known values: {', '.join(known)}.".strip())}


def moment(description: str = "", *, nullable: bool = False) -> Schema:
    """Return the schema of a timestamp."""
    return {
        "type": ["string", "null"] if nullable else "string",
        "pattern": _MOMENT,
        "examples": ["2022-10-30T11:00:16Z"],
        **_described(description),
    }


def optional_text() -> Schema:
    """Return the schema of a string that may be null."""
    return {"type": ["string", "null"]}


def array(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def sealed(
    properties: Mapping[str, Schema], *, optional: tuple[str, ...] = (), description: str = ""
) -> Schema:
    """Return the schema of an object that is sent: fields are required unless they are named as optional."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        **_described(description),
        "properties": dict(properties),
        "required": required,
    }


def shown(properties: Mapping[str, Schema], *, required: tuple[str, ...], description: str = "") -> Schema:
    """Return the schema of an object that comes back: more fields may come."""
    return {
        "type": "object",
        **_described(description),
        "properties": dict(properties),
        "required": list(required),
    }


def _described(description: str) -> Schema:
    return {"description": description} if description else {}


_SLUG_ID = text("Unique identifier: letters, digits, `_` and `-`.", pattern=_SLUG)
_SECRET = text("Comes back as `************`, or not at all.", writeOnly=True)
_NUMBER = {"type": ["integer", "string"], "pattern": _DIGITS, "minimum": 0}
_ERRORS = array(ref("Message"))
_AUDIT = {
    "created_on": moment("Examples without a zone mean UTC."),
    "created_by": optional_text(),
    "last_modified_on": moment("Null until the first update.", nullable=True),
    "last_modified_by": optional_text(),
}
_PROVIDERS: dict[str, tuple[dict[str, Schema], tuple[str, ...]]] = {
    "Snowflake": (
        {
            "account_identifier": text("One example of an answer calls it `source_account_id`."),
            "region": text(),
            "warehouse": text(),
            "database": text(),
            "role": text(),
            "user": text(),
            "password": _SECRET,
            "storage_integration": text(),
            "aws_iam_user_arn": text(),
            "aws_external_id": text(),
        },
        ("aws_iam_user_arn", "aws_external_id"),
    ),
    "BigQuery": (
        {
            "region": text(),
            "project_id": text(),
            "dataset_id": text(),
            "service_account_id": text(),
            "service_account_key": text("A JSON document as a string. A list example shows it in clear."),
        },
        (),
    ),
    "Redshift": (
        {
            "database": text(),
            "host": text(),
            "port": {
                **_NUMBER,
                "description": "Typed as a string, left out of the request's example, `5439` in the answer.",
            },
            "user": text(),
            "password": _SECRET,
            "aws_iam_role_arn": text(),
        },
        ("port",),
    ),
    "Databricks": ({"provider": text(), "schema": text()}, ()),
}


def _connection_spec(provider: str) -> Schema:
    return sealed(
        {
            "id": _SLUG_ID,
            "name": text(),
            "state": words(*_STATES),
            "service_provider": {"const": provider},
            "config": ref(f"{provider}Config"),
        }
    )


_CONNECTION_SPECS: dict[str, Schema] = {
    **{
        f"{provider}Config": sealed(fields, optional=optional)
        for provider, (fields, optional) in _PROVIDERS.items()
    },
    **{f"{provider}ConnectionSpec": _connection_spec(provider) for provider in _PROVIDERS},
    "ConnectionSpec": {
        "oneOf": [ref(f"{provider}ConnectionSpec") for provider in _PROVIDERS],
        "discriminator": {
            "propertyName": "service_provider",
            "mapping": {provider: ref(f"{provider}ConnectionSpec")["$ref"] for provider in _PROVIDERS},
        },
    },
}
_SYNC_MODE_FIELDS = {
    "type": words(
        "incremental",
        "full",
        description="The table has `full`, the text about triggers `full_sync`: send `full`, expect both.",
    ),
    "iterator_field": text(_ITERATOR + "The example that runs once sends it with `full`."),
    "iterator_data_type": text(_ITERATOR + "`timestamp`, `datetime` and `datetime_tz` are shown."),
    "from": moment("Timestamp of the first record to sync."),
    "until": moment("Timestamp of the last record to sync."),
}
_SYNC_MODE = sealed(_SYNC_MODE_FIELDS, optional=("iterator_field", "iterator_data_type", "from", "until")) | {
    "if": {"properties": {"type": {"const": "incremental"}}},
    "then": {"required": ["iterator_field", "iterator_data_type"]},
}
_SCHEDULE_FIELDS = {
    "type": words(
        "interval",
        "once",
        "on_demand",
        # Were both allowed, generated clients would give them the same name.
        description="The prose and the JSON have `on_demand`, the table `on-demand`: send `on_demand`, expect both.",
    ),
    "frequency": words("hourly", "daily", "weekly", "monthly", description="Required if `interval`."),
    "delay": text(
        "How long after its scheduled time a sync runs. The table calls it required, the examples leave it out.",
        pattern=_DELAY,
        examples=["15m"],
    ),
    "start": moment(
        "Required if `interval`: the first scheduled sync. If `sync_mode.from` is the same, the first sync is one "
        "interval later."
    ),
    "end": moment("The last scheduled sync."),
}
_SCHEDULE = sealed(_SCHEDULE_FIELDS, optional=("frequency", "delay", "start", "end")) | {
    "if": {"properties": {"type": {"const": "interval"}}},
    "then": {"required": ["frequency", "start"]},
}
_PIPELINE_FIELDS = {
    "id": _SLUG_ID,
    "name": text(),
    "pipeline_type": words("user_attributes", "events"),
    "connection_id": _SLUG_ID,
    "field_transformation_id": text(
        "Required for `events`, refused for `user_attributes`, yet shown with it."
    ),
    "data_model_id": _SLUG_ID,
    "partner_feed_id": _NUMBER,
    "partner_feed_key": text(),
    "state": words("new", "active", "paused"),
    "sync_mode": ref("SyncMode"),
    "schedule": ref("Schedule"),
    "environment": words("development", "production"),
    "data_plan_id": text(),
    "data_plan_version": {**_NUMBER, "description": "Typed as a string, shown as a number."},
}
_PIPELINE_SPEC = sealed(
    _PIPELINE_FIELDS,
    optional=(
        "field_transformation_id",
        "partner_feed_id",
        "partner_feed_key",
        "data_plan_id",
        "data_plan_version",
    ),
) | {
    "if": {"properties": {"pipeline_type": {"const": "events"}}},
    "then": {"required": ["field_transformation_id"]},
    "else": {"not": {"required": ["field_transformation_id"]}},
}
_DATA_MODEL_FIELDS = {
    "id": _SLUG_ID,
    "name": text(),
    "state": words(*_STATES),
    "type": {"const": "sql"},
    "config": sealed({"sql_query": text("Selects all columns of the data model.")}),
}
_RUN = shown(
    {
        "id": {**_NUMBER, "description": "Typed as a string, shown as a number."},
        "pipeline_id": text(),
        "type": open_words("scheduled", "manual"),
        "status": open_words("queued", "running", "success", "failed", "stopped", "retrying"),
        "errors": _ERRORS,
        "logical_date": moment("The start of the interval the run belongs to."),
        "started_on": moment(nullable=True),
        "ended_on": moment(nullable=True),
        "range_start": moment(nullable=True),
        "range_end": moment(nullable=True),
        "successful_records": {
            "type": ["integer", "string", "null"],
            "description": "Typed as a string, shown as a number.",
        },
        "failed_records": {"type": ["integer", "string", "null"]},
    },
    required=("id", "pipeline_id", "type", "status", "logical_date"),
)
_PAGE = shown(
    {
        "items": array(ref("Run")),
        "current_page": {"type": "integer", "minimum": 1},
        "page_size": {"type": "integer", "minimum": 1},
        "total_pages": {"type": "integer", "minimum": 0},
        "total_items": {
            "type": "integer",
            "minimum": 0,
            "description": "The example has 2 items and says 1.",
        },
        "has_previous_page": {"type": "boolean"},
        "has_next_page": {"type": "boolean", "description": "Follow this, and nothing else."},
    },
    required=("items", "current_page", "has_next_page"),
)
_REPORT = shown(
    {
        "pipeline_id": text(),
        "status": open_words("idle", "running", "faulted", "stopped"),
        "errors": _ERRORS,
        "connection_status": open_words("healthy", "faulted"),
        "connection_errors": _ERRORS,
        "data_model_status": open_words("valid", "invalid"),
        "data_model_errors": _ERRORS,
        "latest_successful_pipeline_run_id": {"type": ["integer", "string", "null"]},
        "latest_pipeline_run": {"anyOf": [ref("Run"), {"type": "null"}]},
    },
    required=("pipeline_id", "status"),
    description="Answers 404 for about a minute after a pipeline was created.",
)
SCHEMAS: dict[str, Schema] = {
    "Message": shown({"message": {"type": "string"}}, required=("message",)),
    "Error": shown(
        {"statusCode": {"type": "integer"}, "errors": _ERRORS},
        required=("errors",),
        description="What every refusal answers with.",
    ),
    **_CONNECTION_SPECS,
    "Connection": shown(
        {
            "id": text(),
            "name": text(),
            "state": open_words(*_STATES),
            "status": open_words("healthy", "faulted", description="Missing from the Databricks answer."),
            "errors": _ERRORS,
            "service_provider": open_words(*_PROVIDERS),
            "config": {"type": "object", "description": "As sent, secrets masked or left out."},
            **_AUDIT,
        },
        required=("id", "name", "state", "service_provider", "config"),
    ),
    "DataModelSpec": sealed(_DATA_MODEL_FIELDS),
    "DataModel": shown(
        {
            **_DATA_MODEL_FIELDS,
            "state": open_words(*_STATES),
            "type": open_words("sql"),
            "status": open_words("valid", "invalid"),
            "errors": _ERRORS,
            **_AUDIT,
        },
        required=("id", "name", "state", "config"),
    ),
    "SyncMode": _SYNC_MODE,
    "Schedule": _SCHEDULE,
    "ShownSyncMode": shown(
        {**_SYNC_MODE_FIELDS, "type": open_words("incremental", "full", "full_sync")}, required=("type",)
    ),
    "ShownSchedule": shown(
        {
            **_SCHEDULE_FIELDS,
            "type": open_words("interval", "once", "on_demand", "on-demand"),
            "frequency": open_words("hourly", "daily", "weekly", "monthly"),
            "delay": text(examples=["15m"]),
        },
        required=("type",),
    ),
    "PipelineSpec": _PIPELINE_SPEC,
    "Pipeline": shown(
        {
            **_PIPELINE_FIELDS,
            "pipeline_type": open_words("user_attributes", "events"),
            "state": open_words("new", "active", "paused"),
            "sync_mode": ref("ShownSyncMode"),
            "schedule": ref("ShownSchedule"),
            "environment": open_words("development", "production"),
            "status": open_words("idle", "running", "faulted", "stopped"),
            "errors": _ERRORS,
            **_AUDIT,
        },
        required=("id", "name", "pipeline_type", "connection_id", "data_model_id", "state"),
    ),
    "Trigger": sealed({"pipeline_id": _SLUG_ID}),
    "Triggered": shown(
        {"pipeline_run_id": _NUMBER, "status": open_words("attempt_requested")},
        required=("pipeline_run_id", "status"),
    ),
    "Run": _RUN,
    "RunPage": _PAGE,
    "PipelineReport": _REPORT,
    "TokenRequest": sealed(
        {
            "client_id": text(),
            "client_secret": text(writeOnly=True),
            "audience": {"const": "https://api.mparticle.com", "description": "The same for every region."},
            "grant_type": {"const": "client_credentials"},
        }
    ),
    "Token": shown(
        {
            "access_token": text(),
            "expires_in": {"type": "integer", "description": "Seconds."},
            "token_type": {"const": "Bearer"},
        },
        required=("access_token", "token_type"),
    ),
}
