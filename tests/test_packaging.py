"""The wheel installs into an empty environment and works there, outside the repository."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

# One after the other, in one process: they share an environment, and the last one adds packages to it.
pytestmark = pytest.mark.xdist_group("packaging")

ROOT = Path(__file__).parent.parent
PUBLIC_PARTS = {
    "base_model",
    "client",
    "errors",
    "events",
    "frames",
    "models",
    "polling",
    "resources",
    "secret",
    "settings",
    "sync",
}
CORE_ALONE = """
import sys, asyncio
import warehouse_sync
assert not any(name in sys.modules for name in ("aiohttp", "cattrs", "msgspec", "anyio")), "a bare import is heavy"
from warehouse_sync import AsyncClient, Client, ConfigurationError
for name in warehouse_sync.__all__:
    getattr(warehouse_sync, name)
with Client(workspace_id=1, client_id="a", client_secret="b", api_url="http://127.0.0.1:1", token_url="http://127.0.0.1:1/") as client:
    try:
        client.connections.list()
    except warehouse_sync.ConnectError as error:
        print("core works:", error.sent)
assert "click" not in sys.modules and "rich" not in sys.modules
"""
EVERYTHING = """
from warehouse_sync import Client
from warehouse_sync.emulator import Emulator
with Emulator() as emulator, Client(**emulator.client_options()) as client:
    print("all works:", client.connections.list())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(ROOT),
        cwd=folder,
    )
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, built from the repository."""
    folder = tmp_path_factory.mktemp("sdist")
    command = (sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(folder), str(ROOT))
    run(*command, cwd=folder)
    [built] = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and its dependencies, without extras."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    interpreter = folder / "bin" / "python"
    run(
        str(interpreter),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        str(wheel),
        cwd=folder,
    )
    return interpreter


def run(*command: str, cwd: Path, status: int = 0) -> str:
    """Run a program and return its output."""
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 - our own
    assert ran.returncode == status, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def test_core_works_with_the_core_dependencies_only(python: Path, tmp_path: Path) -> None:
    """Without extras, every public name imports, and a blocking call reaches the network."""
    assert "core works: no" in run(str(python), "-W", "error", "-c", CORE_ALONE, cwd=tmp_path)


def test_command_and_emulator_report_their_missing_extra(python: Path, tmp_path: Path) -> None:
    """Without their extras both fail with one sentence about what to install."""
    message = run(str(python.parent / "warehouse-sync"), "--help", cwd=tmp_path, status=1)
    assert "pip install 'warehouse-sync[cli]'" in message
    assert "Traceback" not in message
    message = run(str(python), "-c", "import warehouse_sync.emulator", cwd=tmp_path, status=1)
    assert "pip install 'warehouse-sync[emulator]'" in message


def test_public_types_are_complete(python: Path, tmp_path: Path) -> None:
    """A type checker knows the type of every public symbol of the installed package."""
    public = [
        symbol for symbol in exported_symbols(python, tmp_path) if part_of(symbol["name"]) in PUBLIC_PARTS
    ]
    assert len(public) > 500
    assert vague_names(public) == set()


def exported_symbols(python: Path, folder: Path) -> list[dict[str, Any]]:
    """Return what pyright knows about each symbol that the installed package exports."""
    pyright = Path(sys.executable).parent / "pyright"
    found = {
        "VIRTUAL_ENV": str(python.parent.parent),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }
    command = (str(pyright), "--verifytypes", "warehouse_sync", "--ignoreexternal", "--outputjson")
    ran = subprocess.run(  # noqa: S603 - our own
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **found}
    )
    symbols = json.loads(ran.stdout)["typeCompleteness"]["symbols"]
    return [symbol for symbol in symbols if symbol["isExported"]]


def vague_names(symbols: list[dict[str, Any]]) -> set[str]:
    """Return the names of the symbols whose type is unknown, or differs between type checkers."""
    return {symbol["name"] for symbol in symbols if symbol["isTypeAmbiguous"] or not symbol["isTypeKnown"]}


def part_of(name: str) -> str:
    """Return the part of the package that a symbol belongs to."""
    return name.split(".")[1]


@pytest.fixture(scope="module")
def python_with_extras(python: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same interpreter, once the packages of the extra `all` are installed."""
    command = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[all]")
    run(str(python), *command, cwd=tmp_path_factory.mktemp("extras"))
    return python


def test_everything_works_with_all_extras(python_with_extras: Path, tmp_path: Path) -> None:
    """With the extra `all`, the emulator serves the SDK, and the command runs. It runs late, because it installs packages."""
    assert "all works: []" in run(str(python_with_extras), "-W", "error", "-c", EVERYTHING, cwd=tmp_path)
    command = str(python_with_extras.parent / "warehouse-sync")
    assert "Usage: warehouse-sync" in run(command, "--help", cwd=tmp_path)


def test_types_with_all_extras_are_complete(python_with_extras: Path, tmp_path: Path) -> None:
    """All types are known, except those of the orchestrators and of MCP, which the extra `all` does not install."""
    symbols = exported_symbols(python_with_extras, tmp_path)
    others = ("warehouse_sync.integrations.", "warehouse_sync.cli.mcp_server.")
    assert len(symbols) > 4000
    assert {name for name in vague_names(symbols) if not name.startswith(others)} == set()


def test_wheel_contains_only_the_package(wheel: Path) -> None:
    """The wheel has no tests and no benchmarks, and the marker for type checkers."""
    names = run(sys.executable, "-m", "zipfile", "-l", str(wheel), cwd=wheel.parent)
    assert "warehouse_sync/py.typed" in names
    assert not re.search(r"^(tests|benchmarks)/", names, flags=re.MULTILINE)


def test_package_index_accepts_the_distributions(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    """Twine reads the metadata and renders the README without a warning; the wheel has no stray files."""
    checked = run(sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist), cwd=tmp_path)
    assert checked.count("PASSED") == 2
    assert "OK" in run(str(Path(sys.executable).parent / "check-wheel-contents"), str(wheel), cwd=tmp_path)


def test_sdist_holds_what_tests_and_readers_need(sdist: Path) -> None:
    """The source distribution has the package, its tests, examples and pages, and nothing that a build leaves behind."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    sources = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the one on the path
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    assert {
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "Dockerfile",
        "docs/guide.md",
        "mkdocs.yml",
        "examples/bulk_report.py",
        "pyproject.toml",
    } <= names
    assert not sources or names - {*sources, "PKG-INFO"} == set()


def test_lowest_versions_match_the_declared_minimums() -> None:
    """`make lowest` installs the minimum versions that the package declares."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    floors = dict(
        requirement.split(">=")
        for requirements in (project["dependencies"], *(extras[name] for name in names_in(extras["all"])))
        for requirement in requirements
    )
    pins = re.findall(
        r"^(\S+)==(\S+)$", (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert {name: Version(text) for name, text in pins} == {
        name: Version(text) for name, text in floors.items()
    }


def names_in(requirements: list[str]) -> list[str]:
    """Return the extras that the requirement of an extra names."""
    [requirement] = requirements
    return requirement.removeprefix("warehouse-sync[").removesuffix("]").split(",")
