"""Tests in a real Airflow: a database of their own, and a connection that leads to an emulator."""

import atexit
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.airflow.deployment import connection_json
from warehouse_sync.emulator import Emulator

HOME = Path(tempfile.mkdtemp(prefix="airflow-")) if importlib.util.find_spec("airflow") else None
if HOME is not None:  # Airflow reads its settings when it is imported
    atexit.register(shutil.rmtree, HOME, ignore_errors=True)
    os.environ["AIRFLOW_HOME"] = str(HOME)
    os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(HOME / "dags")
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
    os.environ["AIRFLOW__CORE__TEST_CONNECTION"] = "Enabled"


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """A folder with a migrated database and an empty folder of DAGs."""
    assert HOME is not None
    (HOME / "dags").mkdir()
    airflow = str(Path(sys.executable).parent / "airflow")
    subprocess.run([airflow, "db", "migrate"], check=True, capture_output=True)  # noqa: S603 - our own
    return HOME


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator that the default connection leads to."""
    with Emulator(queued=0, running=0.3) as emulator:
        monkeypatch.setenv(
            "AIRFLOW_CONN_WAREHOUSE_SYNC_DEFAULT",
            connection_json(emulator.client_options(), dashboard_url="https://x/{pipeline_id}/{run_id}"),
        )
        yield emulator
