"""The files of `monitoring/` with a real Prometheus server, where one is installed."""

import json
import shutil
import socket
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import yaml

from tests.observability.test_documentation import MONITORING, expressions
from warehouse_sync import Client, WarehouseSyncError
from warehouse_sync.emulator import Emulator

COMMAND = Path(sys.executable).with_name("warehouse-sync")
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
TIMEOUT = 300  # seconds until an alert fires, which takes a few scrapes
EXPECTED = {"WarehouseSyncRunFailed", "WarehouseSyncRecordsFailed"}  # of a failed run

needs_prometheus = pytest.mark.skipif(PROMETHEUS is None, reason="no Prometheus server is installed")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")


@needs_promtool
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts.test.yml"),
        ("check", "config", "prometheus.yml"),
    ],
    ids=" ".join,
)
def test_promtool_accepts_the_files(arguments: tuple[str, ...]) -> None:
    """The rules are valid, and fire when their tests say so."""
    done = subprocess.run(  # noqa: S603 - our own files
        [str(PROMTOOL), *arguments], cwd=MONITORING, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running(*command: str) -> "Iterator[subprocess.Popen[str]]":
    """Run a process until the block ends."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - our own commands
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=120)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Alertmanager(ThreadingHTTPServer):
    """A server that receives the alerts that fire."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.alerts: Queue[dict[str, str]] = Queue()


class _Receiver(BaseHTTPRequestHandler):
    server: Alertmanager

    def do_POST(self) -> None:
        """Receive the labels of alerts."""
        for alert in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
            self.server.alerts.put(alert["labels"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in the base class
        """Log nothing."""


@pytest.fixture
def alertmanager() -> Iterator[Alertmanager]:
    """A running server."""
    with Alertmanager() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def query(server: str, expression: str) -> Any:
    """Return the result of a query."""
    url = f"{server}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    with urllib.request.urlopen(url, timeout=120) as response:  # noqa: S310 - loopback
        document = json.load(response)
    assert document["status"] == "success"
    return document["data"]["result"]


def write_config(folder: Path, exporter: str, alertmanager: Alertmanager) -> Path:
    """Write the configuration of `monitoring/` with other addresses and intervals."""
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))
    [job] = config["scrape_configs"]
    job["static_configs"][0]["targets"] = [exporter]
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(MONITORING / name) for name in config["rule_files"]]
    receiver = {"static_configs": [{"targets": [f"127.0.0.1:{alertmanager.server_port}"]}]}
    config["alerting"] = {"alertmanagers": [receiver]}
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file


@needs_prometheus
def test_server_scrapes_the_exporter_and_alerts(
    warehouse_sync_emulator: Emulator,
    alertmanager: Alertmanager,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A failed run fires its alerts and no other, and each query of the dashboard works."""
    options = warehouse_sync_emulator.client_options()
    for name, value in options.items():
        monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
    [failing, _] = warehouse_sync_emulator.seed(pipelines=2, runs=1)
    warehouse_sync_emulator.fail_next_run(failing, message="No such table.")
    with Client(**options) as client, pytest.raises(WarehouseSyncError):
        client.pipelines.trigger_and_wait(failing)
    server = f"127.0.0.1:{free_port()}"
    with running(str(COMMAND), "exporter", "--port", "0") as exporter:
        assert exporter.stdout is not None
        url = exporter.stdout.readline().rstrip().removeprefix("listening on ")
        config = write_config(tmp_path, url.removeprefix("http://").removesuffix("/metrics"), alertmanager)
        files = (f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}")
        with running(str(PROMETHEUS), *files, f"--web.listen-address={server}"):
            received = [alertmanager.alerts.get(timeout=TIMEOUT) for _ in EXPECTED]
            assert {(alert["alertname"], alert["pipeline_id"]) for alert in received} == {
                (name, failing) for name in EXPECTED
            }
            assert query(f"http://{server}", "count(warehouse_sync_pipeline_info)")[0]["value"][1] == "2"
            firing = query(f"http://{server}", 'ALERTS{alertstate="firing"}')
            assert {each["metric"]["alertname"] for each in firing} == EXPECTED
            dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text(encoding="utf-8"))
            for expression in expressions(dashboard):
                query(f"http://{server}", filled_in(expression))


def filled_in(expression: str) -> str:
    """Return a query of the dashboard with values in place of its variables."""
    values = {"$__rate_interval": "1m", "$workspace": ".*", "$pipeline": ".*", "$job": "warehouse-sync"}
    for variable, value in values.items():
        expression = expression.replace(variable, value)
    return expression
