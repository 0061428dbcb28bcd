"""`convert`, with definitions of the older API."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

OLD: dict[str, list[dict[str, object]]] = {
    "connections": [
        {
            "slug": "snowflake",
            "name": "Snowflake",
            "service_provider": "snowflake",
            "source_account_id": "gd12345",
            "region": "us-central1.gcp",
            "warehouse": "compute_wh",
            "database": "indexed",
            "role": "mp_role",
            "user": "mp_user",
            "password": "canary-password",
            "snowflake_aws_iam_user_arn": "arn:aws:iam::1:user/a",
            "snowflake_aws_external_id": "GD1234=2_a",
            "created_on": "2022-10-30T11:00:16.173Z",
        }
    ],
    "models": [
        {
            "slug": "customers",
            "name": "Customers",
            "sql_query": "SELECT cid AS customer_id, updated_at FROM db.public.customers",
            "load_timestamp_field_type": "timestamp_ntz",
            "load_timestamp_field_name": "updated_at",
            "load_timestamp_field_time_zone": "America/New_York",
        }
    ],
    "mappings": [{"slug": "mapping", "columns": []}],
    "pipelines": [
        {
            "slug": "customers",
            "name": "Customers",
            "connection_slug": "snowflake",
            "data_model_slug": "customers",
            "partner_feed_key": "canary-key",
            "environment": "dev",
            "schedule_interval": "daily",
            "schedule_start_time": "2026-01-01T00:00:00Z",
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path, offline: "Cli") -> Path:
    """The converted files."""
    (tmp_path / "old.json").write_text(json.dumps(OLD))
    done = offline("convert", tmp_path / "old.json", "--to", tmp_path / "new")
    assert done.exit_code == 0, done.output
    (tmp_path / "lost.txt").write_text(done.stderr)
    return tmp_path / "new"


def test_files_hold_what_was_there(folder: Path, offline: "Cli") -> None:
    """What has an equivalent is in the files under its new name, and lacks nothing but what is new."""
    linted = json.loads(offline("lint", folder, "--json").stdout)
    errors = [each["path"] for each in linted if each["severity"] == "error"]
    assert errors == ["connections.snowflake.config.storage_integration"]
    text = (folder / "pipelines.yaml").read_text()
    assert "state: paused" in text
    assert "environment: development" in text
    assert "iterator_field: updated_at" in text
    assert "account_identifier: gd12345" in (folder / "connections.yaml").read_text()


def test_what_is_lost_is_listed(folder: Path) -> None:
    """What has no equivalent is listed by name, and nothing else."""
    lost = [line for line in (folder.parent / "lost.txt").read_text().splitlines() if "no equivalent" in line]
    assert lost == [
        "connection snowflake: no equivalent for config.storage_integration, which this API needs and the old one did not have",
        "data model customers: no equivalent for the field load_timestamp_field_time_zone",
        "pipeline customers: no equivalent for its state: it is written as paused, so that both do not load the same rows",
        "mapping mapping: no equivalent for mappings: alias the columns in the data model's query instead",
    ]


def test_no_secret_is_carried_over(folder: Path) -> None:
    """Secrets of the old definitions become references."""
    written = "".join(file.read_text() for file in [*folder.iterdir(), folder.parent / "lost.txt"])
    assert "canary" not in written
    assert "needs a value: SNOWFLAKE_PASSWORD" in written


def test_lone_resources_are_told_apart(tmp_path: Path, offline: "Cli") -> None:
    """A file may hold one resource, or a list of different ones."""
    (tmp_path / "a.json").write_text(json.dumps(OLD["connections"][0]))
    (tmp_path / "b.json").write_text(json.dumps([OLD["models"][0], OLD["pipelines"][0]]))
    assert (
        offline("convert", tmp_path / "a.json", tmp_path / "b.json", "--to", tmp_path / "new").exit_code == 0
    )
    names = sorted(file.name for file in (tmp_path / "new").iterdir())
    assert names == ["connections.yaml", "data_models.yaml", "pipelines.yaml"]


@pytest.mark.parametrize("text", ["", "3", "{}", '{"what": 1}', '{"pipelines": 3}', "[" * 100_000])
def test_what_is_not_the_old_api_is_told(text: str, tmp_path: Path, offline: "Cli") -> None:
    """A file of something else is one error with its name."""
    (tmp_path / "a.json").write_text(text)
    done = offline("convert", tmp_path / "a.json", "--to", tmp_path / "new")
    assert done.exit_code == 10
    assert "a.json" in done.stderr
    assert not (tmp_path / "new").exists()
