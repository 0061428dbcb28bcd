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
    assert "use --force to overwrite it" in refused.stderr
    assert offline(*arguments, "--force").exit_code == 0
    assert offline(*arguments, "--set", "password=canary").exit_code == 2
