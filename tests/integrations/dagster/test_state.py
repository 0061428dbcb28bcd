"""The pipelines that assets are made of."""

from pathlib import Path

import pytest

from warehouse_sync import Client, ConfigurationError
from warehouse_sync.emulator import Emulator
from warehouse_sync.integrations.dagster.state import from_json, read_state, read_workspace, to_json

FILES = """
connections:
  - id: shop
    name: Shop
    service_provider: Databricks
    config: {provider: shop, schema: public}
data_models:
  - id: customers
    name: Customers
    sql_query: SELECT email, updated_at FROM shop.public.customers
pipelines:
  - id: customers
    name: Customers
    pipeline_type: user_attributes
    connection_id: shop
    data_model_id: customers
    environment: development
    sync_mode: {type: full}
    schedule: {type: interval, frequency: daily, start: 2025-01-01T00:00:00Z}
"""


def test_workspace_is_read_whole() -> None:
    """Three requests tell everything, and it survives being written."""
    with Emulator() as emulator, Client(**emulator.client_options()) as client:
        ids = emulator.seed(pipelines=3, runs=0)
        states = read_workspace(client)
    assert [state.id for state in states] == ids
    assert states[0].tables
    assert from_json(to_json(states)) == states


def test_files_need_no_account(tmp_path: Path) -> None:
    """The pipelines of YAML files carry their schedules and the tables of their queries."""
    (tmp_path / "shop.yaml").write_text(FILES, encoding="utf-8")
    [state] = read_state(tmp_path)
    assert (state.id, state.frequency, state.service_provider) == ("customers", "daily", "Databricks")
    assert state.tables == (("shop", "public", "customers"),)


def test_state_of_another_release_is_refused(tmp_path: Path) -> None:
    """The message says how to write it again."""
    (tmp_path / "state.json").write_text('{"version": 99, "pipelines": []}', encoding="utf-8")
    with pytest.raises(ValueError, match="dg utils refresh-defs-state"):
        read_state(tmp_path / "state.json")


def test_files_of_a_project_need_its_environment(tmp_path: Path) -> None:
    """The environment sets the variables; with several of them one must be named."""
    (tmp_path / "all.yaml").write_text(FILES.replace("schema: public", 'schema: "${var.schema}"'))
    project = 'name = "shop"\n[environments.dev]\nworkspace_id = 1\nvars = {schema = "test"}\n'
    (tmp_path / "warehouse-sync.toml").write_text(project)
    assert read_state(tmp_path)[0].tables == read_state(tmp_path, "dev")[0].tables != ()
    more = '[environments.prod]\nworkspace_id = 2\nvars = {schema = "public"}\n'
    (tmp_path / "warehouse-sync.toml").write_text(project + more)
    assert [state.id for state in read_state(tmp_path, "prod")] == ["customers"]
    for name in (None, "other"):
        with pytest.raises(ConfigurationError, match=r"must be one of those of the project \(dev, prod\)"):
            read_state(tmp_path, name)


def test_environment_without_a_project_is_refused(tmp_path: Path) -> None:
    """A folder without a project file has no environments."""
    (tmp_path / "all.yaml").write_text(FILES)
    with pytest.raises(ConfigurationError, match="there is no project file"):
        read_state(tmp_path, "dev")
