"""`status`, against the emulator."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


def test_status_lists_pipelines_of_every_workspace(cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """`status` has a row for each pipeline of each workspace with its latest run."""
    warehouse_sync_emulator.seed(pipelines=12, runs=2)
    warehouse_sync_emulator.seed(pipelines=3, runs=0, workspace_id=6000)
    rows = json.loads(cli("status", "--also", "6000", "--json").stdout)
    assert [(row["workspace"], row["status"]) for row in rows] == [(5328, "idle")] * 12 + [(6000, "idle")] * 3
    assert all(row["run_status"] == "success" for row in rows[:12])
    assert all(row["run"] is None for row in rows[12:])
    plain = cli("status").stdout.splitlines()
    assert plain[0].split()[:3] == ["WORKSPACE", "PIPELINE", "STATUS"]
    assert len(plain) == 13


def test_status_shows_a_failing_report(cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """A report that fails is a row with its error beside the others."""
    [first, second] = warehouse_sync_emulator.seed(pipelines=2, runs=1)
    warehouse_sync_emulator.fault(
        f"GET /platform/v2/workspaces/5328/inputs/data-pipelines/{first}/report", count=None, status=404
    )
    rows = {row["pipeline"]: row for row in json.loads(cli("status", "--json").stdout)}
    assert rows[first]["status"].startswith("unknown: ")
    assert rows[second]["status"] == "idle"
