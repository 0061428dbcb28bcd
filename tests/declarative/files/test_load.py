"""Tests of loading files and folders."""

import json
from pathlib import Path

import pytest

from warehouse_sync import ConnectionSpec, DataModelSpec, PipelineSpec, ScheduleType
from warehouse_sync.declarative import InvalidFilesError, Problem, load, read

CONNECTION = """
connections:
  - id: snowflake
    name: Snowflake
    service_provider: Snowflake
    config:
      account_identifier: gd12345
      region: us-central1.gcp
      warehouse: compute_wh
      database: indexed
      role: mparticle_role
      user: mparticle_user
      password: env:SNOWFLAKE_PASSWORD
      storage_integration: mp_us1_123_123_s3
"""
PIPELINE = """
kind: pipeline
id: orders
name: Orders
pipeline_type: user_attributes
connection_id: snowflake
data_model_id: orders
state: active
sync_mode: {type: incremental, iterator_field: updated_at, iterator_data_type: timestamp}
schedule: {type: on-demand}
environment: development
"""


def problems_in(folder: Path) -> list[Problem]:
    """Return the problems of a folder."""
    with pytest.raises(InvalidFilesError) as caught:
        load(folder)
    return list(caught.value.problems)


def test_folder_is_loaded(tmp_path: Path) -> None:
    """All kinds of files are combined and ordered by dependency."""
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "orders.yml").write_text(PIPELINE)
    (tmp_path / "connections.yaml").write_text(CONNECTION)
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "orders.sql").write_text("SELECT 1\nFROM a.b.c\n")
    model = {"kind": "data_model", "id": "orders", "name": "Orders", "sql_file": "sql/orders.sql"}
    (tmp_path / "model.json").write_text(json.dumps(model))
    [connection, data_model, pipeline] = load(tmp_path).resources
    assert isinstance(connection.spec, ConnectionSpec)
    assert {path: str(each) for path, each in connection.secrets.items()} == {
        "config.password": "env:SNOWFLAKE_PASSWORD"
    }
    assert data_model.spec == DataModelSpec(id="orders", name="Orders", sql_query="SELECT 1\nFROM a.b.c")
    assert isinstance(pipeline.spec, PipelineSpec)
    assert pipeline.spec.schedule.type is ScheduleType.ON_DEMAND


def test_all_problems_of_all_files_are_reported(tmp_path: Path) -> None:
    """One error lists the problems of all files with location, field and suggestion."""
    (tmp_path / "a.yaml").write_text(
        CONNECTION.replace("region:", "regionn:").replace("name: Snowflake", "name: 7", 1)
    )
    (tmp_path / "b.yaml").write_text(
        PIPELINE.replace("state: active", "state: activee").replace("iterator_field: updated_at, ", "")
    )
    problems = [(problem.location.line, problem.path, problem.message) for problem in problems_in(tmp_path)]
    assert problems == [
        (4, "connections.snowflake.name", 'must be a string, not a number: put it in "quotes"'),
        (7, "connections.snowflake.config.region", "is required"),
        (8, "connections.snowflake.config.regionn", "is not a known field; did you mean region?"),
        (8, "pipeline orders.state", "must be one of new, active, paused; did you mean active?"),
        (9, "pipeline orders.sync_mode.iterator_field", "is required"),
    ]


@pytest.mark.parametrize(
    "secret", ["canary-hunter2", '"0123456"', "12345", "'env:'", "env:not a name", "'file:'"]
)
def test_literal_secret_is_rejected(secret: str, tmp_path: Path) -> None:
    """A literal secret is reported at its line and never shown."""
    (tmp_path / "a.yaml").write_text(CONNECTION.replace("env:SNOWFLAKE_PASSWORD", secret))
    [problem] = problems_in(tmp_path)
    assert problem.location.line == 13
    assert "use env:NAME or file:PATH" in problem.message
    assert secret.strip('"') not in str(problem).replace("env:NAME or file:PATH", "") or secret in (
        "env:",
        "file:",
    )


def test_literal_feed_key_is_rejected(tmp_path: Path) -> None:
    """The key of a partner feed is a secret."""
    (tmp_path / "a.yaml").write_text(PIPELINE + "partner_feed_key: canary-key\n")
    [problem] = problems_in(tmp_path)
    assert problem.path == "pipeline orders.partner_feed_key"
    assert "canary" not in str(problem)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pipelnes: []\n", "'pipelnes' is not a section"),
        ("pipelines: {id: a}\n", "pipelines must be a list"),
        ("pipelines: [a]\n", "a pipeline must be a mapping, not a string"),
        ("just text\n", "must be a mapping with the sections connections, data_models, feeds, pipelines"),
        ("kind: table\n", "kind must be one of connection, data_model, feed, pipeline"),
        (PIPELINE + "errors: []\n", "is not a known field"),
        (CONNECTION.replace("database: indexed", "database: env:DATABASE"), "references are not allowed"),
        (CONNECTION.replace("name: Snowflake", "name: file:name.txt", 1), "references are not allowed"),
        (PIPELINE.replace("name: Orders", "name: env:X"), "write the value itself"),
        (PIPELINE.replace("\nid: orders", "\nid: a/b"), "is not an id"),
        (PIPELINE.replace("{type: on-demand}", "daily"), "must be a mapping"),
        (PIPELINE.replace("{type: on-demand}", "{type: once, start: monday}"), "must be a date such as"),
        (PIPELINE + "data_plan_version: two\n", "must be an integer, not a string"),
        (PIPELINE + "lint: WS201\n", "must have the form {ignore: [WS201]}"),
        (PIPELINE.replace("user_attributes", "events"), "is required"),
        (
            CONNECTION.replace("service_provider: Snowflake", "service_provider: snowflake"),
            "did you mean Snowflake?",
        ),
        (CONNECTION.replace("    service_provider: Snowflake\n", ""), "is required: use one of Snowflake"),
        ("kind: data_model\nid: a\nname: A\n", "is required"),
        ("kind: data_model\nid: a\nname: A\nsql_query: a\nsql_file: a.sql\n", "remove one of them"),
        (
            "kind: data_model\nid: a\nname: A\nsql_file: ../a.sql\n",
            "must be in the folder of its document or below it",
        ),
        ("kind: data_model\nid: a\nname: A\nsql_file: none.sql\n", "cannot be read: No such file"),
    ],
)
def test_mistake_is_reported_with_fix(text: str, message: str, tmp_path: Path) -> None:
    """Each mistake is one problem that says how to fix it."""
    (tmp_path / "a.yaml").write_text(text)
    assert [message in problem.message for problem in problems_in(tmp_path)] == [True]


def test_duplicate_resource_is_reported(tmp_path: Path) -> None:
    """A second declaration of an id is a problem that names the location of the first."""
    (tmp_path / "a.yaml").write_text(CONNECTION)
    (tmp_path / "b.yaml").write_text(CONNECTION)
    [problem] = problems_in(tmp_path)
    assert problem.location.file == str(tmp_path / "b.yaml")
    assert f"is already declared at {tmp_path / 'a.yaml'}:3" in problem.message


@pytest.mark.parametrize("content", [b"x" * 1_000_001, b"\xff\xfe"])
def test_unreadable_file_is_reported(content: bytes, tmp_path: Path) -> None:
    """A file that is too large or not UTF-8 is reported by name."""
    (tmp_path / "a.yaml").write_bytes(content)
    [problem] = problems_in(tmp_path)
    assert str(tmp_path / "a.yaml") in problem.message


def test_other_file_type_is_reported(tmp_path: Path) -> None:
    """A path that is neither a folder nor a document is reported."""
    _, [problem] = read(tmp_path / "none.txt")
    assert "is neither a folder nor" in problem.message


def test_digest_changes_with_every_file(tmp_path: Path) -> None:
    """The digest depends on documents and queries, not on a saved plan."""
    (tmp_path / "a.yaml").write_text("kind: data_model\nid: a\nname: A\nsql_file: a.sql\n")
    (tmp_path / "a.sql").write_text("SELECT 1")
    digests = [load(tmp_path).digest]
    (tmp_path / "plan.json").write_text('{"warehouse_sync_plan": 1}')
    assert load(tmp_path).digest == digests[0]
    (tmp_path / "a.sql").write_text("SELECT 2")
    digests.append(load(tmp_path).digest)
    (tmp_path / "b.yaml").write_text("connections: []\n")
    digests.append(load(tmp_path).digest)
    assert len(set(digests)) == 3
