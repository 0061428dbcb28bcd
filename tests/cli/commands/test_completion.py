"""The scripts of `completion`, in their shells."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.terminal import read_text

BIN = Path(sys.executable).parent
TIMEOUT = 120  # seconds, so that a shell that hangs fails its test
READY = "ready>"

# The typed text and the completed text.
TYPED = [
    ("warehouse-sync pipel", "warehouse-sync pipelines"),
    ("warehouse-sync runs wa", "warehouse-sync runs watch"),
    ("warehouse-sync status --wat", "warehouse-sync status --watch"),
    ("warehouse-sync models list --output ya", "warehouse-sync models list --output yaml"),
    ("warehouse-sync setup snow", "warehouse-sync setup snowflake"),
]
SHELLS = {
    "bash": (["--norc", "--noprofile", "-i"], ['eval "$(warehouse-sync completion bash)"']),
    "zsh": (
        ["-f", "-i"],
        ["bindkey -e", "autoload -Uz compinit && compinit -u -D", 'eval "$(warehouse-sync completion zsh)"'],
    ),
}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shells and pseudo-terminals")


def find(shell: str) -> str:
    """Return the path of a shell; skip the test if it is not installed."""
    return shutil.which(shell) or pytest.skip(f"{shell} is not installed")


@pytest.fixture
def settings(home: Path) -> dict[str, str]:
    """An environment in which shells find the command and load no user settings."""
    path = os.pathsep.join((str(BIN), os.environ["PATH"]))
    return {**os.environ, "PATH": path, "HOME": str(home), "TERM": "dumb", "PS1": READY, "COLUMNS": "200"}


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(self, command: list[str], settings: dict[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=settings)  # noqa: S603 - a shell
        os.close(theirs)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def read_until(self, text: str) -> str:
        """Read until a text was shown."""
        shown, until = "", time.monotonic() + TIMEOUT
        while text not in shown:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"the shell does not show {text!r}, but {shown!r}"
            shown += read_text(self._ours)
        return shown

    def close(self) -> None:
        """Hang up, as closing a terminal's window does."""
        os.close(self._ours)
        self.process.wait(TIMEOUT)


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes(shell: str, settings: dict[str, str]) -> None:
    """In a shell that sourced the script, Tab completes commands, options and values."""
    options, begin = SHELLS[shell]
    terminal = Terminal([find(shell), *options], settings)
    try:
        terminal.read_until(READY)
        terminal.type("".join(f"{line}\n" for line in [f"PS1={READY}", *begin, "echo be''gun"]))
        terminal.read_until("begun")
        for typed, expected in TYPED:
            terminal.type(f"{typed}\t")
            terminal.read_until(expected.removeprefix(typed))
            terminal.type("\x01: \x05; echo to''ld\n")  # Ctrl-A and Ctrl-E: the line does nothing
            terminal.read_until("told")
    finally:
        terminal.close()


def test_fish_shows_descriptions(settings: dict[str, str]) -> None:
    """The fish shell shows a description beside each candidate."""
    asked = "; ".join(f'complete -C "{typed}"' for typed, _ in TYPED)
    script = f"warehouse-sync completion fish | source; {asked}"
    command = [find("fish"), "--no-config", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=settings, timeout=TIMEOUT)  # noqa: S603 - a shell
    words = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert words == [expected.split()[-1] for _, expected in TYPED]
    assert "List, show, trigger and pause pipelines." in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_candidates_start_with_the_typed_text(shell: str, settings: dict[str, str]) -> None:
    """Completion offers every command that starts with the typed text, and no other."""
    variable = {"_WAREHOUSE_SYNC_COMPLETE": f"{shell}_complete", "COMP_WORDS": "warehouse-sync sc"}
    asking = {**settings, **variable, "COMP_CWORD": "sc" if shell == "fish" else "1"}
    command = str(BIN / "warehouse-sync")
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=asking, timeout=TIMEOUT)  # noqa: S603 - our own command
    assert "schema" in done.stdout
    assert "schedule" in done.stdout
    assert "status" not in done.stdout
