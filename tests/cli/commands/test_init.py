"""`init`, `setup` and `schedule preview`."""

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
def test_init_lints_clean(warehouse: str, frequency: str, offline: "Cli", tmp_path: Path) -> None:
    """What `init` writes for any warehouse and frequency has no finding at all."""
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


def test_init_takes_a_query_of_ones_own(offline: "Cli", tmp_path: Path) -> None:
    """`--sql` is written beside the data model, and the iterator is the one that was named."""
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


DATABRICKS = ["--warehouse", "databricks", "--table", "a.b.c", "--set", "provider=o", "--set", "schema=s"]


@pytest.mark.parametrize("pipeline_id", ["", "a b", "a.b", "../a", "ä", "a\n"])
def test_init_refuses_an_id_that_is_none(pipeline_id: str, offline: "Cli", tmp_path: Path) -> None:
    """An id that lint would refuse is refused at once, with the rule; nothing is written."""
    done = offline("init", tmp_path / "infra", *DATABRICKS, "--id", pipeline_id)
    assert done.exit_code == 2
    assert "Invalid value for '--id': " in done.stderr
    assert "is not an id: use ASCII letters, digits, '_' and '-' only, at least one" in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


@pytest.mark.parametrize("pipeline_id", ["a", "0", "no", "null", "1e5", "2024-01-01", "-", "__", "A_b-9"])
def test_init_writes_clean_files_for_every_id_it_takes(
    pipeline_id: str, offline: "Cli", tmp_path: Path
) -> None:
    """Whatever id is taken, lint has nothing to say: also of one that YAML could take for something else, or without a letter."""
    assert offline("init", tmp_path / "infra", *DATABRICKS, f"--id={pipeline_id}").exit_code == 0
    linted = offline("lint", tmp_path / "infra", "--strict", "--json")
    assert (linted.exit_code, json.loads(linted.stdout)) == (0, [])


@pytest.mark.parametrize("given", [["--table", ""], ["--set", "provider="], ["--iterator", " "]])
def test_init_refuses_what_is_empty(given: list[str], offline: "Cli", tmp_path: Path) -> None:
    """An option without a value is refused by its name."""
    done = offline("init", tmp_path / "infra", *DATABRICKS, *given)
    assert done.exit_code == 2
    assert f"Invalid value for {' '.join(given).partition('=')[0].strip()}" in done.stderr
    assert "must not be empty" in done.stderr


@pytest.mark.parametrize("provider", ["Snowflake", "BigQuery", "Redshift", "Databricks"])
def test_init_explains_each_field_of_a_connection(provider: str) -> None:
    """Each field has one line of help, which is a sentence, and an example."""
    questions = config_questions(provider)
    assert [each.name for each in questions] == FIELDS[provider.lower()]
    assert [
        each for each in questions if not each.example or not re.fullmatch(r"[A-Z][^.]+\.", each.help)
    ] == []


def test_init_without_a_terminal_names_what_is_missing(offline: "Cli", tmp_path: Path) -> None:
    """In a pipe nothing is asked: every option that is missing is named, and nothing is written."""
    done = offline("init", tmp_path / "infra", "--warehouse", "databricks")
    assert done.exit_code == 2
    assert "give --set provider=…, --set schema=…, --table." in done.stderr
    assert "give --warehouse." in offline("init", tmp_path / "infra").stderr
    assert not (tmp_path / "infra").exists()


def test_init_keeps_what_exists(offline: "Cli", tmp_path: Path) -> None:
    """Files that exist are not replaced without `--force`."""
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
    assert "--force replaces it" in refused.stderr
    assert offline(*arguments, "--force").exit_code == 0
    assert offline(*arguments, "--set", "password=canary").exit_code == 2


def test_setup_fills_in_the_tutorials_statements(offline: "Cli") -> None:
    """Pod, organization and account fill in names, account number and addresses; what is open stays marked."""
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
    assert done.stderr.startswith("still to fill in: role_name, compute_wh")


@pytest.mark.parametrize("warehouse", FIELDS)
def test_setup_marks_what_is_destructive(warehouse: str, offline: "Cli") -> None:
    """Each statement that replaces something comes right after a comment that says so."""
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
def test_setup_refuses_what_cannot_be_filled_in(given: str, offline: "Cli") -> None:
    """Unknown names and pods, text that would end the statement, and secrets are refused."""
    done = offline("setup", "snowflake", "--set", given)
    assert done.exit_code == 2
    assert "canary" not in done.output


def test_setup_takes_a_postman_environment(offline: "Cli", tmp_path: Path) -> None:
    """Pod, organization and account come from the tutorial's environment."""
    values = [
        {"key": "POD", "value": "US1"},
        {"key": "ORG_ID", "value": "1"},
        {"key": "ACCOUNT_ID", "value": "2"},
    ]
    (tmp_path / "e.json").write_text(json.dumps({"values": values}))
    assert "mp_us1_1_2_s3" in offline("setup", "snowflake", "--postman-env", tmp_path / "e.json").stdout


def test_preview_shows_local_time(offline: "Cli", tmp_path: Path) -> None:
    """A preview has UTC and the time of a zone, across the change of the clock."""
    (tmp_path / "p.yaml").write_text(
        "kind: pipeline\nid: p\nname: P\npipeline_type: user_attributes\nconnection_id: c\ndata_model_id: m\n"
        "state: paused\nsync_mode: {type: full}\nenvironment: development\n"
        "schedule: {type: interval, frequency: daily, start: 2026-01-01T00:30:00Z}\n"
    )
    arguments = ["schedule", "preview", "p", "--files", tmp_path, "--zone", "Europe/Berlin"]
    done = offline(*arguments, "--after", "2026-03-28", "--count", "2", "--json")
    rows = json.loads(done.stdout)
    assert [row["due_utc"] for row in rows] == ["2026-03-28T00:30:00Z", "2026-03-29T00:30:00Z"]
    assert [row["due_local"] for row in rows] == ["2026-03-28T01:30+01:00", "2026-03-29T01:30+01:00"]
    assert "The pipeline is paused" in done.stderr
    assert offline(*arguments, "--zone", "Nowhere").exit_code == 2
    assert offline("schedule", "preview", "q", "--files", tmp_path).exit_code == 6


def test_preview_reads_the_workspace(cli: "Cli", warehouse_sync_emulator: object) -> None:
    """Without files the pipeline is read from the workspace."""
    warehouse_sync_emulator.seed(pipelines=1, runs=0)  # type: ignore[attr-defined]  # the fixture's emulator
    [row] = json.loads(cli("schedule", "preview", "seeded-pipeline-00001", "--json").stdout)
    assert row["due_utc"] == "when triggered"


@pytest.mark.parametrize("warehouse", FIELDS)
def test_setup_says_where_it_is_from(warehouse: str, offline: "Cli") -> None:
    """The first line names the document it follows; what no document says is marked, and stands in JSON as well."""
    document = json.loads(offline("setup", warehouse, "--json").stdout)
    lines = offline("setup", warehouse).stdout.splitlines()
    assert lines[0] == f"-- Source: {document['source']}"
    marked = [line for line in lines if line.startswith("-- NOT CONFIRMED: ")]
    assert marked == [f"-- NOT CONFIRMED: {each}" for each in document["unconfirmed"]]
    assert document["statements"] in "\n".join(lines)


def test_setup_names_the_fields_of_the_connection(offline: "Cli") -> None:
    """What is filled in is filled in wherever it stands, also where the connection's fields are named."""
    done = offline("setup", "bigquery", "--set", "project_id=p", "--set", "service_account=mp")
    assert "service_account_id of the connection is mp@p.iam.gserviceaccount.com." in done.stdout
    assert '"serviceAccount:mp@p.iam.gserviceaccount.com"' in done.stdout
    assert "{{dataset_id}}" in done.stdout


def test_setup_refuses_a_postman_environment_that_cannot_stand_in_a_statement(
    offline: "Cli", tmp_path: Path
) -> None:
    """What a file brings is checked like what is typed."""
    (tmp_path / "e.json").write_text(json.dumps({"values": [{"key": "ORG_ID", "value": "1; DROP TABLE b"}]}))
    assert offline("setup", "snowflake", "--postman-env", tmp_path / "e.json").exit_code == 2
