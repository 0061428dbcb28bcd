"""The tutorials: each command runs in the order of the page, as a reader pastes it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.build_site import DOCS

EMULATOR = "warehouse-sync emulator "
SETTINGS = ("listening on", "export ")


def read_steps(page: str) -> list[tuple[str, str]]:
    """Return the shell, Python and output blocks of a page, with their languages."""
    text = (DOCS / page).read_text("utf-8")
    return re.findall(r"^```(bash|python|text)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def run(script: str, folder: Path, environment: dict[str, str]) -> str:
    """Run shell commands; return what they print."""
    done = subprocess.run(  # noqa: S603 - our own page
        ["/bin/bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, script + done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a new user, without settings of the client."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("WAREHOUSE_SYNC_", "XDG_"))
    }
    return {
        **own,
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def test_tutorial_on_the_emulator(tmp_path: Path, environment: dict[str, str]) -> None:
    """The runs load three rows, then none, then fail, then succeed again."""
    printed: list[str] = []
    emulator: subprocess.Popen[str] | None = None
    exports = ""
    port = "8080"
    try:
        for language, block in read_steps("start/tutorial.md"):
            text = block.replace(":8080", f":{port}")
            if language == "python":
                (tmp_path / "check.py").write_text(text, "utf-8")
            elif language == "text":
                assert block in printed[-1]
            elif text.startswith(EMULATOR):
                command = text.replace("--port 8080", "--port 0").split()
                emulator = subprocess.Popen(  # noqa: S603 - our own page
                    command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
                )
                assert emulator.stdout is not None
                port = emulator.stdout.readline().strip().rpartition(":")[2]
                exports = "".join(emulator.stdout.readline() for _ in range(6))
            elif text.startswith("export WAREHOUSE_SYNC_"):
                assert text == exports
            elif not text.startswith("pip install"):
                secret = "export SNOWFLAKE_PASSWORD=example\n" if printed else ""
                printed.append(run(exports + secret + text, tmp_path, environment))
    finally:
        if emulator is not None:
            emulator.terminate()
            emulator.communicate(timeout=120)
    output = "\n".join(printed)
    assert re.findall(r"successful_records +(\d+)", output) == ["3", "0", "0", "0"]
    assert re.findall(r"status +(\w+)\n", output) == ["success", "success", "failed", "success"]
    assert "exit code 3" in output
    assert "\n1 success 3\n" in output
    assert '"ann@example.com"' in output


def test_real_account_writes_its_files(tmp_path: Path, environment: dict[str, str]) -> None:
    """The commands that need no account write a profile, files without errors, and the SQL of the warehouse."""
    blocks = [block for language, block in read_steps("start/real-account.md") if language == "bash"]
    output = run("".join(blocks), tmp_path, environment)
    assert "STORAGE INTEGRATION mp_us1_1_2_s3" in output
    assert "0 error(s)" in output
    assert (tmp_path / "infra" / "pipelines.yaml").exists()
