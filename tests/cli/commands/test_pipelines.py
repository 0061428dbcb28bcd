"""`pipelines`, against the emulator: pause, resume and trigger several."""

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


@pytest.fixture
def ids(warehouse_sync_emulator: "Emulator") -> list[str]:
    """Three pipelines with a run each."""
    return warehouse_sync_emulator.seed(pipelines=3, runs=1)


def test_pause_and_resume_change_the_state_only(cli: "Cli", ids: list[str]) -> None:
    """`pause` and `resume` change the state of each pipeline once, and no other field."""
    before = json.loads(cli("pipelines", "get", ids[0], "--json").stdout)
    for command, state in (("pause", "paused"), ("resume", "active")):
        for changed in (True, False):
            done = cli("pipelines", command, *ids[:2], "--json")
            assert done.exit_code == 0, done.output
            rows = json.loads(done.stdout)
            assert [(row["id"], row["state"], row["changed"]) for row in rows] == [
                (each, state, changed) for each in ids[:2]
            ]
            after = json.loads(cli("pipelines", "get", ids[0], "--json").stdout)
            ignored = {"state", "status", "last_modified_on", "last_modified_by"}
            assert after["state"] == state
            assert {name: after[name] for name in after.keys() - ignored} == {
                name: before[name] for name in before.keys() - ignored
            }
    assert json.loads(cli("pipelines", "get", ids[2], "--json").stdout)["state"] == "active"


def test_resume_clears_a_fault(cli: "Cli", ids: list[str], warehouse_sync_emulator: "Emulator") -> None:
    """`resume` updates an active pipeline that is faulted; `pause` then `resume` also clears the fault."""
    warehouse_sync_emulator.fail_next_run(ids[0])
    assert cli("pipelines", "trigger", ids[0], "--wait").exit_code == 3
    assert json.loads(cli("pipelines", "get", ids[0], "--json").stdout)["status"] == "faulted"
    [row] = json.loads(cli("pipelines", "resume", ids[0], "--json").stdout)
    assert (row["changed"], row["status"]) == (True, "idle")


def test_unknown_pipeline_does_not_stop_the_others(cli: "Cli", ids: list[str]) -> None:
    """With several ids each has a row; the exit code is that of the first error."""
    done = cli("pipelines", "pause", ids[0], "unknown", ids[1], "--json")
    assert done.exit_code == 6
    rows = json.loads(done.stdout)
    assert [(row["id"], row["changed"], row["error"] is None) for row in rows] == [
        (ids[0], True, True),
        ("unknown", False, False),
        (ids[1], True, True),
    ]
    assert done.stderr.startswith("Error: unknown: ")
    assert len(done.stderr.splitlines()) == 1


def test_trigger_several(cli: "Cli", ids: list[str]) -> None:
    """Several pipelines are triggered at once, each with a handle; an unknown one has an error."""
    done = cli("pipelines", "trigger", ids[0], "unknown", ids[1], ids[0], "--json")
    assert done.exit_code == 6
    rows = json.loads(done.stdout)
    assert [row["pipeline_id"] for row in rows] == [ids[0], "unknown", ids[1]]
    assert [row.get("handle") for row in rows] == [
        f"wsr1:5328:{row['pipeline_id']}:{row['run_id']}" if row["run_id"] else None for row in rows
    ]
    assert [row["run_id"] is None for row in rows] == [False, True, False]


def test_trigger_several_and_wait(cli: "Cli", ids: list[str], warehouse_sync_emulator: "Emulator") -> None:
    """With `--wait` each run is printed when all have ended, and a failure sets the exit code."""
    warehouse_sync_emulator.fail_next_run(ids[1], message="no such table")
    done = cli("pipelines", "trigger", *ids, "--wait", "--json")
    assert done.exit_code == 3
    rows = json.loads(done.stdout)
    assert [(row["pipeline_id"], row["status"]) for row in rows] == list(
        zip(ids, ["success", "failed", "success"], strict=True)
    )
    assert "no such table" in rows[1]["error"]
    assert {f"5328/{row['pipeline_id']}, run {row['run_id']} {row['status']}" for row in rows} <= {
        *done.stderr.splitlines()
    }
    table = cli("pipelines", "trigger", *ids, "--wait", "--quiet")
    assert (table.exit_code, table.stderr) == (0, "")


def test_trigger_several_times_out(cli: "Cli", ids: list[str], warehouse_sync_emulator: "Emulator") -> None:
    """A wait that times out exits with 4, and each row has the handle with which to continue."""
    warehouse_sync_emulator.fault("GET */runs*", count=None, status=503)
    done = cli("pipelines", "trigger", *ids, "--wait", "--wait-timeout", "0.2", "--json")
    assert done.exit_code == 4, done.output
    assert [row["handle"].rpartition(":")[0] for row in json.loads(done.stdout)] == [
        f"wsr1:5328:{each}" for each in ids
    ]
