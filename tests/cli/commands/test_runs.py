"""`runs list` and `runs get`."""

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


PIPELINE = "seeded-pipeline-00001"


def test_runs_are_listed_and_filtered(cli: "Cli", seeded: "Emulator") -> None:
    """`runs list` prints runs up to the limit; `--failed` prints only failed runs."""
    runs = json.loads(cli("runs", "list", PIPELINE, "--json").stdout)
    assert len(runs) == 5
    assert len(json.loads(cli("runs", "list", PIPELINE, "--json", "--limit", "2").stdout)) == 2
    failed = json.loads(cli("runs", "list", PIPELINE, "--json", "--failed").stdout)
    assert [run["id"] for run in failed] == [run["id"] for run in runs if run["status"] == "failed"]
    assert 0 < len(failed) < 5
    shown = json.loads(cli("runs", "get", PIPELINE, runs[0]["id"], "--json").stdout)
    assert shown == runs[0]


@pytest.mark.parametrize(("limit", "note"), [(4, True), (5, False), (6, False)])
def test_runs_over_the_limit_are_noted(limit: int, *, note: bool, cli: "Cli", seeded: "Emulator") -> None:
    """A note on stderr says that there are more runs than the limit; `-q` suppresses it."""
    done = cli("runs", "list", PIPELINE, "--limit", limit, "--json")
    assert len(json.loads(done.stdout)) == min(limit, 5)
    assert ("There are more than 4 runs" in done.stderr) is note
    assert cli("runs", "list", PIPELINE, "--limit", limit, "-q").stderr == ""


def test_runs_are_filtered_by_date(cli: "Cli", seeded: "Emulator") -> None:
    """`--start` and `--end` are sent to the server; an invalid date is a usage error."""
    assert json.loads(cli("runs", "list", PIPELINE, "--json", "--start", "2999-01-01").stdout) == []
    assert (
        json.loads(
            cli(
                "runs",
                "list",
                PIPELINE,
                "--json",
                "--start",
                "1999-01-01T00:00:00+02:00",
                "--end",
                "1999-01-02",
            ).stdout
        )
        == []
    )
    wrong = cli("runs", "list", PIPELINE, "--start", "yesterday")
    assert wrong.exit_code == 2
    assert "2026-01-31" in wrong.stderr


def test_watch_needs_a_handle_or_a_run(cli: "Cli") -> None:
    """Anything but a handle, or a pipeline and a run id, is a usage error."""
    assert cli("runs", "watch", "a", "b", "c").exit_code == 2
    assert cli("runs", "watch", "orders", "latest").exit_code == 2
    wrong = cli("runs", "watch", "wsr1:5328:orders")
    assert wrong.exit_code == 2
    assert "wsr1:5328:orders:4711" in wrong.stderr


def test_failures_of_all_pipelines(cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """`runs failures` lists the failed runs of all pipelines, the latest first."""
    ids = warehouse_sync_emulator.seed(pipelines=3, runs=10, failed_every=4)
    rows = json.loads(cli("runs", "failures", "--json").stdout)
    assert {row["pipeline_id"] for row in rows} == set(ids)
    assert {row["status"] for row in rows} == {"failed"}
    ends = [row["ended_on"] for row in rows]
    assert ends == sorted(ends, reverse=True)
    chosen = json.loads(cli("runs", "failures", "--pipeline", ids[1], "--json").stdout)
    assert chosen == [row for row in rows if row["pipeline_id"] == ids[1]]


def test_cut_list_of_failures_has_a_note(cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """A note on stderr says that `--limit` leaves failed runs out."""
    warehouse_sync_emulator.seed(pipelines=3, runs=10, failed_every=2)
    done = cli("runs", "failures", "--limit", "2", "--json")
    assert len(json.loads(done.stdout)) == 2
    assert re.fullmatch(r"There are \d+ failed runs; pass a higher --limit to list more\.\n", done.stderr)
