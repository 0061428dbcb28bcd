"""`setup`."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

WAREHOUSES = ["snowflake", "bigquery", "redshift", "databricks"]


def test_setup_fills_in_placeholders(offline: "Cli") -> None:
    """Pod, organization and account fill in names, account and addresses; others stay marked."""
    done = offline(
        "setup",
        "snowflake",
        "--set",
        "pod=EU1",
        "--set",
        "org_id=12",
        "--set",
        "acct_id=34",
        "--set",
        "database=db",
    )
    assert done.exit_code == 0
    assert "STORAGE INTEGRATION mp_eu1_12_34_s3" in done.stdout
    assert "arn:aws:iam::583371261087:role/ingest-pipeline-data-external-12-34" in done.stdout
    assert "s3://eu1-ingest-pipeline-data/12/34" in done.stdout
    assert "{{role_name}}" in done.stdout
    assert "{{database}}" not in done.stdout
    assert done.stderr.startswith("placeholders without a value: role_name, compute_wh")


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_setup_marks_destructive_statements(warehouse: str, offline: "Cli") -> None:
    """A comment marks each statement that replaces an object."""
    statements = re.split(r"\n\n", offline("setup", warehouse).stdout)
    replacing = [each for each in statements if "OR REPLACE" in each]
    assert len(replacing) == (2 if warehouse == "snowflake" else 0)
    assert all(each.startswith("-- DESTRUCTIVE") for each in replacing)


@pytest.mark.parametrize(
    "given",
    [
        "pod=XX9",
        "nonsense=1",
        "pod",
        "database=a; DROP TABLE b",
        "database=a--b",
        "unique_secure_password=canary",
    ],
)
def test_setup_refuses_invalid_values(given: str, offline: "Cli") -> None:
    """Unknown names and pods, unsafe text and secrets are refused."""
    done = offline("setup", "snowflake", "--set", given)
    assert done.exit_code == 2
    assert "canary" not in done.output


def test_setup_reads_a_postman_environment(offline: "Cli", tmp_path: Path) -> None:
    """Pod, organization and account come from the tutorial's environment."""
    values = [
        {"key": "POD", "value": "US1"},
        {"key": "ORG_ID", "value": "1"},
        {"key": "ACCOUNT_ID", "value": "2"},
    ]
    (tmp_path / "e.json").write_text(json.dumps({"values": values}))
    assert "mp_us1_1_2_s3" in offline("setup", "snowflake", "--postman-env", tmp_path / "e.json").stdout


def test_setup_reads_all_fields_of_the_environment(offline: "Cli", tmp_path: Path) -> None:
    """Names of the warehouse come from the environment too; secrets are named, and never shown."""
    values = {
        "SNOWFLAKE_ROLE": "MP",
        "SNOWFLAKE_WAREHOUSE": "WH",
        "SNOWFLAKE_DATABASE": "DB",
        "SNOWFLAKE_SCHEMA": "S",
        "SNOWFLAKE_USER": "U",
        "SNOWFLAKE_PASSWORD": "canary-1",
        "PASSWORD": "REPLACE_ME",
        "PARTNER_FEED_KEY": "canary-2",
        "SERVICE_ACCOUNT_ID": "mp@my-project.iam.gserviceaccount.com",
    }
    rows = [{"key": key, "value": value} for key, value in values.items()]
    (tmp_path / "e.json").write_text(json.dumps({"values": rows}))
    done = offline("setup", "snowflake", "--postman-env", tmp_path / "e.json")
    assert "GRANT USAGE ON SCHEMA DB.S TO ROLE MP;" in done.stdout
    assert 'CREATE OR REPLACE USER U PASSWORD = "{{unique_secure_password}}";' in done.stdout
    assert (
        "secrets of the Postman environment, which are not shown: SNOWFLAKE_PASSWORD, PARTNER_FEED_KEY"
        in done.stderr
    )
    assert "canary" not in done.output
    bigquery = offline("setup", "bigquery", "--postman-env", tmp_path / "e.json").stdout
    assert '"serviceAccount:mp@my-project.iam.gserviceaccount.com"' in bigquery


def test_setup_warns_about_sign_in_with_a_password(offline: "Cli") -> None:
    """Snowflake's password gets a warning, and a statement for a key pair that is marked and commented out."""
    done = offline("setup", "snowflake")
    assert "warning: Snowflake ends the sign-in with only a password for all users in 2026" in done.stderr
    lines = done.stdout.splitlines()
    [at] = [number for number, line in enumerate(lines) if "RSA_PUBLIC_KEY" in line]
    assert lines[at].startswith("-- ALTER USER")
    assert lines[at - 1].startswith("-- NOT DOCUMENTED BY MPARTICLE")
    assert json.loads(offline("setup", "snowflake", "--json").stdout)["warnings"]
    assert "warning" not in offline("setup", "bigquery").stderr


@pytest.mark.parametrize("warehouse", ["snowflake", "bigquery", "redshift"])
def test_setup_names_the_ip_ranges(warehouse: str, offline: "Cli") -> None:
    """The steps name the request that lists the addresses to allow."""
    assert "GET https://api.mparticle.com/ip-ranges" in offline("setup", warehouse).stdout


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_setup_names_its_source(warehouse: str, offline: "Cli") -> None:
    """The first line names the source; unconfirmed steps are marked, in JSON as well."""
    document = json.loads(offline("setup", warehouse, "--json").stdout)
    lines = offline("setup", warehouse).stdout.splitlines()
    assert lines[0] == f"-- Source: {document['source']}"
    marked = [line for line in lines if line.startswith("-- NOT CONFIRMED: ")]
    assert marked == [f"-- NOT CONFIRMED: {each}" for each in document["unconfirmed"]]
    assert document["statements"] in "\n".join(lines)


def test_setup_fills_in_connection_fields(offline: "Cli") -> None:
    """Placeholders are filled in everywhere, also in the fields of the connection."""
    done = offline("setup", "bigquery", "--set", "project_id=p", "--set", "service_account=mp")
    assert "service_account_id of the connection is mp@p.iam.gserviceaccount.com." in done.stdout
    assert '"serviceAccount:mp@p.iam.gserviceaccount.com"' in done.stdout
    assert "{{dataset_id}}" in done.stdout


def test_setup_refuses_unsafe_postman_values(offline: "Cli", tmp_path: Path) -> None:
    """Values of a file are checked like values of options."""
    (tmp_path / "e.json").write_text(json.dumps({"values": [{"key": "ORG_ID", "value": "1; DROP TABLE b"}]}))
    assert offline("setup", "snowflake", "--postman-env", tmp_path / "e.json").exit_code == 2
