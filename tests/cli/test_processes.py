"""Commands in processes and on a pseudo-terminal, also interrupted and killed."""

import json
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.terminal import read_text
from warehouse_sync.emulator import Emulator

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

COMMAND = str(Path(sys.executable).with_name("warehouse-sync"))
TIMEOUT = 120  # seconds, so that a command that hangs fails its test
COUNT = 6

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pseudo-terminals")


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run the installed command."""
    command = [COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)  # noqa: S603 - our own command


def on_terminal(arguments: Sequence[object], answers: Sequence[tuple[str, str]] = ()) -> tuple[int, str]:
    """Run the command on a pseudo-terminal and answer its prompts.

    Returns:
        The exit code and everything that the terminal showed.
    """
    controller, terminal = pty.openpty()
    command = [COMMAND, *map(str, arguments)]
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal)  # noqa: S603 - our own command
    os.close(terminal)
    shown, waiting = "", list(answers)
    while chunk := _read(controller):
        shown += chunk
        if waiting and waiting[0][0] in shown.rpartition("\n")[2]:
            os.write(controller, f"{waiting.pop(0)[1]}\n".encode())
    os.close(controller)
    assert waiting == []
    return process.wait(TIMEOUT), shown


def interrupted(arguments: Sequence[object], *awaited: str) -> tuple[int, str]:
    """Run the command on a pseudo-terminal and send Ctrl-C when all awaited texts are shown.

    Returns:
        The exit code and everything that the terminal showed.
    """
    controller, terminal = pty.openpty()
    command = [COMMAND, *map(str, arguments)]
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal)  # noqa: S603 - our own command
    os.close(terminal)
    shown = ""
    try:
        while not all(text in shown for text in awaited):
            shown += _read(controller)
        # Python loses a signal between writing a prompt and reading the answer, so send it again until there is output.
        for _ in range(TIMEOUT):
            process.send_signal(signal.SIGINT)
            if select.select([controller], [], [], 1)[0]:
                break
        while chunk := _read(controller):
            shown += chunk
        return process.wait(TIMEOUT), shown
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def _read(descriptor: int) -> str:
    """Read what a terminal shows next; return an empty text after it is closed."""
    ready, _, _ = select.select([descriptor], [], [], TIMEOUT)
    assert ready, "the command shows nothing and does not end"
    try:
        return read_text(descriptor)
    except OSError:  # Linux raises this when the other end is closed
        return ""


@pytest.fixture
def infra(tmp_path: Path, cli: "Cli", monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with several connections, data models and pipelines, and an emulator in the environment."""
    folder = tmp_path / "infra"
    folder.mkdir()
    documents = {
        "connections": [
            {
                "id": f"connection-{number}",
                "name": "Redshift",
                "service_provider": "Redshift",
                "config": {
                    "database": "d",
                    "host": "h",
                    "user": "u",
                    "password": "env:PASSWORD",
                    "aws_iam_role_arn": "arn",
                },
            }
            for number in range(COUNT)
        ],
        "data_models": [
            {"id": f"model-{number}", "name": "M", "sql_query": "SELECT email, t FROM a.b.c"}
            for number in range(COUNT)
        ],
        "pipelines": [
            {
                "id": f"pipeline-{number}",
                "name": "P",
                "pipeline_type": "user_attributes",
                "connection_id": f"connection-{number}",
                "data_model_id": f"model-{number}",
                "state": "paused",
                "sync_mode": {"type": "full"},
                "schedule": {"type": "on_demand"},
                "environment": "development",
            }
            for number in range(COUNT)
        ],
    }
    (folder / "all.json").write_text(json.dumps(documents))
    monkeypatch.setenv("PASSWORD", "canary-password")
    return folder


def test_workflow_from_lint_to_destroy(infra: Path, tmp_path: Path) -> None:
    """Each step from lint to destroy exits as documented and shows no secret."""
    steps: list[tuple[list[object], int]] = [
        (["lint", infra], 0),
        (["drift", infra], 2),
        (["plan", infra, "--out", tmp_path / "plan.json"], 0),
        (["apply", tmp_path / "plan.json"], 0),
        (["apply", tmp_path / "plan.json"], 15),
        (["drift", infra], 0),
        (["export", tmp_path / "export"], 0),
        (["drift", tmp_path / "export"], 0),
        (["apply", tmp_path / "export"], 16),
        (["destroy", tmp_path / "export", "--confirm", "5328"], 0),
        (["drift", infra], 0),
        (["destroy", infra], 16),
        (["destroy", infra, "--confirm", "5328"], 0),
        (["drift", infra], 2),
        (["connections", "get", "connection-0"], 6),
    ]
    output = ""
    for arguments, code in steps:
        done = run(*arguments)
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        output += done.stdout + done.stderr
    assert "canary" not in output
    assert "emu_secret" not in output
    assert "Traceback" not in output


def test_apply_asks_on_a_terminal(infra: Path) -> None:
    """On a terminal `apply` shows the plan and asks; no changes nothing, yes applies."""
    code, shown = on_terminal(["apply", infra], [("[y/N]", "n")])
    assert (code, "+ create connection connection-0" in shown) == (16, True)
    assert run("connections", "list", "--json").stdout.strip() == "[]"
    code, _ = on_terminal(["apply", infra], [("[y/N]", "y")])
    assert code == 0
    assert run("drift", infra, "--quiet").returncode == 0


def test_quiet_shows_the_plan_before_a_confirmation(infra: Path) -> None:
    """On a terminal the whole plan precedes the question, also with `-q`; elsewhere it is one line."""
    create = "create connection connection-0"
    code, shown = on_terminal(["apply", infra, "-q"], [("[y/N]", "n")])
    assert (code, create in shown) == (16, True)
    piped = run("apply", infra, "-q")
    assert (piped.returncode, piped.stdout.count("\n"), create in piped.stdout) == (16, 1, False)
    assert run("apply", infra, "-q", "--yes").stderr == ""
    code, shown = on_terminal(["destroy", infra, "-q"], [("Type the workspace id", "no")])
    assert (code, "delete connection connection-0" in shown) == (16, True)


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_interrupted_confirmation_changes_nothing(command: str, infra: Path) -> None:
    """Ctrl-C at a question exits with 130 and changes nothing."""
    if command == "destroy":
        run("apply", infra, "--yes")
    before = run("connections", "list", "--json").stdout
    code, shown = interrupted([command, infra], "[y/N]" if command == "apply" else "id to delete")
    assert code == 130
    assert "nothing was changed" in shown
    assert run("connections", "list", "--json").stdout == before


def test_destroy_asks_for_the_workspace_id(infra: Path) -> None:
    """On a terminal `destroy` asks for the workspace id; any other text deletes nothing."""
    run("apply", infra, "--yes")
    assert on_terminal(["destroy", infra], [("Type the workspace id", "yes")])[0] == 16
    assert run("drift", infra).returncode == 0
    assert on_terminal(["destroy", infra], [("Type the workspace id", "5328")])[0] == 0
    assert run("pipelines", "list", "--json").stdout.strip() == "[]"


def test_change_during_the_question_makes_the_plan_stale(
    infra: Path, warehouse_sync_emulator: Emulator
) -> None:
    """A change of the workspace while the question is open makes the plan stale."""
    controller, terminal = pty.openpty()
    command = [COMMAND, "apply", str(infra)]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as process:  # noqa: S603 - our own command
        os.close(terminal)
        shown = ""
        while "[y/N]" not in shown:
            shown += _read(controller)
        warehouse_sync_emulator.seed(pipelines=1, runs=0)
        os.write(controller, b"y\n")
        while chunk := _read(controller):
            shown += chunk
        os.close(controller)
    assert process.returncode == 15
    assert "the workspace changed since the plan was made" in " ".join(shown.split())


def test_init_prompts_on_a_terminal(cli: "Cli", tmp_path: Path) -> None:
    """On a terminal `init` prompts for each value with a line of help and an example."""
    answers = [
        ("Which warehouse do you use?", "databricks"),
        ("Databricks: provider?", "organization"),
        ("Databricks: schema?", "analytics"),
        ("Which table do you want", "db.public.buyers"),
        ("Which id should the pipeline", "buyers"),
        ("Which column shows", ""),
        ("Which type does", ""),
        ("When should the pipeline run?", "daily"),
        ("Which environment", ""),
    ]
    code, shown = on_terminal(["init", tmp_path / "new"], answers)
    assert code == 0, shown
    lines = shown.splitlines()
    asked = [
        number for number, line in enumerate(lines) if line.startswith(tuple(text for text, _ in answers))
    ]
    assert len(asked) == len(answers)
    assert [lines[number - 1] for number in asked if "Example: " not in lines[number - 1]] == []
    assert run("lint", tmp_path / "new", "--strict").returncode == 0


def test_init_prompts_again_for_an_invalid_id(cli: "Cli", tmp_path: Path) -> None:
    """An invalid answer is refused with the rule, and the prompt is repeated."""
    given = ["--warehouse", "databricks", "--table", "a.b.c", "--set", "provider=o", "--set", "schema=s"]
    given += [
        "--iterator",
        "t",
        "--iterator-type",
        "date",
        "--frequency",
        "once",
        "--environment",
        "production",
    ]
    question = "Which id should the pipeline have?"
    code, shown = on_terminal(
        ["init", tmp_path / "new", *given], [(question, "my buyers"), (question, "buyers")]
    )
    assert code == 0, shown
    assert "Error: 'my buyers' is not an id: use ASCII letters, digits, '_' and '-' only" in shown
    assert (tmp_path / "new" / "buyers.sql").exists()


def test_only_terminals_get_colours(
    cli: "Cli", warehouse_sync_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets colours unless `NO_COLOR` is set; a pipe never does."""
    warehouse_sync_emulator.seed(pipelines=2, runs=2)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("NO_COLOR", raising=False)
    colour = re.compile(r"\x1b\[[0-9;]*3[0-9]m")
    assert colour.search(on_terminal(["status"])[1])
    assert "\x1b" not in run("status").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colour.search(on_terminal(["status"])[1])


def test_status_watch_prints_changes_as_json(cli: "Cli", warehouse_sync_emulator: Emulator) -> None:
    """`status --watch --json` prints a line per change in a pipe, and exits with 130 at Ctrl-C."""
    warehouse_sync_emulator.seed(pipelines=3, runs=1)
    command = [COMMAND, "status", "--watch", "--every", "0.2", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        assert process.stderr is not None
        first = [json.loads(process.stdout.readline()) for _ in range(3)]
        warehouse_sync_emulator.fail_next_run(first[0]["pipeline"])
        assert run("pipelines", "trigger", first[0]["pipeline"]).returncode == 0
        change = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 130
        assert process.stderr.read() == "Interrupted.\n"
    assert {row["status"] for row in first} == {"idle"}
    assert change["pipeline"] == first[0]["pipeline"]


def test_status_watch_draws_a_table(
    cli: "Cli", warehouse_sync_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal `status --watch` draws one table and restores the terminal."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    warehouse_sync_emulator.seed(pipelines=3, runs=1)
    code, shown = interrupted(
        ["status", "--watch"], *(f"seeded-pipeline-0000{number}" for number in (1, 2, 3))
    )
    assert code == 130
    assert "\x1b[?25h" in shown  # the cursor is shown again
    assert "Traceback" not in shown


def test_wait_shows_a_live_duration(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a wait shows each status and a live duration that disappears at the end."""
    with Emulator(queued=0.1, running=1.5) as emulator:
        for name, value in emulator.client_options().items():
            monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
        monkeypatch.setenv("TERM", "xterm")
        [pipeline_id] = emulator.seed(pipelines=1, runs=0)
        code, shown = on_terminal(["pipelines", "trigger", pipeline_id, "--wait"])
    assert code == 0
    assert re.search(rf"\r\x1b\[K5328/{pipeline_id}, run 1 running for \d s", shown)
    lines = [line.rpartition("\x1b[K")[2] for line in shown.split("\r\n")]
    statuses = [line.partition("Z ")[2] for line in lines if f"Z 5328/{pipeline_id}, run 1 " in line]
    assert statuses[-2:] == [f"5328/{pipeline_id}, run 1 {status}" for status in ("running", "success")]
    assert not [line for line in lines if "running for" in line]


def test_interrupted_wait_prints_the_command_to_continue(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C exits with 130 and the command with which another process can continue."""
    with Emulator(running=60) as emulator:
        for name, value in emulator.client_options().items():
            monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
        [pipeline_id] = emulator.seed(pipelines=1, runs=0)
        command = [COMMAND, "pipelines", "trigger", pipeline_id, "--wait"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
            assert process.stderr is not None
            process.stderr.readline()
            process.send_signal(signal.SIGINT)
            stderr = process.stderr.read()
            assert process.wait(TIMEOUT) == 130
        found = re.search(r"warehouse-sync (runs watch wsr1:5328:\S+)", stderr)
        assert found is not None
        done = run(*found[1].split(), "--wait-timeout", "0.2")
        assert done.returncode == 4
        assert found[0] in done.stderr


def test_interrupted_wait_for_several_prints_every_command(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C during a wait for several runs prints a command for each that has not ended."""
    with Emulator(running=60) as emulator:
        for name, value in emulator.client_options().items():
            monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
        ids = emulator.seed(pipelines=2, runs=0)
        command = [COMMAND, "pipelines", "trigger", *ids, "--wait"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
            assert process.stderr is not None
            assert process.stderr.readline() == "Waiting for 2 runs.\n"
            process.send_signal(signal.SIGINT)
            stderr = process.stderr.read()
            assert process.wait(TIMEOUT) == 130
    found = re.findall(r"warehouse-sync runs watch wsr1:5328:([\w-]+):\d", stderr)
    assert sorted(found) == ids


def test_killed_apply_converges(infra: Path, warehouse_sync_emulator: Emulator) -> None:
    """Killed at random times and run again, `apply` reaches the declared state and deletes nothing."""
    warehouse_sync_emulator.seed(pipelines=1, runs=0)
    rng = random.Random(20260101)  # noqa: S311 - times, not secrets
    warehouse_sync_emulator.fault("POST *", count=None, delay=0.02)
    command = [COMMAND, "apply", str(infra), "--yes", "--quiet"]
    for _ in range(6):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own command
            try:
                process.wait(rng.uniform(0.3, 1.2))
            except subprocess.TimeoutExpired:
                process.kill()
    warehouse_sync_emulator.clear_faults()
    assert run("apply", infra, "--yes").returncode == 0
    assert run("drift", infra).returncode == 0
    for kind, count in (("connections", COUNT + 1), ("models", COUNT + 1), ("pipelines", COUNT + 1)):
        ids = [each["id"] for each in json.loads(run(kind, "list", "--json").stdout)]
        assert len(ids) == len(set(ids)) == count


def test_unreachable_api_is_one_line(cli: "Cli", monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreachable API is one line on stderr with a hint, and exit code 9."""
    monkeypatch.setenv("WAREHOUSE_SYNC_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WAREHOUSE_SYNC_TOKEN_URL", "http://127.0.0.1:9/token")
    done = run("connections", "list")
    assert (done.returncode, done.stdout) == (9, "")
    assert len(done.stderr.splitlines()) == 1
    assert "warehouse-sync doctor" in done.stderr
