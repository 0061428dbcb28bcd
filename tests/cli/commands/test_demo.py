"""`demo`, on a terminal and in a pipe."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [str(Path(sys.executable).parent / "warehouse-sync"), "demo", "--pipelines", "60"]


def test_demo_in_a_pipe_prints_plain_lines() -> None:
    """Without a terminal, the demo prints every step as lines without control characters."""
    ran = subprocess.run(COMMAND, capture_output=True, text=True, check=False, timeout=180)  # noqa: S603 - our own command
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    for expected in (
        "connection snowflake to Snowflake: healthy",
        "************",
        "run 1 of",
        "ended as failed: SQL",
        "last page",
    ):
        assert expected in ran.stdout
    assert re.search(r"60 reports in [\d.]+ s", ran.stdout)
    assert re.search(r"\| success +\| +58 \|", ran.stdout)
    assert re.search(r"\| failed +\| +2 \|", ran.stdout)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", ran.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a Unix thing")
def test_demo_on_a_terminal_has_colours() -> None:
    """On a terminal there are colours and progress bars."""
    controller, terminal = pty.openpty()
    colourful = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    with subprocess.Popen(COMMAND, stdout=terminal, stderr=terminal, env=colourful) as process:  # noqa: S603 - our own command
        os.close(terminal)
        shown = read_all(controller)
    os.close(controller)
    assert process.returncode == 0, shown
    assert "\x1b[" in shown
    assert "60/60" in shown


def test_interrupted_demo_exits_with_130() -> None:
    """Ctrl-C ends the demo with exit code 130 and one word."""
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        assert process.stdout.readline().startswith("A Warehouse Sync API is running at")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
    assert (process.returncode, stderr) == (130, "Interrupted.\n")


def read_all(descriptor: int) -> str:
    """Read what a terminal shows until the program ends."""
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # Linux raises this at the end of a pseudo-terminal
            piece = b""
        if not piece:
            return b"".join(pieces).decode()
        pieces.append(piece)
