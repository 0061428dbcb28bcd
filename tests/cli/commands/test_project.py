"""Projects: environments, variables, overlays and ignored files, through the commands."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

PROJECT = """
name = "billing"
ignore = ["docker-compose.yml", "vendor/*"]

[vars]
suffix = "all"

[environments.dev]
workspace_id = 5328
vars = {database = "DEV"}

[environments.prod]
workspace_id = 6000
vars = {database = "PROD"}
overlay = "overlays/prod"
"""
MODEL = "data_models: [{id: orders, name: 'Orders ${var.suffix}', sql_file: orders.sql}]\n"
OVERLAY = """
data_models:
  - id: orders
    name: Orders of production
  - id: only-prod
    name: Only
    sql_file: only.sql
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two environments; the workspace is only in its file."""
    folder = tmp_path / "infra"
    (folder / "overlays" / "prod").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "warehouse-sync.toml").write_text(PROJECT)
    (folder / "models" / "orders.yaml").write_text(MODEL)
    (folder / "models" / "orders.sql").write_text("SELECT 1\nFROM ${var.database}.public.orders\n")
    (folder / "overlays" / "prod" / "orders.yaml").write_text(OVERLAY)
    (folder / "overlays" / "prod" / "only.sql").write_text("SELECT 2 FROM ${var.database}.a.b\n")
    (folder / "docker-compose.yml").write_text("services: {}\n")
    (folder / "vendor").mkdir()
    (folder / "vendor" / "key.json").write_text('{"type": "service_account"}')
    monkeypatch.delenv("WAREHOUSE_SYNC_WORKSPACE_ID", raising=False)
    return folder


@pytest.fixture
def cli(cli: "Cli", monkeypatch: pytest.MonkeyPatch) -> "Cli":
    """Run the command line without a workspace in the environment."""
    monkeypatch.delenv("WAREHOUSE_SYNC_WORKSPACE_ID")
    return cli


def models(cli: "Cli", workspace: int) -> dict[str, tuple[str, str]]:
    """Return the name and the query of each data model."""
    listed = json.loads(cli("models", "list", "--workspace", workspace, "--json").stdout)
    return {each["id"]: (each["name"], each["sql_query"]) for each in listed}


def edit(project: Path, old: str, new: str) -> None:
    """Replace a text in the project file."""
    file = project / "warehouse-sync.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_environments_have_their_own_values(cli: "Cli", project: Path) -> None:
    """One folder is applied to two workspaces with the variables and the overlay of each."""
    for name in ("dev", "prod"):
        done = cli("apply", project, "--env", name, "--yes")
        assert done.exit_code == 0, done.output
        assert cli("drift", project, "--env", name).exit_code == 0
    assert models(cli, 5328) == {"orders": ("Orders all", "SELECT 1\nFROM DEV.public.orders")}
    assert models(cli, 6000) == {
        "only-prod": ("Only", "SELECT 2 FROM PROD.a.b"),
        "orders": ("Orders of production", "SELECT 1\nFROM PROD.public.orders"),
    }


@pytest.mark.parametrize("command", ["plan", "apply", "drift", "destroy"])
def test_environment_must_be_chosen(command: str, cli: "Cli", project: Path) -> None:
    """With several environments a command without `--env` is refused and names them."""
    done = cli(command, project)
    assert done.exit_code == (1 if command == "drift" else 2)
    assert "Choose one with --env: dev, prod." in done.stderr
    done = cli(command, project, "--env", "typo")
    assert "has no environment 'typo'" in done.stderr
    assert cli("status", "--env", "dev").exit_code == 13


def test_only_environment_is_the_default(cli: "Cli", project: Path) -> None:
    """With one environment no `--env` is needed."""
    text = (project / "warehouse-sync.toml").read_text()
    (project / "warehouse-sync.toml").write_text(text[: text.index("[environments.prod]")])
    (project / "overlays" / "prod" / "orders.yaml").unlink()
    assert cli("apply", project, "--yes").exit_code == 0
    assert list(models(cli, 5328)) == ["orders"]


@pytest.mark.parametrize("source", ["variable", "option", "profile"])
def test_workspace_is_pinned(
    source: str, cli: "Cli", project: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stray workspace id does not apply the files of one environment to another workspace."""
    options: tuple[str, ...] = ()
    match source:
        case "variable":
            monkeypatch.setenv("WAREHOUSE_SYNC_WORKSPACE_ID", "6000")
        case "option":
            options = ("--workspace", "6000")
        case "profile":
            (home / "config.toml").write_text("[profiles.other]\nworkspace_id = 6000\n")
            monkeypatch.setenv("WAREHOUSE_SYNC_CONFIG", str(home / "config.toml"))
            options = ("--profile", "other")
    done = cli("apply", project, "--env", "dev", "--yes", *options)
    assert done.exit_code == 13
    assert "is 6000, but environment 'dev' of" in done.stderr
    assert "has workspace_id 5328" in done.stderr
    monkeypatch.delenv("WAREHOUSE_SYNC_WORKSPACE_ID", raising=False)
    assert models(cli, 6000) == {}


def test_api_url_of_the_project_is_checked_and_not_set(
    cli: "Cli", project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the project file cannot lead the token of the API to another server."""
    edit(project, "workspace_id = 5328\n", 'workspace_id = 5328\napi_url = "https://other.example.com"\n')
    for variable in ("kept", "removed"):
        if variable == "removed":
            monkeypatch.delenv("WAREHOUSE_SYNC_API_URL")
        done = cli("plan", project, "--env", "dev")
        assert done.exit_code == 13
        assert "has api_url https://other.example.com" in done.stderr


def test_profile_of_the_environment_is_used(
    cli: "Cli", project: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a credential in the environment, the environment's profile has it."""
    (home / "config.toml").write_text(
        '[profiles.ours]\nclient_id = "emu_client"\nclient_secret = "env:OURS"\n'
    )
    monkeypatch.setenv("WAREHOUSE_SYNC_CONFIG", str(home / "config.toml"))
    monkeypatch.setenv("OURS", "emu_secret")
    edit(project, "workspace_id = 5328\n", 'workspace_id = 5328\nprofile = "ours"\n')
    assert cli("plan", project, "--env", "dev").exit_code == 0
    monkeypatch.delenv("WAREHOUSE_SYNC_CLIENT_ID")
    monkeypatch.delenv("WAREHOUSE_SYNC_CLIENT_SECRET")
    assert cli("plan", project, "--env", "dev").exit_code == 0
    assert cli("plan", project, "--env", "prod").exit_code == 13


def test_saved_plan_contains_the_environment(cli: "Cli", project: Path, tmp_path: Path) -> None:
    """`apply plan.json` needs no `--env`, and refuses another one or changed variables."""
    saved = tmp_path / "plan.json"
    assert cli("plan", project, "--env", "prod", "--out", saved).exit_code == 0
    assert cli("apply", saved, "--env", "dev").exit_code == 2
    edit(project, 'database = "PROD"', 'database = "OTHER"')
    assert cli("apply", saved).exit_code == 15
    edit(project, 'database = "OTHER"', 'database = "PROD"')
    assert cli("apply", saved).exit_code == 0
    assert sorted(models(cli, 6000)) == ["only-prod", "orders"]
    assert models(cli, 5328) == {}


def test_undefined_variable_is_an_error_with_its_location(cli: "Cli", project: Path) -> None:
    """A missing variable is an error in YAML and in SQL; `$${var.x}` is text."""
    sql, column = project / "models" / "orders.sql", MODEL.index("'") + 1
    sql.write_text("SELECT '$${var.x}'\nFROM ${var.db}.a.b\n")
    (project / "models" / "orders.yaml").write_text(MODEL.replace("suffix", "ending"))
    done = cli("plan", project, "--env", "dev")
    assert done.exit_code == 10
    assert f"{sql}:2:6: ${{var.db}} is not defined: add it to vars in [environments.dev]" in done.stderr
    assert f"orders.yaml:1:{column}: ${{var.ending}} is not defined" in done.stderr
    assert done.stderr.count("is not defined") == 2
    assert cli("lint", project).exit_code == 10
    sql.write_text("SELECT '$${var.x}'\n")
    (project / "models" / "orders.yaml").write_text(MODEL)
    assert cli("apply", project, "--env", "dev", "--yes").exit_code == 0
    assert models(cli, 5328)["orders"][1] == "SELECT '${var.x}'"
    copy = project.parent / "copy"
    assert cli("export", copy, "--workspace", 5328).exit_code == 0
    assert "No changes" in cli("plan", copy, "--workspace", 5328, "--adopt", "orders").stdout


def test_variable_without_a_project_is_an_error(cli: "Cli", tmp_path: Path) -> None:
    """Without a project file a variable is not sent literally."""
    (tmp_path / "model.yaml").write_text(MODEL.replace("sql_file: orders.sql", "sql_query: SELECT 1"))
    done = cli("plan", tmp_path / "model.yaml", "--workspace", 1)
    assert done.exit_code == 10
    assert "${var.suffix} is not defined: there is no warehouse-sync.toml" in done.stderr


def test_project_owns_resources_of_any_checkout(cli: "Cli", project: Path, tmp_path: Path) -> None:
    """Ownership uses the name of the project, so another checkout prunes what the first one applied."""
    assert cli("apply", project, "--env", "prod", "--yes").exit_code == 0
    moved = project.rename(tmp_path / "checkout")
    (moved / "overlays" / "prod" / "orders.yaml").unlink()
    assert cli("apply", moved, "--env", "prod", "--yes", "--prune").exit_code == 0
    assert list(models(cli, 6000)) == ["orders"]


def test_new_project_keeps_what_its_folder_applied(cli: "Cli", project: Path) -> None:
    """Resources that were applied before the project file existed belong to the project."""
    file = project / "warehouse-sync.toml"
    text = file.read_text()
    file.unlink()
    for name in ("vendor/key.json", "docker-compose.yml", "overlays/prod/orders.yaml", "models/orders.yaml"):
        (project / name).unlink()
    (project / "a.yaml").write_text("data_models: [{id: old, name: Old, sql_query: SELECT 1}]\n")
    assert cli("apply", project, "--workspace", 5328, "--yes").exit_code == 0
    (project / "a.yaml").write_text("data_models: [{id: new, name: New, sql_query: SELECT 1}]\n")
    file.write_text(text)
    assert cli("apply", project, "--env", "dev", "--yes", "--prune").exit_code == 0
    assert list(models(cli, 5328)) == ["new"]


def test_part_of_a_project_prunes_nothing_of_the_rest(cli: "Cli", project: Path) -> None:
    """A subfolder is applied alone; what the rest of the project declares stays."""
    (project / "team").mkdir()
    (project / "team" / "a.yaml").write_text("data_models: [{id: a, name: A, sql_query: SELECT 1}]\n")
    assert cli("apply", project, "--env", "dev", "--yes").exit_code == 0
    assert cli("apply", project / "team", "--env", "dev", "--yes", "--prune").exit_code == 0
    assert sorted(models(cli, 5328)) == ["a", "orders"]
    done = cli("destroy", project / "team", "--env", "dev", "--confirm", "5328")
    assert done.exit_code == 16
    assert "is only a part of the project" in done.stderr
    assert sorted(models(cli, 5328)) == ["a", "orders"]


def test_project_in_a_subfolder_is_not_read(cli: "Cli", project: Path) -> None:
    """Files of a project are never applied without it, such as from the folder above."""
    done = cli("apply", project.parent, "--workspace", 7, "--yes")
    assert "is a project of its own and is skipped" in done.output
    assert models(cli, 7) == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "billing"', "", "name: is required"),
        ('name = "billing"', 'name = ""', "name: must not be empty"),
        ('name = "billing"', 'name = "billing', "is not valid TOML"),
        ("ignore", "ignored", "ignored: is not a known setting: use name, ignore"),
        (
            "workspace_id = 6000",
            'workspace_id = "6000"',
            "environments.prod.workspace_id: must be an integer",
        ),
        ("workspace_id = 6000", "", "environments.prod.workspace_id: is required"),
        ('"overlays/prod"', '"nowhere"', "environments.prod.overlay: nowhere does not exist"),
        ('"overlays/prod"', '".."', "environments.prod.overlay: .. must be inside"),
        ('suffix = "all"', "suffix = 1.5", "vars.suffix: must be a string, an integer or a boolean"),
        ("[environments.prod]", "[limits]\na = 0\n[environments.prod]", "limits.a: must be a positive"),
        ('"vendor/*"]', "3]", "ignore: must be a list of strings"),
        ("[vars]", 'state = "s3://bucket/state.json"\n[vars]', "state: must contain {env} or {workspace_id}"),
    ],
)
def test_invalid_project_file_is_an_error(
    old: str, new: str, message: str, *, cli: "Cli", project: Path
) -> None:
    """A mistake in the project file is an error with the file and the setting."""
    edit(project, old, new)
    for command in ("plan", "lint"):
        done = cli(command, project, "--env", "dev")
        assert done.exit_code == 10
        assert f"{project / 'warehouse-sync.toml'}:1:1: {message}" in done.stderr
