"""Every Python example of the README and of the pages for users runs as it stands, against the emulator."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse_sync.emulator import Emulator

ROOT = Path(__file__).parent.parent
# Their examples have tests of their own: in `tests/emulator`, `tests/integrations`, `tests/observability` and `tests/docs`.
TESTED_ELSEWHERE = {
    "docs/emulator.md",
    "docs/airflow.md",
    "docs/dagster.md",
    "docs/observability.md",
    "docs/prefect.md",
    "docs/start/tutorial.md",
}
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOME = "https://github.com/warehouse-sync/warehouse-sync"
LONGEST_README = 130
LONGEST_EXAMPLE = 10


def read_blocks(page: str) -> list[str]:
    """The Python examples of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


PAGES = [
    page
    for page in [
        "README.md",
        *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
    ]
    if page not in TESTED_ELSEWHERE and read_blocks(page)
]
BLOCKS = {f"{page} {number}": block for page in PAGES for number, block in enumerate(read_blocks(page), 1)}
PROGRAMS = {name: block for name, block in BLOCKS.items() if "def test_" not in block}
TESTS = {name: block for name, block in BLOCKS.items() if "def test_" in block}


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator with a few pipelines, named by the environment."""
    with Emulator(queued=0.01, running=0.01) as emulator:
        emulator.seed(pipelines=3, runs=2)
        for name, value in emulator.client_options().items():
            monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
        yield emulator


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.usefixtures("emulator")
def test_example_runs_and_prints(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An example that is copied works; those that show results print some."""
    exec(compile(PROGRAMS[name], name, "exec"), {"__name__": "__main__"})  # noqa: S102 - our own pages
    assert "print(" not in PROGRAMS[name] or capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", TESTS)
def test_example_test_passes(name: str, tmp_path: Path) -> None:
    """The documented fixtures exist, without any configuration but pytest-asyncio's mode."""
    path = tmp_path / "test_example.py"
    path.write_text(TESTS[name], encoding="utf-8")
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
    assert f"{TESTS[name].count('def test_')} passed" in ran.stdout


def test_pages_are_found() -> None:
    """The tests above find the examples of the pages."""
    assert {"README.md", "docs/guide.md", "docs/how-to/celery.md", "docs/reliability.md"} <= {*PAGES}
    assert [page for page in TESTED_ELSEWHERE if not read_blocks(page)] == []


def test_readme_is_short() -> None:
    """The README fits into a few screens, and its first two programs into about ten lines each."""
    assert len(README.splitlines()) <= LONGEST_README
    for block in read_blocks("README.md")[:2]:
        assert len([line for line in block.splitlines() if line]) <= LONGEST_EXAMPLE


def test_readme_works_on_a_package_index() -> None:
    """Its links are absolute, and those into the repository lead to files that exist."""
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert [link for link in links if not link.startswith("https://")] == []
    paths = [
        re.sub(r"^/(blob|tree)/main/", "", link.removeprefix(HOME)) for link in links if link.startswith(HOME)
    ]
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).exists()] == []
