"""Print the tests of what changed since `main`: `make quick` runs them."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALWAYS = ("tests/structure",)
# The tests of what is not Python code of the package.
OTHERS = {
    "README.md": "tests/test_readme.py",
    "docs": "tests/test_readme.py",
    "mkdocs.yml": "tests/docs",
    "scripts": "tests/docs",
    "action.yml": "tests/github",
    "Dockerfile": "tests/test_dockerfile.py",
    "examples": "tests/examples",
    "benchmarks": "tests/benchmarks",
    "monitoring": "tests/observability",
    ".github": "tests/test_repository.py",
}


def changed_files(base: str = "main") -> list[str]:
    """List the files that differ from where this branch left `base`, new files included."""
    start = _git("merge-base", base, "HEAD") or ["HEAD"]
    return _git("diff", "--name-only", *start) + _git("ls-files", "--others", "--exclude-standard")


def select_tests(files: Iterable[str], root: Path = ROOT) -> list[str]:
    """List the test files and folders that mirror the changed files, as arguments for pytest."""
    found = {each for file in files for each in _select_for(Path(file), root)}
    return sorted(each for each in {*found, *ALWAYS} if not any(_is_in(each, folder) for folder in found))


def _select_for(file: Path, root: Path) -> list[str]:
    if file.parts[0] == "warehouse_sync":
        return _mirrors(Path("tests", *file.parts[1:]), root)
    if file.parts[0] == "tests":
        return _selected(file, root)
    return [OTHERS[file.parts[0]]] if file.parts[0] in OTHERS else []


def _selected(file: Path, root: Path) -> list[str]:
    """A test file itself; for what tests share, the folder that it is in."""
    if len(file.parts) == 2 or "support" in file.parts or not (root / file).is_file():
        return [str(file)] if (root / file).is_file() and file.name.startswith("test_") else []
    return [str(file if file.name.startswith("test_") else file.parent)]


def _mirrors(mirror: Path, root: Path) -> list[str]:
    """The tests of a module: the files named after it, or else those of the nearest folder."""
    folder = mirror.parent
    while not (root / folder).is_dir():
        folder = folder.parent
    named = sorted((root / folder).glob(f"test_{mirror.stem}*.py"))
    if named or folder == Path("tests"):
        return [str(path.relative_to(root)) for path in named]
    return [str(folder)]


def _is_in(path: str, folder: str) -> bool:
    return path != folder and Path(path).is_relative_to(folder)


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607 - fixed words
    return done.stdout.split()


if __name__ == "__main__":
    sys.stdout.write(" ".join(select_tests(changed_files())))
