"""Run the integrations in real orchestrators, each in an environment of its own.

Together they would resolve to old releases. `python tests/integrations/run.py [--quick] [airflow dagster prefect]`; `--quick`
leaves the large tests out, and skips an environment that cannot be built.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOSTS = ("airflow", "dagster", "prefect")
EXTRAS = "cli,emulator"


def environment(host: str) -> Path:
    """The interpreter of a host's environment, which is built where it is missing or out of date.

    Raises:
        CalledProcessError: It cannot be built.
    """
    folder = ROOT / f".venv-{host}"
    python, stamp = folder / "bin" / "python", folder / ".ready"
    requirements = Path(__file__).parent / host / "requirements.txt"
    sources = (requirements, ROOT / "pyproject.toml")
    if stamp.exists() and all(stamp.stat().st_mtime > source.stat().st_mtime for source in sources):
        return python
    print(f"Setting up .venv-{host}.", flush=True)  # noqa: T201 - a script
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)  # noqa: S603 - our own
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "--requirement", str(requirements), "--editable", f"{ROOT}[{EXTRAS}]"]
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 - our own
    stamp.touch()
    return python


def run_tests(host: str, *, quick: bool) -> bool:
    """Run a host's tests in its environment; return whether they passed."""
    selection = ["-m", "not large"] if quick else []
    command = [
        str(environment(host)),
        *("-m", "pytest", "-q", "-s", "--durations=5", "-p", "no:cacheprovider"),
        *(
            "--confcutdir=tests/integrations",
            "-o",
            "filterwarnings=default",
        ),  # no conftest of the core; the host warns
        *selection,
        *(
            "tests/integrations/test_runs.py",
            "tests/integrations/test_lineage.py",
            f"tests/integrations/{host}",
        ),
    ]
    return subprocess.run(command, check=False, cwd=ROOT).returncode == 0  # noqa: S603 - our own


def main() -> int:
    """Run what was asked for; return 0 if all of it passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("hosts", nargs="*", default=HOSTS, choices=[*HOSTS, []])
    arguments = parser.parse_args()
    failed = []
    for host in arguments.hosts or HOSTS:
        began = time.monotonic()
        try:
            passed = run_tests(host, quick=arguments.quick)
        except subprocess.CalledProcessError as error:
            print(f"=== {host}: SKIPPED, its environment cannot be built: {error}", flush=True)  # noqa: T201 - a script
            passed = arguments.quick
        verdict = "passed" if passed else "FAILED"
        print(f"=== {host}: {verdict} in {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201 - a script
        failed += [] if passed else [host]
    if arguments.quick:
        print("=== The large tests were SKIPPED: `make integrations` runs them.", flush=True)  # noqa: T201 - a script
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
