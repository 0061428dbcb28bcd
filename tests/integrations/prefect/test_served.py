"""A served deployment whose flow run is killed in its wait, and the page's example."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from warehouse_sync import Client
from warehouse_sync.emulator import Emulator

if importlib.util.find_spec("prefect") is None:
    pytest.skip("Prefect is not installed here: run `make integrations`", allow_module_level=True)

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL
from prefect.states import Scheduled
from prefect.testing.utilities import prefect_test_harness

from warehouse_sync.integrations.prefect import WarehouseSyncCredentials

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "prefect.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```python\n# ([\w/.]+)\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL))
SERVE = """
from warehouse_sync.integrations.prefect import run_pipeline

if __name__ == "__main__":
    run_pipeline.serve(name="served")
"""

# The page's test leaves the time limit for the start of a server at its default, which a busy machine exceeds.
PATIENCE = """
from functools import partial
from prefect.testing import utilities

utilities.prefect_test_harness = partial(utilities.prefect_test_harness, server_startup_timeout=300)
"""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server."""
    with prefect_test_harness(server_startup_timeout=300):
        yield str(PREFECT_API_URL.value())


def wait_until(condition: Callable[[], Any], seconds: float = 300) -> Any:
    """Poll other processes until a condition holds; return its value."""
    began = time.monotonic()
    while not (value := condition()):
        assert time.monotonic() - began < seconds, "not in time"
        time.sleep(0.5)
    return value


def children(process: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # the process has ended meanwhile
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found = [process]
    for parent in found:
        found += [child for child, its_parent in parents.items() if its_parent == parent]
    return found[1:]


@pytest.mark.large
def test_killed_flow_run_waits_for_the_same_run(server: str, tmp_path: Path) -> None:
    """The process of a flow run is killed in its wait; started again, it waits for the run that it had triggered."""
    (tmp_path / "serve.py").write_text(SERVE, encoding="utf-8")
    env = {
        **os.environ,
        "PREFECT_API_URL": server,
        "PYTHONPATH": str(ROOT),
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    }
    with (
        Emulator(clock="virtual") as emulator,
        Client(**emulator.client_options()) as client,
        get_client(sync_client=True) as prefect,
    ):
        [pipeline_id] = emulator.seed(pipelines=1, runs=0)
        WarehouseSyncCredentials(**emulator.client_options()).save("mparticle", overwrite=True)
        with (tmp_path / "log").open("wb") as log:
            served = subprocess.Popen(
                [sys.executable, "serve.py"],
                cwd=tmp_path,
                env=env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            deployment = wait_until(lambda: _deployment(prefect))
            flow_run = prefect.create_flow_run_from_deployment(
                deployment.id, parameters={"pipeline_id": pipeline_id, "credentials": "mparticle"}
            )
            wait_until(lambda: list(client.runs.list(pipeline_id)))
            label = f"warehouse_sync.{pipeline_id}"
            wait_until(lambda: "handle" in str(prefect.read_flow_run(flow_run.id).labels.get(label)))
            processes = children(served.pid)
            assert processes
            for process in processes:
                os.kill(process, signal.SIGKILL)
            wait_until(lambda: prefect.read_flow_run(flow_run.id).state.type.value == "CRASHED")
            prefect.set_flow_run_state(flow_run.id, Scheduled(), force=True)
            emulator.advance("1h")
            wait_until(lambda: prefect.read_flow_run(flow_run.id).state.type.value == "COMPLETED")
            assert len(list(client.runs.list(pipeline_id))) == 1
        finally:
            with suppress(ProcessLookupError):  # every process of the group has ended
                os.killpg(served.pid, signal.SIGKILL)
            served.wait(30)


def _deployment(prefect: Any) -> Any:
    found = prefect.request("POST", "/deployments/filter", json={}).json()
    return prefect.read_deployment(found[0]["id"]) if found else None


def test_example_passes_its_own_test(tmp_path: Path) -> None:
    """Thirty pipelines are triggered and waited for, in the test that the page shows."""
    assert set(FILES) == {"flows/nightly_sync.py", "tests/test_nightly_sync.py"}
    for name, text in {**FILES, "tests/conftest.py": PATIENCE}.items():
        path = tmp_path / name
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
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'flows'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
