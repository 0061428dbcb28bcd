"""A profile whose secret is missing."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli
    from warehouse_sync.emulator import Emulator

PIPELINE = (
    "kind: pipeline\nid: p\nname: P\npipeline_type: user_attributes\nconnection_id: c\ndata_model_id: m\n"
    "state: active\nsync_mode: {type: full}\nenvironment: development\n"
    "schedule: {type: on_demand}\n"
)


@pytest.fixture
def config(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile file whose default profile reads its secret from an unset variable."""
    monkeypatch.delenv("STAGING_SECRET", raising=False)
    file = home / "config" / "warehouse-sync" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        'default = "staging"\n[profiles.staging]\nworkspace_id = 5328\nclient_id = "emu_client"\n'
        'client_secret = "env:STAGING_SECRET"\napi_url = "http://127.0.0.1:9"\ntoken_url = "http://127.0.0.1:9/token"\n',
        "utf-8",
    )
    return file


def missing_secret(config: Path) -> str:
    """Return the error of a command that needs the secret."""
    return (
        f"Error: profile 'staging' of {config} reads client_secret from STAGING_SECRET, which is not set. "
        "Set STAGING_SECRET, or choose another profile with --profile.\n"
    )


@pytest.mark.parametrize("chosen", [[], ["--profile", "staging"]])
def test_missing_secret_exits_with_13(chosen: list[str], config: Path, offline: "Cli") -> None:
    """The error names the variable, the profile and a hint; the exit code is 13."""
    for command in (["connections", "list"], ["status"], ["auth", "login"], ["runs", "get", "p", "1"]):
        done = offline(*command, *chosen)
        assert (done.exit_code, done.stdout, done.stderr) == (13, "", missing_secret(config))


def test_environment_credential_overrides_the_default_profile(config: Path, cli: "Cli") -> None:
    """A credential of the environment works beside a default profile without its secret."""
    done = cli("connections", "list", "--json")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "[]\n", "")


def test_environment_does_not_complete_a_named_profile(config: Path, cli: "Cli") -> None:
    """A named profile is used even if the environment has a credential."""
    done = cli("connections", "list", "--profile", "staging")
    assert (done.exit_code, done.stderr) == (13, missing_secret(config))


@pytest.mark.parametrize("chosen", [[], ["--profile", "staging"]])
def test_commands_without_login_need_no_secret(
    chosen: list[str], config: Path, offline: "Cli", tmp_path: Path
) -> None:
    """A preview of files, `auth status` and `auth logout` work without the secret."""
    (tmp_path / "p.yaml").write_text(PIPELINE, "utf-8")
    preview = offline("schedule", "preview", "p", "--files", tmp_path / "p.yaml", "--json", *chosen)
    assert (preview.exit_code, preview.stderr) == (0, "")
    assert offline("auth", "status", *chosen).exit_code == 5
    assert offline("auth", "logout", *chosen).exit_code == 0


@pytest.mark.parametrize("chosen", [[], ["--profile", "staging"]])
def test_doctor_reports_the_missing_secret(chosen: list[str], config: Path, offline: "Cli") -> None:
    """The missing secret is a row with a hint, and the other checks still run."""
    done = offline("doctor", "--json", *chosen)
    findings = {row["check"]: row for row in json.loads(done.stdout)}
    assert (done.exit_code, done.stderr) == (13, "")
    assert findings["client_secret"]["result"] == "error"
    assert findings["client_secret"]["detail"] == (
        f"profile 'staging' of {config} reads client_secret from STAGING_SECRET, which is not set."
    )
    assert findings["client_secret"]["hint"].startswith("Set STAGING_SECRET, or choose")
    others = ("workspace_id", "client_id", "DNS of the API", "DNS of the token endpoint")
    assert [findings[name]["result"] for name in others] == ["ok"] * 4
    assert "token" not in findings


def test_doctor_ignores_an_unused_secret(config: Path, cli: "Cli") -> None:
    """A missing secret that is not used is no error."""
    done = cli("doctor", "--json")
    assert done.exit_code == 0
    assert {row["result"] for row in json.loads(done.stdout)} == {"ok"}


def test_refused_credential_of_a_profile_names_the_profile(
    config: Path, offline: "Cli", warehouse_sync_emulator: "Emulator", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error of a refused credential names its profile."""
    monkeypatch.setenv("STAGING_SECRET", "canary-5117")
    urls = [
        "--api-url",
        warehouse_sync_emulator.url,
        "--token-url",
        f"{warehouse_sync_emulator.url}/oauth/token",
    ]
    done = offline("connections", "list", *urls)
    assert done.exit_code == 5
    assert done.stderr.endswith(
        f"Correct client_id and client_secret of the default profile 'staging' of {config}.\n"
    )
    assert "canary" not in done.output
