"""`fmt`: names of files, `--check`, and plans that do not change."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

MESSY = """
# Loads the customers.
pipelines:
- schedule: {type: on_demand}
  environment: development
  sync_mode:
      iterator_data_type: timestamp
      iterator_field: t   # from the trigger
      type: incremental
  id: customers
  data_model_id: customers
  connection_id: databricks
  pipeline_type: user_attributes
  name: Customers
---
data_models:
- sql_query: |
      SELECT email, t
        FROM a.b.c  -- noqa: WS306
  name: Customers
  id: customers
connections:
- {id: databricks, name: D, service_provider: Databricks, config: {provider: p, schema: s}}
"""


def test_fmt_changes_no_plan(cli: "Cli", tmp_path: Path) -> None:
    """Files that were applied have an empty plan after they are formatted."""
    file = tmp_path / "infra" / "all.yaml"
    file.parent.mkdir()
    file.write_text(MESSY)
    assert cli("apply", file.parent, "--yes").exit_code == 0
    done = cli("fmt", file.parent)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{file}\n", "")
    text = file.read_text()
    assert text.startswith("# Loads the customers.\npipelines:\n  - id: customers\n    name: Customers\n")
    assert "      iterator_field: t  # from the trigger\n" in text
    assert cli("plan", file.parent, "--exit-code").exit_code == 0
    again = cli("fmt", file.parent)
    assert (again.exit_code, again.stdout) == (0, "")


def test_check_writes_nothing(offline: "Cli", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--check` prints the names and exits with 10 until the files are formatted; the current folder is the default."""
    (tmp_path / "all.yaml").write_text(MESSY)
    monkeypatch.chdir(tmp_path)
    done = offline("fmt", "--check")
    assert (done.exit_code, done.stdout) == (10, "all.yaml\n")
    assert (tmp_path / "all.yaml").read_text() == MESSY
    assert json.loads(offline("fmt", "--json", "--check").stdout) == {"files": ["all.yaml"]}
    assert json.loads(offline("fmt", "--json").stdout) == {"files": ["all.yaml"]}
    assert offline("fmt", "--check").exit_code == 0


def test_problems_end_with_an_error(offline: "Cli", tmp_path: Path) -> None:
    """A file that cannot be read is an error, and one that cannot be laid out is a note."""
    (tmp_path / "b.yaml").write_text("%YAML 1.1\n---\ndata_models: []\n")
    done = offline("fmt", tmp_path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"{tmp_path}/b.yaml is left as it is: its layout cannot be changed safely.\n"
    (tmp_path / "a.yaml").write_text("data_models: [*a]\n")
    done = offline("fmt", tmp_path)
    assert (done.exit_code, done.stdout) == (10, "")
    assert "a.yaml:1:15: an alias is not supported" in done.stderr


def test_written_files_are_formatted(cli: "Cli", seeded: "Emulator", tmp_path: Path) -> None:
    """What `export` and `init` write needs no formatting."""
    assert cli("export", tmp_path / "export").exit_code == 0
    settings = [word for name in ("provider", "schema") for word in ("--set", f"{name}=x")]
    done = cli("init", tmp_path / "init", "--warehouse", "databricks", "--table", "a.b.c", *settings)
    assert done.exit_code == 0, done.output
    done = cli("fmt", "--check", tmp_path)
    assert (done.exit_code, done.output) == (0, "")
    assert len([*tmp_path.rglob("*.yaml")]) > 4
