"""`emulator`, in a real process."""

import json
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = Path(sys.executable).with_name("warehouse-sync")
NAMES = ["WORKSPACE_ID", "CLIENT_ID", "CLIENT_SECRET", "API_URL", "TOKEN_URL", "ACCOUNT_ID"]


@contextmanager
def emulator(*arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Run the command until the block ends."""
    command = [str(COMMAND), "emulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            yield process
        finally:
            process.kill()


def read_settings(process: "subprocess.Popen[str]") -> tuple[str, dict[str, str]]:
    """Read the lines that the command prints when it is ready: its URL and the settings."""
    assert process.stdout is not None
    address = process.stdout.readline().rstrip("\n")
    settings = {}
    for name in NAMES:
        [word, assignment] = shlex.split(process.stdout.readline())
        variable, _, value = assignment.partition("=")
        assert (word, variable) == ("export", f"WAREHOUSE_SYNC_{name}")
        settings[name] = value
    return address, settings


def credential(settings: dict[str, str]) -> dict[str, str]:
    """Return the body of a token request."""
    return {
        "client_id": settings["CLIENT_ID"],
        "client_secret": settings["CLIENT_SECRET"],
        "audience": "https://api.mparticle.com",
        "grant_type": "client_credentials",
    }


def call(url: str, *, token: str = "", body: object = None) -> Any:
    """Send a request and return the JSON of the response."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request) as response:  # noqa: S310 - loopback
        return json.load(response)


def test_field_transformations_are_read_from_files(tmp_path: Path) -> None:
    """The field transformations of a file are there when the emulator has started."""
    file = tmp_path / "transformation.yaml"
    mapping = {"mapping_type": "ignore", "source": "note"}
    document = {"kind": "field_transformation", "id": "t", "name": "T", "mappings": [mapping]}
    file.write_text(json.dumps(document), "utf-8")
    with emulator("--port", "0", "--field-transformation", str(file)) as process:
        _, settings = read_settings(process)
        [found] = call(f"{settings['API_URL']}/_emulator/field-transformations")
    assert (found["id"], found["destination_type"], found["mappings"]) == ("t", "event_batch", [mapping])


def test_printed_settings_work() -> None:
    """Once the URL is printed, the printed settings get a token and a response."""
    with emulator(
        "--port", "0", "--seed-pipelines", "3", "--seed-runs", "2", "--workspace-id", "77"
    ) as process:
        address, settings = read_settings(process)
        assert address == f"listening on {settings['API_URL']}"
        assert settings["API_URL"].startswith("http://127.0.0.1:")
        token = call(settings["TOKEN_URL"], body=credential(settings))["access_token"]
        base = f"{settings['API_URL']}/platform/v2/workspaces/{settings['WORKSPACE_ID']}"
        assert settings["WORKSPACE_ID"] == "77"
        assert len(call(f"{base}/inputs/data-pipelines", token=token)) == 3
        runs = call(f"{base}/inputs/data-pipelines/seeded-pipeline-00003/runs", token=token)
        assert runs["total_items"] == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_exits_with_0(number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end the command with exit code 0 and nothing on stderr."""
    with emulator("--port", "0") as process:
        read_settings(process)
        process.send_signal(number)
        assert process.wait(120) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_port_in_use_exits_with_1() -> None:
    """A port in use ends the command with exit code 1 and one sentence with a fix."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with emulator("--port", str(port)) as process:
            out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    assert err == (
        f"Error: Port {port} of 127.0.0.1 is in use; choose another with --port, or a free one with --port 0.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "pass --allow-remote to allow that"),  # noqa: S104 - refused
        (["--host", "192.0.2.1", "--allow-remote"], "Cannot listen on port 8080 of 192.0.2.1"),
    ],
)
def test_unusable_address_exits_with_1(arguments: list[str], message: str) -> None:
    """A remote address without the flag, or one of another machine, exits with 1 and one sentence."""
    with emulator(*arguments) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_allow_remote_listens_on_every_address() -> None:
    """With the flag the emulator listens on every address, and the printed URL works."""
    with emulator("--port", "0", "--host", "0.0.0.0", "--allow-remote") as process:  # noqa: S104 - meant
        _, settings = read_settings(process)
        assert call(f"{settings['API_URL']}/_emulator/health") == {"status": "ok"}


def test_clock_limits_and_faults_are_set() -> None:
    """The options set the clock and its start, change limits and add faults."""
    clock = ("--clock", "virtual", "--clock-start", "2024-02-28T12:00:00Z")
    limits = ("--no-limits", "--limit", "columns=9", "--limit", "catch_up_daily=2d")
    fault = ("--fault", "GET */report status=503 count=2 header.Retry-After=3")
    with emulator("--port", "0", *clock, *limits, *fault) as process:
        _, settings = read_settings(process)
        control = f"{settings['API_URL']}/_emulator"
        assert call(f"{control}/clock") == {"kind": "virtual", "now": "2024-02-28T12:00:00Z"}
        turned = call(f"{control}/clock", body={"advance": "1d"})
        assert turned == {"kind": "virtual", "now": "2024-02-29T12:00:00Z"}
        moved = {name: value for name, value in call(f"{control}/limits").items() if value is not None}
        assert moved == {"columns": 9, "catch_up_daily": "2d"}
        [fault_in_force] = call(f"{control}/faults")
        assert (fault_in_force["status"], fault_in_force["headers"]) == (503, {"Retry-After": "3"})


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["--clock-start", "2024-02-28T12:00:00Z"], ["requires --clock virtual"]),
        (["--clock", "virtual", "--clock-start", "soon"], ["takes a time such as"]),
        (
            ["--limit", "pipelines=9"],
            [
                "'--limit': There is no limit pipelines; the limits are active_pipelines, columns, records_hourly",
                "Examples: --limit active_pipelines=50",
            ],
        ),
        (
            ["--limit", "columns=many"],
            ["'--limit': The limit columns must be a whole number", "--limit columns=none"],
        ),
        (["--limit", "columns"], ["'--limit': The limit columns must be a whole number"]),
        (
            ["--fault", "GET * status=20"],
            ["'--fault': A fault's status must be a redirect or an error, 300 to 599, not 20"],
        ),
        (
            ["--fault", "GET * colour=red"],
            [
                "'--fault': A fault has no field 'colour'; its fields are count, delay, drop,",
                "header.NAME.",
                "Example: --fault 'GET */report status=503 count=2",
            ],
        ),
        (
            ["--fault", "GET *"],
            ["'--fault': A fault needs an effect: one of delay, drop,"],
        ),
        (["--fault", "GET /connections drop=true"], ["'--fault': No request can match the fault's route"]),
        (["--fault", "GET * message='Not now"], ["'--fault': A quotation mark in the fault is not closed."]),
    ],
)
def test_invalid_option_is_a_usage_error(arguments: list[str], messages: list[str]) -> None:
    """An invalid value exits with 2 and names the option and valid values, without Python terms."""
    with emulator("--port", "0", *arguments) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert [message for message in messages if message not in err] == []
    assert not [word for word in ("__init__", "<class", "Fault(", "keyword") if word in err]


def test_missing_warehouse_refuses_connections(tmp_path: Path) -> None:
    """With a missing warehouse the command starts with a warning and refuses connections with 505."""
    with emulator("--port", "0", "--warehouse", str(tmp_path / "gone.duckdb")) as process:
        read_settings(process)
        assert process.stderr is not None
        assert "There is no warehouse at" in process.stderr.readline()


def test_acknowledged_writes_survive_kill(tmp_path: Path) -> None:
    """SIGKILL between two writes loses no acknowledged write."""
    model = {"name": "M", "state": "active", "type": "sql", "config": {"sql_query": "SELECT 1"}}
    written: list[str] = []
    for life in range(3):
        with emulator("--port", "0", "--state", str(tmp_path), "--seed-pipelines", "2") as process:
            _, settings = read_settings(process)
            token = call(settings["TOKEN_URL"], body=credential(settings))["access_token"]
            base = f"{settings['API_URL']}/platform/v2/workspaces/5328"
            assert [kept["id"] for kept in call(f"{base}/data-models", token=token)[1:]] == written
            assert len(call(f"{base}/inputs/data-pipelines", token=token)) == 2
            for number in range(10):
                created = call(f"{base}/data-models", token=token, body={**model, "id": f"m-{life}-{number}"})
                written.append(created["id"])
            process.kill()
            process.wait(120)
    assert len(written) == 30


def test_state_in_use_exits_with_1(tmp_path: Path) -> None:
    """A state folder that another emulator uses exits with 1 and one sentence."""
    with emulator("--port", "0", "--state", str(tmp_path)) as first:
        read_settings(first)
        with emulator("--port", "0", "--state", str(tmp_path)) as second:
            _, err = second.communicate(timeout=120)
    assert (second.returncode, len(err.splitlines())) == (1, 1)
    assert "in use by another emulator" in err
