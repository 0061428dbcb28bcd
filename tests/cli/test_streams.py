"""Output that cannot be written: a full disk, a closed pipe, a console that is not UTF-8."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warehouse_sync.cli import streams

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

COMMAND = str(Path(sys.executable).with_name("warehouse-sync"))
FULL = Path("/dev/full")
NO_SPACE = "Error: the output cannot be written: No space left on device.\n"

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="/dev/full")


def run(
    *arguments: object, full: str = "", largest: int | None = None, encoding: str = "utf-8"
) -> "subprocess.CompletedProcess[str]":
    """Run the installed command.

    Args:
        *arguments: The arguments.
        full: The stream that cannot be written: `stdout` or `stderr`.
        largest: The size in bytes of the largest file that can be written.
        encoding: The encoding of the streams.
    """

    def limit() -> None:
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    with FULL.open("w", encoding="utf-8") as device:
        return subprocess.run(  # noqa: S603 - our own command
            [COMMAND, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=device if full == "stdout" else subprocess.PIPE,
            stderr=device if full == "stderr" else subprocess.PIPE,
            text=True,
            encoding=encoding,
            check=False,
            timeout=120,
            env={**os.environ, "PYTHONIOENCODING": encoding},
            preexec_fn=limit,
        )


@pytest.mark.parametrize(
    "arguments",
    ["pipelines list", "pipelines list --json", "pipelines list -o yaml", "pipelines list -o csv", "--help"],
)
def test_full_disk_behind_stdout_is_one_line(arguments: str, cli: "Cli", seeded: "Emulator") -> None:
    """A result that cannot be written ends the command with one line and exit code 1."""
    done = run(*arguments.split(), full="stdout")
    assert (done.returncode, done.stderr) == (1, NO_SPACE)


def test_note_that_cannot_be_written_ends_nothing(cli: "Cli", seeded: "Emulator") -> None:
    """A command whose notes cannot be written completes and prints its result."""
    done = run("runs", "list", "seeded-pipeline-00001", "--limit", "2", "--json", full="stderr")
    assert (done.returncode, len(json.loads(done.stdout))) == (0, 2)


def test_error_that_cannot_be_written_keeps_a_failing_exit_code(offline: "Cli") -> None:
    """A command whose error message cannot be written fails nevertheless."""
    assert run("pipelines", "list", full="stderr").returncode == 1


def test_closed_pipe_ends_silently(cli: "Cli", seeded: "Emulator") -> None:
    """A reader that has gone ends the command with exit code 1 and no message."""
    command = [COMMAND, "pipelines", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait(30)) == (b"", 1)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("report --html", "report.html"),
        ("schema --out", "schema.json"),
        ("export --kind data_model", "export/warehouse-sync.schema.json"),
    ],
)
def test_full_disk_leaves_files_as_they_were(
    arguments: str, name: str, cli: "Cli", seeded: "Emulator", tmp_path: Path
) -> None:
    """A file that does not fit is not written: the old one stays, and no temporary file."""
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    given = [*arguments.split(), file if file.parent == tmp_path else file.parent]
    file.write_text("old")
    done = run(*given, *(["--force"] if "export" in given else []), largest=400)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"Error: {file}: File too large. Check the path and its permissions."]
    written = (each for each in file.parent.rglob("*") if each.is_file() and "home" not in each.parts)
    assert list(written) == [file]
    assert file.read_text() == "old"


def test_full_disk_behind_the_state_names_the_file(cli: "Cli", home: Path, tmp_path: Path) -> None:
    """An `apply` whose state cannot be written changes nothing and names the file."""
    folder = tmp_path / "infra"
    folder.mkdir()
    models = [
        {"id": f"model-{number}", "name": "M", "sql_query": "SELECT a FROM b.c.d"} for number in range(9)
    ]
    (folder / "all.json").write_text(json.dumps({"data_models": models}))
    assert cli("auth", "login").exit_code == 0
    done = run("apply", folder, "--yes", "--quiet", largest=400)
    [line] = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith(f"Error: {home / 'state'}")
    assert line.endswith(": File too large. Check the path and its permissions.")
    assert json.loads(cli("models", "list", "--json").stdout) == []


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_console_that_is_not_utf8(encoding: str, cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """Characters that the console lacks are replaced; JSON and YAML stay valid."""
    [pipeline_id] = warehouse_sync_emulator.seed(pipelines=1, runs=0)
    warehouse_sync_emulator.fail_next_run(pipeline_id, message="a → b é 🙂")
    done = run("pipelines", "trigger", pipeline_id, "--wait", encoding=encoding)
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "a -> b " in done.stdout
    listed = run("runs", "list", pipeline_id, "--json", encoding=encoding)
    assert [each["message"] for each in json.loads(listed.stdout)[0]["errors"]] == ["a → b é 🙂"]
    assert run("runs", "list", pipeline_id, "-o", "yaml", encoding=encoding).stdout.isascii()
    assert run("schedule", "preview", "nope", encoding=encoding).returncode == 6


def test_other_errors_are_not_output_errors() -> None:
    """An error with a file name, or of another kind, is not an error of the output."""
    assert streams.write_failure(OSError(28, "No space left on device", "file")) is None
    assert streams.write_failure(OSError(111, "Connection refused")) is None
