"""Completion of ids and profiles in the shell."""

from typing import TYPE_CHECKING

import pytest
from click.shell_completion import ShellComplete

from warehouse_sync.cli import id_completion
from warehouse_sync.cli.main import root

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

IDS = ["seeded-pipeline-00001", "seeded-pipeline-00002"]


def completed(typed: str, incomplete: str = "") -> list[str]:
    """Return the completions of a command line."""
    complete = ShellComplete(root, {}, "warehouse-sync", "_WAREHOUSE_SYNC_COMPLETE")
    return [each.value for each in complete.get_completions(typed.split(), incomplete)]


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("pipelines get", IDS),
        ("pipelines trigger", IDS),
        ("pipelines pause seeded-pipeline-00001", IDS[1:]),
        ("runs list", IDS),
        ("runs get", IDS),
        ("runs watch", IDS),
        ("runs failures --pipeline", IDS),
        ("report --pipeline", IDS),
        ("schedule preview", IDS),
        ("connections get", ["seeded-connection"]),
        ("models get", ["seeded-data-model"]),
        ("pipelines --workspace 6000 get", []),
        ("pipelines get --workspace 6000", []),
    ],
)
def test_ids_are_completed(typed: str, ids: list[str], cli: "Cli", seeded: "Emulator") -> None:
    """Each argument that is an id completes the ids of the workspace, without those already there."""
    assert completed(typed, "seeded") == ids
    assert completed(typed, "other") == []


def test_failure_completes_nothing(
    cli: "Cli", seeded: "Emulator", monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without settings, network or time nothing is completed and nothing is printed."""
    monkeypatch.setattr(id_completion, "TIMEOUT", 0.3)
    seeded.fault("GET */data-pipelines", count=None, status=503)
    assert completed("pipelines get", "s") == []
    seeded.clear_faults()
    seeded.fault("GET */data-pipelines", count=None, delay=5)
    assert completed("pipelines get", "s") == []
    monkeypatch.setenv("WAREHOUSE_SYNC_API_URL", "http://127.0.0.1:9")
    assert completed("pipelines get", "s") == []
    monkeypatch.delenv("WAREHOUSE_SYNC_CLIENT_ID")
    assert completed("pipelines get", "s") == []
    assert capfd.readouterr() == ("", "")


def test_profiles_are_completed(offline: "Cli") -> None:
    """`--profile` and `profiles show` complete the names of the profile file."""
    for name in ("staging", "production"):
        assert offline("profiles", "create", name).exit_code == 0
    assert completed("pipelines list --profile", "s") == ["staging"]
    assert completed("profiles show", "p") == ["production"]
