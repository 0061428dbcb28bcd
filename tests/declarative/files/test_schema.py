"""The JSON Schema says the same as the reader of files."""

import json
from pathlib import Path

import attrs
import pytest

from warehouse_sync import PipelineSpec, PipelineState, SnowflakeConfig
from warehouse_sync.declarative import json_schema, read


def test_schema_follows_the_models() -> None:
    """Every field of a model is in the schema, with its description and its words."""
    pipeline = json_schema()["$defs"]["pipeline"]
    fields = {field.name for field in attrs.fields(PipelineSpec)} - {"extra"}
    assert fields | {"kind", "lint"} == set(pipeline["properties"])
    assert pipeline["properties"]["state"]["enum"] == [str(state) for state in PipelineState]
    assert {"from", "until"} <= set(pipeline["properties"]["sync_mode"]["properties"])
    undescribed = [name for name, field in pipeline["properties"].items() if "description" not in field]
    assert undescribed == ["kind"]


def test_configs_follow_the_provider() -> None:
    """Each provider's config has its own fields, its secrets as references, and nothing else."""
    [snowflake] = [
        branch["then"]["properties"]["config"]
        for branch in json_schema()["$defs"]["connection"]["allOf"]
        if branch["if"]["properties"]["service_provider"]["const"] == "Snowflake"
    ]
    names = {field.name for field in attrs.fields(SnowflakeConfig)} - {"extra"}
    assert set(snowflake["properties"]) == names
    assert set(snowflake["required"]) == names - SnowflakeConfig.optional
    assert snowflake["properties"]["password"]["pattern"].startswith("^(env:")
    assert snowflake["additionalProperties"] is False


def test_data_model_takes_one_of_two() -> None:
    """A query stands in the document or in a file."""
    model = json_schema()["$defs"]["data_model"]
    assert model["oneOf"] == [{"required": ["sql_query"]}, {"required": ["sql_file"]}]
    assert "sql_query" not in model["required"]


def test_no_layer_above_is_imported() -> None:
    """The declarative layer takes public names of the core only, and nothing of the command line."""
    folder = Path(json_schema.__code__.co_filename).parent
    lines = [line for file in folder.rglob("*.py") for line in file.read_text(encoding="utf-8").splitlines()]
    imports = [
        line.strip()
        for line in lines
        if line.strip().startswith(("from ", "import ")) and " import " in f" {line}"
    ]
    assert not [
        line
        for line in imports
        if line.startswith(("from click", "import click", "from rich", "import rich"))
    ]
    inside = [line for line in imports if line.startswith(("from warehouse_sync", "import warehouse_sync"))]
    assert len(inside) > 20
    allowed = ("from warehouse_sync import ", "from warehouse_sync.declarative")
    assert [line for line in inside if not line.startswith(allowed)] == []


def test_schema_takes_what_the_reader_takes(tmp_path: Path) -> None:
    """Documents that the reader takes are valid, and what it refuses is not, in each form a file may have."""
    validators = pytest.importorskip("jsonschema_rs")
    validator = validators.validator_for(json_schema())
    model = {"id": "orders", "name": "Orders", "sql_query": "SELECT 1"}
    pipeline = {
        "id": "orders",
        "name": "Orders",
        "pipeline_type": "user_attributes",
        "connection_id": "warehouse",
        "data_model_id": "orders",
        "state": "active",
        "sync_mode": {"type": "full"},
        "schedule": {
            "type": "interval",
            "frequency": "daily",
            "start": "2026-01-01T00:00:00Z",
            "delay": "15m",
        },
        "environment": "production",
        "partner_feed_key": "env:FEED_KEY",
    }
    connection = {
        "id": "warehouse",
        "name": "Warehouse",
        "service_provider": "Redshift",
        "config": {
            "database": "d",
            "host": "h",
            "port": 5439,
            "user": "u",
            "password": "env:PASSWORD",
            "aws_iam_role_arn": "arn",
        },
    }
    good: list[object] = [
        {"connections": [connection], "data_models": [model], "pipelines": [pipeline]},
        {"kind": "pipeline", **pipeline},
        [{"kind": "data_model", **model}],
    ]
    bad: list[object] = [
        {"pipelines": [{**pipeline, "state": "activee"}]},
        {"pipelines": [{**pipeline, "partner_feed_key": "canary"}]},
        {"pipelines": [{**pipeline, "errors": []}]},
        {"connections": [{**connection, "config": {**connection["config"], "password": "canary"}}]},  # type: ignore[dict-item]  # the mapping above
        {"connections": [{**connection, "service_provider": "Snowflake"}]},
        {"data_models": [{**model, "sql_file": "a.sql"}]},
        {"data_models": [{"id": "a", "name": "A"}]},
        {"data_models": [{**model, "id": "a/b"}]},
    ]
    for number, document in enumerate([*good, *bad]):
        (tmp_path / "a.json").write_text(json.dumps(document))
        problems = read(tmp_path)[1]
        assert (problems == []) is (number < len(good)), problems
        assert validator.is_valid(document) is (number < len(good)), document
