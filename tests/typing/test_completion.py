"""Completion in editors: Jedi, as in notebooks and IPython, and pyright, as in Pylance."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jedi
import pytest

from warehouse_sync import AsyncClient, Client, ConnectionSpec

ROOT = Path(__file__).parents[2]

CODE = """\
from warehouse_sync import (
    AsyncClient, Client, ConnectionSpec, PipelineSpec, Schedule, SyncMode,
)
client = Client()
async def asynchronous():
    async with AsyncClient() as client:
        pass
"""

# What is typed, and a name that is offered.
NAMES = [
    ("client.pip", "pipelines"),
    ("client.pipelines.re", "report"),
    ("client.pipelines.trigger('p').run", "run_id"),
    ("client.pipelines.report('p').latest", "latest_pipeline_run"),
    ("client.connections.list()[0].con", "config"),
    ("for run in client.runs.list('p'):\n    run.sta", "status"),
    ("for entry in client.pipelines.reports(['p']):\n    entry.rep", "report"),
    ("client.ingest_v1.pipelines.run_st", "run_statuses"),
    ("with Client() as other:\n    other.con", "connections"),
    ("Client(time", "timeout="),
    ("Client(work", "workspace_id="),
    ("ConnectionSpec(na", "name="),
    ("client.runs.list('p', page", "page_size="),
    ("async def f(c: AsyncClient):\n    (await c.runs.wait('p', 1)).successful", "successful_records"),
    ("async def f(c: AsyncClient):\n    c.pipelines.trigger_", "trigger_many"),
]
# What is typed, and the values that are offered, which only pyright knows.
VALUES = [
    ("ConnectionSpec(state='", {"new", "active", "inactive"}),
    ("PipelineSpec(environment='", {"development", "production"}),
    ("Schedule(type='", {"interval", "once", "on_demand"}),
    ("SyncMode(type='", {"incremental", "full"}),
    ("client.connections.list(service_provider='", {"Snowflake", "BigQuery", "Redshift", "Databricks"}),
    ("client.runs.list('p', status='", {"queued", "running", "success", "failed"}),
]


class LanguageServer:
    """Pyright as a language server, over its standard input and output."""

    def __init__(self, folder: Path) -> None:
        server = Path(sys.executable).parent / "pyright-langserver"
        self._process = subprocess.Popen(  # noqa: S603 - of this environment
            [server, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._number = 0
        self._document = (folder / "document.py").as_uri()
        workspace = {"uri": folder.as_uri(), "name": "test"}
        self._request(
            "initialize",
            {"processId": None, "capabilities": {}, "rootUri": None, "workspaceFolders": [workspace]},
        )
        self._send(method="initialized", params={})

    def complete(self, code: str) -> set[str]:
        """Return what is offered at the end of a document."""
        document = {"uri": self._document, "languageId": "python", "version": 1, "text": code}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        *before, last = code.split("\n")
        position = {"line": len(before), "character": len(last)}
        found = self._request(
            "textDocument/completion",
            {"textDocument": {"uri": self._document}, "position": position},
        )
        self._send(method="textDocument/didClose", params={"textDocument": {"uri": self._document}})
        return {item["label"].strip("'") for item in (found or {}).get("items", [])}

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _request(self, method: str, params: dict[str, Any]) -> Any:
        self._number += 1
        self._send(id=self._number, method=method, params=params)
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == self._number:
                return message["result"]
            if "method" in message and "id" in message:  # a request of the server, such as for its settings
                items = message["params"].get("items", []) if message.get("params") else []
                self._send(id=message["id"], result=[{} for _ in items])

    def _send(self, **message: Any) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A language server for a project that uses the environment of these tests."""
    folder = tmp_path_factory.mktemp("project")
    environment = Path(sys.prefix)
    settings = {"venvPath": str(environment.parent), "venv": environment.name, "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    started = LanguageServer(folder)
    yield started
    started.close()


@pytest.fixture(scope="module", autouse=True)
def jedi_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Jedi's cache is a folder of this process, since processes that share one read files half-written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jedi.settings, "cache_directory", str(tmp_path_factory.mktemp("jedi")))
        yield


@pytest.mark.parametrize(("typed", "name"), NAMES)
@pytest.mark.xdist_group("jedi")
def test_jedi_completes_names(typed: str, name: str) -> None:
    """Jedi finds classes that the package imports at first use, resources, results and keywords."""
    project = jedi.Project(ROOT, environment_path=sys.executable)
    assert name in {found.name for found in jedi.Script(CODE + typed, project=project).complete()}


@pytest.mark.parametrize("cls", [AsyncClient, Client])
@pytest.mark.xdist_group("jedi")
def test_jedi_completes_objects_of_a_notebook(cls: type) -> None:
    """In a notebook, Jedi looks at the objects themselves."""
    client = cls(workspace_id=1, client_id="id", client_secret="secret")
    names = {"client": client, "ConnectionSpec": ConnectionSpec}
    for typed, name in [
        ("client.pip", "pipelines"),
        ("client.pipelines.re", "report"),
        ("client.runs.list('p', sta", "status="),
        ("ConnectionSpec(na", "name="),
    ]:
        assert name in {found.name for found in jedi.Interpreter(typed, [names]).complete()}


@pytest.mark.xdist_group("pyright")
@pytest.mark.parametrize(("typed", "name"), NAMES)
def test_pyright_completes_names(server: LanguageServer, typed: str, name: str) -> None:
    """Pyright finds what Jedi finds."""
    assert name in server.complete(CODE + typed)


@pytest.mark.xdist_group("pyright")
@pytest.mark.parametrize(("typed", "values"), VALUES)
def test_pyright_completes_values(server: LanguageServer, typed: str, values: set[str]) -> None:
    """Arguments that take enums offer their values as strings."""
    assert values <= server.complete(CODE + typed)


@pytest.mark.xdist_group("pyright")
def test_pyright_completes_fields_of_configurations(server: LanguageServer) -> None:
    """`with_secrets` and `with_config` offer the fields that they change."""
    spec = "client.connections.get('c').to_spec()"
    assert {"password=", "service_account_key="} <= server.complete(f"{CODE}{spec}.with_secrets(")
    assert {"warehouse=", "host=", "password="} <= server.complete(f"{CODE}{spec}.with_config(")
