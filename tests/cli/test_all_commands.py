"""Guarantees of every command: `--json` is one document, and no secret is shown."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from tests.cli.command_calls import CALLS, CLIENT_SECRET, LEAVES, PASSWORD, SERVING, Workspace, make_workspace
from warehouse_sync.emulator import Emulator
from warehouse_sync.transport.retry import next_delay

if TYPE_CHECKING:
    from click.testing import Result

    from tests.cli.conftest import Cli

# Faults of the server, each of which is tested with every command that sends requests.
FAULTS: dict[str, dict[str, Any]] = {
    "refused": {"status": 403},
    "absent": {"status": 404},
    "login": {"status": 505},
    "junk": {"junk": True},
    "wrong shape": {"junk": '[{"id": 3, "config": {"password": "canary-password"}}]'},
}
OFFLINE = {
    "state list",
    "state show",
    "state adopt",
    "state forget",
    "state mv",
    "state unlock",
    "lint",
    "fmt",
    "schema",
    "init",
    "setup",
    "convert",
    "from-dbt",
    "completion",
    "preview",
    "demo",
    "auth status",
    "auth logout",
    "profiles list",
    "profiles show",
    "profiles create",
}


@pytest.fixture
def workspace(offline: "Cli", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace in which every command has something to do."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    # Do not wait before a retry or for a lost run, and not long before a poll.
    monkeypatch.setattr("warehouse_sync.transport.sender.next_delay", _retry_at_once)
    monkeypatch.setattr("warehouse_sync.polling.intervals.FIRST_INTERVAL", 0.02)
    monkeypatch.setattr("warehouse_sync.resources.trigger.RECONCILE_DELAYS", (0.0,))
    with Emulator(client_secret=CLIENT_SECRET, queued=0.01, running=0.02) as emulator:
        created = make_workspace(emulator, folder)
        for name, value in created.settings.items():
            monkeypatch.setenv(name, value)
        for arguments in (
            ["apply", folder / "infra", "--yes"],
            ["pipelines", "trigger", "customers", "--wait"],
        ):
            done = offline(*arguments)
            assert done.exit_code == 0, done.output
        yield created


def _retry_at_once(*given: Any, **named: Any) -> float | None:
    return next_delay(*given, **{**named, "jitter": 0.0})


def _options(name: str) -> set[str]:
    return {option for each in LEAVES[name].params for option in each.opts}


def test_every_command_is_called() -> None:
    """A command that these tests do not call fails this test."""
    assert CALLS.keys() | SERVING == LEAVES.keys()


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_has_json(name: str) -> None:
    """`--json` is an option of each command."""
    assert "--json" in _options(name)


@pytest.mark.parametrize("name", CALLS)
def test_json_is_one_document(name: str, workspace: Workspace, offline: "Cli") -> None:
    """With `--json` stdout is one JSON document; with `--quiet` stderr is empty."""
    done = offline(*workspace.arguments(name), "--json", "--quiet")
    assert (done.exit_code, done.stderr) == (0, "")
    assert isinstance(json.loads(done.stdout), dict | list)


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_has_quiet(name: str) -> None:
    """`-q` is an option of each command, with the same help."""
    [quiet] = [option for option in LEAVES[name].params if "-q" in option.opts]
    assert isinstance(quiet, click.Option)
    assert quiet.opts == ["-q", "--quiet"]
    assert quiet.help == ("Print only the result: no notes or progress, and one line of a plan.")


# The commands that print one line with `-q`.
ONE_LINE = {
    "plan": r"Plan: 0 to create, 1 to update, 0 to delete, 4 unchanged\.",
    "apply": r"Plan: 0 to create, 1 to update, 0 to delete, 4 unchanged\.",
    "drift": r"No changes: 5 resource\(s\) match the files\.",
    "destroy": r"Plan: 0 to create, 0 to update, 5 to delete, 0 unchanged\.",
    "demo": r"Done in \d+\.\d s\.",
}
CHANGES = {
    "feeds create",
    "feeds delete",
    "pipelines trigger",
    "pipelines pause",
    "profiles create",
    "state forget",
    "state mv",
    "auth logout",
    "fmt",
}


@pytest.mark.parametrize("name", CALLS)
def test_quiet_prints_only_the_result(name: str, workspace: Workspace, offline: "Cli") -> None:
    """With `-q` stderr is empty and stdout is the same, except that a plan is one line."""
    done = offline(*workspace.arguments(name), "-q")
    assert (done.exit_code, done.stderr) == (0, "")
    if name in ONE_LINE:
        assert re.fullmatch(ONE_LINE[name] + "\n", done.stdout), done.stdout
        return
    again = ["--force"] if "--force" in _options(name) else []
    assert done.stdout.strip()
    if name not in CHANGES:
        assert offline(*workspace.arguments(name), *again).stdout == done.stdout


@pytest.mark.parametrize("name", [name for name in CALLS if name not in OFFLINE])
def test_failure_prints_no_json(name: str, workspace: Workspace, offline: "Cli") -> None:
    """A command that fails prints nothing on stdout and the reason on stderr."""
    workspace.emulator.fault("* /[pv]*", count=None, status=403, message="not yours")
    done = offline(*workspace.arguments(name), "--json")
    if name == "doctor":  # the failed check is its result
        assert json.loads(done.stdout)[-1]["result"] == "error"
    else:
        assert (done.exit_code, done.stdout) == (1 if name == "drift" else 5, "")
        assert "not yours" in done.stderr


def _outcomes(
    name: str, workspace: Workspace, offline: "Cli", monkeypatch: pytest.MonkeyPatch
) -> "Iterator[Result]":
    """Run a command in every way in which it succeeds or fails."""
    arguments = workspace.arguments(name)
    options = _options(name)
    if name not in OFFLINE:
        patience = ["--timeout", "1", *(["--wait-timeout", "0.1"] if "--wait-timeout" in options else [])]
        echoes = {"status": 400, "message": f"who is {_token()}?", "route": "* /[pv]*"}
        refusal = {"status": 400, "message": f"{PASSWORD} is wrong", "route": "PUT */connections/*"}
        for fault in (*FAULTS.values(), echoes, refusal):
            workspace.emulator.fault(**{"route": "* /[pv]*", "count": None, **fault})
            yield offline(*arguments, *patience)
            workspace.emulator.clear_faults()
        arguments = [*arguments, *patience]
        yield offline(*arguments, "--api-url", "http://127.0.0.1:9")
        yield offline(*arguments, "--api-url", f"http://{CLIENT_SECRET}.example.com")
        yield offline(*arguments, "--postman-env", workspace.folder / "postman.json")
        with monkeypatch.context() as wrong:
            wrong.setenv("WAREHOUSE_SYNC_CLIENT_SECRET", "canary-of-another-client")
            wrong.setenv("WAREHOUSE_SYNC_TOKEN_CACHE", "off")
            yield offline(*arguments)
    yield offline(*arguments, "--no-such-option", CLIENT_SECRET)
    for form in ("json", "yaml", "csv", "table") if "--output" in options else ("json",):
        yield offline(*arguments, *(["--output", form] if "--output" in options else ["--json"]))
    yield offline(*arguments)


def _token() -> str:
    """Return the cached token, which a server might repeat in a message."""
    [file] = (file for file in _files(Path(os.environ["XDG_CACHE_HOME"])) if file.suffix == ".json")
    token: str = json.loads(file.read_text("utf-8"))["access_token"]
    return token


@pytest.mark.parametrize("name", CALLS)
def test_no_command_shows_a_secret(
    name: str, workspace: Workspace, offline: "Cli", home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No stream, traceback or written file of any command contains a secret."""
    given = {file: file.read_bytes() for file in _files(workspace.folder)}
    tries = list(_outcomes(name, workspace, offline, monkeypatch))
    assert len(tries) > 2
    texts = [done.output for done in tries]
    assert not [text for text in texts if "Traceback" in text]
    assert all(done.exception is None or isinstance(done.exception, SystemExit) for done in tries)
    tokens = [
        json.loads(file.read_text())["access_token"]
        for file in _files(home / "cache")
        if file.suffix == ".json"
    ]
    assert tokens or name == "auth logout"
    written = [
        file.read_text("utf-8") for file in _files(workspace.folder) if file.read_bytes() != given.get(file)
    ]
    kept = [file.read_text("utf-8") for file in _files(home)]
    assert not [
        text
        for text in (*texts, *written, *kept)
        if "canary" in text.replace(f"{CLIENT_SECRET}.example.com", "")
    ]
    state = [file.read_text("utf-8") for file in _files(home / "state")]
    assert state
    assert not [text for text in (*texts, *written, *state) for token in tokens if token in text]


@pytest.mark.parametrize(
    "name",
    [name for name, way in CALLS.items() if "{folder}/" in way and name not in ("setup", "preview", "fmt")],
)
def test_unwritable_file_is_one_line(name: str, workspace: Workspace, offline: "Cli") -> None:
    """A path that cannot be written is one line with its name, without a traceback."""
    inside = f"{workspace.folder}/postman.json/"  # a file, in which nothing can be written
    arguments = [
        word.replace(f"{workspace.folder}/", inside) if is_output_path(word) else word
        for word in workspace.arguments(name)
    ]
    done = offline(*arguments)
    assert done.exit_code in (1, 2), done.output
    assert isinstance(done.exception, SystemExit)
    assert "postman.json" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.output


def is_output_path(word: str) -> bool:
    """Return whether a word is a path that a command writes."""
    return word.rpartition("/")[2] in (
        "plan.json",
        "export",
        "schema.json",
        "new",
        "report.html",
        "converted",
        "dbt",
    )


def _files(folder: Path) -> list[Path]:
    return [Path(path, name) for path, _, names in os.walk(folder) for name in names]


LITERAL = """
connections:
  - id: redshift
    name: Redshift
    service_provider: Redshift
    config: {database: d, host: h, user: u, password: PASSWORD, aws_iam_role_arn: arn}
"""


@pytest.mark.parametrize(
    "secret",
    ["canary-password", "'canary: [password'", "!canary 1", "!ca!canary", "[canary", "*canary", "0712345"],
)
@pytest.mark.parametrize("name", ["plan", "apply", "drift", "destroy", "lint", "schedule preview"])
def test_secret_in_a_file_is_refused_and_hidden(
    name: str, secret: str, workspace: Workspace, offline: "Cli"
) -> None:
    """A secret in a file is refused with its line and not shown, even in invalid YAML."""
    for file in _files(workspace.folder / "infra"):
        file.unlink()
    (workspace.folder / "infra" / "all.yaml").write_text(LITERAL.replace("PASSWORD", secret))
    files = ["--files", str(workspace.folder / "infra")] if name == "schedule preview" else []
    done = offline(*workspace.arguments(name), *files)
    assert done.exit_code == (1 if name == "drift" else 10), done.output
    assert "all.yaml:6" in done.output
    assert "canary" not in done.output
    assert "712345" not in done.output


def test_secret_of_a_profile_is_hidden(
    home: Path, offline: "Cli", workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile's secret is not shown when it works, and not when its file is invalid."""
    file = home / "config.toml"
    monkeypatch.setenv("WAREHOUSE_SYNC_CONFIG", str(file))
    profile = f'[profiles.a]\nclient_id = "emu_client"\nclient_secret = "{CLIENT_SECRET}"\n'
    for text, mode, code in (
        (profile, 0o600, 0),
        (profile, 0o644, 13),
        (profile.replace('secret"', "secret"), 0o600, 13),
        (profile.replace("client_secret =", "secret ="), 0o600, 13),
        (f"{profile}client_secret = 3\n", 0o600, 13),
    ):
        file.write_text(text)
        file.chmod(mode)
        done = offline("doctor", "--profile", "a")
        assert done.exit_code == code, done.output
        assert "canary" not in done.output
