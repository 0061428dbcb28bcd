"""Every program in `examples/` runs as a user runs it, against the emulator."""

import csv
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from warehouse_sync import Client
from warehouse_sync.emulator import Emulator

EXAMPLES = Path(__file__).parents[2] / "examples"
# Each has a test below; `test_with_the_emulator.py` is one itself, and runs with all others.
TESTED = {
    "bulk_report",
    "create_pipeline",
    "export_runs",
    "handle_errors",
    "health_endpoint",
    "nightly",
    "notebook",
    "pause_pipelines",
    "rotate_secret",
    "several_workspaces",
    "test_with_the_emulator",
    "wait_and_resume",
    "watch_changes",
}


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator whose runs take no time, named by the environment."""
    with Emulator(queued=0.01, running=0.01) as emulator:
        for name, value in emulator.client_options().items():
            monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
        yield emulator


def start(name: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start an example."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SNOWFLAKE_PASSWORD": "example"},
    )


def run(name: str, *arguments: str, status: int = 0) -> str:
    """Run an example; return what it prints."""
    with start(name, *arguments) as process:
        output, errors = process.communicate(timeout=180)
    assert (process.returncode, errors if not status else "") == (status, "")
    return output


def read_first_line(process: "subprocess.Popen[str]") -> str:
    """Return the first line that a program prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_each_example_is_tested_and_listed() -> None:
    """A new example has a test here and a line in the folder's README."""
    page = (EXAMPLES / "README.md").read_text("utf-8")
    assert {path.stem for path in EXAMPLES.glob("*.py")} == TESTED
    assert set(re.findall(r"\[(\w+)\.py\]\(\1\.py\)", page)) == TESTED


def test_bulk_report(emulator: Emulator) -> None:
    """Faulted pipelines are listed with their reason, the others are counted."""
    broken, _, hidden = sorted(emulator.seed(pipelines=3))
    fail(emulator, broken)
    emulator.fault(f"GET */{hidden}/report", status=404, message="no such report", count=None)
    lines = run("bulk_report").splitlines()
    assert lines[-1] == "1 healthy, 2 not"
    assert "No such table." in lines[0]
    assert "no such report" in lines[1]


def test_create_pipeline(emulator: Emulator) -> None:
    """The run succeeds, and is listed; a second time the ids exist."""
    assert run("create_pipeline").count("success") == 2
    run("create_pipeline", status=1)
    assert emulator.port


def test_export_runs(emulator: Emulator, tmp_path: Path) -> None:
    """Each run of the range is one line of the file."""
    emulator.seed(pipelines=2, runs=3)
    with Client() as client:
        expected = {str(run.id) for each in client.pipelines.list() for run in client.runs.list(each.id)}
    path = tmp_path / "runs.csv"
    assert run("export_runs", str(path), "3650").startswith(f"{len(expected)} runs written")
    with path.open(encoding="utf-8", newline="") as file:
        assert {row["id"] for row in csv.DictReader(file)} == expected


def test_handle_errors(emulator: Emulator) -> None:
    """Each pipeline has one line: a success, a failed run, an id that does not exist, an id that cannot exist."""
    good, broken = emulator.seed(pipelines=2)
    emulator.fail_next_run(broken, message="No such table.")
    lines = run("handle_errors", good, broken, "absent", "no id").splitlines()
    assert [line.partition(": ")[2].split()[0] for line in lines] == ["run", "run", "no", "wrong"]
    assert lines[0].endswith("success")
    assert lines[1].endswith("failed: No such table.")


def test_handle_errors_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing setting is one line on stderr."""
    for name in ("WORKSPACE_ID", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"WAREHOUSE_SYNC_{name}", raising=False)
    with start("handle_errors", "orders") as process:
        _, errors = process.communicate(timeout=180)
    assert process.returncode == 1
    assert errors.startswith("set the environment first: ")
    assert "Traceback" not in errors


def test_health_endpoint(emulator: Emulator) -> None:
    """The service answers 200 while all pipelines are healthy, 503 afterwards, and ends with Ctrl-C."""
    pipeline_id, *_ = emulator.seed(pipelines=2)
    with start("health_endpoint", "0") as process:
        url = read_first_line(process).removeprefix("listening on ")
        with urlopen(url, timeout=120) as response:  # noqa: S310 - our own server
            assert response.read() == b"healthy\n"
        fail(emulator, pipeline_id)
        with pytest.raises(OSError, match="503"):
            urlopen(url, timeout=120)  # noqa: S310 - our own server
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=120) == ("", "")
    assert process.returncode == 0


def test_nightly(emulator: Emulator) -> None:
    """Groups run in order; a failure ends the night with exit code 1."""
    first, second, third = emulator.seed(pipelines=3)
    assert sorted(run("nightly", f"{first},{second}", third).splitlines()[:2]) == sorted(
        [f"{first}: success", f"{second}: success"]
    )
    emulator.fail_next_run(first, message="No such table.")
    output = run("nightly", f"{first},absent", third, status=1)
    assert "No such table." in output
    assert "absent: " in output
    assert third not in output


def test_notebook(emulator: Emulator) -> None:
    """All cells run in order."""
    emulator.seed(pipelines=2, runs=3)
    assert "2 pipelines" in run("notebook")


def test_pause_pipelines(emulator: Emulator) -> None:
    """The pipelines of the connection are paused, and resumed."""
    pipeline_id, *_ = emulator.seed(pipelines=1)
    with Client() as client:
        pipeline = client.pipelines.get(pipeline_id)
        assert run("pause_pipelines", pipeline.connection_id) == f"{pipeline_id}: active -> paused\n"
        assert client.pipelines.get(pipeline_id).state == "paused"
        assert (
            run("pause_pipelines", pipeline.connection_id, "--resume") == f"{pipeline_id}: paused -> active\n"
        )
        assert client.pipelines.get(pipeline_id).to_spec() == pipeline.to_spec()


def test_rotate_secret(emulator: Emulator) -> None:
    """The connection is updated with the new password, and its other values stay."""
    run("create_pipeline")
    with Client() as client:
        before = client.connections.get("snowflake")
        assert run("rotate_secret", "snowflake").startswith("snowflake: new password set")
        assert client.connections.get("snowflake").config == before.config
    assert emulator.port


def test_several_workspaces(emulator: Emulator) -> None:
    """Each workspace has a line with its own pipelines."""
    emulator.seed(pipelines=2, workspace_id=11)
    emulator.seed(pipelines=1, workspace_id=12)
    assert run("several_workspaces", "11", "12") == "11 {'idle': 2}\n12 {'idle': 1}\n"


def test_wait_and_resume(emulator: Emulator) -> None:
    """The handle that one process prints is enough for the next."""
    pipeline_id, *_ = emulator.seed(pipelines=1)
    handle = run("wait_and_resume", "trigger", pipeline_id).strip()
    assert "success" in run("wait_and_resume", "wait", handle)


def test_watch_changes(emulator: Emulator) -> None:
    """The first look prints each pipeline, and Ctrl-C ends the program."""
    pipeline_id, *_ = emulator.seed(pipelines=1)
    with start("watch_changes", "0.05") as process:
        assert read_first_line(process).endswith(f"{pipeline_id}: new -> idle")
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=120)[1] == ""
    assert process.returncode == 0


def fail(emulator: Emulator, pipeline_id: str) -> None:
    """Let a run of a pipeline fail."""
    emulator.fail_next_run(pipeline_id, message="No such table.")
    with Client() as client:
        triggered = client.pipelines.trigger(pipeline_id)
        [waited] = client.runs.wait_many([(pipeline_id, triggered.run_id)], timeout=120)
    assert waited.error is not None
