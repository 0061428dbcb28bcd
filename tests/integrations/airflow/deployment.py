"""A whole Airflow on this machine: api-server, scheduler, DAG processor and triggerer, as processes of their own."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from warehouse_sync import Client
from warehouse_sync.emulator import Emulator

ROOT = Path(__file__).parents[3]
COMPONENTS = ("api-server", "dag-processor", "scheduler", "triggerer")
AIRFLOW = str(Path(sys.executable).parent / "airflow")


def connection_json(options: dict[str, Any], **extra: str) -> str:
    """An Airflow connection with the settings of a client, as a variable of the environment holds it."""
    return json.dumps(
        {
            "conn_type": "warehouse_sync",
            "login": options["client_id"],
            "password": options["client_secret"],
            "host": options["api_url"],
            "extra": {
                "workspace_id": options["workspace_id"],
                "token_url": options["token_url"],
                **extra,
            },
        }
    )


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@attrs.define
class Deployment:
    """A running Airflow.

    Attributes:
        home: Its folder.
        env: The environment of its processes.
        port: The api-server's port.
        processes: By component; each leads a process group.
    """

    home: Path
    env: dict[str, str]
    port: int
    processes: dict[str, "subprocess.Popen[bytes]"] = attrs.field(factory=dict)

    @classmethod
    def create(cls, home: Path, options: dict[str, Any], **settings: str) -> "Deployment":
        """A deployment with an empty database, that calls an emulator."""
        port = free_port()
        (home / "dags").mkdir(parents=True)
        env = {
            **os.environ,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW_CONN_WAREHOUSE_SYNC_DEFAULT": connection_json(
                options, dashboard_url="https://x/{pipeline_id}/{run_id}"
            ),
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": "not a secret, for tests on loopback alone, of 64 characters or more",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "1000",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "6",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "PYTHONPATH": str(ROOT),
            **settings,
        }
        deployment = cls(home, env, port)
        deployment.run("db", "migrate")
        return deployment

    def run(self, *arguments: str) -> str:
        """Run an Airflow command; return what it prints."""
        ran = subprocess.run(  # noqa: S603 - our own
            [AIRFLOW, *arguments], env=self.env, capture_output=True, text=True, check=False, timeout=600
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def add_dag(self, dag_id: str, source: str) -> None:
        """Write a DAG's file, and wait until it is known."""
        (self.home / "dags" / f"{dag_id}.py").write_text(source, encoding="utf-8")
        self.run("dags", "reserialize")
        wait_until(lambda: self._rows("SELECT 1 FROM serialized_dag WHERE dag_id = ?", dag_id), 300)

    def start(self, component: str) -> None:
        """Start a component in a process group of its own."""
        with (self.home / f"{component}.log").open("ab") as log:
            self.processes[component] = subprocess.Popen(  # noqa: S603 - our own
                [AIRFLOW, component],
                env=self.env,
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,
            )

    def kill(self, component: str, number: int = signal.SIGKILL) -> None:
        """Signal a component and every process it started, and wait for its end."""
        process = self.processes.pop(component)
        with suppress(ProcessLookupError):  # every process of the group has ended
            os.killpg(process.pid, number)
        process.wait(60)

    def is_healthy(self) -> bool:
        """Whether every component reports a heartbeat."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/api/v2/monitor/health", timeout=5
            ) as answer:
                health = json.load(answer)
        except OSError:
            return False
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all(health[part]["status"] == "healthy" for part in parts)

    def call_api(self, method: str, path: str, body: Any = None) -> Any:
        """Call Airflow's own API; return the document of the response."""
        address = f"http://127.0.0.1:{self.port}"
        with urllib.request.urlopen(f"{address}/auth/token", timeout=60) as response:  # noqa: S310 - loopback
            token = json.load(response)["access_token"]
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{address}/api/v2/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - loopback
            return json.load(response)

    def trigger(self, dag_id: str, run_id: str) -> None:
        """Start a run of a DAG."""
        self.run("dags", "trigger", dag_id, "--run-id", run_id)

    def states(self, dag_id: str) -> dict[str | None, int]:
        """How many task instances of a DAG are in each state."""
        return dict(
            self._rows("SELECT state, COUNT(*) FROM task_instance WHERE dag_id = ? GROUP BY state", dag_id)
        )

    def task_states(self, dag_id: str) -> dict[str, str | None]:
        """The state of each task of a DAG that is not mapped and has run once."""
        return dict(self._rows("SELECT task_id, state FROM task_instance WHERE dag_id = ?", dag_id))

    def run_state(self, dag_id: str) -> str | None:
        """The state of the newest run of a DAG."""
        rows = self._rows("SELECT state FROM dag_run WHERE dag_id = ? ORDER BY id DESC LIMIT 1", dag_id)
        return str(rows[0][0]) if rows else None

    def task_logs(self, dag_id: str) -> str:
        """What the tasks of a DAG logged."""
        folder = self.home / "logs" / f"dag_id={dag_id}"
        return "".join(file.read_text(errors="replace") for file in sorted(folder.rglob("*.log")))

    def worker_of(self, dag_id: str) -> int:
        """The process that runs the only running task of a DAG."""
        [(process,)] = self._rows(
            "SELECT pid FROM task_instance WHERE dag_id = ? AND state = 'running'", dag_id
        )
        return int(process)

    def _rows(self, query: str, *values: str) -> list[Any]:
        with sqlite3.connect(self.home / "airflow.db", timeout=30) as database:
            return database.execute(query, values).fetchall()


@contextmanager
def running(deployment: Deployment, *components: str) -> Iterator[Deployment]:
    """Start components, wait until all are healthy, and stop them in the end."""
    try:
        for component in components or COMPONENTS:
            deployment.start(component)
        wait_until(deployment.is_healthy, 300)
        yield deployment
    finally:
        for component in list(deployment.processes):
            deployment.kill(component)


def wait_until(condition: Callable[[], Any], seconds: float, every: float = 0.5) -> Any:
    """Poll other processes until a condition holds; return its value."""
    began = time.monotonic()
    while not (value := condition()):
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(every)
    return value


def manual_runs(emulator: Emulator, pipeline_ids: list[str]) -> dict[str, int]:
    """How many manual runs each pipeline has had."""
    with Client(**emulator.client_options()) as client:
        return {
            pipeline_id: sum(run.type == "manual" for run in client.runs.list(pipeline_id))
            for pipeline_id in pipeline_ids
        }


def open_connections(port: int) -> int:
    """How many connections lead to a port of this machine now, seen from their clients' side."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    established = [line.split() for line in lines if line.split()[3] == "01"]
    return sum(int(fields[2].rpartition(":")[2], 16) == port for fields in established)
