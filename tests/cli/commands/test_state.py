"""Shared state: two machines, locks, serial numbers, and `state` commands."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

MODEL = "{{kind: data_model, id: {0}, name: Name, sql_query: SELECT 1}}\n"
TOKEN = {"WAREHOUSE_SYNC_STATE_TOKEN": "canary-token", "WAREHOUSE_SYNC_STATE_HOST": "127.0.0.1"}
CONNECTION = """
kind: connection
id: redshift
name: Redshift
service_provider: Redshift
config: {database: d, host: h, user: u, password: env:PASSWORD, aws_iam_role_arn: arn}
"""


class EtagHandler(http.server.BaseHTTPRequestHandler):
    """Serves documents with ETags and conditional PUT requests, for one bearer token."""

    documents: dict[str, tuple[int, bytes]]

    def do_GET(self) -> None:
        """Return a document."""
        self._respond(200 if self.path in self.documents else 404)

    def do_PUT(self) -> None:
        """Replace a document if the condition holds."""
        content = self.rfile.read(int(self.headers["Content-Length"]))
        version = self.documents.get(self.path, (0, b""))[0]
        wanted = self.headers.get("If-Match")
        if (wanted is not None and wanted != f'"{version}"') or (
            self.headers.get("If-None-Match") and version
        ):
            self._respond(412)
        else:
            self.documents[self.path] = (version + 1, content)
            self._respond(201)

    def do_DELETE(self) -> None:
        """Delete a document."""
        self._respond(204 if self.documents.pop(self.path, None) else 404)

    def _respond(self, status: int) -> None:
        if self.headers.get("Authorization") != "Bearer canary-token":
            status = 401
        version, content = self.documents.get(self.path, (0, b""))
        body = content if status == 200 else b""
        self.send_response(status)
        self.send_header("ETag", f'"{version}"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a server for states."""
    handler = type("Handler", (EtagHandler,), {"documents": {}})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}/state.json"
        running.shutdown()
        thread.join()


@pytest.fixture(params=["path", "file URL", "http"])
def location(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of location of a state."""
    monkeypatch.setenv("WAREHOUSE_SYNC_STATE_TOKEN", "canary-token")
    monkeypatch.setenv("WAREHOUSE_SYNC_STATE_HOST", "127.0.0.1")
    match request.param:
        case "path":
            return "../shared/state.json"
        case "file URL":
            return f"file://{tmp_path}/shared/state.json"
        case _:
            url: str = request.getfixturevalue("server")
            return url


@pytest.fixture
def project(location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """A project with a shared state."""
    monkeypatch.setenv("PASSWORD", "canary-password")
    monkeypatch.setenv("WAREHOUSE_SYNC_FINGERPRINT_KEY", "k" * 32)
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "warehouse-sync.toml").write_text(
        f'name = "billing"\nstate = "{location}"\n[environments.dev]\nworkspace_id = 5328\n'
    )
    return declare(folder, "orders", "users")


def declare(folder: Path, *ids: str) -> Path:
    """Replace the data models; a connection with a secret stays."""
    (folder / "a.yaml").write_text("---\n".join([*(MODEL.format(each) for each in ids), CONNECTION]))
    return folder


def move_to_another_machine(home: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Use an empty home, as in each CI job."""
    monkeypatch.setenv("XDG_STATE_HOME", str(home / name))


def rows(cli: "Cli", project: Path) -> list[dict[str, Any]]:
    """Return the rows of `state list`."""
    listed: list[dict[str, Any]] = json.loads(cli("state", "list", project, "--json").stdout)
    return listed


def models(cli: "Cli") -> list[str]:
    """Return the ids of the data models."""
    return sorted(each["id"] for each in json.loads(cli("models", "list", "--json").stdout))


def test_other_machine_knows_what_is_managed(
    cli: "Cli", project: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CI job prunes what an earlier job applied, and detects a changed secret."""
    assert cli("apply", project, "--yes").exit_code == 0
    move_to_another_machine(home, monkeypatch, "second")
    assert "No changes" in cli("plan", project).stdout
    monkeypatch.setenv("PASSWORD", "canary-rotated")
    assert "config.password: (secret), sent again" in cli("plan", project).stdout
    declare(project, "orders")
    assert "1 to update, 1 to delete" in cli("plan", project, "--prune").stdout
    done = cli("apply", project, "--yes", "--prune")
    assert done.exit_code == 0, done.output
    assert models(cli) == ["orders"]
    assert not list((home / "second").rglob("*.json"))
    shown = json.loads(cli("state", "show", project, "--json").stdout)
    assert (shown["owner"], shown["managed"]) == ("billing", 2)


def test_state_of_the_user_is_copied_to_the_shared_one(
    cli: "Cli", project: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project that gets a shared state keeps what it managed before."""
    file = project / "warehouse-sync.toml"
    text = file.read_text()
    file.write_text("\n".join(line for line in text.splitlines() if not line.startswith("state")))
    assert cli("apply", project, "--yes").exit_code == 0
    file.write_text(text)
    assert "the next apply copies" in cli("plan", project).stdout
    declare(project, "orders", "more")
    assert cli("apply", project, "--yes").exit_code == 0
    move_to_another_machine(home, monkeypatch, "second")
    declare(project, "orders")
    assert cli("apply", project, "--yes", "--prune").exit_code == 0
    assert models(cli) == ["orders"]


def test_apply_is_refused_while_another_one_runs(
    cli: "Cli", project: Path, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two jobs do not apply at the same time; the second says who holds the lock."""
    assert cli("apply", project, "--yes").exit_code == 0
    from warehouse_sync.cli.project import select_environment  # noqa: PLC0415 - only this test
    from warehouse_sync.declarative import StateFile  # noqa: PLC0415 - only this test

    first = StateFile.of(
        api_url="http://localhost",
        workspace_id=5328,
        environ={**TOKEN, "XDG_STATE_HOME": str(home)},
        files=project,
        environment=select_environment(project, None),
    )
    declare(project, "orders", "users", "more")
    with first.lock():
        done = cli("apply", project, "--yes")
        assert done.exit_code == 16
        assert "is locked by process" in done.stderr or "another process uses the state" in done.stderr
        assert models(cli) == ["orders", "users"]
    assert cli("apply", project, "--yes").exit_code == 0
    before = first.read()
    assert cli("state", "forget", project, "data_model/more").exit_code == 0
    with first.lock(), pytest.raises(Exception, match="another process changed the state"):
        first.save(before)


def test_unlock_removes_the_lock_of_a_killed_process(cli: "Cli", project: Path, location: str) -> None:
    """After `state unlock`, `apply` works again."""
    if location.startswith("../"):
        assert cli("state", "unlock", project).exit_code == 0
        return
    from warehouse_sync.declarative.planning.shared_state import shared_store  # noqa: PLC0415 - only this test

    lock = shared_store(location, TOKEN).lock()
    lock.__enter__()
    done = cli("apply", project, "--yes")
    assert done.exit_code == 16
    assert "remove the lock with `warehouse-sync state unlock`" in done.stderr
    assert cli("state", "unlock", project).exit_code == 0
    assert cli("apply", project, "--yes").exit_code == 0
    lock.__exit__(None, None, None)


@pytest.mark.parametrize("location", ["file URL"], indirect=True)
def test_storage_that_cannot_create_exclusively_is_refused(
    cli: "Cli", project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A storage that ignores `mode="create"` would let two processes hold the lock."""
    from fsspec.implementations.local import (  # type: ignore[import-untyped]  # noqa: PLC0415 - fsspec has no types; only this test
        LocalFileSystem,
    )

    def write(_: LocalFileSystem, path: str, value: bytes, **__: object) -> None:
        Path(path).write_bytes(value)

    monkeypatch.setattr(LocalFileSystem, "pipe_file", write)
    done = cli("apply", project, "--yes")
    assert done.exit_code == 16
    assert "cannot be locked: update the package of its storage" in done.stderr
    assert [*(tmp_path / "shared").iterdir()] == []


@pytest.mark.parametrize("location", ["http"], indirect=True)
def test_server_that_ignores_conditions_is_refused(
    cli: "Cli", project: Path, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    """A server that ignores `If-None-Match` would let two processes hold the lock."""
    from warehouse_sync.declarative.planning.shared_state import shared_store  # noqa: PLC0415 - only this test

    def put(handler: EtagHandler) -> None:
        content = handler.rfile.read(int(handler.headers["Content-Length"]))
        handler.documents[handler.path] = (1, content)
        handler._respond(201)

    monkeypatch.setattr(EtagHandler, "do_PUT", put)
    done = cli("apply", project, "--yes")
    assert done.exit_code == 16
    assert "cannot be locked: its server must refuse If-None-Match" in done.stderr
    assert shared_store(f"{location}.lock", TOKEN).read() is None
    assert models(cli) == []


@pytest.mark.parametrize("location", ["file URL", "http"], indirect=True)
def test_lock_of_another_process_is_not_removed(location: str) -> None:
    """After `state unlock`, the first holder does not remove the lock of the next one."""
    from warehouse_sync.declarative.planning.shared_state import shared_store  # noqa: PLC0415 - only this test

    first, second = (shared_store(location, TOKEN) for _ in range(2))
    lock = first.lock()
    lock.__enter__()
    first.unlock()
    with second.lock():
        lock.__exit__(None, None, None)
        assert shared_store(f"{location}.lock", TOKEN).read() is not None
    assert shared_store(f"{location}.lock", TOKEN).read() is None


@pytest.mark.parametrize("location", ["file URL"], indirect=True)
def test_lock_that_cannot_be_read_is_removed(
    cli: "Cli", project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error after the lock was created leaves no lock."""
    from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415 - only this test

    read, failures = LocalFileSystem.cat_file, [OSError("unreachable")]

    def fail_once(files: LocalFileSystem, path: str, *arguments: Any, **options: Any) -> Any:
        if path.endswith(".lock") and failures:
            raise failures.pop()
        return read(files, path, *arguments, **options)

    monkeypatch.setattr(LocalFileSystem, "cat_file", fail_once)
    done = cli("apply", project, "--yes")
    assert done.exit_code == 16
    assert "unreachable" in done.stderr
    assert [*(tmp_path / "shared").iterdir()] == []


def test_state_commands_change_only_the_state(cli: "Cli", project: Path) -> None:
    """`adopt`, `forget` and `mv` change the records; unknown resources are errors."""
    assert cli("apply", project, "--yes").exit_code == 0
    assert [row["id"] for row in rows(cli, project)] == ["redshift", "orders", "users"]
    assert cli("state", "forget", project, "data_model/users").exit_code == 0
    assert cli("state", "forget", project, "data_model/users").exit_code == 6
    assert cli("state", "forget", project, "users").exit_code == 2
    assert cli("state", "mv", project, "data_model/orders", "data_model/redshift").exit_code == 0
    assert cli("state", "mv", project, "data_model/redshift", "connection/a").exit_code == 2
    assert cli("state", "mv", project, "data_model/typo", "data_model/a").exit_code == 6
    assert cli("state", "adopt", project, "data_model/users").exit_code == 0
    assert cli("state", "mv", project, "data_model/users", "data_model/redshift").exit_code == 16
    assert [(row["kind"], row["id"]) for row in rows(cli, project)] == [
        ("connection", "redshift"),
        ("data_model", "redshift"),
        ("data_model", "users"),
    ]
    assert models(cli) == ["orders", "users"]


def test_state_contains_no_secret(cli: "Cli", project: Path, tmp_path: Path, location: str) -> None:
    """Neither the secret nor the key of the fingerprints is in the shared state."""
    assert cli("apply", project, "--yes").exit_code == 0
    texts = [file.read_text() for file in (tmp_path / "shared").rglob("*") if file.is_file()]
    assert texts or location.startswith("http")
    assert not [text for text in texts if "canary" in text or "k" * 32 in text]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("http://example.com/state.json", "is not encrypted: use https"),
        (
            "http://user:canary@127.0.0.1:9/state.json",
            "the state http://127.0.0.1:9/state.json cannot be reached",
        ),
        ("unknown://bucket/state.json", "the state unknown://bucket/state.json cannot be used"),
    ],
)
def test_state_that_cannot_be_used_is_one_line(state: str, message: str, cli: "Cli", tmp_path: Path) -> None:
    """A location that cannot be used is an error that names it, before any change."""
    (tmp_path / "warehouse-sync.toml").write_text(
        f'name = "a"\nstate = "{state}"\n[environments.dev]\nworkspace_id = 5328\n'
    )
    (tmp_path / "a.yaml").write_text(MODEL.format("a"))
    done = cli("apply", tmp_path / "a.yaml", "--yes")
    assert done.exit_code in (13, 16)
    assert message in done.stderr
    assert "canary" not in done.output
    assert models(cli) == []


@pytest.mark.usefixtures("server")
def test_wrong_token_is_one_line(
    cli: "Cli", server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that refuses the token is an error that names the status."""
    monkeypatch.setenv("WAREHOUSE_SYNC_STATE_TOKEN", "wrong")
    monkeypatch.setenv("WAREHOUSE_SYNC_STATE_HOST", "127.0.0.1")
    (tmp_path / "warehouse-sync.toml").write_text(
        f'name = "a"\nstate = "{server}"\n[environments.dev]\nworkspace_id = 5328\n'
    )
    (tmp_path / "a.yaml").write_text(MODEL.format("a"))
    done = cli("apply", tmp_path, "--yes")
    assert done.exit_code == 16
    assert "the server returned 401" in done.stderr
    assert models(cli) == []


def test_token_is_not_sent_to_another_host(
    cli: "Cli", server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the project file cannot lead the token to another server."""
    monkeypatch.setenv("WAREHOUSE_SYNC_STATE_TOKEN", "canary-token")
    monkeypatch.setenv("WAREHOUSE_SYNC_STATE_HOST", "states.example.com")
    (tmp_path / "warehouse-sync.toml").write_text(
        f'name = "a"\nstate = "{server}"\n[environments.dev]\nworkspace_id = 5328\n'
    )
    (tmp_path / "a.yaml").write_text(MODEL.format("a"))
    done = cli("plan", tmp_path / "a.yaml")
    assert done.exit_code == 13
    assert "is sent only to the host in WAREHOUSE_SYNC_STATE_HOST, which is not 127.0.0.1" in done.stderr
    assert "canary" not in done.output


def test_state_that_cannot_be_saved_is_one_line(
    cli: "Cli", tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be written is found before the first change."""
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "file"))
    (tmp_path / "a.yaml").write_text(MODEL.format("a"))
    done = cli("apply", tmp_path / "a.yaml", "--yes")
    assert done.exit_code == 16
    assert "cannot be locked: Not a directory" in done.stderr
    assert models(cli) == []
