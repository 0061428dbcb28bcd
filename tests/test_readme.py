"""Every example of the README runs as it stands, against the emulator."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse_sync.emulator import Emulator

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(
    r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
)
PROGRAMS = [block for block in BLOCKS if "def test_" not in block]
TESTS = [block for block in BLOCKS if "def test_" in block]


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator with a few pipelines, named by the environment."""
    with Emulator() as emulator:
        emulator.seed(pipelines=3, runs=2)
        for name, value in emulator.client_options().items():
            monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
        yield emulator


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
@pytest.mark.usefixtures("emulator")
def test_an_example_runs_and_says_something(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What a newcomer copies works; those that show results print some."""
    exec(compile(program, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own README
    assert "print(" not in program or capsys.readouterr().out.strip()


@pytest.mark.parametrize("text", TESTS, ids=range(len(TESTS)))
def test_the_example_tests_pass(text: str, tmp_path: Path) -> None:
    """The fixtures that the README promises are there, without any configuration but pytest-asyncio's mode."""
    path = tmp_path / "test_example.py"
    path.write_text(text, encoding="utf-8")
    settings = ("asyncio_mode=auto", "asyncio_default_fixture_loop_scope=function")
    options = [part for setting in settings for part in ("-o", setting)]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        *options,
        str(path),
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - our own tests
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{text.count('def test_')} passed" in ran.stdout


def test_the_readme_has_examples_of_both_kinds() -> None:
    """The two tests above have something to run."""
    assert len(PROGRAMS) >= 7
    assert len(TESTS) == 1
