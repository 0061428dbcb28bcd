"""Files that `plan` skips are reported, and nothing is pruned."""

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

MODEL = "kind: data_model\nid: {0}\nname: Orders\nsql_query: SELECT 1\n"


@pytest.fixture
def folder(tmp_path: Path, cli: "Cli") -> Path:
    """A folder whose two data models, `kept` and `team/orders`, are applied."""
    folder = tmp_path / "infra"
    (folder / "team").mkdir(parents=True)
    (folder / "kept.yaml").write_text(MODEL.format("kept"))
    (folder / "team" / "orders.yaml").write_text(MODEL.format("orders"))
    assert cli("apply", folder, "--yes").exit_code == 0
    return folder


def hide(folder: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make `team/orders.yaml` a skipped file, and return the reported path."""
    team, orders = folder / "team", folder / "team" / "orders.yaml"
    match way:
        case "linked folder":
            team.rename(folder.parent / "team")
            team.symlink_to(folder.parent / "team")
            return team
        case "unreadable folder":
            forbid(team, monkeypatch)
            return team
        case "hidden folder":
            team.rename(folder / ".team")
            return folder / ".team" / "orders.yaml"
        case name:
            return orders.rename(team / name)


def forbid(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder unreadable, also for the superuser."""
    real = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path == folder:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)


@pytest.mark.parametrize(
    "way",
    ["linked folder", "unreadable folder", "hidden folder", "ORDERS.YAML", "orders.Yml", ".orders.yaml"],
)
def test_skipped_file_is_reported_and_blocks_prune(
    way: str, cli: "Cli", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`plan` and `lint` report what is skipped; `apply --prune` changes nothing."""
    skipped = hide(folder, way, monkeypatch)
    assert f"Note: Skipped: {skipped}:1:1: " in cli("plan", folder).stdout
    assert f"{skipped}:1:1: warning WS003: " in cli("lint", folder).stdout
    assert cli("drift", folder, "--prune").exit_code == 2
    [blocker] = json.loads(cli("plan", folder, "--prune", "--json").stdout)["blockers"]
    assert blocker.startswith(f"deletes need all files, but {skipped}:1:1: ")
    done = cli("apply", folder, "--prune", "--yes")
    assert done.exit_code == 16
    assert blocker in done.stderr
    assert len(json.loads(cli("models", "list", "--json").stdout)) == 2


def test_saved_plan_does_not_prune_after_a_skip(
    cli: "Cli", folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A saved plan that prunes is not applied if a file is skipped."""
    skipped = hide(folder, ".orders.yaml", monkeypatch)
    assert cli("plan", folder, "--prune", "--out", tmp_path / "plan.json").exit_code == 0
    done = cli("apply", tmp_path / "plan.json")
    assert done.exit_code == 16
    assert str(skipped) in done.stderr
    assert len(json.loads(cli("models", "list", "--json").stdout)) == 2


def test_file_with_schema_key_is_not_skipped(cli: "Cli", folder: Path) -> None:
    """Declarations in a file with a key of a schema or a plan are an error."""
    file = folder / "team" / "orders.yaml"
    for key in ("$defs", "warehouse_sync_plan"):
        file.write_text(f"{key}: {{}}\n---\n{MODEL.format('orders')}")
        done = cli("plan", folder, "--prune")
        assert done.exit_code == 10
        assert f"{file}:1:1" in done.stderr


def test_prune_works_without_skipped_files(cli: "Cli", folder: Path) -> None:
    """Hidden files of tools do not block `--prune`."""
    (folder / "team" / "orders.yaml").unlink()
    (folder / ".pre-commit-config.yaml").write_text("repos: []\n")
    assert cli("apply", folder, "--prune", "--yes").exit_code == 0
    assert [each["id"] for each in json.loads(cli("models", "list", "--json").stdout)] == ["kept"]
