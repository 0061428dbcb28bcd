"""The page's examples, as they stand, in a real Airflow."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("airflow", reason="Airflow is not installed here: run `make integrations`")

PAGE = Path(__file__).parents[3] / "docs" / "airflow.md"
FILES = dict(
    re.findall(
        r"^```python\n# ([\w/.]+)\n(.*?)^```",
        PAGE.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
)


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
