"""The page's examples, as they stand, in a real Airflow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integrations.airflow.page import FILES, nightly_dag
from warehouse_sync.emulator import Emulator

pytest.importorskip("airflow", reason="Airflow is not installed here: run `make integrations`")


def test_page_has_a_dag_and_its_test() -> None:
    """The test below has something to run."""
    assert set(FILES) == {"dags/nightly_sync.py", "tests/test_nightly_sync.py"}


def test_example_passes_its_own_test(airflow_home: Path) -> None:
    """Thirty pipelines are triggered, waited for, and summed up, in the test that the page shows."""
    for name, text in FILES.items():
        path = airflow_home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-W",
            "ignore",
            "tests/test_nightly_sync.py",
        ],
        cwd=airflow_home,
        env={**os.environ, "PYTHONPATH": str(airflow_home / "dags")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_example_alerts_when_a_run_failed(airflow_home: Path, emulator: Emulator) -> None:
    """The callback is called once, after the last retry, with the errors of the run."""
    good, bad = emulator.seed(pipelines=2, runs=0)
    for _ in range(2):
        emulator.fail_next_run(bad, message="No such table SHOP.USERS.")
    path = airflow_home / "dags" / "nightly_sync.py"
    path.write_text(nightly_dag([good, bad]), encoding="utf-8")
    command = [sys.executable, str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the page's
    [alert] = [line for line in (ran.stdout + ran.stderr).splitlines() if "ALERT" in line]
    assert "ALERT sync 1 RunFailedError" in alert
    assert "No such table SHOP.USERS." in alert
