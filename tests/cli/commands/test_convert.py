"""`convert`, with definitions of the older API."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

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


def test_fields_are_converted(folder: Path, offline: "Cli") -> None:
    """Fields with an equivalent are written under their new names."""
    linted = json.loads(offline("lint", folder, "--json").stdout)
    errors = [each["path"] for each in linted if each["severity"] == "error"]
    assert errors == ["connections.snowflake.config.storage_integration"]
    text = (folder / "pipelines.yaml").read_text()
    assert "state: paused" in text
    assert "environment: development" in text
    assert "iterator_field: updated_at" in text
    assert "account_identifier: gd12345" in (folder / "connections.yaml").read_text()


def test_fields_without_equivalent_are_listed(folder: Path) -> None:
    """Only fields without an equivalent are listed by name."""
    lost = [line for line in (folder.parent / "lost.txt").read_text().splitlines() if "no equivalent" in line]
    assert lost == [
        "connection snowflake: no equivalent for config.storage_integration, which this API requires: add it",
        "data model customers: no equivalent for the field load_timestamp_field_time_zone",
        "pipeline customers: no equivalent for its state: converted to paused, so that the two pipelines do not load the same rows",
        "mapping mapping: no equivalent for mappings: use column aliases in the query of the data model",
    ]


def test_secrets_become_references(folder: Path) -> None:
    """Secrets of the old definitions become references to environment variables."""
    written = "".join(file.read_text() for file in [*folder.iterdir(), folder.parent / "lost.txt"])
    assert "canary" not in written
    assert "environment variable to set: SNOWFLAKE_PASSWORD" in written


def test_kind_of_a_single_resource_is_detected(tmp_path: Path, offline: "Cli") -> None:
    """A file can contain one resource or a list of different ones."""
    (tmp_path / "a.json").write_text(json.dumps(OLD["connections"][0]))
    (tmp_path / "b.json").write_text(json.dumps([OLD["models"][0], OLD["pipelines"][0]]))
    assert (
        offline("convert", tmp_path / "a.json", tmp_path / "b.json", "--to", tmp_path / "new").exit_code == 0
    )
    names = sorted(file.name for file in (tmp_path / "new").iterdir())
    assert names == ["connections.yaml", "data_models.yaml", "pipelines.yaml"]


@pytest.mark.parametrize("text", ["", "3", "{}", '{"what": 1}', '{"pipelines": 3}', "[" * 100_000])
def test_other_file_is_refused(text: str, tmp_path: Path, offline: "Cli") -> None:
    """A file that is no old definition is an error that names the file."""
    (tmp_path / "a.json").write_text(text)
    done = offline("convert", tmp_path / "a.json", "--to", tmp_path / "new")
    assert done.exit_code == 10
    assert "a.json" in done.stderr
    assert not (tmp_path / "new").exists()


# The examples of the reference of May 2023.
V1_BIGQUERY = {
    "id": "example-connection-2",
    "name": "Example Connection 2",
    "workspace_id": 1234,
    "is_faulted": False,
    "type": "bigquery",
    "region": "us-east4",
    "service_account_id": "mp_us1_service",
    "service_account_key": "canary-key",
    "project_id": "mp-project",
    "dataset_id": "mp",
    "created_on": "2022-12-05T17:10:53.987",
    "last_modified_on": None,
}
V1_MODEL = {
    "id": "example-data-model",
    "name": "Example Data Model",
    "workspace_id": 5328,
    "type": "sql",
    "sql_query": "SELECT email AS email, updated AS updated FROM mp.demo_service.tickets",
    "load_timestamp_field_type": "timestamp",
    "load_timestamp_field_name": "updated",
    "load_timestamp_field_time_zone": None,
    "load_timestamp_field_time_offset": 0,
}
V1_PIPELINE = {
    "id": "example-pipeline",
    "name": "Example Pipeline",
    "workspace_id": 5328,
    "is_active": True,
    "is_draft": False,
    "is_faulted": False,
    "faulted_reason": None,
    "connection_id": "example-connection-2",
    "data_model_id": "example-data-model",
    "partner_feed_id": 2124,
    "partner_feed_key": "************",
    "schedule_start_time": "2023-02-01T00:00:00Z",
    "schedule_end_time": None,
    "schedule_interval": "weekly",
    "environment": "development",
}


def _converted(offline: "Cli", folder: Path, *resources: object) -> dict[str, Any]:
    (folder / "v1.json").write_text(json.dumps(resources))
    done = offline("convert", folder / "v1.json", "--to", folder / "v2", "--json")
    assert done.exit_code == 0, done.output
    assert "canary" not in done.output
    sections: dict[str, Any] = {}
    for file in (folder / "v2").glob("*.yaml"):
        sections |= yaml.safe_load(file.read_text())
    return {**json.loads(done.stdout), **sections}


def test_reference_examples_of_v1_are_converted(tmp_path: Path, offline: "Cli") -> None:
    """The examples of the v1 reference become a folder without lint errors."""
    made = _converted(offline, tmp_path, V1_BIGQUERY, V1_MODEL, V1_PIPELINE)
    assert made["connections"][0]["service_provider"] == "BigQuery"
    assert (
        made["connections"][0]["config"]["service_account_key"]
        == "env:EXAMPLE_CONNECTION_2_SERVICE_ACCOUNT_KEY"
    )
    assert made["pipelines"][0]["sync_mode"] == {
        "type": "incremental",
        "iterator_field": "updated",
        "iterator_data_type": "timestamp",
        "from": "2023-02-01T00:00:00Z",
    }
    assert made["pipelines"][0]["schedule"] == {
        "type": "interval",
        "frequency": "weekly",
        "start": "2023-02-01T00:00:00Z",
    }
    assert [line.partition(": ")[2][:30] for line in made["not_written"]] == [
        "sync_mode.from is the old sche",
        "no equivalent for its state: c",
    ]
    assert offline("lint", tmp_path / "v2").exit_code == 0


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"schedule_interval": "fortnightly"}, "its schedule_interval: converted to on_demand"),
        ({"schedule_interval": None}, "its schedule_interval: converted to on_demand"),
        ({"schedule_start_time": None}, "schedule.start, which this API requires"),
        ({"id": None}, "an id: add one"),
        ({"flavour": "new"}, "the field flavour"),
        ({"data_model_id": "elsewhere"}, "an iterator: converted to full syncs"),
    ],
)
def test_pipeline_changes_to_review_are_listed(
    change: dict[str, object], lost: str, tmp_path: Path, offline: "Cli"
) -> None:
    """Every dropped or inferred field of an old pipeline is listed."""
    made = _converted(offline, tmp_path, V1_BIGQUERY, V1_MODEL, {**V1_PIPELINE, **change})
    assert any(lost in line for line in made["not_written"])


@pytest.mark.parametrize("field", ["load_timestamp_field_time_offset", "load_timestamp_field_offset_seconds"])
def test_offset_of_a_data_model_is_listed(field: str, tmp_path: Path, offline: "Cli") -> None:
    """An offset has no equivalent and is listed; without one nothing is listed."""
    made = _converted(offline, tmp_path, {**V1_MODEL, field: 1800})
    assert made["not_written"] == [
        f"data model example-data-model: no equivalent for the field {field}: consider schedule.delay in its pipelines"
    ]


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_draft": True}, {"state": "inactive"}])
def test_paused_pipeline_stays_paused(change: dict[str, object], tmp_path: Path, offline: "Cli") -> None:
    """For a paused or draft pipeline the state is not listed as lost."""
    made = _converted(offline, tmp_path, V1_MODEL, {**V1_PIPELINE, **change})
    assert made["pipelines"][0]["state"] == "paused"
    assert not any("its state" in line for line in made["not_written"])


def test_device_is_refused(tmp_path: Path, offline: "Cli") -> None:
    """Only regular files of a limited size are read; anything else could fill the memory or never end."""
    done = offline("convert", "/dev/zero", "--to", tmp_path / "new")
    assert done.exit_code == 10
    assert "/dev/zero:1:1: is not a regular file" in done.stderr
