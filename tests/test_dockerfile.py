"""The image of the emulator: its instructions, run one after the other in a folder, since Docker needs a daemon."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "Dockerfile"
CONTEXT = ["pyproject.toml", "README.md", "LICENSE", "warehouse_sync"]


def read_instructions() -> list[tuple[str, str]]:
    """Return the instructions with their arguments."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [
        (line.split(None, 1)[0], " ".join(line.split(None, 1)[1].split()))
        for line in text.splitlines()
        if line
    ]


INSTRUCTIONS = read_instructions()


def arguments_of(name: str) -> str:
    """Return the arguments of the last instruction of a kind."""
    return [arguments for each, arguments in INSTRUCTIONS if each == name][-1]


def test_hadolint_accepts_the_dockerfile() -> None:
    """The linter of Dockerfiles has no finding."""
    program = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("HADOLINT IS NOT INSTALLED, SO THE DOCKERFILE IS NOT LINTED")
    done = subprocess.run([program, str(DOCKERFILE)], capture_output=True, text=True, check=False)  # noqa: S603 - our own file
    assert (done.returncode, done.stdout) == (0, "")


def test_image_runs_without_root_and_without_build_tools() -> None:
    """The last stage is small: no installer and no source; its user is a number, so that Kubernetes can check it."""
    last = [number for number, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM"][-1]
    assert INSTRUCTIONS[last][1].endswith("-slim")
    assert [name for name, _ in INSTRUCTIONS[last:]] == [
        "FROM",
        "COPY",
        "ENV",
        "USER",
        "WORKDIR",
        "EXPOSE",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    ]
    assert all(int(each) > 0 for each in arguments_of("USER").split(":"))


def test_build_context_has_only_what_is_copied() -> None:
    """`.dockerignore` lets the copied files through, and no environment, history or secret."""
    rules = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert rules[0] == "*"
    assert [rule[1:] for rule in rules if rule.startswith("!")] == CONTEXT
    copied = [
        arguments.split()[:-1]
        for name, arguments in INSTRUCTIONS
        if name == "COPY" and "--from" not in arguments
    ]
    assert [path for paths in copied for path in paths] == CONTEXT
    assert fnmatch.fnmatch("__pycache__", rules[-1].removeprefix("**/"))


def test_instructions_build_an_emulator_that_is_healthy(tmp_path: Path) -> None:
    """The steps install the emulator; the entry point serves it, the health check sees it, and SIGTERM ends it."""
    stage = tmp_path / "stage"
    places = {"/opt": str(tmp_path / "opt"), "/source": str(tmp_path / "source")}
    stage.mkdir()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    folder = stage
    for name, arguments in INSTRUCTIONS:
        text = re.sub(r"(?<![\w.])/(?:opt|source)\b", lambda match: places[match[0]], arguments)
        if name == "WORKDIR" and text.startswith(str(tmp_path)):
            folder = Path(text)
            folder.mkdir()
        elif name == "COPY" and "--from" not in text:
            *sources, target = text.split()
            copy(sources, folder / target)
        elif name == "RUN":
            done = subprocess.run(  # noqa: S603 - our own file
                ["/bin/sh", "-e", "-c", text],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    installed = tmp_path / "opt" / "warehouse-sync" / "bin"
    assert not (installed / "pip").exists()
    serve(installed, tmp_path)


def copy(sources: list[str], target: Path) -> None:
    """Copy files and folders of the repository, as `COPY` does."""
    for source in sources:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, target)


def serve(installed: Path, folder: Path) -> None:
    """Run the entry point on a free port until its health check succeeds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {
        "PATH": f"{installed}{os.pathsep}/usr/bin:/bin",
        "HOME": str(folder),
        "PYTHONUNBUFFERED": "1",
    }
    command = [*json.loads(arguments_of("ENTRYPOINT")), *json.loads(arguments_of("CMD"))]
    check = json.loads(arguments_of("HEALTHCHECK").partition(" CMD ")[2])
    shown = [part.replace("8080", port) for part in command]
    assert shown != command
    program = [str(installed / shown[0]), *shown[1:]]
    with subprocess.Popen(program, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own file
        assert server.stdout is not None
        assert server.stdout.readline().startswith("listening on http://")
        probe = [str(installed / check[0]), *(part.replace("8080", port) for part in check[1:])]
        subprocess.run(probe, env=environment, check=True)  # noqa: S603 - our own file
        with urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=120) as response:
            assert response.status == 200
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=120)
    assert time.monotonic() - began < 60  # it would serve forever
    assert server.returncode in (0, -signal.SIGTERM, 143)
    failed = subprocess.run(probe, env=environment, capture_output=True, check=False)  # noqa: S603 - our own file
    assert failed.returncode != 0


def test_documented_commands_name_the_image() -> None:
    """The comment of the Dockerfile has a complete command to build and to run it."""
    commands = re.findall(r"^#   (docker .*)$", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE)
    assert [shlex.split(each)[1] for each in commands] == ["build", "run"]
    assert "127.0.0.1:8080:8080" in commands[1]
