"""`pipelines trigger --wait` and `runs watch`."""

import json
import re
from typing import TYPE_CHECKING

import pytest

from warehouse_sync import Run, RunStatus
from warehouse_sync.cli.output import Output
from warehouse_sync.cli.run_waiting import StatusPrinter

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


PIPELINE = "seeded-pipeline-00001"


def test_trigger_prints_a_handle(cli: "Cli", seeded: "Emulator") -> None:
    """`trigger` prints a handle; `runs watch` accepts it, or the pipeline and run id."""
    triggered = json.loads(cli("pipelines", "trigger", PIPELINE, "--json").stdout)
    assert triggered["handle"] == f"wsr1:5328:{PIPELINE}:{triggered['run_id']}"
    for what in ([triggered["handle"]], [PIPELINE, triggered["run_id"]]):
        watched = cli("runs", "watch", *what, "--json")
        assert watched.exit_code == 0
        assert (json.loads(watched.stdout)["id"], json.loads(watched.stdout)["status"]) == (
            triggered["run_id"],
            "success",
        )


def test_trigger_wait_prints_statuses_and_the_run(cli: "Cli", seeded: "Emulator") -> None:
    """`--wait` prints the command to continue, each status, and the run when it ends."""
    done = cli("pipelines", "trigger", PIPELINE, "--wait", "--json")
    assert json.loads(done.stdout)["status"] == "success"
    assert f"warehouse-sync runs watch wsr1:5328:{PIPELINE}:" in done.stderr
    assert re.fullmatch(rf"20\S+Z 5328/{PIPELINE}, run \d+ success", done.stderr.splitlines()[-1])
    assert cli("pipelines", "trigger", PIPELINE, "--wait", "--json", "--quiet").stderr == ""


def test_each_status_is_printed_once(
    cli: "Cli", seeded: "Emulator", capsys: pytest.CaptureFixture[str]
) -> None:
    """A status is printed when it changes, not at every poll."""
    printer = StatusPrinter(Output(), 5328)
    for status in ("queued", "queued", "running", "running", "retrying", "running", "success"):
        printer(Run(id=7, pipeline_id="p", status=RunStatus(status)))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("Z ")[2] for line in lines] == [
        f"5328/p, run 7 {status}" for status in ("queued", "running", "retrying", "running", "success")
    ]


def test_failed_run_is_printed_as_json(cli: "Cli", seeded: "Emulator") -> None:
    """With `--json` a failed run is printed as well; the exit code is 3."""
    seeded.fail_next_run(PIPELINE)
    run_id = json.loads(cli("pipelines", "trigger", PIPELINE, "--json").stdout)["run_id"]
    done = cli("runs", "watch", PIPELINE, run_id, "--json")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (3, "failed")


def test_failed_run_exits_with_3(cli: "Cli", seeded: "Emulator") -> None:
    """A failed run exits with 3 and the run's reason."""
    seeded.fail_next_run(PIPELINE, message="the warehouse is asleep")
    done = cli("pipelines", "trigger", PIPELINE, "--wait")
    assert done.exit_code == 3
    assert "the warehouse is asleep" in done.stderr.splitlines()[-1]
    fields = dict(line.split(None, 1) for line in done.stdout.splitlines() if " " in line)
    assert fields["status"].strip() == "failed"


def test_wait_timeout_exits_with_4(cli: "Cli", seeded: "Emulator") -> None:
    """A wait that times out exits with 4 and the command to continue."""
    done = cli("pipelines", "trigger", PIPELINE, "--wait", "--wait-timeout", "0.01")
    assert done.exit_code == 4
    assert f"Continue waiting with: warehouse-sync runs watch wsr1:5328:{PIPELINE}:" in done.stderr


def test_busy_pipeline_exits_with_14(cli: "Cli", seeded: "Emulator") -> None:
    """Triggering a pipeline that is running exits with 14."""
    assert cli("pipelines", "trigger", PIPELINE).exit_code == 0
    assert cli("pipelines", "trigger", PIPELINE).exit_code == 14
