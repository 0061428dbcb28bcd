"""Resources change their owner only on request, and nothing is pruned without knowing who declares it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

MODEL = "{{kind: data_model, id: {0}, name: Name, sql_query: SELECT 1}}\n"


def write(folder: Path, *ids: str) -> Path:
    """Replace the data models that a folder declares."""
    folder.mkdir(exist_ok=True)
    (folder / "models.yaml").write_text("---\n".join(MODEL.format(each) for each in ids))
    return folder


def models(cli: "Cli") -> list[str]:
    """Return the ids of the data models."""
    return sorted(each["id"] for each in json.loads(cli("models", "list", "--json").stdout))


def plan_of(cli: "Cli", folder: Path, *options: str) -> dict[str, Any]:
    """Return the plan as a document."""
    document: dict[str, Any] = json.loads(cli("plan", folder, "--json", *options).stdout)
    return document


@pytest.fixture
def first(cli: "Cli", tmp_path: Path) -> Path:
    """A folder that manages `users` and `orders`."""
    folder = write(tmp_path / "first", "users", "orders")
    assert cli("apply", folder, "--yes").exit_code == 0
    return folder


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A folder that declares `users`, which the first folder manages, and `mine`."""
    return write(tmp_path / "second", "users", "mine")


def test_takeover_is_refused_without_adopt(cli: "Cli", first: Path, second: Path) -> None:
    """A folder that declares what another one manages cannot be applied, also if nothing changes."""
    write(second, "users")
    done = cli("apply", second, "--yes", "--prune")
    assert done.exit_code == 16
    assert f"data model users is managed by {first}" in done.stderr
    assert "--adopt users" in done.stderr
    assert "It cannot be applied" in cli("plan", second).stdout
    assert cli("drift", second).exit_code == 0  # the workspace does not differ
    write(second, "mine")
    assert cli("apply", second, "--yes", "--prune").exit_code == 0
    assert models(cli) == ["mine", "orders", "users"]


def test_takeover_is_announced_and_applied_with_adopt(cli: "Cli", first: Path, second: Path) -> None:
    """With `--adopt` the plan names the earlier owner, and the first folder can no longer prune it."""
    notes = plan_of(cli, second, "--adopt", "users")["notes"]
    assert notes == [f"Taken over from {first}: data model users."]
    assert cli("apply", second, "--yes", "--adopt", "users").exit_code == 0
    assert cli("apply", first, "--yes").exit_code == 16
    write(first, "orders")
    assert cli("apply", first, "--yes", "--prune").exit_code == 0
    assert models(cli) == ["mine", "orders", "users"]


def test_prune_keeps_what_other_files_still_declare(cli: "Cli", first: Path, second: Path) -> None:
    """A resource that was taken over is pruned only after the earlier owner was applied without it."""
    assert cli("apply", second, "--yes", "--adopt", "users").exit_code == 0
    write(second, "mine")
    done = cli("apply", second, "--yes", "--prune")
    assert done.exit_code == 0
    assert f"Kept: data model users is still declared in {first}." in done.stdout
    assert "Kept: data model users" in cli("destroy", second, "--confirm", "5328").stdout
    assert models(cli) == ["orders", "users"]
    write(first, "orders")
    assert cli("apply", first, "--yes").exit_code == 0
    assert cli("apply", second, "--yes").exit_code == 0
    assert cli("apply", second, "--yes", "--prune").exit_code == 0
    assert models(cli) == ["mine", "orders"]


def test_adopt_of_an_undeclared_id_is_refused(cli: "Cli", second: Path) -> None:
    """`--adopt TYPO` is an error, as for `--rotate`."""
    done = cli("apply", second, "--yes", "--adopt", "typo")
    assert done.exit_code == 2
    assert "--adopt typo: the files declare no resource with this id." in done.stderr
    assert models(cli) == []


@pytest.mark.parametrize("text", ["", "data_models: []\n"])
def test_folder_without_resources_prunes_nothing(text: str, cli: "Cli", first: Path) -> None:
    """A folder that declares nothing deletes nothing with `--prune`; `destroy` does."""
    (first / "models.yaml").write_text(text)
    done = cli("apply", first, "--yes", "--prune")
    assert done.exit_code == 16
    assert "the files declare no resources, so nothing is pruned: destroy deletes" in done.stderr
    assert models(cli) == ["orders", "users"]
    assert cli("destroy", first, "--confirm", "5328").exit_code == 0
    assert models(cli) == []


def test_existing_unmanaged_resource_is_announced(
    cli: "Cli", first: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan names existing resources that `apply` starts to manage."""
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "fresh"))
    [note] = plan_of(cli, first)["notes"]
    assert "apply makes these files manage: data model orders, data model users." in note
    assert cli("apply", first, "--yes").exit_code == 0
    assert plan_of(cli, first)["notes"] == []


def test_prune_without_state_is_refused(
    cli: "Cli", first: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a fresh home, `--prune` does not report success while an orphan stays."""
    write(first, "orders")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "fresh"))
    for command in (("apply", first, "--yes", "--prune"), ("drift", first, "--prune")):
        done = cli(*command)
        assert done.exit_code == (16 if command[0] == "apply" else 2)
        assert "--prune needs the state" in done.output
        assert "Not declared: data model users" in done.output
    assert cli("apply", first, "--yes").exit_code == 0
    assert models(cli) == ["orders", "users"]


def test_drift_lists_unmanaged_resources(
    cli: "Cli", first: Path, second: Path, warehouse_sync_emulator: "Emulator"
) -> None:
    """`drift` lists what no files declare or manage, without counting it as a difference."""
    warehouse_sync_emulator.seed(pipelines=1, runs=0)
    done = cli("drift", first)
    assert done.exit_code == 0
    assert "? unmanaged pipeline seeded-pipeline-00001" in done.stdout
    document = json.loads(cli("drift", first, "--json").stdout)
    assert {"kind": "pipeline", "id": "seeded-pipeline-00001"} in document["unmanaged"]
    write(second, "mine")
    assert "data model users" not in cli("drift", second).stdout


def test_drift_counts_undeclared_only_with_prune(cli: "Cli", first: Path) -> None:
    """What the files managed and no longer declare is a difference with --prune, as it is for `apply`."""
    write(first, "orders")
    assert cli("drift", first).exit_code == 0
    assert cli("drift", first, "--prune").exit_code == 2


def state_of(home: Path) -> Path:
    """Return the state file."""
    [file] = (home / "state").rglob("*.json")
    return file


def test_damaged_state_is_reported_and_kept(cli: "Cli", first: Path, home: Path) -> None:
    """A truncated state is reported by every command, blocks `--prune`, and is kept aside."""
    file = state_of(home)
    truncated = file.read_bytes()[:40]
    file.write_bytes(truncated)
    write(first, "orders")
    for command in ("plan", "drift"):
        assert f"Note: The state {file} is damaged and counts as empty." in cli(command, first).stdout
    done = cli("apply", first, "--yes", "--prune")
    assert done.exit_code == 16
    assert f"the state {file} is damaged" in done.stderr
    assert file.read_bytes() == truncated
    assert cli("apply", first, "--yes").exit_code == 0
    [copy] = file.parent.glob("*.damaged-*")
    assert copy.read_bytes() == truncated
    assert "damaged" not in cli("plan", first).stdout
    assert models(cli) == ["orders", "users"]


def test_saved_plan_holds_its_options(cli: "Cli", first: Path, tmp_path: Path) -> None:
    """`--max-deletes` limits a saved plan too; other options of a plan are refused."""
    write(first, "orders")
    saved = tmp_path / "plan.json"
    assert cli("plan", first, "--prune", "--out", saved).exit_code == 0
    done = cli("apply", saved, "--max-deletes", "0")
    assert done.exit_code == 16
    assert "1 deletes exceed --max-deletes 0" in done.stderr
    for options in (("--prune",), ("--rotate", "orders"), ("--adopt", "orders")):
        done = cli("apply", saved, *options)
        assert (done.exit_code, options[0] in done.stderr) == (2, True)
    assert models(cli) == ["orders", "users"]
    assert cli("apply", saved, "--max-deletes", "1").exit_code == 0
    assert models(cli) == ["orders"]


def test_max_deletes_cannot_raise_the_limit_of_a_saved_plan(cli: "Cli", first: Path, tmp_path: Path) -> None:
    """A saved plan keeps its own limit when the command has a higher one."""
    write(first, "orders")
    saved = tmp_path / "plan.json"
    assert cli("plan", first, "--prune", "--max-deletes", "0", "--out", saved).exit_code == 0
    assert cli("apply", saved, "--max-deletes", "9").exit_code == 16
    assert models(cli) == ["orders", "users"]
