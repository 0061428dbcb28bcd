"""`plan`, `apply`, `drift`, `destroy` and `export`, against the emulator."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

FILES = """
connections:
  - id: snowflake
    name: Snowflake
    service_provider: Snowflake
    config:
      account_identifier: gd12345
      region: us-central1.gcp
      warehouse: compute_wh
      database: indexed
      role: mparticle_role
      user: mparticle_user
      password: env:PASSWORD
      storage_integration: mp_us1_123_123_s3
data_models:
  - id: orders
    name: Orders
    sql_query: |-
      SELECT customer_id, updated_at
      FROM db.public.orders
pipelines:
  - id: orders
    name: Orders
    pipeline_type: user_attributes
    connection_id: snowflake
    data_model_id: orders
    state: active
    sync_mode: {type: incremental, iterator_field: updated_at, iterator_data_type: timestamp}
    schedule: {type: on_demand}
    environment: development
    partner_feed_key: env:FEED_KEY
"""


@pytest.fixture
def infra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one connection, data model and pipeline, and values for their secrets."""
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "all.yaml").write_text(FILES)
    monkeypatch.setenv("PASSWORD", "canary-password")
    monkeypatch.setenv("FEED_KEY", "canary-feed")
    return folder


def edit(infra: Path, old: str, new: str) -> None:
    """Replace a text in the files."""
    file = infra / "all.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def plan_of(cli: "Cli", infra: Path, *options: str) -> dict[str, Any]:
    """Return the plan as a document."""
    done = cli("plan", infra, "--json", *options)
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def actions(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the actions of a plan in order."""
    return [(change["action"], change["kind"], change["id"]) for change in document["changes"]]


NOTHING = [
    ("no_change", "connection", "snowflake"),
    ("no_change", "data_model", "orders"),
    ("no_change", "pipeline", "orders"),
]


def test_apply_then_plan_is_empty(cli: "Cli", infra: Path) -> None:
    """A plan creates resources in dependency order; after `apply` the plan is empty."""
    assert actions(plan_of(cli, infra)) == [("create", *key[1:]) for key in NOTHING]
    assert cli("drift", infra).exit_code == 2
    done = cli("apply", infra, "--yes")
    assert done.exit_code == 0, done.output
    assert "Plan: 3 to create, 0 to update, 0 to delete, 0 unchanged." in done.stdout
    assert actions(plan_of(cli, infra)) == NOTHING
    assert cli("drift", infra).exit_code == 0
    assert "No changes: 3 resource(s) match the files." in cli("plan", infra).stdout


def test_update_shows_and_sends_changed_fields(cli: "Cli", infra: Path) -> None:
    """A plan shows changes by field and queries by line; only changed resources are sent."""
    cli("apply", infra, "--yes")
    edit(infra, "state: active", "state: paused")
    edit(infra, "FROM db.public.orders", "FROM db.public.all_orders")
    shown = cli("plan", infra).stdout
    assert '    state: "active" → "paused"\n' in shown
    assert "      -FROM db.public.orders\n      +FROM db.public.all_orders\n" in shown
    assert cli("apply", infra, "--yes").exit_code == 0
    assert json.loads(cli("pipelines", "get", "orders", "--json").stdout)["state"] == "paused"
    assert actions(plan_of(cli, infra)) == NOTHING


def test_omitted_field_is_removed(cli: "Cli", infra: Path, warehouse_sync_emulator: "Emulator") -> None:
    """A field that the files no longer contain is removed."""
    warehouse_sync_emulator.add_data_plan("plan")
    fields = "    data_plan_id: plan\n    data_plan_version: 1\n"
    edit(infra, "    environment: development\n", "    environment: development\n" + fields)
    cli("apply", infra, "--yes")
    edit(infra, fields, "")
    assert '    data_plan_id: "plan" → (not set)' in cli("plan", infra).stdout
    cli("apply", infra, "--yes")
    assert actions(plan_of(cli, infra)) == NOTHING


def test_rotated_secret_is_sent(cli: "Cli", infra: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed secret is detected by its fingerprint if the API masks it, otherwise by its value."""
    cli("apply", infra, "--yes")
    monkeypatch.setenv("PASSWORD", "canary-new-password")
    monkeypatch.setenv("FEED_KEY", "canary-new-feed")
    assert [action for action, _, _ in actions(plan_of(cli, infra))] == ["update", "no_change", "update"]
    shown = cli("apply", infra, "--yes")
    assert "config.password: (secret), sent again" in shown.stdout
    assert actions(plan_of(cli, infra)) == NOTHING
    assert "canary" not in shown.output


@pytest.mark.parametrize(("command", "code"), [("plan", 2), ("apply", 2), ("drift", 1)])
@pytest.mark.parametrize("resource_id", ["typo", "orders"])
def test_rotate_of_an_id_without_secrets_is_refused(
    command: str, code: int, resource_id: str, cli: "Cli", infra: Path
) -> None:
    """`--rotate` with an unknown id, or one without secrets, is refused and names the ids that have secrets."""
    edit(infra, "    partner_feed_key: env:FEED_KEY\n", "")  # so that `orders` has no secret
    yes = ["--yes"] if command == "apply" else []
    done = cli(command, infra, "--rotate", resource_id, "--rotate", "snowflake", *yes)
    assert (done.exit_code, done.stdout) == (code, "")
    assert f"--rotate {resource_id}: the files declare no secrets under this id." in done.stderr
    assert "Ids with secrets: snowflake." in done.stderr
    assert ids(cli, "connections") == []


def test_lost_state_causes_no_change(cli: "Cli", infra: Path, home: Path) -> None:
    """Without the state nothing is sent, recreated or deleted; `--rotate` sends the secret."""
    cli("apply", infra, "--yes")
    for file in (home / "state").rglob("*.json"):
        file.unlink()
    document = plan_of(cli, infra, "--prune")
    assert actions(document) == NOTHING
    [note] = document["changes"][0]["notes"]
    assert "a change cannot be detected" in note
    rotated = plan_of(cli, infra, "--rotate", "snowflake")
    assert actions(rotated)[0] == ("update", "connection", "snowflake")
    assert cli("apply", infra, "--yes", "--rotate", "snowflake").exit_code == 0
    assert plan_of(cli, infra)["changes"][0]["notes"] == []


def test_missing_secret_of_a_create_changes_nothing(
    cli: "Cli", infra: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A create whose secret has no value is refused before the first change."""
    monkeypatch.delenv("PASSWORD")
    assert "PASSWORD is not set; apply needs it" in cli("plan", infra).stdout
    done = cli("apply", infra, "--yes")
    assert done.exit_code == 16
    assert "config.password, but env:PASSWORD is not set" in done.stderr
    assert json.loads(cli("models", "list", "--json").stdout) == []


def test_plan_works_without_secrets(cli: "Cli", infra: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without the secrets can plan existing resources."""
    cli("apply", infra, "--yes")
    monkeypatch.delenv("PASSWORD")
    monkeypatch.delenv("FEED_KEY")
    assert actions(plan_of(cli, infra)) == NOTHING
    assert cli("drift", infra).exit_code == 0


def test_prune_deletes_only_managed_resources(
    cli: "Cli", infra: Path, warehouse_sync_emulator: "Emulator"
) -> None:
    """Only resources that the files managed are deleted, only with `--prune`, in dependency order."""
    kept = ("no_change", "data_model", "kept")
    warehouse_sync_emulator.seed(pipelines=1, runs=0)
    cli("apply", infra, "--yes")
    (infra / "all.yaml").write_text("data_models: [{id: kept, name: Kept, sql_query: SELECT 1}]\n")
    cli("apply", infra, "--yes")
    document = plan_of(cli, infra)
    assert actions(document) == [kept]
    assert "--prune deletes them" in document["notes"][0]
    assert cli("apply", infra, "--yes", "--prune", "--max-deletes", "2").exit_code == 16
    assert actions(plan_of(cli, infra, "--prune")) == [
        kept,
        ("delete", "pipeline", "orders"),
        ("delete", "data_model", "orders"),
        ("delete", "connection", "snowflake"),
    ]
    assert cli("apply", infra, "--yes", "--prune").exit_code == 0
    left = json.loads(cli("pipelines", "list", "--json").stdout)
    assert [pipeline["id"] for pipeline in left] == ["seeded-pipeline-00001"]


def test_delete_of_a_used_resource_is_refused(cli: "Cli", infra: Path) -> None:
    """A connection that a pipeline outside the files uses is not deleted."""
    cli("apply", infra, "--yes")
    assert cli("export", infra.parent / "copy").exit_code == 0
    (infra / "all.yaml").write_text((infra.parent / "copy" / "pipelines" / "orders.yaml").read_text())
    done = cli("apply", infra, "--yes", "--prune")
    assert done.exit_code == 16
    assert "pipeline orders uses connection snowflake" in done.stderr


def test_dangling_reference_is_refused(cli: "Cli", infra: Path) -> None:
    """A pipeline whose data model does not exist is refused before any change."""
    edit(infra, "data_model_id: orders", "data_model_id: nothing")
    assert cli("plan", infra).exit_code == 0
    done = cli("apply", infra, "--yes")
    assert done.exit_code == 16
    assert "is neither in the files nor in the workspace" in done.stderr
    assert json.loads(cli("connections", "list", "--json").stdout) == []


def test_apply_without_a_terminal_needs_yes(cli: "Cli", infra: Path) -> None:
    """`apply` without a terminal changes nothing and names `--yes`."""
    done = cli("apply", infra)
    assert done.exit_code == 16
    assert "Pass --yes" in done.stderr
    assert json.loads(cli("connections", "list", "--json").stdout) == []


def test_saved_plan_is_applied(cli: "Cli", infra: Path, tmp_path: Path) -> None:
    """`apply plan.json` makes the saved changes without asking."""
    saved = tmp_path / "plan.json"
    assert cli("plan", infra, "--out", saved).exit_code == 0
    done = cli("apply", saved)
    assert done.exit_code == 0, done.output
    assert actions(plan_of(cli, infra)) == NOTHING
    assert cli("apply", saved).exit_code == 15
    assert cli("apply", saved, "--prune").exit_code == 2


@pytest.mark.parametrize("change", ["files", "remote", "secret", "workspace", "api", "gone"])
def test_stale_plan_is_refused(
    change: str,
    *,
    cli: "Cli",
    infra: Path,
    tmp_path: Path,
    warehouse_sync_emulator: "Emulator",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A saved plan is refused if the files, the workspace, the secrets or the API changed."""
    cli("apply", infra, "--yes")
    edit(infra, "state: active", "state: paused")
    saved = tmp_path / "plan.json"
    cli("plan", infra, "--out", saved)
    options: tuple[str, ...] = ()
    match change:
        case "files":
            edit(infra, "state: paused", "state: new")
        case "remote":
            warehouse_sync_emulator.seed(pipelines=1, runs=0)
        case "secret":
            monkeypatch.setenv("PASSWORD", "canary-other")
        case "workspace":
            options = ("--workspace", "6000")
        case "api":
            options = ("--api-url", warehouse_sync_emulator.url.replace("127.0.0.1", "localhost"))
        case "gone":
            infra.rename(tmp_path / "elsewhere")
    done = cli("apply", saved, *options)
    assert done.exit_code == 15, done.output
    assert json.loads(cli("pipelines", "get", "orders", "--json").stdout)["state"] == "active"


def test_interrupted_apply_converges(cli: "Cli", infra: Path, warehouse_sync_emulator: "Emulator") -> None:
    """An apply that fails halfway keeps its changes, and the next one completes them."""
    warehouse_sync_emulator.fault("POST *data-pipelines", status=400, message="not today")
    done = cli("apply", infra, "--yes")
    assert done.exit_code == 1
    assert "create pipeline orders failed: " in done.stderr
    assert "not today" in done.stderr
    assert "2 of 3 changes are done, 1 failed, 0 not tried. Run the same command again" in done.stderr
    assert [action for action, _, _ in actions(plan_of(cli, infra))] == ["no_change", "no_change", "create"]
    assert cli("apply", infra, "--yes").exit_code == 0
    assert actions(plan_of(cli, infra)) == NOTHING


def test_keep_going_applies_independent_changes(
    cli: "Cli", infra: Path, warehouse_sync_emulator: "Emulator"
) -> None:
    """After a failure only `--keep-going` tries further changes, without those that depend on the failed one."""
    warehouse_sync_emulator.fault("POST *connections", count=2, status=400, message="not today")
    done = cli("apply", infra, "--yes")
    assert "0 of 3 changes are done, 1 failed, 2 not tried." in done.stderr
    done = cli("apply", infra, "--yes", "--keep-going", "--parallelism", "1")
    assert done.exit_code == 1
    assert "done: create data model orders\n" in done.stderr
    assert "create pipeline orders failed: its connection snowflake failed." in done.stderr
    assert "1 of 3 changes are done, 2 failed, 0 not tried." in done.stderr
    assert (ids(cli, "models"), ids(cli, "pipelines")) == (["orders"], [])


def test_destroy_needs_the_workspace_id(cli: "Cli", infra: Path, warehouse_sync_emulator: "Emulator") -> None:
    """`destroy` deletes only the declared resources, and only with the workspace id."""
    warehouse_sync_emulator.seed(pipelines=1, runs=0)
    cli("apply", infra, "--yes")
    assert cli("destroy", infra).exit_code == 16
    assert cli("destroy", infra, "--confirm", "1").exit_code == 16
    assert cli("destroy", infra, "--confirm", "5328").exit_code == 0
    assert [each["id"] for each in json.loads(cli("pipelines", "list", "--json").stdout)] == [
        "seeded-pipeline-00001"
    ]
    assert cli("destroy", infra).exit_code == 0


def test_drift_exits_with_1_for_any_error(cli: "Cli", offline: "Cli", infra: Path) -> None:
    """Any error of `drift`, also a usage error, exits with 1, because 2 means drift."""
    assert cli("drift", infra, "--nonsense").exit_code == 1
    assert cli("drift", infra / "nowhere").exit_code == 1
    assert cli("drift", infra, "--api-url", "http://127.0.0.1:9").exit_code == 1
    edit(infra, "state: active", "state: activee")
    assert cli("drift", infra).exit_code == 1


def test_invalid_files_exit_with_10(cli: "Cli", infra: Path) -> None:
    """Invalid files exit with 10 and a line per problem, before any request."""
    edit(infra, "state: active", "state: activee")
    edit(infra, "region:", "regionn:")
    done = cli("plan", infra, "--api-url", "http://127.0.0.1:9")
    assert done.exit_code == 10
    assert "did you mean active?" in done.stderr
    assert "did you mean region?" in done.stderr


def test_export_then_plan_is_empty(
    cli: "Cli", infra: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan of exported files is empty; `export` lists variables and does not overwrite files."""
    cli("apply", infra, "--yes")
    copy = tmp_path / "copy"
    done = cli("export", copy)
    assert done.exit_code == 0, done.output
    assert done.stderr.splitlines() == [
        "environment variable to set: SNOWFLAKE_PASSWORD",
        "environment variable to set: ORDERS_PARTNER_FEED_KEY",
    ]
    assert actions(plan_of(cli, copy)) == NOTHING
    assert cli("export", copy).exit_code == 16
    assert cli("export", copy, "--force").exit_code == 0
    assert "canary" not in "".join(file.read_text() for file in copy.rglob("*.*"))


def test_secrets_are_never_shown(cli: "Cli", infra: Path, home: Path, tmp_path: Path) -> None:
    """No output, plan, state or error contains a secret."""
    outputs = [
        cli("plan", infra, "--out", tmp_path / "plan.json").output,
        cli("apply", infra, "--yes").output,
    ]
    outputs += [cli("plan", infra, "-o", each).output for each in ("table", "json", "yaml", "csv")]
    outputs += [cli(kind, "list", "--json").output for kind in ("connections", "pipelines")]
    outputs += [cli("pipelines", "get", "orders").output, cli("destroy", infra, "--confirm", "5328").output]
    outputs.append((tmp_path / "plan.json").read_text())
    outputs += [Path(folder, name).read_text() for folder, _, names in os.walk(home) for name in names]
    assert len(outputs) > 9
    assert not [text for text in outputs if "canary" in text]


def ids(cli: "Cli", kind: str) -> list[str]:
    """Return the ids in the workspace."""
    return sorted(each["id"] for each in json.loads(cli(kind, "list", "--json").stdout))


def test_folders_keep_resources_of_other_folders(cli: "Cli", infra: Path, tmp_path: Path) -> None:
    """Neither `destroy` nor `--prune` deletes what another folder applied last."""
    other, empty = tmp_path / "other", tmp_path / "empty"
    other.mkdir()
    empty.mkdir()
    (other / "model.yaml").write_text("data_models: [{id: users, name: Users, sql_query: SELECT 1}]")
    assert cli("apply", infra, "--yes").exit_code == 0
    assert cli("apply", other, "--yes").exit_code == 0
    for folder in (other, empty):
        assert actions(plan_of(cli, folder, "--prune")) in ([], [("no_change", "data_model", "users")])
    assert cli("destroy", empty, "--confirm", "5328").exit_code == 0
    assert cli("destroy", other, "--confirm", "5328").exit_code == 0
    assert (ids(cli, "models"), ids(cli, "pipelines")) == (["orders"], ["orders"])
