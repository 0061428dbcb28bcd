"""`pipelines trigger --wait` and `runs watch`."""

import json
import re
from typing import TYPE_CHECKING

import pytest

from warehouse_sync import Run, RunStatus
from warehouse_sync.cli.output import Output
from warehouse_sync.cli.run_waiting import Follower

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator


PIPELINE = "seeded-pipeline-00001"


def test_trigger_prints_a_handle_that_can_be_watched(cli: "Cli", seeded: "Emulator") -> None:
    """`trigger` prints the run and its handle at once; `runs watch` takes it, or pipeline and number."""
    triggered = json.loads(cli("pipelines", "trigger", PIPELINE, "--json").stdout)
    assert triggered["handle"] == f"wsr1:5328:{PIPELINE}:{triggered['run_id']}"
    for what in ([triggered["handle"]], [PIPELINE, triggered["run_id"]]):
        watched = cli("runs", "watch", *what, "--json")
        assert watched.exit_code == 0
        assert (json.loads(watched.stdout)["id"], json.loads(watched.stdout)["status"]) == (
            triggered["run_id"],
            "success",
        )


def test_trigger_that_waits_ends_with_the_run(cli: "Cli", seeded: "Emulator") -> None:
    """`--wait` tells how to go on elsewhere, then each status of the run, and prints the run once it has ended."""
    done = cli("pipelines", "trigger", PIPELINE, "--wait", "--json")
    assert json.loads(done.stdout)["status"] == "success"
    assert f"warehouse-sync runs watch wsr1:5328:{PIPELINE}:" in done.stderr
    assert re.fullmatch(rf"20\S+Z 5328/{PIPELINE}, run \d+ success", done.stderr.splitlines()[-1])
    assert cli("pipelines", "trigger", PIPELINE, "--wait", "--json", "--quiet").stderr == ""


def test_watch_tells_each_status_once(
    cli: "Cli", seeded: "Emulator", capsys: pytest.CaptureFixture[str]
) -> None:
    """A status is told when a run takes it, and not again while it has it."""
    follower = Follower(Output(), 5328)
    for status in ("queued", "queued", "running", "running", "retrying", "running", "success"):
        follower(Run(id=7, pipeline_id="p", status=RunStatus(status)))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("Z ")[2] for line in lines] == [
        f"5328/p, run 7 {status}" for status in ("queued", "running", "retrying", "running", "success")
    ]


def test_watch_of_a_failed_run_is_one_document(cli: "Cli", seeded: "Emulator") -> None:
    """With `--json` a run that failed is the result as well, with exit code 3."""
    seeded.fail_next_run(PIPELINE)
    run_id = json.loads(cli("pipelines", "trigger", PIPELINE, "--json").stdout)["run_id"]
    done = cli("runs", "watch", PIPELINE, run_id, "--json")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (3, "failed")


def test_failed_run_has_an_exit_code_of_its_own(cli: "Cli", seeded: "Emulator") -> None:
    """A run that fails ends the wait with exit code 3 and the run's reason."""
    seeded.fail_next_run(PIPELINE, message="the warehouse is asleep")
    done = cli("pipelines", "trigger", PIPELINE, "--wait")
    assert done.exit_code == 3
    assert "the warehouse is asleep" in done.stderr.splitlines()[-1]
    fields = dict(line.split(None, 1) for line in done.stdout.splitlines() if " " in line)
    assert fields["status"].strip() == "failed"


def test_wait_that_times_out_says_how_to_go_on(cli: "Cli", seeded: "Emulator") -> None:
    """A wait that times out ends with exit code 4 and the command that goes on."""
    done = cli("pipelines", "trigger", PIPELINE, "--wait", "--wait-timeout", "0.01")
    assert done.exit_code == 4
    assert f"Go on waiting: warehouse-sync runs watch wsr1:5328:{PIPELINE}:" in done.stderr


def test_busy_pipeline_has_an_exit_code_of_its_own(cli: "Cli", seeded: "Emulator") -> None:
    """Triggering a pipeline that is running ends with exit code 14."""
    assert cli("pipelines", "trigger", PIPELINE).exit_code == 0
    assert cli("pipelines", "trigger", PIPELINE).exit_code == 14
