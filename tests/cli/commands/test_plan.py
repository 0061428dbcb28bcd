"""`plan --target`, `plan --exit-code`, and line ends of queries."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

FILES = """
connections:
  - {id: databricks, name: D, service_provider: Databricks, config: {provider: p, schema: s}}
data_models:
  - {id: used, name: Used, sql_query: SELECT 1}
  - {id: other, name: Other, sql_query: SELECT 1}
pipelines:
  - id: orders
    name: Orders
    pipeline_type: user_attributes
    connection_id: databricks
    data_model_id: used
    sync_mode: {type: full}
    schedule: {type: on_demand}
    environment: development
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a pipeline and a data model that it does not use."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "all.yaml").write_text(FILES)
    return tmp_path / "infra"


def ids(cli: "Cli", kind: str) -> list[str]:
    """Return the ids in the workspace."""
    return sorted(each["id"] for each in json.loads(cli(kind, "list", "--json").stdout))


def test_target_changes_only_what_it_needs(cli: "Cli", folder: Path) -> None:
    """`--target` changes a resource and those that it depends on, and prunes only that id."""
    assert cli("apply", folder, "--target", "orders", "--yes").exit_code == 0
    assert (ids(cli, "connections"), ids(cli, "models")) == (["databricks"], ["used"])
    assert cli("apply", folder, "--yes").exit_code == 0
    (folder / "all.yaml").write_text("data_models: [{id: used, name: Renamed, sql_query: SELECT 1}]\n")
    done = cli("apply", folder, "--target", "other", "--prune", "--yes")
    assert done.exit_code == 0, done.output
    assert ids(cli, "models") == ["used"]
    assert ids(cli, "pipelines") == ["orders"]
    assert json.loads(cli("models", "get", "used", "--json").stdout)["name"] == "Used"


def test_unknown_target_is_refused(cli: "Cli", folder: Path, tmp_path: Path) -> None:
    """`--target TYPO` changes nothing, and a saved plan contains its targets."""
    done = cli("apply", folder, "--target", "typo", "--yes")
    assert done.exit_code == 16
    assert "--target typo: these files neither declare nor manage" in done.stderr
    assert cli("plan", folder, "--target", "used", "--out", tmp_path / "plan.json").exit_code == 0
    assert cli("apply", tmp_path / "plan.json", "--target", "other").exit_code == 2
    assert cli("apply", tmp_path / "plan.json").exit_code == 0
    assert ids(cli, "models") == ["used"]


def test_exit_code_shows_changes(cli: "Cli", folder: Path) -> None:
    """With `--exit-code`, 2 means changes and 1 any error, as for `drift`."""
    assert cli("plan", folder).exit_code == 0
    assert cli("plan", folder, "--exit-code").exit_code == 2
    assert cli("plan", folder, "--exit-code", "--typo").exit_code == 1
    assert cli("plan", folder, "--typo").exit_code == 2
    assert cli("plan", folder, "--exit-code", "--api-url", "http://127.0.0.1:9").exit_code == 1
    assert cli("apply", folder, "--yes").exit_code == 0
    assert cli("plan", folder, "--exit-code").exit_code == 0


def test_line_ends_of_queries_do_not_matter(cli: "Cli", tmp_path: Path) -> None:
    """A query with CRLF, as in a checkout on Windows, is the same as with LF."""
    (tmp_path / "a.yaml").write_text("data_models: [{id: a, name: A, sql_file: a.sql}]\n")
    for first, second in ((b"SELECT 1\nFROM t\n", b"SELECT 1\r\nFROM t\r\n"), (b"SELECT 2\r\n", b"SELECT 2")):
        (tmp_path / "a.sql").write_bytes(first)
        assert cli("apply", tmp_path / "a.yaml", "--yes").exit_code == 0
        (tmp_path / "a.sql").write_bytes(second)
        assert "No changes" in cli("plan", tmp_path / "a.yaml").stdout
    inline = '{"data_models": [{"id": "a", "name": "A", "sql_query": "SELECT 3\\r\\nFROM t"}]}'
    (tmp_path / "a.yaml").unlink()
    (tmp_path / "b.json").write_text(inline)
    assert cli("apply", tmp_path / "b.json", "--yes", "--adopt", "a").exit_code == 0
    (tmp_path / "b.json").write_text(inline.replace("\\r", ""))
    assert "No changes" in cli("plan", tmp_path / "b.json").stdout
