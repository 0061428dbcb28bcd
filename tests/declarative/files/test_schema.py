"""Tests of the JSON Schema, also against the loader."""

import json
from pathlib import Path

import attrs
import jsonschema_rs
import pytest

from warehouse_sync import PipelineSpec, PipelineState, SnowflakeConfig
from warehouse_sync.declarative import find_project, json_schema, load, read


def test_schema_follows_the_models() -> None:
    """The schema has every field of a model, with its description and enum values."""
    pipeline = json_schema()["$defs"]["pipeline"]
    fields = {field.name for field in attrs.fields(PipelineSpec)} - {"extra"}
    assert fields | {"kind", "lint"} == set(pipeline["properties"])
    assert pipeline["properties"]["state"]["anyOf"][0]["enum"] == [str(state) for state in PipelineState]
    assert {"from", "until"} <= set(pipeline["properties"]["sync_mode"]["properties"])
    undescribed = [name for name, field in pipeline["properties"].items() if "description" not in field]
    assert undescribed == ["kind"]


def test_configs_follow_the_provider() -> None:
    """The config of a provider has exactly its fields, with secrets as references."""
    [snowflake] = [
        branch["then"]["properties"]["config"]
        for branch in json_schema()["$defs"]["connection"]["allOf"]
        if branch["if"]["properties"]["service_provider"]["const"] == "Snowflake"
    ]
    names = {field.name for field in attrs.fields(SnowflakeConfig)} - {"extra"}
    assert set(snowflake["properties"]) == names
    assert set(snowflake["required"]) == names - SnowflakeConfig.optional
    assert snowflake["properties"]["password"]["anyOf"][0]["pattern"].startswith("^(env:")
    assert snowflake["additionalProperties"] is False


@pytest.mark.parametrize("value", ["${var.model}", "models-${var.model}", "orders"])
def test_value_can_have_variables(value: str) -> None:
    """Editors accept variables where a pattern, a choice or a number is expected, and nothing else."""
    document = {
        "kind": "pipeline",
        "id": value,
        "name": value,
        "pipeline_type": value if "$" in value else "events",
        "connection_id": value,
        "data_model_id": value,
        "environment": value if "$" in value else "production",
        "data_plan_version": value if "$" in value else 1,
        "sync_mode": {"type": "full"},
        "schedule": {"type": "on_demand"},
    }
    jsonschema_rs.validate(json_schema(), document)
    for name in ("environment", "data_plan_version", "data_model_id"):
        assert not jsonschema_rs.is_valid(json_schema(), {**document, name: "${model}"}), name


def test_moved_ids_can_have_variables(tmp_path: Path) -> None:
    """The ids of `moved` can have variables, and are otherwise ids, for the schema and the loader alike."""
    model = {"kind": "data_model", "id": "${var.team}-orders", "name": "Orders", "sql_query": "SELECT 1 AS x"}
    moved = {"kind": "data_model", "from": "${var.team}_orders", "to": "${var.team}-orders"}
    (tmp_path / "warehouse-sync.toml").write_text(
        'name = "shop"\n[environments.dev]\nworkspace_id = 1\nvars = {team = "sales"}\n'
    )
    (tmp_path / "orders.json").write_text(json.dumps(model))
    (tmp_path / "moved.json").write_text(json.dumps({"moved": [moved]}))
    project = find_project(tmp_path)
    assert project is not None
    [entry] = load(tmp_path, environment=project.environments["dev"]).moved
    assert (entry.old, entry.new) == ("sales_orders", "sales-orders")
    validator = jsonschema_rs.validator_for(json_schema())
    assert validator.is_valid({"moved": [moved]})
    assert not validator.is_valid({"moved": [{**moved, "from": "not an id"}]})


def test_data_model_requires_query_or_file() -> None:
    """A data model requires either `sql_query` or `sql_file`."""
    model = json_schema()["$defs"]["data_model"]
    assert model["oneOf"] == [{"required": ["sql_query"]}, {"required": ["sql_file"]}]
    assert "sql_query" not in model["required"]


def test_only_public_names_are_imported() -> None:
    """The package uses only public names of the core, and nothing of the CLI."""
    folder = Path(json_schema.__code__.co_filename).parents[1]
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


def test_schema_agrees_with_loader(tmp_path: Path) -> None:
    """The schema accepts a document, in each form, exactly if the loader does."""
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
        {"data_models": [{**model, "name": "env:NAME"}]},
        {"data_models": [{"id": "a", "name": "A"}]},
        {"data_models": [{**model, "id": "a/b"}]},
    ]
    for number, document in enumerate([*good, *bad]):
        (tmp_path / "a.json").write_text(json.dumps(document))
        problems = read(tmp_path)[1]
        assert (problems == []) is (number < len(good)), problems
        assert validator.is_valid(document) is (number < len(good)), document
