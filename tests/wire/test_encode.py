"""Encoding specs: documented names, no null, and secrets in their fields only."""

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from warehouse_sync.models import (
    BigQueryConfig,
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    PipelineSpec,
    RedshiftConfig,
    Run,
    Schedule,
    SnowflakeConfig,
    SyncMode,
    UnknownConfig,
)
from warehouse_sync.models.connections import CONFIGS
from warehouse_sync.wire import encode, lenient

NOON = datetime(2023, 3, 1, 12, tzinfo=UTC)
SNOWFLAKE = ConnectionSpec(
    id="c",
    name="C",
    config=SnowflakeConfig(user="u", password="hunter2", extra={"new": 1}),
    extra={"more": [2]},
)
MODEL = DataModelSpec(
    id="m", name="M", sql_query="SELECT 1", extra={"config": {"dialect": "x"}, "tags": ["a"]}
)
PIPELINE = PipelineSpec(
    id="p",
    name="P",
    pipeline_type="events",
    connection_id="c",
    data_model_id="m",
    field_transformation_id="f",
    sync_mode=SyncMode(type="full", from_=NOON, extra={"window": 1}),
    schedule=Schedule(type="once", extra={"jitter": None}),
    environment="production",
    partner_feed_id=0,
    extra={"owner": "me"},
)


def test_connection_is_sent_with_its_unknown_fields() -> None:
    """Unknown fields are sent at their level, secrets in clear text, and missing fields not at all."""
    assert encode.spec(SNOWFLAKE) == {
        "id": "c",
        "name": "C",
        "state": "active",
        "service_provider": "Snowflake",
        "config": {"user": "u", "password": "hunter2", "new": 1},
        "more": [2],
    }


def test_data_model_is_sent_with_its_unknown_fields() -> None:
    """Unknown fields of the JSON `config` are sent in it."""
    assert encode.spec(MODEL) == {
        "id": "m",
        "name": "M",
        "state": "active",
        "type": "sql",
        "config": {"sql_query": "SELECT 1", "dialect": "x"},
        "tags": ["a"],
    }


def test_pipeline_is_sent_with_its_unknown_fields() -> None:
    """Unknown fields of a pipeline, its sync mode and its schedule are sent; zero is sent, null is not."""
    assert encode.spec(PIPELINE) == {
        "id": "p",
        "name": "P",
        "pipeline_type": "events",
        "connection_id": "c",
        "data_model_id": "m",
        "field_transformation_id": "f",
        "partner_feed_id": 0,
        "state": "active",
        "sync_mode": {"type": "full", "from": "2023-03-01T12:00:00Z", "window": 1},
        "schedule": {"type": "once", "jitter": None},
        "environment": "production",
        "owner": "me",
    }


@pytest.mark.parametrize("spec", [SNOWFLAKE, MODEL, PIPELINE])
def test_known_field_has_precedence_over_extra(
    spec: ConnectionSpec | DataModelSpec | PipelineSpec,
) -> None:
    """A known name in `extra` does not override the field."""
    sent = encode.spec(attrs.evolve(spec, extra={"id": "other", "name": "other", "state": "other"}))
    assert (sent["id"], sent["name"], sent["state"]) == (spec.id, spec.name, "active")


def test_known_config_field_has_precedence_over_extra() -> None:
    """A known name in the `extra` of a configuration does not override the field."""
    config = SnowflakeConfig(user="u", extra={"user": "other", "role": "r"})
    assert encode.spec(attrs.evolve(SNOWFLAKE, config=config))["config"] == {"user": "u", "role": "r"}


def test_data_model_config_that_is_not_a_mapping_is_ignored() -> None:
    """An `extra["config"]` that is not a mapping cannot be merged, and only the query is sent."""
    sent = encode.spec(attrs.evolve(MODEL, extra={"config": "x"}))
    assert sent["config"] == {"sql_query": "SELECT 1"}


@pytest.mark.parametrize(
    ("spec", "held"),
    [
        (SNOWFLAKE, ("hunter2",)),
        (ConnectionSpec(id="c", name="C", config=RedshiftConfig(password="a")), ("a",)),
        (ConnectionSpec(id="c", name="C", config=BigQueryConfig(service_account_key="b")), ("b",)),
        (ConnectionSpec(id="c", name="C", config=DatabricksConfig(provider="p")), ()),
        (ConnectionSpec(id="c", name="C", config=UnknownConfig(service_provider="x")), ()),
        (
            ConnectionSpec(
                id="c",
                name="C",
                config=UnknownConfig(service_provider="x", extra={"a": "s1", "b": [{"c": "s2"}, 3]}),
            ),
            ("s1", "s2"),
        ),
        (attrs.evolve(PIPELINE, partner_feed_key="f"), ("f",)),
        (attrs.evolve(PIPELINE, partner_feed_key=5), ()),  # type: ignore[arg-type]  # validation names it
        (MODEL, ()),
        (attrs.evolve(PIPELINE, partner_feed_key=None), ()),
    ],
)
def test_secrets_of_a_spec_are_listed(spec: encode.Spec, held: tuple[str, ...]) -> None:
    """The secrets of a spec are listed, to redact them from error responses."""
    assert encode.secrets(spec) == held


def test_without_secrets_removes_the_masked_fields() -> None:
    """The document for comparison with a response has all fields except secrets."""
    document = encode.spec(SNOWFLAKE)
    assert encode.without_secrets(document, SNOWFLAKE)["config"] == {"user": "u", "new": 1}
    assert document["config"]["password"] == "hunter2"
    assert encode.without_secrets(encode.spec(MODEL), MODEL) == encode.spec(MODEL)


def test_secrets_of_a_known_provider_are_its_secret_fields() -> None:
    """Of its unknown fields, only those with the name of a credential are secrets."""
    config = DatabricksConfig(provider="AWS", schema="raw", extra={"note": "shown", "token": "hunter2"})
    assert encode.secrets(ConnectionSpec(id="c", name="C", config=config)) == ("hunter2",)


def with_new_field(cls: type[Any]) -> type[Any]:
    """Return a model class with one more field."""
    return attrs.make_class(
        "New", {"new_field": attrs.field(default="new")}, bases=(cls,), frozen=True, kw_only=True
    )


def evolved(value: Any) -> Any:
    """Return a model with one more field."""
    fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
    return with_new_field(type(value))(**fields)


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (evolved(SNOWFLAKE), ()),
        (evolved(MODEL), ()),
        (evolved(PIPELINE), ()),
        *(
            (ConnectionSpec(id="c", name="C", config=evolved(config())), ("config",))
            for config in CONFIGS.values()
        ),
        (attrs.evolve(PIPELINE, sync_mode=evolved(PIPELINE.sync_mode)), ("sync_mode",)),
        (attrs.evolve(PIPELINE, schedule=evolved(PIPELINE.schedule)), ("schedule",)),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else type(value).__mro__[1].__name__,
)
def test_new_field_of_a_model_is_sent(spec: encode.Spec, path: tuple[str, ...]) -> None:
    """A field that is added to a model is sent without a change of the encoder."""
    document: Any = encode.spec(spec)
    for part in path:
        document = document[part]
    assert document["new_field"] == "new"


@pytest.mark.parametrize("cls", [*CONFIGS.values(), SyncMode, Schedule, Run])
def test_new_field_of_a_model_is_decoded(cls: type[Any]) -> None:
    """A field that is added to a model is decoded without a change of the decoder, and is not left in `extra`."""
    new = with_new_field(cls)
    required = {"type": "full", "id": 1, "pipeline_id": "p", "status": "queued"}
    decoded = lenient._model_hook(new)({**required, "new_field": "sent"}, new)
    assert decoded.new_field == "sent"
    assert "new_field" not in getattr(decoded, "extra", {})
