"""`status`, against the emulator."""

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_processes import on_terminal
from warehouse_sync.cli.commands.status import View

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


def test_status_can_show_failures_only(cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """With `--failed` only pipelines that failed or cannot be read are shown."""
    [failed, unreadable, _] = warehouse_sync_emulator.seed(pipelines=3, runs=1)
    warehouse_sync_emulator.fail_next_run(failed)
    assert cli("pipelines", "trigger", failed, "--wait").exit_code == 3
    warehouse_sync_emulator.fault(f"GET */{unreadable}/report", count=None, status=404)
    rows = json.loads(cli("status", "--failed", "--json").stdout)
    assert [row["pipeline"] for row in rows] == [failed, unreadable]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("pipeline", ["a", "b", "c", "d"]),
        ("status", ["c", "d", "a", "b"]),
        ("ended_on", ["b", "a", "c", "d"]),
        ("records", ["a", "c", "b", "d"]),
    ],
)
def test_status_is_sorted(order: str, expected: list[str]) -> None:
    """`--sort` orders by id, failures first, latest run first or most records first."""
    healthy = {"workspace": 1, "status": "idle", "connection": "healthy", "data_model": "valid", "errors": []}
    rows = [
        {**healthy, "pipeline": "d", "status": "unknown: 404"},
        {**healthy, "pipeline": "b", "run_status": "success", "ended_on": "2026-01-03", "records": 1},
        {**healthy, "pipeline": "a", "run_status": "success", "ended_on": "2026-01-02", "records": 9},
        {**healthy, "pipeline": "c", "run_status": "failed", "ended_on": "2026-01-01", "records": 5},
    ]
    del rows[0]["connection"]
    assert [row["pipeline"] for row in View(sort=order).select(rows)] == expected


def test_status_never_cuts_ids_on_a_terminal(
    cli: "Cli", warehouse_sync_emulator: "Emulator", monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a narrow terminal columns are left out, with a note; the ids are whole."""
    warehouse_sync_emulator.seed(pipelines=3, runs=1)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    _, shown = on_terminal(["status"])
    assert all(f"seeded-pipeline-0000{number} " in shown for number in (1, 2, 3))
    assert "Columns left out: " in shown


UNUSED = (
    "anyio",
    "csv",
    "difflib",
    "dateutil",
    "html",
    "rich",
    "sqlglot",
    "tomllib",
    "warehouse_sync.declarative.project",
    "warehouse_sync.emulator",
    "warehouse_sync.polling.run_waiter",
    "yaml",
)


def test_status_with_a_cached_token_imports_only_what_it_uses(
    cli: "Cli", warehouse_sync_emulator: "Emulator"
) -> None:
    """Imports are most of the time of a short command."""
    warehouse_sync_emulator.seed(pipelines=1, runs=1)
    assert cli("status").exit_code == 0
    code = f"""
import sys
from warehouse_sync.cli import main
sys.argv = ["warehouse-sync", "status", "--json"]
try:
    main()
finally:
    print([name for name in {UNUSED!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout.splitlines()[-1] == "[]"
