"""A client that another tool generates from the OpenAPI document, against the emulator."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from warehouse_sync.emulator import Emulator
from warehouse_sync.emulator.openapi import document

SESSION = Path(__file__).with_name("generated_session.py")


def run(*command: str | Path) -> None:
    """Run a program, and fail with its output."""
    folder = str(Path(command[0]).parent)  # the generator formats its output with the `ruff` beside it
    environ = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)  # noqa: S603 - our own arguments
    assert done.returncode == 0, done.stdout + done.stderr


def test_generated_client_works(tool: Callable[[str], str], tmp_path: Path) -> None:
    """Every operation that the session uses is generated, accepted by the emulator, and decoded."""
    generator = tool("openapi-python-client")
    (tmp_path / "openapi.json").write_text(json.dumps(document()), "utf-8")
    run(
        *(generator, "generate", "--fail-on-warning", "--meta", "none"),
        *("--path", tmp_path / "openapi.json", "--output-path", tmp_path / "generated"),
    )
    with Emulator(workspace_id=5328) as emulator:
        options = emulator.client_options()
        run(
            Path(generator).with_name("python"),
            SESSION,
            tmp_path,
            emulator.url,
            options["client_id"],
            options["client_secret"],
        )
