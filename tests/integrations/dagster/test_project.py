"""A Dagster project as the page shows it: `dg` checks it, launches it and serves it."""

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import attrs
import pytest

from warehouse_sync import Client
from warehouse_sync.emulator import Emulator

if importlib.util.find_spec("dagster") is None:
    pytest.skip("Dagster is not installed here: run `make integrations`", allow_module_level=True)

import dagster as dg

from warehouse_sync.integrations.dagster.assets import RUN_KEY

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "dagster.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```\w+\n# (src/\S+)\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL))
PROJECT = """
[project]
name = "shop"
version = "0.1.0"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "shop"
"""
DEFINITIONS = """
from pathlib import Path
import dagster as dg

@dg.definitions
def defs():
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
"""
WORKSPACE = """
connections:
  - {id: shop, name: Shop, service_provider: Databricks, config: {provider: shop, schema: public}}
data_models:
  - {id: customers, name: Customers, sql_query: SELECT email FROM shop.public.customers}
pipelines:
  - id: by-hand
    name: By hand
    pipeline_type: user_attributes
    connection_id: shop
    data_model_id: customers
    environment: development
    sync_mode: {type: full}
    schedule: {type: interval, frequency: daily, start: 2025-01-01T00:00:00Z}
"""


# Named after the workspace of the component.
POLLING_SENSOR = "warehouse_sync_5328_runs"


@attrs.define
class Project:
    """A project and its Dagster instance.

    Attributes:
        folder: Where it is.
        env: The environment of its processes.
    """

    folder: Path
    env: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run a command of `dg`; return what it prints."""
        command = [str(Path(sys.executable).parent / "dg"), *arguments]
        ran = subprocess.run(  # noqa: S603 - our own
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=600
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def last_check(self, key: dg.AssetKey) -> str | None:
        """The result of the last evaluation of an asset's check that has ended, if there is one."""
        with dg.DagsterInstance.from_config(str(self.folder / "home")) as instance:
            records = instance.event_log_storage.get_asset_check_execution_history(
                dg.AssetCheckKey(key, "freshness_check"), limit=10
            )
        ended = [each.status.value for each in records if each.status.value in {"SUCCEEDED", "FAILED"}]
        return ended[0] if ended else None

    def materializations(self, pipeline_id: str, prefix: str = "mparticle") -> list[int]:
        """The runs that the asset of a pipeline was materialized by, oldest first; each as often as it was."""
        with dg.DagsterInstance.from_config(str(self.folder / "home")) as instance:
            records = instance.fetch_materializations(dg.AssetKey([prefix, pipeline_id]), limit=99).records
        found = [record.asset_materialization for record in records]
        return sorted(int(str(event.metadata[RUN_KEY].value)) for event in found if event is not None)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator with thirty pipelines, and the one that the project's files declare."""
    with Emulator(queued=0.1, running=1) as emulator:
        emulator.seed(pipelines=30, runs=2)
        with Client(**emulator.client_options()) as client:
            seeded = client.pipelines.list()[0].to_spec()
            client.pipelines.create(attrs.evolve(seeded, id="by-hand", name="By hand"))
        yield emulator


@pytest.fixture
def project(emulator: Emulator, tmp_path: Path) -> Project:
    """The page's project, with settings that lead to the emulator."""
    files = {
        "pyproject.toml": PROJECT,
        "src/shop/__init__.py": "",
        "src/shop/definitions.py": DEFINITIONS,
        "src/shop/defs/workspace/shop.yaml": WORKSPACE,
        "home/dagster.yaml": "telemetry: {enabled: false}",
        **BLOCKS,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings = {
        f"WAREHOUSE_SYNC_{name.upper()}": str(value) for name, value in emulator.client_options().items()
    }
    paths = {
        "PYTHONPATH": f"{tmp_path / 'src'}:{ROOT}",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    home = {"DAGSTER_HOME": str(tmp_path / "home"), "DG_CLI_CONFIG": str(tmp_path / "none.toml")}
    return Project(tmp_path, {**os.environ, **settings, **paths, **home})


def test_page_is_a_whole_project() -> None:
    """The tests below have something to run."""
    assert set(BLOCKS) == {
        "src/shop/defs/mparticle/defs.yaml",
        "src/shop/defs/nightly.py",
        "src/shop/defs/by_hand.py",
    }


def test_project_loads_without_the_api(project: Project, emulator: Emulator) -> None:
    """Once its state is written, no code that is loaded calls the API; `dg` itself refreshes it unless told not to."""
    defs = project.folder / "src/shop/defs/mparticle/defs.yaml"
    state = "  defs_state: {management_type: LOCAL_FILESYSTEM, refresh_if_dev: false}\n"
    defs.write_text(defs.read_text() + state, encoding="utf-8")
    project.run("utils", "refresh-defs-state")
    emulator.fault("* *", status=500, count=None)
    project.run("check", "defs")
    listed = json.loads(project.run("list", "defs", "--json").partition("\n[dagster")[0].strip() or "{}")
    text = json.dumps(listed)
    assert "mparticle/seeded-pipeline-00030" in text
    assert "by_hand/by-hand" in text


@pytest.mark.large
def test_every_asset_is_launched(project: Project, emulator: Emulator) -> None:
    """One launch runs each pipeline of the workspace once, and materializes each."""
    (project.folder / "src/shop/defs/by_hand.py").unlink()  # its asset would run a pipeline a second time
    project.run("utils", "refresh-defs-state")
    project.run("launch", "--assets", "*")
    with Client(**emulator.client_options()) as client:
        for pipeline in client.pipelines.list():
            manual = [run.id for run in client.runs.list(pipeline.id) if run.type == "manual"]
            assert len(manual) == 1
            assert project.materializations(pipeline.id) == manual


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.large
def test_sensor_reports_once_over_a_restart(project: Project, emulator: Emulator) -> None:
    """`dg dev` is killed between evaluations: each run of the schedule is a materialization, once."""
    pipeline_id = "seeded-pipeline-00001"
    defs = project.folder / "src/shop/defs/mparticle/defs.yaml"
    defs.write_text(defs.read_text() + "  polling_interval: 1\n", encoding="utf-8")
    with Client(**emulator.client_options()) as client:
        with Server(project) as server:
            server.start_sensor(POLLING_SENSOR)
            server.wait(lambda: server.ticks(POLLING_SENSOR) >= 1)
            new_scheduled_run(emulator, client, pipeline_id)
            server.wait(lambda: len(project.materializations(pipeline_id)) == 1)
        new_scheduled_run(emulator, client, pipeline_id)
        with Server(project) as server:
            server.start_sensor(POLLING_SENSOR)
            server.wait(lambda: len(project.materializations(pipeline_id)) == 2)
            before = server.ticks(POLLING_SENSOR)
            server.wait(lambda: server.ticks(POLLING_SENSOR) >= before + 2)
        scheduled = sorted(run.id for run in client.runs.list(pipeline_id) if run.type == "scheduled")
    assert project.materializations(pipeline_id) == scheduled[-2:]


@pytest.mark.large
def test_freshness_follows_the_platforms_loads(project: Project, emulator: Emulator) -> None:
    """The page's check fails before its pipeline has loaded, and passes once the polling sensor has seen a load."""
    by_hand = project.folder / "src/shop/defs/by_hand.py"
    source, name = by_hand.read_text(encoding="utf-8"), 'name="by_hand_runs"'
    assert name in source
    by_hand.write_text(source.replace(name, f"{name}, minimum_interval_seconds=5"), encoding="utf-8")
    key = dg.AssetKey(["by_hand", "by-hand"])
    with Client(**emulator.client_options()) as client, Server(project) as server:
        server.start_sensor("by_hand_freshness")
        server.wait(lambda: project.last_check(key) == "FAILED")
        server.start_sensor("by_hand_runs")
        server.wait(lambda: server.ticks("by_hand_runs") >= 1)
        new_scheduled_run(emulator, client, "by-hand")
        server.wait(lambda: project.materializations("by-hand", "by_hand"))
        server.wait(lambda: project.last_check(key) == "SUCCEEDED")


def new_scheduled_run(emulator: Emulator, client: Client, pipeline_id: str) -> None:
    """Let a run of the schedule happen."""
    emulator.fault("GET */runs", new_runs=1)
    list(client.runs.list(pipeline_id))


class Server:
    """`dg dev`, in a process group of its own; it leaves children behind, which end with the group."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._port = free_port()
        self._sensors: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        command = [
            str(Path(sys.executable).parent / "dg"),
            "dev",
            "--host",
            "127.0.0.1",
            "--port",
            str(self._port),
        ]
        self._log = (self._project.folder / "dev.log").open("ab")
        self._process = subprocess.Popen(  # noqa: S603 - our own
            command,
            cwd=self._project.folder,
            env=self._project.env,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        try:
            self.wait(self._is_up)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        with suppress(ProcessLookupError):  # every process of the group has ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)
        self._log.close()

    def wait(self, condition: Callable[[], Any], seconds: float = 900) -> None:
        """Poll the server until a condition holds."""
        began = time.monotonic()
        while not condition():
            log = (self._project.folder / "dev.log").read_text(errors="replace")[-3000:]
            assert time.monotonic() - began < seconds, log
            time.sleep(1)

    def query(self, query: str, **variables: Any) -> Any:
        """Send a GraphQL query."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/graphql", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - loopback
            document = json.load(response)
        assert "errors" not in document, document
        return document["data"]

    def _is_up(self) -> bool:
        try:
            found = self.query(
                "{repositoriesOrError {... on RepositoryConnection {nodes {name location {name}"
                " sensors {name}}}}}"
            )["repositoriesOrError"].get("nodes", [])
        except (OSError, urllib.error.URLError):
            return False
        for node in found:
            for sensor in node["sensors"]:
                self._sensors[sensor["name"]] = {
                    "repositoryName": node["name"],
                    "repositoryLocationName": node["location"]["name"],
                    "sensorName": sensor["name"],
                }
        return bool(self._sensors)

    def start_sensor(self, name: str) -> None:
        """Turn a sensor on."""
        self.query(
            "mutation($s: SensorSelector!) {startSensor(sensorSelector: $s) {__typename ... on PythonError {message}}}",
            s=self._sensors[name],
        )

    def ticks(self, name: str) -> int:
        """How many evaluations of a sensor have ended."""
        data = self.query(
            "query($s: SensorSelector!) {sensorOrError(sensorSelector: $s) {... on Sensor"
            " {sensorState {ticks(limit: 100) {status error {message}}}}}}",
            s=self._sensors[name],
        )
        ticks = data["sensorOrError"]["sensorState"]["ticks"]
        assert not [tick["error"] for tick in ticks if tick["error"]]
        return sum(tick["status"] in {"SUCCESS", "SKIPPED"} for tick in ticks)
