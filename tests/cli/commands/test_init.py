"""`init`."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warehouse_sync.declarative import config_questions

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

FIELDS = {
    "snowflake": [
        "account_identifier",
        "region",
        "warehouse",
        "database",
        "role",
        "user",
        "storage_integration",
    ],
    "bigquery": ["region", "project_id", "dataset_id", "service_account_id"],
    "redshift": ["database", "host", "user", "aws_iam_role_arn"],
    "databricks": ["provider", "schema"],
}


@pytest.mark.parametrize("warehouse", FIELDS)
@pytest.mark.parametrize("frequency", ["once", "on_demand", "daily"])
def test_init_files_have_no_findings(warehouse: str, frequency: str, offline: "Cli", tmp_path: Path) -> None:
    """The files of any warehouse and frequency have no lint findings."""
    given = [word for field in FIELDS[warehouse] for word in ("--set", f"{field}=x")]
    folder = tmp_path / "infra"
    done = offline(
        "init", folder, "--warehouse", warehouse, "--table", "db.public.t", "--frequency", frequency, *given
    )
    assert done.exit_code == 0, done.output
    linted = offline("lint", folder, "--strict", "--json")
    assert (linted.exit_code, json.loads(linted.stdout)) == (0, [])
    preview = offline("schedule", "preview", "customers", "--files", folder, "--json", "--count", "3")
    assert len(json.loads(preview.stdout)) == (3 if frequency == "daily" else 1)


def test_init_accepts_a_query(offline: "Cli", tmp_path: Path) -> None:
    """`--sql` is written beside the data model, with the given iterator."""
    query = tmp_path / "my.sql"
    query.write_text("SELECT email, changed FROM a.b.c\n")
    fields = ["--set", "provider=o", "--set", "schema=s"]
    done = offline(
        "init",
        tmp_path / "infra",
        "--warehouse",
        "databricks",
        "--sql",
        query,
        "--iterator",
        "changed",
        "--id",
        "mine",
        *fields,
    )
    assert done.exit_code == 0, done.output
    assert (tmp_path / "infra" / "mine.sql").read_text() == "SELECT email, changed FROM a.b.c\n"
    assert offline("lint", tmp_path / "infra", "--strict").exit_code == 0


def test_init_reads_a_postman_environment(offline: "Cli", tmp_path: Path) -> None:
    """Fields come from the environment unless an option has them; secrets are references with a note."""
    values = {
        "SNOWFLAKE_ACCOUNT": "gd12345",
        "SNOWFLAKE_REGION": "us-east-1",
        "SNOWFLAKE_WAREHOUSE": "wh",
        "SNOWFLAKE_DATABASE": "db",
        "SNOWFLAKE_ROLE": "role",
        "SNOWFLAKE_USER": "user",
        "SNOWFLAKE_AWS_EXTERNAL_ID": "MP=1",
        "POD": "US1",
        "ORG_ID": "1",
        "ACCOUNT_ID": "2",
        "PASSWORD": "canary-1",
        "PARTNER_FEED_KEY": "canary-2",
    }
    rows = [{"key": key, "value": value} for key, value in values.items()]
    file, folder = tmp_path / "e.json", tmp_path / "infra"
    file.write_text(json.dumps({"values": rows}))
    options = ["--warehouse", "snowflake", "--table", "a.b.c", "--set", "database=other"]
    done = offline("init", folder, *options, "--postman-env", file)
    assert done.exit_code == 0, done.output
    connection = (folder / "connections.yaml").read_text()
    assert "account_identifier: gd12345" in connection
    assert "database: other" in connection
    assert "storage_integration: mp_us1_1_2_s3" in connection
    assert "aws_external_id: MP=1" in connection
    assert "partner_feed_key: env:CUSTOMERS_PARTNER_FEED_KEY" in (folder / "pipelines.yaml").read_text()
    assert "SNOWFLAKE_PASSWORD is PASSWORD of the Postman environment" in done.stderr
    assert "CUSTOMERS_PARTNER_FEED_KEY is PARTNER_FEED_KEY of the Postman environment" in done.stderr
    assert "warning: Snowflake ends the sign-in with only a password" in done.stderr
    assert "canary" not in done.output + connection
    assert offline("lint", folder, "--strict").exit_code == 0


def test_init_reads_a_service_account(offline: "Cli", tmp_path: Path) -> None:
    """The service account of BigQuery comes from the environment, and its key is a reference."""
    rows = [
        {"key": "SERVICE_ACCOUNT_ID", "value": "mp@p.iam.gserviceaccount.com"},
        {"key": "SERVICE_ACCOUNT_KEY", "value": "canary"},
    ]
    file, folder = tmp_path / "e.json", tmp_path / "infra"
    file.write_text(json.dumps({"values": rows}))
    fields = [word for name in ("region", "project_id", "dataset_id") for word in ("--set", f"{name}=x")]
    done = offline(
        "init", folder, "--warehouse", "bigquery", "--table", "a.b.c", "--postman-env", file, *fields
    )
    assert done.exit_code == 0, done.output
    assert "service_account_id: mp@p.iam.gserviceaccount.com" in (folder / "connections.yaml").read_text()
    assert "BIGQUERY_SERVICE_ACCOUNT_KEY is SERVICE_ACCOUNT_KEY of the Postman environment" in done.stderr
    assert "canary" not in done.output
    assert "warning" not in done.stderr


DATABRICKS = ["--warehouse", "databricks", "--table", "a.b.c", "--set", "provider=o", "--set", "schema=s"]


@pytest.mark.parametrize("pipeline_id", ["", "a b", "a.b", "../a", "ä", "a\n"])
def test_init_refuses_an_invalid_id(pipeline_id: str, offline: "Cli", tmp_path: Path) -> None:
    """An id that lint would refuse is refused with the rule, and nothing is written."""
    done = offline("init", tmp_path / "infra", *DATABRICKS, "--id", pipeline_id)
    assert done.exit_code == 2
    assert "Invalid value for '--id': " in done.stderr
    assert "is not an id: use ASCII letters, digits, '_' and '-' only, at least one" in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


@pytest.mark.parametrize("pipeline_id", ["a", "0", "no", "null", "1e5", "2024-01-01", "-", "__", "A_b-9"])
def test_init_files_of_any_valid_id_have_no_findings(
    pipeline_id: str, offline: "Cli", tmp_path: Path
) -> None:
    """Files with any valid id have no findings, also with ids that YAML could read as other types."""
    assert offline("init", tmp_path / "infra", *DATABRICKS, f"--id={pipeline_id}").exit_code == 0
    linted = offline("lint", tmp_path / "infra", "--strict", "--json")
    assert (linted.exit_code, json.loads(linted.stdout)) == (0, [])


@pytest.mark.parametrize("given", [["--table", ""], ["--set", "provider="], ["--iterator", " "]])
def test_init_refuses_empty_values(given: list[str], offline: "Cli", tmp_path: Path) -> None:
    """An option with an empty value is refused by name."""
    done = offline("init", tmp_path / "infra", *DATABRICKS, *given)
    assert done.exit_code == 2
    assert f"Invalid value for {' '.join(given).partition('=')[0].strip()}" in done.stderr
    assert "must not be empty" in done.stderr


@pytest.mark.parametrize("provider", ["Snowflake", "BigQuery", "Redshift", "Databricks"])
def test_fields_of_a_connection_have_help(provider: str) -> None:
    """Each field has one sentence of help and an example."""
    questions = config_questions(provider)
    assert [each.name for each in questions] == FIELDS[provider.lower()]
    assert [
        each for each in questions if not each.example or not re.fullmatch(r"[A-Z][^.]+\.", each.help)
    ] == []


def test_init_without_a_terminal_lists_missing_options(offline: "Cli", tmp_path: Path) -> None:
    """Without a terminal the error names every missing option, and nothing is written."""
    done = offline("init", tmp_path / "infra", "--warehouse", "databricks")
    assert done.exit_code == 2
    assert "pass --set provider=…, --set schema=…, --table." in done.stderr
    assert "pass --warehouse." in offline("init", tmp_path / "infra").stderr
    assert not (tmp_path / "infra").exists()


def test_init_replaces_files_only_with_force(offline: "Cli", tmp_path: Path) -> None:
    """Existing files are not replaced without `--force`."""
    arguments = [
        "init",
        tmp_path,
        "--warehouse",
        "databricks",
        "--table",
        "a.b.c",
        "--set",
        "provider=o",
        "--set",
        "schema=s",
    ]
    assert offline(*arguments).exit_code == 0
    refused = offline(*arguments)
    assert refused.exit_code == 16
    assert "use --force to overwrite it" in refused.stderr
    assert offline(*arguments, "--force").exit_code == 0
    assert offline(*arguments, "--set", "password=canary").exit_code == 2
