"""`connections`, `models`, `pipelines` and `runs`, against the emulator."""

import csv
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


@pytest.fixture
def seeded(warehouse_sync_emulator: "Emulator") -> "Emulator":
    """An emulator with two pipelines, each with five runs behind it, the second newest of which failed."""
    warehouse_sync_emulator.seed(pipelines=2, runs=5, failed_every=2)
    return warehouse_sync_emulator


@pytest.mark.parametrize(
    ("command", "ids"),
    [
        ("connections", ["seeded-connection"]),
        ("models", ["seeded-data-model"]),
        ("pipelines", [PIPELINE, "seeded-pipeline-00002"]),
    ],
)
def test_list_prints_every_format(command: str, ids: list[str], cli: "Cli", seeded: "Emulator") -> None:
    """Each list prints the same ids as plain text, JSON, YAML and CSV."""
    plain = cli(command, "list")
    assert (plain.exit_code, plain.stderr) == (0, "")
    assert [line.split()[0] for line in plain.stdout.splitlines()] == ["ID", *ids]
    assert [each["id"] for each in json.loads(cli(command, "list", "--json").stdout)] == ids
    assert [row["id"] for row in csv.DictReader(cli(command, "list", "-o", "csv").stdout.splitlines())] == ids
    assert [
        line for line in cli(command, "list", "-o", "yaml").stdout.splitlines() if line.startswith("- ")
    ] == [f"- id: {each}" for each in ids]


def test_list_of_connections_is_filtered(cli: "Cli", seeded: "Emulator") -> None:
    """`--provider` leaves connections of other providers out."""
    assert json.loads(cli("connections", "list", "--provider", "Snowflake", "--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("connections", "get", "seeded-connection"),
            {"config": {"provider": "seeded-organization", "schema": "seeded_schema"}},
        ),
        (("models", "get", "seeded-data-model"), {"id": "seeded-data-model"}),
        (("pipelines", "get", PIPELINE), {"schedule": {"type": "on_demand"}}),
    ],
)
def test_get_prints_the_whole_resource(
    arguments: tuple[str, ...], expected: dict[str, object], cli: "Cli", seeded: "Emulator"
) -> None:
    """`get` prints every field, as a document or as a list of fields."""
    shown = json.loads(cli(*arguments, "--json").stdout)
    assert {name: shown[name] for name in expected} == expected
    fields = dict(line.split(None, 1) for line in cli(*arguments).stdout.splitlines() if " " in line)
    assert fields["id"].strip() == arguments[2]


def test_get_unknown_id_is_told(cli: "Cli", seeded: "Emulator") -> None:
    """An id there is not ends with exit code 6, one line on stderr and nothing on stdout."""
    done = cli("pipelines", "get", "nowhere")
    assert (done.exit_code, done.stdout) == (6, "")
    assert len(done.stderr.splitlines()) == 1
    assert "nowhere" in done.stderr
    assert "Check the id" in done.stderr


def test_runs_are_listed_and_filtered(cli: "Cli", seeded: "Emulator") -> None:
    """`runs list` prints runs up to the limit; `--failed` leaves out those that did not fail."""
    runs = json.loads(cli("runs", "list", PIPELINE, "--json").stdout)
    assert len(runs) == 5
    assert len(json.loads(cli("runs", "list", PIPELINE, "--json", "--limit", "2").stdout)) == 2
    failed = json.loads(cli("runs", "list", PIPELINE, "--json", "--failed").stdout)
    assert [run["id"] for run in failed] == [run["id"] for run in runs if run["status"] == "failed"]
    assert 0 < len(failed) < 5
    shown = json.loads(cli("runs", "get", PIPELINE, runs[0]["id"], "--json").stdout)
    assert shown == runs[0]


def test_runs_are_bounded_by_dates(cli: "Cli", seeded: "Emulator") -> None:
    """`--start` and `--end` go to the server; what is not a date is a usage error."""
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


def test_watch_needs_a_handle_or_a_run(cli: "Cli") -> None:
    """Anything else than a handle, or a pipeline and a number, is a usage error."""
    assert cli("runs", "watch", "a", "b", "c").exit_code == 2
    assert cli("runs", "watch", "orders", "latest").exit_code == 2
    wrong = cli("runs", "watch", "wsr1:5328:orders")
    assert wrong.exit_code == 2
    assert "wsr1:5328:orders:4711" in wrong.stderr
