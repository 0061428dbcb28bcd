"""`plan` and `apply` for resources without `state`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

FILES = """
connections:
  - id: warehouse
    name: Warehouse
    service_provider: Databricks
    state: active
    config: {provider: organization, schema: analytics}
data_models:
  - id: orders
    name: Orders
    state: active
    sql_query: SELECT 1
pipelines:
  - id: orders
    name: Orders
    pipeline_type: user_attributes
    connection_id: warehouse
    data_model_id: orders
    state: active
    sync_mode: {type: full}
    schedule: {type: on_demand}
    environment: development
"""
PAUSED = FILES.replace("state: active\n    sync_mode", "state: paused\n    sync_mode")
WITHOUT_STATE = FILES.replace("    state: active\n", "")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file for the declarations."""
    (tmp_path / "infra").mkdir()
    return tmp_path / "infra" / "all.yaml"


def states(cli: "Cli") -> list[str]:
    """Return the states of the connection, the data model and the pipeline."""
    documents = [
        json.loads(cli(name, "list", "--json").stdout) for name in ("connections", "models", "pipelines")
    ]
    return [each["state"] for document in documents for each in document]


def apply(cli: "Cli", file: Path, text: str) -> str:
    """Apply a text, and return the plan that is shown."""
    file.write_text(text)
    done = cli("apply", file.parent, "--yes")
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(
    "text", [WITHOUT_STATE, WITHOUT_STATE.replace("    sync_mode", "    state:\n    sync_mode")]
)
def test_new_pipeline_is_paused(text: str, cli: "Cli", file: Path) -> None:
    """A new pipeline without `state` is paused, and the plan says so."""
    shown = apply(cli, file, text)
    assert '    state: "paused"\n' in shown
    assert "    note: state: not declared, so a new pipeline is paused\n" in shown
    assert states(cli) == ["active", "active", "paused"]
    assert cli("drift", file.parent).exit_code == 0


@pytest.mark.parametrize(("before", "state"), [(FILES, "active"), (PAUSED, "paused")])
def test_state_of_pipeline_is_kept(before: str, state: str, cli: "Cli", file: Path) -> None:
    """Removing `state` changes nothing, alone and together with another change."""
    apply(cli, file, before)
    shown = apply(cli, file, WITHOUT_STATE)
    assert f"    note: state: not declared, so it stays {state}\n" in shown
    assert "No changes: 3 resource(s) match the files." in shown
    shown = apply(cli, file, WITHOUT_STATE.replace("type: on_demand", "type: once"))
    assert "0 to create, 1 to update" in shown
    assert "state:" not in shown.replace("note: state:", "")
    assert states(cli) == ["active", "active", state]


def test_pause_outside_of_files_is_kept(cli: "Cli", file: Path) -> None:
    """A pipeline that is paused outside of the files stays paused."""
    apply(cli, file, PAUSED)
    apply(cli, file, WITHOUT_STATE)
    assert cli("drift", file.parent).exit_code == 0
    assert states(cli)[-1] == "paused"


def test_state_of_other_resources_is_kept(cli: "Cli", file: Path) -> None:
    """An inactive connection or data model without `state` stays inactive."""
    inactive = PAUSED.replace("state: active", "state: inactive")
    apply(cli, file, inactive)
    apply(cli, file, WITHOUT_STATE)
    assert states(cli) == ["inactive", "inactive", "paused"]


def test_pipeline_without_state_is_not_linted_as_active(cli: "Cli", file: Path) -> None:
    """Only pipelines that are declared as active count towards the limit of WS205."""
    for text, is_reported in ((FILES, True), (WITHOUT_STATE, False)):
        second = text.partition("pipelines:\n")[2].replace("id: orders", "id: more", 1)
        file.write_text(text + second)
        done = cli("lint", file.parent, "--max-active-pipelines", "1")
        assert ("WS205" in done.stdout) is is_reported
