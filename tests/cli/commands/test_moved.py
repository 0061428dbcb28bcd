"""`moved` replaces a connection or a data model under another id."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

CONNECTION = {
    "kind": "connection",
    "id": "share",
    "name": "Share",
    "service_provider": "Databricks",
    "config": {"provider": "p", "schema": "s"},
}


def declare(folder: Path, model: str, *moved: dict[str, str], connection: str = "share") -> Path:
    """Replace the files: a pipeline `orders` with its connection and its data model, and the moved ids."""
    folder.mkdir(exist_ok=True)
    documents: list[dict[str, Any]] = [
        {**CONNECTION, "id": connection},
        {"kind": "data_model", "id": model, "name": "Orders", "sql_query": "SELECT email FROM a.b.c"},
        {
            "kind": "pipeline",
            "id": "orders",
            "name": "Orders",
            "pipeline_type": "user_attributes",
            "connection_id": connection,
            "data_model_id": model,
            "environment": "development",
            "sync_mode": {"type": "full"},
            "schedule": {"type": "on_demand"},
        },
    ]
    for position, document in enumerate(documents):
        (folder / f"{position}.json").write_text(json.dumps(document))
    (folder / "moved.json").write_text(json.dumps({"moved": list(moved)}))
    return folder


def model_moved(old: str, new: str) -> dict[str, str]:
    """Return the entry of a data model."""
    return {"kind": "data_model", "from": old, "to": new}


def ids(cli: "Cli", group: str) -> list[str]:
    """Return the ids of the connections, data models or pipelines."""
    return sorted(each["id"] for each in json.loads(cli(group, "list", "--json").stdout))


@pytest.fixture
def applied(cli: "Cli", tmp_path: Path) -> Path:
    """A folder that was applied."""
    folder = declare(tmp_path / "infra", "old")
    assert cli("apply", folder, "--yes").exit_code == 0
    return folder


def test_resource_is_replaced_in_one_apply(cli: "Cli", applied: Path) -> None:
    """The new id is created, the pipeline changes, and the old id is deleted; then nothing is left to do."""
    declare(
        applied,
        "new",
        model_moved("old", "new"),
        {"kind": "connection", "from": "share", "to": "renamed"},
        connection="renamed",
    )
    plan = json.loads(cli("plan", applied, "--json").stdout)
    assert [(each["action"], each["id"]) for each in plan["changes"]] == [
        ("create", "renamed"),
        ("create", "new"),
        ("update", "orders"),
        ("delete", "old"),
        ("delete", "share"),
    ]
    assert any(note.startswith("Moved: data model old becomes new. The API cannot") for note in plan["notes"])
    assert cli("apply", applied, "--yes").exit_code == 0
    assert (ids(cli, "models"), ids(cli, "connections"), ids(cli, "pipelines")) == (
        ["new"],
        ["renamed"],
        ["orders"],
    )
    assert cli("plan", applied, "--exit-code").exit_code == 0
    assert "Moved" not in cli("plan", applied).stdout


def test_resource_of_other_files_is_kept(cli: "Cli", applied: Path, tmp_path: Path) -> None:
    """What these files do not manage is not deleted, and the plan says so."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "m.json").write_text(
        json.dumps(
            {
                "moved": [model_moved("old", "mine")],
                "data_models": [{"id": "mine", "name": "M", "sql_query": "SELECT 1"}],
            }
        )
    )
    assert "these files do not manage it: data model old" in cli("plan", other).stdout
    assert cli("apply", other, "--yes").exit_code == 0
    assert ids(cli, "models") == ["mine", "old"]


def test_resource_in_use_elsewhere_is_not_deleted(cli: "Cli", applied: Path) -> None:
    """A pipeline that the files do not declare blocks the plan; `--max-deletes` holds too."""
    declare(applied, "new", model_moved("old", "new"))
    assert cli("apply", applied, "--yes", "--max-deletes", "0").exit_code == 16
    (applied / "2.json").unlink()
    done = cli("apply", applied, "--yes")
    assert done.exit_code == 16
    assert "pipeline orders uses data model old, which would be deleted" in done.stderr
    assert ids(cli, "models") == ["old"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"kind": "pipeline", "from": "a", "to": "orders"},
            "a pipeline cannot be moved: the API has no rename",
        ),
        (model_moved("old", "none"), "the data model none is not declared"),
        (model_moved("new", "new"), "must have the form"),
        ({"kind": "data_model", "from": "old"}, "must have the form"),
        ({"kind": "run", "from": "old", "to": "new"}, "must have the form"),
    ],
)
def test_invalid_entry_is_reported(
    entry: dict[str, str], message: str, offline: "Cli", tmp_path: Path
) -> None:
    """An entry that cannot be applied is a problem of the file, with its place."""
    done = offline("lint", declare(tmp_path / "infra", "new", entry))
    assert f"moved.json:1:12: error WS001: moved: {message}" in done.stdout


def test_contradictions_are_reported(offline: "Cli", tmp_path: Path) -> None:
    """An id that is still declared, and one that is moved twice, are problems; other types too."""
    folder = declare(tmp_path / "infra", "new", model_moved("b", "new"), model_moved("b", "new"))
    found = offline("lint", folder).stdout
    assert "the data model b is moved twice" in found
    assert "two resources are moved to the data model new" in found
    (folder / "b.json").write_text(
        json.dumps({"kind": "data_model", "id": "b", "name": "B", "sql_query": "SELECT 1"})
    )
    assert "the data model b is still declared" in offline("lint", folder).stdout
    (folder / "moved.json").write_text('{"moved": {"a": "b"}}')
    assert "moved must be a list" in offline("lint", folder).stdout
    (folder / "moved.json").write_text('{"moved": null}')
    assert "error WS001" not in offline("lint", folder).stdout


def test_targets_and_parts_of_a_project_are_refused(cli: "Cli", applied: Path) -> None:
    """A plan that leaves out the new or the old resource cannot be applied."""
    declare(applied, "new", model_moved("old", "new"))
    done = cli("apply", applied, "--yes", "--target", "orders")
    assert done.exit_code == 16
    assert "moved entries need a plan of all resources: remove --target" in done.stderr
    (applied / "warehouse-sync.toml").write_text('name = "shop"\n[environments.dev]\nworkspace_id = 5328\n')
    (applied / "part").mkdir()
    (applied / "1.json").rename(applied / "part" / "1.json")
    (applied / "moved.json").rename(applied / "part" / "moved.json")
    assert cli("apply", applied / "part", "--yes").exit_code == 16
    assert ids(cli, "models") == ["old"]


def test_nothing_is_deleted_after_a_failure(
    cli: "Cli", applied: Path, warehouse_sync_emulator: "Emulator"
) -> None:
    """With `--keep-going`, what a failed change would have replaced is kept."""
    declare(applied, "new", model_moved("old", "new"))
    warehouse_sync_emulator.fault("PUT */data-pipelines/orders", status=400, count=9)
    done = cli("apply", applied, "--yes", "--keep-going")
    assert done.exit_code != 0
    assert "not deleted, because another change failed" in done.stdout + done.stderr
    assert ids(cli, "models") == ["new", "old"]
