"""Run the integrations in real orchestrators and dbt, each in an environment of its own.

Together they would resolve to old releases. `python tests/integrations/run.py [--quick] [HOST ...]`; `--quick` leaves out the large
tests and the oldest releases, and skips an environment that cannot be built.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path("tests/integrations")
EXTRAS = "cli,emulator"
# Each host, and its tests. The requirements are in a file of its name.
HOSTS = {
    "airflow": [HERE / "airflow", HERE / "test_runs.py", HERE / "test_lineage.py"],
    "airflow-oldest": [HERE / "airflow" / "test_tasks.py"],
    "dagster": [HERE / "dagster"],
    "prefect": [HERE / "prefect"],
    "dbt": [HERE / "dbt"],
}
NOT_QUICK = {"airflow-oldest"}


def environment(host: str) -> Path:
    """Return the interpreter of a host's environment, which is built where it is missing or out of date.

    Raises:
        CalledProcessError: It cannot be built.
    """
    folder = ROOT / f".venv-{host}"
    python, stamp = folder / "bin" / "python", folder / ".ready"
    requirements = ROOT / HERE / "requirements" / f"{host}.txt"
    sources = (requirements, ROOT / "pyproject.toml")
    if stamp.exists() and all(stamp.stat().st_mtime > source.stat().st_mtime for source in sources):
        return python
    say(f"Setting up .venv-{host}.")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)  # noqa: S603 - our own
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "--requirement", str(requirements), "--editable", f"{ROOT}[{EXTRAS}]"]
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 - our own
    stamp.touch()
    return python


def run_tests(host: str, *, quick: bool) -> bool:
    """Run a host's tests in its environment; return whether they passed."""
    command = [
        str(environment(host)),
        *("-m", "pytest", "-q", "-p", "no:cacheprovider"),
        f"--confcutdir={HERE}",  # the core's conftest needs what is not installed here
        *("-o", "filterwarnings=default"),  # the hosts warn of themselves
        *(("-m", "not large") if quick else ("-rP", "--durations=5")),  # figures are printed
        *map(str, HOSTS[host]),
    ]
    return subprocess.run(command, check=False, cwd=ROOT).returncode == 0  # noqa: S603 - our own


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 - a script


def run_host(host: str, *, quick: bool) -> bool:
    """Run a host's tests, and print how long that took; return whether they passed."""
    began = time.monotonic()
    try:
        passed = run_tests(host, quick=quick)
    except subprocess.CalledProcessError as error:
        say(f"=== {host}: SKIPPED, its environment cannot be built: {error}")
        return quick
    say(f"=== {host}: {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.0f} s")
    return passed


def main() -> int:
    """Run what the arguments ask for; return 0 if all of it passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("hosts", nargs="*", metavar="HOST", help=", ".join(HOSTS))
    options = parser.parse_args()
    chosen = options.hosts or [host for host in HOSTS if not (options.quick and host in NOT_QUICK)]
    if unknown := set(chosen) - set(HOSTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: use {', '.join(HOSTS)}")
    failed = [host for host in chosen if not run_host(host, quick=options.quick)]
    if options.quick:
        say("=== SKIPPED: the large tests and the oldest releases; `make integrations` runs them.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
