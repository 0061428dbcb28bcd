"""The JSON schemas of the v2 API: request bodies and responses.

Request schemas are strict, as the reference has them. Response schemas are lenient, because fields and values may be
added, and the reference's own examples leave fields out.
"""

from warehouse_sync.emulator.openapi.schema_types import (
    Schema,
    array,
    count,
    enum,
    open_enum,
    optional_text,
    ref,
    request_object,
    response_object,
    text,
    timestamp,
)

_SLUG = "^[A-Za-z0-9_-]+$"
_DELAY = "^[0-9]{1,6}[smhdwy]$"
_DIGITS = "^[0-9]{1,18}$"
_STATES = ("new", "active", "inactive")
_ITERATOR = "Required if `type` is `incremental`. "
# The same in all examples, so that a mock answers with what was requested.
_EXAMPLE = ["example"]
_SLUG_ID = text("Unique identifier: letters, digits, `_` and `-`.", pattern=_SLUG, examples=_EXAMPLE)
_SECRET = text("Responses show it as `************`, or not at all.", writeOnly=True)
_NUMBER = {"type": ["integer", "string"], "pattern": _DIGITS, "minimum": 0, "examples": [1]}
_ERRORS = array(ref("Message"))
_AUDIT = {
    "created_on": timestamp("Examples without a zone mean UTC."),
    "created_by": optional_text(),
    "last_modified_on": timestamp("Null until the first update.", nullable=True),
    "last_modified_by": optional_text(),
}
_PROVIDERS: dict[str, tuple[dict[str, Schema], tuple[str, ...]]] = {
    "Snowflake": (
        {
            "account_identifier": text("One example of a response calls it `source_account_id`."),
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
                "description": "Typed as a string, left out of the request's example, `5439` in the response.",
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
    return request_object(
        {
            "id": _SLUG_ID,
            "name": text(),
            "state": enum(*_STATES),
            "service_provider": {"const": provider},
            "config": ref(f"{provider}Config"),
        }
    )


_CONNECTION_SPECS: dict[str, Schema] = {
    **{
        f"{provider}Config": request_object(fields, optional=optional)
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
    "type": enum(
        "incremental",
        "full",
        description="The table has `full`, the text about triggers `full_sync`: send `full`, expect both.",
    ),
    "iterator_field": text(_ITERATOR + "The example that runs once sends it with `full`."),
    "iterator_data_type": text(
        _ITERATOR + "`timestamp`, `datetime` and `datetime_tz` are shown.", examples=["timestamp"]
    ),
    "from": timestamp("Timestamp of the first record to sync."),
    "until": timestamp("Timestamp of the last record to sync."),
}
_SYNC_MODE = request_object(
    _SYNC_MODE_FIELDS, optional=("iterator_field", "iterator_data_type", "from", "until")
) | {
    "if": {"properties": {"type": {"const": "incremental"}}},
    "then": {"required": ["iterator_field", "iterator_data_type"]},
}
_SCHEDULE_FIELDS = {
    "type": enum(
        "interval",
        "once",
        "on_demand",
        # With both values generated clients would have two members of the same name.
        description="The prose and the JSON have `on_demand`, the table `on-demand`: send `on_demand`, expect both.",
    ),
    "frequency": enum("hourly", "daily", "weekly", "monthly", description="Required if `interval`."),
    "delay": text(
        "How long after its scheduled time a sync runs. Required in the table, left out in the examples.",
        pattern=_DELAY,
        examples=["15m"],
    ),
    "start": timestamp(
        "Required if `interval`: the first scheduled sync. If `sync_mode.from` is the same, the first sync is one "
        "interval later."
    ),
    "end": timestamp("The last scheduled sync."),
}
_SCHEDULE = request_object(_SCHEDULE_FIELDS, optional=("frequency", "delay", "start", "end")) | {
    "if": {"properties": {"type": {"const": "interval"}}},
    "then": {"required": ["frequency", "start"]},
}
_PIPELINE_FIELDS = {
    "id": _SLUG_ID,
    "name": text(),
    "pipeline_type": enum("user_attributes", "events"),
    "connection_id": _SLUG_ID,
    "field_transformation_id": text(
        "Required for `events`, rejected for `user_attributes`, but responses of those show it."
    ),
    "data_model_id": _SLUG_ID,
    "partner_feed_id": _NUMBER,
    "partner_feed_key": text(),
    "state": enum("new", "active", "paused"),
    "sync_mode": ref("SyncMode"),
    "schedule": ref("Schedule"),
    "environment": enum("development", "production"),
    "data_plan_id": text(),
    "data_plan_version": {**_NUMBER, "description": "Typed as a string, shown as a number."},
}
_PIPELINE_SPEC = request_object(
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
    "state": enum(*_STATES),
    "type": {"const": "sql"},
    "config": request_object({"sql_query": text("Selects all columns of the data model.")}),
}
_RUN = response_object(
    {
        "id": {**_NUMBER, "description": "Typed as a string, shown as a number."},
        "pipeline_id": text(examples=_EXAMPLE),
        "type": open_enum("scheduled", "manual"),
        "status": open_enum("queued", "running", "success", "failed", "stopped", "retrying"),
        "errors": _ERRORS,
        "logical_date": timestamp("The start of the interval the run belongs to."),
        "started_on": timestamp(nullable=True),
        "ended_on": timestamp(nullable=True),
        "range_start": timestamp(nullable=True),
        "range_end": timestamp(nullable=True),
        "successful_records": count("Typed as a string, shown as a number."),
        "failed_records": count(),
    },
    required=("id", "pipeline_id", "type", "status", "logical_date"),
)
_PAGE = response_object(
    {
        "items": array(ref("Run")),
        "current_page": {"type": "integer", "minimum": 1},
        "page_size": {"type": "integer", "minimum": 1},
        "total_pages": {"type": "integer", "minimum": 0},
        "total_items": {
            "type": "integer",
            "minimum": 0,
            "description": "In the example 1, with 2 items.",
        },
        "has_previous_page": {"type": "boolean"},
        "has_next_page": {"type": "boolean", "description": "The only field to page by."},
    },
    required=("items", "current_page", "has_next_page"),
)
_REPORT = response_object(
    {
        "pipeline_id": text(examples=_EXAMPLE),
        "status": open_enum("idle", "running", "faulted", "stopped"),
        "errors": _ERRORS,
        "connection_status": open_enum("healthy", "faulted"),
        "connection_errors": _ERRORS,
        "data_model_status": open_enum("valid", "invalid"),
        "data_model_errors": _ERRORS,
        "latest_successful_pipeline_run_id": {"type": ["integer", "string", "null"], "pattern": _DIGITS},
        "latest_pipeline_run": {"anyOf": [ref("Run"), {"type": "null"}]},
    },
    required=("pipeline_id", "status"),
    description="404 for about a minute after the pipeline is created.",
)
_FEED_SETTING = {
    "name": text(),
    "value": {"type": ["string", "null"], "description": "Null in responses if it is a secret."},
}
_FEED_FIELDS = {
    "module_name": text("The kind of feed."),
    "name": text(),
    "os": text("The platform that the feed acts as; `Unknown` for none."),
    "is_debug": {"type": "boolean"},
    "settings": array(request_object(_FEED_SETTING, optional=("value",))),
}
_LISTED_FEED = {
    "id": {**_NUMBER, "description": "A string in a list, a number elsewhere."},
    "name": text(),
    "data_type": text("`partner_feed` in a list, `Partner Feed` elsewhere."),
    "created_on": timestamp("No zone means UTC."),
}


def _feed_envelope(
    properties: dict[str, Schema], *, required: tuple[str, ...], description: str = "", is_list: bool = False
) -> Schema:
    """Return the schema of a successful response: the feeds, or one, and no errors."""
    size = {} if is_list else {"minItems": 1, "maxItems": 1}
    item = response_object(properties, required=required, description=description)
    return response_object(
        {
            "data": {**array(item), **size},
            "dataType": text("`data_type` in some responses."),
            "errors": {"type": ["array", "null"], "items": ref("Message"), "maxItems": 0},
        },
        required=("data",),
    )


_FEEDS: dict[str, Schema] = {
    "FeedSpec": request_object(_FEED_FIELDS, optional=("os", "is_debug", "settings")),
    "FeedListEnvelope": _feed_envelope(_LISTED_FEED, required=("id", "name"), is_list=True),
    "FeedEnvelope": _feed_envelope(
        {**_LISTED_FEED, **_FEED_FIELDS},
        required=("id", "name", "module_name"),
        description="Without the server-to-server key.",
    ),
    "CreatedFeedEnvelope": _feed_envelope(
        {name: schema for name, schema in _LISTED_FEED.items() if name != "name"}, required=("id",)
    ),
}
SCHEMAS: dict[str, Schema] = {
    "Message": response_object({"message": {"type": "string"}}, required=("message",)),
    "Error": response_object(
        {"statusCode": {"type": "integer"}, "errors": _ERRORS},
        required=("errors",),
        description="The body of every error response.",
    ),
    **_CONNECTION_SPECS,
    "Connection": response_object(
        {
            "id": text(examples=_EXAMPLE),
            "name": text(),
            "state": open_enum(*_STATES),
            "status": open_enum("healthy", "faulted", description="Missing from the Databricks response."),
            "errors": _ERRORS,
            "service_provider": open_enum(*_PROVIDERS),
            "config": {"type": "object", "description": "As sent, secrets masked or left out."},
            **_AUDIT,
        },
        required=("id", "name", "state", "service_provider", "config"),
    ),
    "DataModelSpec": request_object(_DATA_MODEL_FIELDS),
    "DataModel": response_object(
        {
            **_DATA_MODEL_FIELDS,
            "state": open_enum(*_STATES),
            "type": open_enum("sql"),
            "status": open_enum("valid", "invalid"),
            "errors": _ERRORS,
            **_AUDIT,
        },
        required=("id", "name", "state", "config"),
    ),
    "SyncMode": _SYNC_MODE,
    "Schedule": _SCHEDULE,
    "ShownSyncMode": response_object(
        {**_SYNC_MODE_FIELDS, "type": open_enum("incremental", "full", "full_sync")}, required=("type",)
    ),
    "ShownSchedule": response_object(
        {
            **_SCHEDULE_FIELDS,
            "type": open_enum("interval", "once", "on_demand", "on-demand"),
            "frequency": open_enum("hourly", "daily", "weekly", "monthly"),
            "delay": text(examples=["15m"]),
        },
        required=("type",),
    ),
    "PipelineSpec": _PIPELINE_SPEC,
    "Pipeline": response_object(
        {
            **_PIPELINE_FIELDS,
            "pipeline_type": open_enum("user_attributes", "events"),
            "state": open_enum("new", "active", "paused"),
            "sync_mode": ref("ShownSyncMode"),
            "schedule": ref("ShownSchedule"),
            "environment": open_enum("development", "production"),
            "status": open_enum("idle", "running", "faulted", "stopped"),
            "errors": _ERRORS,
            **_AUDIT,
        },
        required=("id", "name", "pipeline_type", "connection_id", "data_model_id", "state"),
    ),
    "DataPlan": response_object(
        {
            "data_plan_id": text(),
            "data_plan_name": text(),
            "data_plan_versions": array(ref("DataPlanVersion")),
            **_AUDIT,
        },
        required=("data_plan_id", "data_plan_versions"),
        description="From the Data Planning API; other fields are left out here.",
    ),
    "DataPlanVersion": response_object(
        {
            "data_plan_id": text(),
            "version": {"type": "integer", "minimum": 1},
            "activated_environment": open_enum("none", "development", "production"),
        },
        required=("version", "activated_environment"),
    ),
    **_FEEDS,
    "Trigger": request_object({"pipeline_id": _SLUG_ID}),
    "Triggered": response_object(
        {"pipeline_run_id": _NUMBER, "status": open_enum("attempt_requested")},
        required=("pipeline_run_id", "status"),
    ),
    "Run": _RUN,
    "RunPage": _PAGE,
    "PipelineReport": _REPORT,
    "TokenRequest": request_object(
        {
            "client_id": text(),
            "client_secret": text(writeOnly=True),
            "audience": {"const": "https://api.mparticle.com", "description": "The same for every region."},
            "grant_type": {"const": "client_credentials"},
        }
    ),
    "Token": response_object(
        {
            "access_token": text(pattern=r"^[A-Za-z0-9._~+/-]+=*$"),
            "expires_in": {"type": "integer", "minimum": 1, "description": "Seconds."},
            "token_type": {"const": "Bearer"},
        },
        required=("access_token", "token_type"),
    ),
}
