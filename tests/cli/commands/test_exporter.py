"""`exporter`, in a real process."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

COMMAND = Path(sys.executable).with_name("warehouse-sync")


@contextmanager
def exporter(*arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Run the command until the block ends, with the settings of the environment."""
    command = [str(COMMAND), "exporter", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            yield process
        finally:
            process.kill()


def read_line(process: "subprocess.Popen[str]") -> str:
    """Return the next line of the output."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def wait_for(url: str, text: str) -> str:
    """Return the body of a response that contains a text, which may need some requests."""
    while True:
        with urllib.request.urlopen(url, timeout=120) as response:  # noqa: S310 - loopback
            body: str = response.read().decode()
        if text in body:
            return body


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("cli")
def test_metrics_are_served_until_a_signal(warehouse_sync_emulator: "Emulator", number: int) -> None:
    """The URL is printed once it works; a signal ends the command with 0."""
    [id_] = warehouse_sync_emulator.seed(pipelines=1, runs=1)
    with exporter("--port", "0") as process:
        line = read_line(process)
        assert line.startswith("listening on http://127.0.0.1:")
        text = wait_for(
            line.removeprefix("listening on "),
            f'pipeline_info{{name="Seeded pipeline 00001",pipeline_id="{id_}"',
        )
        assert "warehouse_sync_request_duration_seconds_count" in text
        process.send_signal(number)
        _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")


@pytest.mark.usefixtures("cli")
def test_url_is_printed_as_json(warehouse_sync_emulator: "Emulator") -> None:
    """With --json as one line; --also adds a workspace."""
    [id_] = warehouse_sync_emulator.seed(pipelines=1, runs=1, workspace_id=6000)
    with exporter("--port", "0", "--json", "--also", "6000") as process:
        url = json.loads(read_line(process))["url"]
        wait_for(f"{url}/metrics", f'pipeline_id="{id_}",workspace_id="6000"')
        with urllib.request.urlopen(f"{url}/health", timeout=120) as response:  # noqa: S310 - loopback
            assert response.status == 200


def test_refused_credential_exits_with_5(cli: "Cli", monkeypatch: pytest.MonkeyPatch) -> None:
    """The first round must succeed or fail for a temporary reason."""
    monkeypatch.setenv("WAREHOUSE_SYNC_CLIENT_SECRET", "canary")
    done = cli("exporter", "--port", "0")
    assert done.exit_code == 5
    assert "refused the credential" in done.stderr
    assert "canary" not in done.output


def test_port_in_use_is_one_line(cli: "Cli", warehouse_sync_emulator: "Emulator") -> None:
    """The message says what to type."""
    done = cli("exporter", "--port", warehouse_sync_emulator.port)
    assert done.exit_code == 1
    port = warehouse_sync_emulator.port
    message = f"Port {port} of 127.0.0.1 is in use; choose another with --port, or a free one with --port 0."
    assert done.stderr == f"Error: {message}\n"


@pytest.mark.usefixtures("cli")
def test_outage_is_noted_once(warehouse_sync_emulator: "Emulator") -> None:
    """The command goes on, and does not repeat the same error in each round."""
    warehouse_sync_emulator.fault("GET */data-pipelines", status=503, count=None)
    with exporter("--port", "0", "--every", "5", "--timeout", "0.2") as process:
        url = read_line(process).removeprefix("listening on ")
        assert process.stderr is not None
        assert process.stderr.readline().startswith("workspace 5328: ")
        assert "warehouse_sync_workspace_seconds_since_read" in wait_for(url, "")
        process.terminate()
        assert process.communicate(timeout=120)[1] == ""


def test_missing_extra_is_named() -> None:
    """Without prometheus-client the command says what to install."""
    code = "import sys; sys.modules['prometheus_client'] = None; sys.argv[1:] = ['exporter']; from warehouse_sync.cli import main; main()"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert done.returncode == 1
    assert "pip install 'warehouse-sync[prometheus]'" in done.stderr
