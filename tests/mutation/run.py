"""Mutation testing of the core: changes the code in small ways, one at a time, and runs the tests.

    make mutate                          everything (most of an hour)
    make mutate ARGS=transport/token_source      one module
    make mutate ARGS='wire --workers 4'  a folder, with four processes

It works on a copy in `.mutation/`. mutmut makes the mutants, and runs for each the tests that reach the mutated function;
what it changes, and what not, stands in `survivors.toml`, beside the reasons of whatever no test kills.
"""

import argparse
import fnmatch
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # run as a script, it finds only its neighbours

from tests.mutation.mutants import PACKAGE, Mutant, outcome_of, read_all  # noqa: E402 - see above
from tests.mutation.plugin import HANGS, KILLED  # noqa: E402 - see above
from tests.mutation.verdict import judge, read_explanations, report  # noqa: E402 - see above

COPY = ROOT / ".mutation"
NEEDED = (PACKAGE, "tests", "pyproject.toml")
START = Path(__file__).with_name("start.py")
EXPLANATIONS = Path(__file__).with_name("survivors.toml")

# These run while their module is imported, before mutmut chooses a mutant: each is tried in a process of its own.
AT_IMPORT = {"warehouse_sync.wire.lenient.x__model_hook__mutmut_*": "tests/wire"}
LONGEST = 120  # seconds for such a process
PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "tests.mutation.plugin")


def main(arguments: Sequence[str]) -> int:
    """Run the mutants. Return 0 if the tests kill enough of them."""
    options = _options(arguments)
    began = time.monotonic()
    copy(ROOT, COPY)
    command = [sys.executable, str(START), "run", "--max-children", str(options.workers)]
    command += map(pattern, options.modules)
    if subprocess.run(command, cwd=COPY, check=False).returncode:  # noqa: S603 - mutmut, on our own code
        return 2
    verdict = judge(_retried(read_all(COPY / "mutants")), read_explanations(EXPLANATIONS))
    print("\n" + report(verdict))  # noqa: T201 - a script
    print(f"It took {(time.monotonic() - began) / 60:.0f} minutes.")  # noqa: T201 - a script
    return 0 if verdict.passes else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make mutate", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "modules", nargs="*", help="modules, such as transport/token_source, or folders; default: all"
    )
    parser.add_argument("--workers", type=int, default=1, help="mutants to try at once")
    return parser.parse_args(arguments)


def copy(root: Path, target: Path) -> None:
    """Copy what the mutants and their tests need."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in NEEDED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy2(source, target / name)


def pattern(module: str) -> str:
    """Return the pattern of mutants' names for a module or a folder."""
    dotted = module.removeprefix(f"{PACKAGE}/").removesuffix(".py").strip("/").replace("/", ".")
    return f"{PACKAGE}.{dotted}.*"


def _retried(mutants: list[Mutant]) -> Iterator[Mutant]:
    """Yield the mutants, after running those of code that runs at import in new processes."""
    for mutant in mutants:
        tests = next(
            (tests for names, tests in AT_IMPORT.items() if fnmatch.fnmatchcase(mutant.name, names)), ""
        )
        tried = tests and mutant.outcome != "not run"
        yield attrs.evolve(mutant, outcome=outcome_of(_exit_code(mutant.name, tests))) if tried else mutant


def _exit_code(name: str, tests: str) -> int:
    """Run tests with a mutant that is active from the first import on."""
    command = [sys.executable, *PYTEST, tests]
    environment = {**os.environ, "MUTANT_UNDER_TEST": name}
    try:
        done = subprocess.run(  # noqa: S603 - pytest, on our own code
            command, cwd=COPY / "mutants", env=environment, capture_output=True, check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return HANGS
    if done.returncode in (0, HANGS):
        return done.returncode
    return KILLED  # also by a module that cannot be imported


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
